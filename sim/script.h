/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script - what the files of the packet-script engine share
 *
 * A script is a judge: its codec of IPv4, TCP, UDP and ICMP is its own and shares nothing with the
 * engine it judges. Sequence numbers in a script are relative: to the number of our SYN for what
 * the stack sends, to an offset of the engine's choice for what it receives. Payload is a pattern
 * of its place in the stream, so every byte that passes is checked.
 *
 * The language is a part of packetdrill's; what differs is said in tests/script/README.md.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "weft/arp.h"
#include "weft/ip.h"
#include "weft/udp.h"
#include "world.h"

#define SX_START_NS     10000000000ULL /* The stack's time at 0; some clocks treat 0 as "unset". */
#define SX_FLOWS_MAX    32U
#define SX_FDS_MAX      64U
#define SX_OPTS_MAX     16U
#define SX_ARGS_MAX     8U
#define SX_TS_MAX       64U
#define SX_PKT_MAX      65600U
#define SX_QUOTE_MAX    600U
#define SX_RECENT       10U /* Packets shown with a failure. */
#define SX_INJECTED     8U  /* Packets remembered for what ICMP errors quote. */

#define SX_PATTERN_OUT  1U /* What the stack's application writes. */
#define SX_PATTERN_IN   2U /* What the script's peer sends. */
#define SX_PATTERN_ECHO 3U /* Data of ICMP echo, both ways. */

#define SX_FIN          0x01U
#define SX_SYN          0x02U
#define SX_RST          0x04U
#define SX_PSH          0x08U
#define SX_ACK          0x10U
#define SX_URG          0x20U
#define SX_ECE          0x40U
#define SX_CWR          0x80U
#define SX_AE           0x100U

#define SX_PROTO_ICMP   1U
#define SX_PROTO_IGMP   2U
#define SX_PROTO_TCP    6U
#define SX_PROTO_UDP    17U
#define SX_PROTO_LITE   136U /* UDP-Lite */

/** struct sx_text - Where the reader is in the script */
struct sx_text {
    const char *p, *end;
    uint32_t line;
    const char *begin, *name; /* For messages. */
};

/** struct sx_slice - A piece of the script */
struct sx_slice {
    const char *p;
    size_t n;
};

/** enum sx_when - What the time of an event means */
enum sx_when {
    SX_ABSOLUTE,
    SX_RELATIVE, /* To the event before. */
    SX_ANY,      /* "*": whenever it comes. */
};

/** struct sx_time - The time of an event */
struct sx_time {
    enum sx_when when;
    uint64_t lo_ns, hi_ns; /* Equal unless "lo~hi". */
    bool has_end;          /* "begin...end": a call that blocks. */
    uint64_t end_ns;
};

/** struct sx_ip - What a script says about the IP header; -1 = nothing */
struct sx_ip {
    bool has_addrs, has_ports;
    uint8_t src[4], dst[4];
    uint16_t sport, dport;
    int32_t ttl, tos, tos_mask, df, mf, id, version, ihl, total, proto, cut, doff;
    int32_t frag_from, frag_to; /* Bytes of the IP payload. */
    int32_t times;              /* Inject it so often. */
    int32_t flip;               /* This octet of the IP payload is damaged on the way. */
    int32_t offset;             /* Fragment offset field, in octets, as it is. */
    bool has_bad_csum, has_zero_csum, has_bad_ip_csum, has_no_alert;
    bool has_esrc, has_edst;
    uint8_t esrc[6], edst[6];
    bool has_opts;
    uint8_t opts[40], opts_mask[40]; /* A zero bit of the mask: whatever is there. */
    uint32_t opts_n;
    bool has_from; /* In calls: our address. */
    uint8_t from[4];
};

/** struct sx_opt - One TCP option; with is_any its value does not matter */
struct sx_opt {
    uint8_t kind;
    uint8_t n;      /* Words in v. */
    bool is_any[2]; /* Timestamps: val, ecr. */
    bool is_raw;    /* Bytes as they are, for malformed options. */
    uint8_t raw_n;
    uint32_t v[8];
    uint8_t raw[40];
};

/** struct sx_arp - An ARP line; numbers are as on the wire, cut -1 = nothing */
struct sx_arp {
    int32_t hw, proto, hlen, plen, op, cut, pad;
    bool has_sha, has_tha;
    uint8_t sha[6], spa[4], tha[6], tpa[4];
};

/** enum sx_kind - What a packet line describes */
enum sx_kind {
    SX_TCP,
    SX_UDP,
    SX_ICMP,
    SX_IGMP,
    SX_ARP,
    SX_HEX,
    SX_QUIET, /* "> none for T", or "> any for T": whatever comes is passed over */
};

/** struct sx_packet - A packet line */
struct sx_packet {
    bool is_inbound;
    enum sx_kind kind;
    struct sx_ip ip;
    struct sx_arp arp;
    /* TCP */
    uint16_t flags;
    bool has_ack, has_win, has_urg, has_opts, has_more_opts;
    uint32_t seq, len, ack, win, urg; /* len is the payload of TCP, UDP and ICMP echo. */
    struct sx_opt opt[SX_OPTS_MAX];
    uint32_t opt_n;
    /* ICMP */
    uint8_t type, code;
    bool has_mtu, has_quote_seq, has_ptr;
    uint32_t mtu, icmp_id, icmp_seq, quote_seq, ptr;
    uint32_t quote_len; /* Bytes of the IP payload an injected error quotes. */
    /* IGMP: the message without its checksum, and where it goes if the line does not say. */
    uint8_t igmp[1500];
    uint32_t igmp_n;
    uint8_t igmp_dst[4];
    /* UDP-Lite: the coverage field, as it is. */
    bool is_lite, has_cov;
    uint32_t cov;
    /* Hex and quiet */
    struct sx_slice hex;
    uint64_t quiet_ns;
    bool is_any;
};

/** struct sx_seen - A packet as the codec reads it */
struct sx_seen {
    uint8_t src[4], dst[4];
    uint8_t proto, ttl, tos;
    uint16_t id, frag; /* frag: flags and offset as on the wire. */
    uint32_t ihl, total;
    const uint8_t *l4; /* After the IP header. */
    uint32_t l4_len;
    /* TCP, UDP */
    uint16_t sport, dport;
    uint32_t seq, ack, win, urg, hdr_len;
    uint16_t flags;
    uint8_t reserved;
    const uint8_t *payload;
    uint32_t payload_len;
    bool is_unsummed;  /* UDP without a checksum, which a line has to allow. */
    const char *fault; /* What no packet of ours may have, NULL if it has nothing of the kind. */
};

/** struct sx_flow - Numbers of one connection, or ports of one UDP pair */
struct sx_flow {
    uint8_t proto;
    uint8_t lip[4], rip[4];
    uint16_t lport, rport;
    uint32_t local_isn, remote_isn; /* Live = script + isn. */
    bool has_local_isn, has_remote_syn, may_relearn;
    uint32_t local_syn, remote_syn; /* Script numbers of the SYNs. */
    uint32_t peer_mss;              /* As the script's SYN says. */
    uint32_t next_remote_syn;       /* Of a SYN that the stack has not answered by one. */
    struct {
        uint32_t script, live;
    } ts[SX_TS_MAX]; /* Timestamps the stack sent. */
    uint32_t ts_n;
};

/** struct sx_fd - A descriptor of the script */
struct sx_fd {
    bool is_used, is_nonblocking;
    int32_t fd;
    uint64_t sock;
    enum weft_sock_type type;
    uint64_t tx, rx; /* Bytes written and read. */
    uint64_t oob_at; /* Place of an octet that was read apart, if has_oob. */
    bool has_oob;
    struct weft_udp_rx dgram; /* What recvwith() read last. */
};

/** enum sx_call_id - System calls that may block */
enum sx_call_id {
    SX_CALL_NONE,
    SX_CALL_ACCEPT,
    SX_CALL_CONNECT,
    SX_CALL_READ,
    SX_CALL_WRITE,
    SX_CALL_POLL
};

/** struct sx_call - A call and what it is to answer */
struct sx_call {
    const char *at; /* Where it stands. */
    char name[24];
    struct sx_slice arg[SX_ARGS_MAX];
    uint32_t args_n;
    bool is_any_result;
    int64_t want;
    char want_errno[24];
};

/** struct sx_pending - The one call that is blocked */
struct sx_pending {
    enum sx_call_id id;
    struct sx_call call;
    uint64_t end_ns, done_ns;
    bool is_done;
    int64_t got, moved;
    int err;
    uint32_t line;
};

/** struct sx - A script being run */
struct sx {
    const struct weft_script_config *cfg;
    struct weft_script_result *res;
    const char *name;
    struct sx_text text;
    const char *event_p; /* Where the running event begins. */
    uint32_t event_line;
    bool has_failed;
    bool is_dry; /* Reading only: nothing is run. */

    struct weft_world *w;
    struct weft_node *node;
    struct weft_stack *st;
    struct weft_link *link;
    uint64_t base_ns, last_ns;       /* Time 0 of the script; time of the event before. */
    uint64_t shown_ns;               /* Time of the packet that is described. */
    uint64_t want_lo_ns, want_hi_ns; /* When a packet is expected ... */
    bool is_any_time;                /* ... or whenever it comes. */

    /* Settings */
    uint64_t tolerance_ns;
    uint8_t local_ip[4], remote_ip[4];
    uint8_t gateway[4]; /* Of the default route; zero = all is on the link. */
    uint16_t bind_port, connect_port, remote_port;
    uint8_t prefix_len;
    uint32_t mtu, remote_isn, ts_tick_us;
    bool has_leak_check, is_any_address;
    struct weft_node_config ncfg;
    struct {
        enum weft_sock_opt opt;
        int64_t value;
    } set[16];
    uint32_t set_n;
    int64_t ip_switch[WEFT_IP_SWITCH_COUNT];
    uint32_t ip_switches;  /* Bits of those that are set. */
    char cc[24];           /* Of every TCP socket; empty = the stack's own choice. */
    bool has_foreign_name; /* The assertion is about weft's own state. */
    bool has_limits;       /* Limits of weft's stack were set. */
    bool is_python;        /* Between %{ and }%: "//" divides. */

    /* Ethernet, --link=ether */
    bool is_ether, has_second, has_no_addr;
    uint8_t local_mac[6], remote_mac[6];
    uint8_t in_hdr[14], out_hdr[14]; /* Of the frame to the stack, of the last one from it. */
    struct weft_neigh_options nopt;
    struct weft_arp_options aopt;
    uint16_t ifindex;
    uint8_t second_ip[4], second_prefix; /* --second=10.10.0.1/24: another interface. */
    struct weft_link *second;
    uint32_t event_times[WEFT_LINK_EVENT_COUNT];
    uint8_t event_mac[6];

    struct sx_flow flow[SX_FLOWS_MAX];
    uint32_t flows_n;
    struct sx_fd fd[SX_FDS_MAX];
    int32_t last_fd; /* Of the last connection. */
    uint8_t fo[16];  /* The Fast Open cookie that the stack sent last. */
    uint8_t fo_n;
    bool is_fo_client_off, is_fo_server_off; /* By net.ipv4.tcp_fastopen. */
    struct sx_pending pending;

    uint8_t *buf;  /* Packet being built. */
    uint8_t *buf2; /* Packet being looked at. */
    uint8_t last_out[SX_QUOTE_MAX];
    uint32_t last_out_n;
    struct {
        uint8_t bytes[SX_QUOTE_MAX];
        uint32_t n, total;
    } injected[SX_INJECTED];
    uint32_t injected_n;
    char recent[SX_RECENT][200];
    uint32_t recent_n;
};

/* ---- script_lex.c ---- */

/** wf_sx_skip() - Pass blanks, line ends and comments; notes what comments say is proved */
void wf_sx_skip(struct sx *s);

/** wf_sx_at() - Whether the text goes on with a word or sign, after blanks */
bool wf_sx_at(struct sx *s, const char *what);

/** wf_sx_take() - The same, and pass it */
bool wf_sx_take(struct sx *s, const char *what);

/** wf_sx_need() - Pass it or fail */
bool wf_sx_need(struct sx *s, const char *what);

/** wf_sx_word() - A word of letters, digits, '_' and '.'; false if there is none */
bool wf_sx_word(struct sx *s, char *out, size_t cap);

/** wf_sx_number() - A decimal or hexadecimal number, maybe with a sign; false if there is none */
bool wf_sx_number(struct sx *s, int64_t *out);

/** wf_sx_seconds() - A time in seconds with decimals, in ns; false if there is none */
bool wf_sx_seconds(struct sx *s, uint64_t *out);

/** wf_sx_ip4() - A dotted quad; false, and nothing passed, if there is none */
bool wf_sx_ip4(struct sx *s, uint8_t out[4]);

/** wf_sx_slice_is() - Whether a slice is this text */
bool wf_sx_slice_is(struct sx_slice a, const char *text);

/** wf_sx_slice_has() - Whether a word stands somewhere in a slice */
bool wf_sx_slice_has(struct sx_slice a, const char *word);

/* ---- script_report.c ---- */

/** wf_sx_fail() - The script failed here; @actual may be NULL */
void wf_sx_fail(struct sx *s, const char *actual, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** wf_sx_bad() - The text cannot be read here; the message says what is expected */
void wf_sx_bad(struct sx *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** wf_sx_na() - The script is not applicable: it needs what the stack does not have */
void wf_sx_na(struct sx *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** wf_sx_print() - One line to whoever listens */
void wf_sx_print(struct sx *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- script_parse.c ---- */

/** wf_sx_parse_time() - The time in front of an event */
bool wf_sx_parse_time(struct sx *s, struct sx_time *out);

/** wf_sx_parse_packet() - A packet line after '<' or '>' */
bool wf_sx_parse_packet(struct sx *s, struct sx_packet *out);

/** wf_sx_parse_ip() - What stands in brackets about the IP header */
bool wf_sx_parse_ip(struct sx *s, struct sx_ip *ip);

/** wf_sx_parse_opts() - TCP options between '<' and '>' */
bool wf_sx_parse_opts(struct sx *s, struct sx_packet *out);

/** wf_sx_parse_call() - A system call with its result */
bool wf_sx_parse_call(struct sx *s, struct sx_call *out);

/** wf_sx_parse_hex() - Hexadecimal digits as bytes; their number */
uint32_t wf_sx_parse_hex(struct sx_slice text, uint8_t *out, uint32_t cap);

/* ---- script_igmp.c ---- */

/** wf_sx_igmp_parse() - An IGMP message, after the word "igmp" */
bool wf_sx_igmp_parse(struct sx *s, struct sx_packet *out);

/** wf_sx_igmp_build() - The bytes of the message; their number */
uint32_t wf_sx_igmp_build(const struct sx_packet *p, uint8_t *out);

/** wf_sx_igmp_fault() - What no IGMP packet of ours may have, or NULL */
const char *wf_sx_igmp_fault(const uint8_t *bytes, uint32_t ihl, uint32_t len);

/** wf_sx_igmp_match() - Compare with what the stack sent: why it is another, empty if it is not */
void wf_sx_igmp_match(const struct sx_packet *p, const struct sx_seen *seen, char *why, size_t cap);

/** wf_sx_igmp_option() - A socket option about groups; false if it is something else */
bool wf_sx_igmp_option(struct sx *s, const struct sx_call *c, const struct sx_fd *f, int *r);

/** wf_sx_igmp_call() - A call about groups that no socket has; false if it is something else */
bool wf_sx_igmp_call(struct sx *s, const struct sx_call *c, int64_t *r);

/* ---- script_ipopt.c ---- */

/** wf_sx_parse_ip_opts() - IP options after the word "opts" */
bool wf_sx_parse_ip_opts(struct sx *s, struct sx_ip *ip);

/** wf_sx_ip_opts_match() - Compare options with those a line names; false and @why if they differ
 */
bool wf_sx_ip_opts_match(const struct sx_ip *ip, const uint8_t *got, uint32_t got_n, char *why,
                         size_t cap);

/** wf_sx_ip_set_options() - ipoptions(fd, [opts ...]): options of what the socket sends */
int64_t wf_sx_ip_set_options(struct sx *s, const struct sx_call *c, const struct sx_fd *f);

/**
 * wf_sx_ip_tx() - What argument @i of a call says in "[ttl ..., opts ...]" about one datagram
 * @ip: filled; @tx points into it
 *
 * Return: false if it is not understood.
 */
bool wf_sx_ip_tx(struct sx *s, const struct sx_call *c, uint32_t i, struct sx_ip *ip,
                 struct weft_udp_tx *tx);

/** wf_sx_ip_recv() - recvwith(fd, [ttl ..., opts ...]): one datagram, and what has to come along */
int64_t wf_sx_ip_recv(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_ip_return() - ipreturn(fd): send back along the source route of what was received last */
int64_t wf_sx_ip_return(struct sx *s, const struct sx_call *c, const struct sx_fd *f);

/** wf_sx_option_ip() - The value of "--ip=": switches of weft/ip.h by name */
bool wf_sx_option_ip(struct sx *s);

/** wf_sx_ip_begin() - Set them; 0 or -WEFT_E... */
int wf_sx_ip_begin(struct sx *s);

/* ---- script_codec.c ---- */

/** wf_sx_build() - The bytes of a packet line; @flow is NULL for ICMP and hex. 0 = does not fit */
uint32_t wf_sx_build(struct sx *s, const struct sx_packet *p, const struct sx_flow *flow,
                     uint8_t *out);

/** wf_sx_read() - Read a packet; false if it is no IPv4 packet at all */
bool wf_sx_read(const uint8_t *bytes, uint32_t len, struct sx_seen *out);

/** wf_sx_opt_next() - Walk the TCP options; @at is 0 at first. False at the end or at a fault */
bool wf_sx_opt_next(const struct sx_seen *p, uint32_t *at, uint8_t *kind, const uint8_t **data,
                    uint32_t *data_len);

/** wf_sx_be() - A big-endian number of 1 to 4 bytes */
uint32_t wf_sx_be(const uint8_t *p, unsigned bytes);

/** wf_sx_script_ts() - A timestamp of the stack in the numbers of the script */
uint32_t wf_sx_script_ts(const struct sx_flow *f, uint32_t live);

/** wf_sx_describe() - A packet in one line, in the numbers of the script */
void wf_sx_describe(const struct sx *s, const uint8_t *bytes, uint32_t len, bool is_inbound,
                    char *out, size_t cap);

/* ---- script_match.c ---- */

/** wf_sx_flow_for() - The flow a packet line belongs to; made if it is new. NULL: none fits */
struct sx_flow *wf_sx_flow_for(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen);

/** wf_sx_opt_right() - Whether a TCP option of the stack has the value the line says */
bool wf_sx_opt_right(struct sx *s, const struct sx_opt *want, const uint8_t *d, uint32_t n,
                     struct sx_flow *f);

/** wf_sx_match() - Compare what the stack sent with a line; fails the script if they differ */
bool wf_sx_match(struct sx *s, const struct sx_packet *p, const uint8_t *bytes, uint32_t len);

/* ---- script_diff.c ---- */

/** wf_sx_flags_text() - TCP flags in letters, "-" for none */
void wf_sx_flags_text(uint32_t flags, char out[16]);

/** wf_sx_diff() - Put the packet of a line and the one that came side by side, into the result */
void wf_sx_diff(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen);

/* ---- script_dgram.c ---- */

/** wf_sx_dgram_call() - recvinfo(), sendwith(), getsockname(), getpeername(); what they answer */
int64_t wf_sx_dgram_call(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_dgram_error() - Compare a queued error with dst=, offender= and mtu= of the call */
void wf_sx_dgram_error(struct sx *s, const struct sx_call *c, const struct weft_sock_err *e);

/* ---- script_target.c ---- */

/** wf_sx_now() - The time of the stack */
uint64_t wf_sx_now(const struct sx *s);

/** wf_sx_touch() - Have the stack act on what a call did */
void wf_sx_touch(struct sx *s);

/** wf_sx_run_to() - Let time pass up to @t; false if the script has ended */
bool wf_sx_run_to(struct sx *s, uint64_t t);

/** wf_sx_wait_packet() - Let time pass up to a packet, or @limit; false if the script has ended */
bool wf_sx_wait_packet(struct sx *s, uint64_t limit);

/** wf_sx_pull() - The oldest packet the stack sent, into buf2; its length, 0 = none */
uint32_t wf_sx_pull(struct sx *s, uint64_t *at_ns);

/** wf_sx_push() - Hand the @n bytes in buf to the stack */
int wf_sx_push(struct sx *s, uint32_t n);

/** wf_sx_target_begin() - Set up another stack; false if the script has ended */
bool wf_sx_target_begin(struct sx *s);

/** wf_sx_target_setting() - A setting of another stack's kernel */
void wf_sx_target_setting(struct sx *s, const char *name, const char *value);

/** wf_sx_target_field() - A field of another stack's connection; false if there is none */
bool wf_sx_target_field(struct sx *s, uint64_t sock, const char *name, int64_t *value);

/** wf_sx_sock_open() - weft_sock_open() of the stack the script is run against */
int wf_sx_sock_open(struct sx *s, enum weft_sock_type type, uint64_t *out);

/** wf_sx_sock_accept() - weft_sock_accept() of the stack the script is run against */
int wf_sx_sock_accept(struct sx *s, uint64_t sock, uint64_t *out);

/** wf_sx_sock_bind() - weft_sock_bind() of the stack the script is run against */
int wf_sx_sock_bind(struct sx *s, uint64_t sock, const struct weft_endpoint *ep);

/** wf_sx_sock_connect() - weft_sock_connect() of the stack the script is run against */
int wf_sx_sock_connect(struct sx *s, uint64_t sock, const struct weft_endpoint *ep);

/** wf_sx_sock_connect_send() - weft_sock_connect_send() of the stack the script is run against;
 * 0 = begun, and nothing taken */
int64_t wf_sx_sock_connect_send(struct sx *s, uint64_t sock, const struct weft_endpoint *ep,
                                void *buf, size_t n);

/** wf_sx_sock_listen() - weft_sock_listen() of the stack the script is run against */
int wf_sx_sock_listen(struct sx *s, uint64_t sock, uint32_t backlog);

/** wf_sx_sock_recv() - weft_sock_recv() of the stack the script is run against */
int64_t wf_sx_sock_recv(struct sx *s, uint64_t sock, void *buf, size_t n);

/** wf_sx_sock_send() - weft_sock_send() of the stack the script is run against */
int64_t wf_sx_sock_send(struct sx *s, uint64_t sock, void *buf, size_t n);

/** wf_sx_sock_sendto() - weft_sock_sendto() of the stack the script is run against */
int64_t wf_sx_sock_sendto(struct sx *s, uint64_t sock, void *buf, size_t n,
                          const struct weft_endpoint *to);

/** wf_sx_sock_shutdown() - weft_sock_shutdown() of the stack the script is run against */
int wf_sx_sock_shutdown(struct sx *s, uint64_t sock, bool is_read, bool is_write);

/** wf_sx_sock_close() - weft_sock_close() or weft_sock_abort() of the stack the script is run
 * against */
int wf_sx_sock_close(struct sx *s, uint64_t sock, bool is_abort);

/** wf_sx_sock_set() - weft_sock_set() of the stack the script is run against */
int wf_sx_sock_set(struct sx *s, uint64_t sock, enum weft_sock_opt opt, int64_t value);

/** wf_sx_sock_get() - weft_sock_get() of the stack the script is run against */
int wf_sx_sock_get(struct sx *s, uint64_t sock, enum weft_sock_opt opt, int64_t *value);

/** wf_sx_sock_set_cc() - weft_sock_set_cc() by name of the stack the script is run against */
int wf_sx_sock_set_cc(struct sx *s, uint64_t sock, const char *name);

/** wf_sx_sock_set_cc_param() - weft_sock_set_cc_param(); another stack has nothing of the kind */
int wf_sx_sock_set_cc_param(struct sx *s, uint64_t sock, int param, uint32_t value);

/** wf_sx_sock_ready() - weft_sock_ready() of the stack the script is run against */
uint32_t wf_sx_sock_ready(struct sx *s, uint64_t sock);

/* ---- script_call.c ---- */

/** wf_sx_call_check() - Whether there is such a call; ends the script if not */
bool wf_sx_call_check(struct sx *s, const struct sx_call *c);

/** wf_sx_call() - Execute a call; with @end_ns not 0 it may block until then */
bool wf_sx_call(struct sx *s, const struct sx_call *c, uint64_t end_ns);

/** wf_sx_pending_poll() - Try the blocked call again */
void wf_sx_pending_poll(struct sx *s);

/** wf_sx_pending_check() - If the blocked call is due at @now_ns, compare its result */
bool wf_sx_pending_check(struct sx *s, uint64_t now_ns);

/** wf_sx_fd() - A descriptor by number; NULL if it is not open */
struct sx_fd *wf_sx_fd(struct sx *s, int64_t fd);

/* ---- script_link.c ---- */

/** wf_sx_mac() - A hardware address; false, and nothing passed, if there is none */
bool wf_sx_mac(struct sx *s, uint8_t out[6]);

/** wf_sx_ether_item() - A word about the frame of an IP line; false if it is none */
bool wf_sx_ether_item(struct sx *s, struct sx_ip *ip);

/** wf_sx_parse_arp() - An ARP line, after the word */
bool wf_sx_parse_arp(struct sx *s, struct sx_packet *out);

/** wf_sx_build_arp() - The bytes of an ARP line, without those of the frame */
uint32_t wf_sx_build_arp(struct sx *s, const struct sx_packet *p, uint8_t *out);

/** wf_sx_address_frame() - The frame of the packet that is pushed next */
void wf_sx_address_frame(struct sx *s, const struct sx_packet *p);

/** wf_sx_is_arp() - Whether these bytes, from inside a frame, are an ARP message */
bool wf_sx_is_arp(const struct sx *s, const uint8_t *bytes, uint32_t len);

/** wf_sx_describe_arp() - An ARP message in words */
void wf_sx_describe_arp(const uint8_t *b, uint32_t len, char *out, size_t cap);

/** wf_sx_match_frame() - Whether the frame is the one the line says; @why if not */
bool wf_sx_match_frame(struct sx *s, const struct sx_packet *p, char why[160]);

/** wf_sx_match_arp() - Compare what the stack sent with an ARP line */
bool wf_sx_match_arp(struct sx *s, const struct sx_packet *p, const uint8_t *bytes, uint32_t len);

/** wf_sx_link_defaults() - Settings of Ethernet before any option line */
void wf_sx_link_defaults(struct sx *s);

/** wf_sx_option_link() - --link=ether */
bool wf_sx_option_link(struct sx *s);

/** wf_sx_option_arp() - --arp=NAME:VALUE,...: options of weft/arp.h */
bool wf_sx_option_arp(struct sx *s);

/** wf_sx_add_ether() - The interfaces of the stack; 0 or -WEFT_E... */
int wf_sx_add_ether(struct sx *s);

/** wf_sx_strip() - Take the frame's header off what was pulled; the bytes that are left */
uint32_t wf_sx_strip(struct sx *s, uint32_t n);

/** wf_sx_push_ether() - Hand the @n bytes in buf to the stack, in a frame */
int wf_sx_push_ether(struct sx *s, uint32_t n);

/** wf_sx_is_link_call() - Whether it is a call about interfaces and neighbours */
bool wf_sx_is_link_call(const struct sx *s, const char *name);

/** wf_sx_link_call() - Make such a call; what the stack answers */
int64_t wf_sx_link_call(struct sx *s, const struct sx_call *c);

/** wf_sx_from_link() - neigh., address., events. and such in assertions; false if it is none */
bool wf_sx_from_link(struct sx *s, const char *name, int64_t *out);

/* ---- script_io.c ---- */

/** wf_sx_io_plain() - readv, writev, sendmsg or recvmsg as the read or write of all its bytes */
bool wf_sx_io_plain(const struct sx_call *c, struct sx_call *out, char digits[24]);

/** wf_sx_io_flags() - Whether all MSG_ flags are such that the stack has */
bool wf_sx_io_flags(struct sx *s, const struct sx_call *c);

/** wf_sx_io_poll() - Descriptors of a poll() that have events; with @is_checking compares them */
int64_t wf_sx_io_poll(struct sx *s, const struct sx_call *c, bool is_checking);

/** wf_sx_io_poll_waits() - Whether a poll() without events waits: its timeout is not 0 */
bool wf_sx_io_poll_waits(const struct sx_call *c);

/** wf_sx_io_ioctl() - SIOCINQ and the like; false if the script has ended */
bool wf_sx_io_ioctl(struct sx *s, const struct sx_call *c, const struct sx_fd *f);

/** wf_sx_io_fcntl() - F_GETFL and F_SETFL; its result */
int64_t wf_sx_io_fcntl(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/* ---- script_assert.c ---- */

/** wf_sx_assert() - A block between %{ and }% */
bool wf_sx_assert(struct sx *s);

/** wf_sx_operand() - A number, or a name's value */
bool wf_sx_operand(struct sx *s, int64_t *out);

/* ---- script_info.c ---- */

/** wf_sx_state_number() - The number Linux has for a state */
int64_t wf_sx_state_number(enum weft_tcp_state state);

/** wf_sx_constant() - A state, or another name of <linux/tcp.h>; false if it is none */
bool wf_sx_constant(const char *name, int64_t *out);

/* ---- script_expr.c ---- */

/** wf_sx_expr() - An expression; @shown is its last comparison that is not true, empty if none */
bool wf_sx_expr(struct sx *s, int64_t *out, char shown[128]);

/* ---- script_command.c ---- */

/** wf_sx_command() - A shell command between backquotes: settings of the kernel, or not applicable
 */
bool wf_sx_command(struct sx *s);

/* ---- script_option.c ---- */

/** wf_sx_defaults() - Settings before any option line */
void wf_sx_defaults(struct sx *s);

/** wf_sx_option() - A line that begins with "--" */
bool wf_sx_option(struct sx *s);

#endif /* SIM_SCRIPT_H */
