/* SPDX-License-Identifier: MIT */
/**
 * DOC: traceroute - the routers on a way, by probes whose TTL runs out (RFC 1812 4.3.3, RFC 792)
 *
 * Probe i has TTL first_hop + i / queries. By UDP it goes to a port of its own (port + i), by ICMP
 * it has sequence number i + 1: either way the quoted packet in an error, or the answer itself,
 * names its probe. Several probes are under way at once; what became of them is told in order, so a
 * slot is free again when its probe and all before it were told. The first hop with an answer that
 * is not "time exceeded" is the last one; probes beyond it that are under way are forgotten.
 *
 * By TCP each probe is a connection of its own that is being opened, from a port of its own; what
 * routers say of it comes by an ICMP socket. It is aborted when it was answered or is given up.
 *
 * With finds_mtu a probe that was too long is sent again, as long as the path is believed to carry.
 *
 * An answer counts only if destination, port or sequence number (and by the stack the source port
 * or identifier) are those of a probe under way.
 *
 * Extension objects that an error has (RFC 4884) are told with it.
 *
 * Timers: the timeout of the oldest probe that was not told.
 * Limits: slots_n probes at a time, 255 * queries in all.
 */
#include "weft/svc.h"

#include <string.h>

#include "base/base.h"
#include "weft/ip.h"
#include "weft/sock.h"
#include "wire/wire.h"

#define TIMEOUT_NS 5000000000ull
#define RETRY_NS   10000000ull /* A full output queue: look again even without an event. */
#define PORT_FIRST 33434

/** enum slot_fate - How it stands with a probe */
enum slot_fate { SLOT_WAITING = 0, SLOT_ANSWERED };

void weft_traceroute_config_default(struct weft_traceroute_config *cfg)
{
    *cfg = (struct weft_traceroute_config){.timeout_ns = TIMEOUT_NS,
                                           .size = 32,
                                           .port = PORT_FIRST,
                                           .first_hop = 1,
                                           .max_hops = 30,
                                           .queries = 3};
}

static bool is_valid(const struct weft_traceroute_config *cfg)
{
    if (cfg->slots == NULL || cfg->slots_n == 0 || cfg->buf == NULL ||
        cfg->size > WEFT_PING_DATA_MAX || cfg->buf_bytes < WEFT_ICMP_HDR_BYTES + cfg->size)
        return false;
    if (cfg->first_hop == 0 || cfg->max_hops < cfg->first_hop || cfg->queries == 0)
        return false;
    if ((unsigned)cfg->how > WEFT_TRACE_TCP)
        return false;
    if (cfg->how == WEFT_TRACE_TCP)
        return cfg->port != 0 && !cfg->finds_mtu;
    uint32_t probes = (uint32_t)(cfg->max_hops - cfg->first_hop + 1) * cfg->queries;
    return cfg->how == WEFT_TRACE_ICMP || (cfg->port != 0 && cfg->port + probes <= 65536);
}

int weft_traceroute_start(struct weft_traceroute *t, struct weft_stack *st,
                          const struct weft_traceroute_config *cfg)
{
    uint64_t sock;
    if (!is_valid(cfg))
        return -WEFT_EINVAL;
    static const enum weft_sock_type types[] = {WEFT_SOCK_UDP, WEFT_SOCK_PING, WEFT_SOCK_ICMP};
    int err = weft_sock_open(st, types[cfg->how], &sock);
    if (err != 0)
        return err;
    struct weft_endpoint local = {.addr = cfg->from};
    err = weft_sock_set(st, sock, WEFT_IP_RECVERR, 1);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_ICMP_TYPES,
                            1 << ICMP4_UNREACHABLE | 1 << ICMP4_TIME_EXCEEDED);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_TOS, cfg->tos);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_DF, cfg->has_df || cfg->finds_mtu);
    if (err == 0)
        err = weft_sock_bind(st, sock, &local);
    if (err != 0) {
        (void)weft_sock_close(st, sock);
        return err;
    }
    *t = (struct weft_traceroute){.cfg = *cfg,
                                  .st = st,
                                  .sock = sock,
                                  .end =
                                      (uint32_t)(cfg->max_hops - cfg->first_hop + 1) * cfg->queries,
                                  .size = cfg->size,
                                  .is_open = true};
    if (cfg->finds_mtu)
        t->cfg.slots_n = 1;
    return 0;
}

uint64_t weft_traceroute_sock(const struct weft_traceroute *t)
{
    return t->sock;
}

static struct weft_trace_slot *slot_of(const struct weft_traceroute *t, uint32_t probe)
{
    return &t->cfg.slots[probe % t->cfg.slots_n];
}

static bool is_target(const struct weft_traceroute *t, const struct weft_addr *a)
{
    return memcmp(a->b, t->cfg.to.b, sizeof(a->b)) == 0;
}

/* A probe was answered: the first hop whose answer ends the way is the last one needed. */
static void settle(struct weft_traceroute *t, uint32_t probe, enum weft_trace_answer answer)
{
    struct weft_trace_slot *s = slot_of(t, probe);
    s->fate = SLOT_ANSWERED;
    s->answer = (uint8_t)answer;
    if (answer == WEFT_TRACE_ON_THE_WAY || answer == WEFT_TRACE_NO_ANSWER)
        return;
    t->end = wf_min_u32(t->end, (probe / t->cfg.queries + 1) * t->cfg.queries);
}

/* The slot of a probe under way by its place in the order; NULL if it is none. */
static struct weft_trace_slot *find(const struct weft_traceroute *t, uint32_t probe)
{
    if (probe < t->told || probe >= t->sent || slot_of(t, probe)->fate != SLOT_WAITING)
        return NULL;
    return slot_of(t, probe);
}

/* ---- probes by TCP ---- */

static void close_probe(struct weft_traceroute *t, struct weft_trace_slot *s)
{
    if (s->sock != 0)
        (void)weft_sock_abort(t->st, s->sock);
    s->sock = 0;
}

/* One SYN and no more: the first retransmission would come after the probe was given up. */
static int set_probe(struct weft_traceroute *t, uint64_t sock, uint32_t probe)
{
    struct weft_endpoint local = {.addr = t->cfg.from};
    uint32_t ttl = t->cfg.first_hop + probe / t->cfg.queries;
    int err = weft_sock_set(t->st, sock, WEFT_IP_TTL, ttl);
    if (err == 0)
        err = weft_sock_set(t->st, sock, WEFT_IP_TOS, t->cfg.tos & ~3);
    if (err == 0)
        err = weft_sock_set(t->st, sock, WEFT_TCP_RTO_MIN_MS, 60000);
    if (err == 0)
        err = weft_sock_bind(t->st, sock, &local);
    return err;
}

static int64_t open_probe(struct weft_traceroute *t, uint32_t probe)
{
    struct weft_trace_slot *s = slot_of(t, probe);
    struct weft_endpoint local, to = {.addr = t->cfg.to, .port = t->cfg.port};
    uint64_t sock;
    int err = weft_sock_open(t->st, WEFT_SOCK_TCP, &sock);
    if (err != 0)
        return err;
    err = set_probe(t, sock, probe);
    if (err == 0)
        err = weft_sock_connect(t->st, sock, &to);
    if (err == 0)
        err = weft_sock_names(t->st, sock, &local, NULL);
    if (err != 0) {
        (void)weft_sock_abort(t->st, sock);
        return err;
    }
    s->sock = sock;
    s->lport = local.port;
    return 0;
}

static int64_t send_one(struct weft_traceroute *t, uint32_t probe)
{
    const struct weft_traceroute_config *cfg = &t->cfg;
    struct weft_endpoint to = {.addr = cfg->to};
    uint32_t bytes = t->size;
    if (cfg->how == WEFT_TRACE_TCP)
        return open_probe(t, probe);
    memset(cfg->buf, 0x40, WEFT_ICMP_HDR_BYTES + bytes);
    if (cfg->how == WEFT_TRACE_ICMP) {
        struct icmp4_hdr h = {.type = ICMP4_ECHO_REQUEST, .seq = (uint16_t)(probe + 1)};
        wf_icmp4_emit(cfg->buf, &h);
        bytes += WEFT_ICMP_HDR_BYTES;
    } else {
        to.port = (uint16_t)(cfg->port + probe);
    }
    int err = weft_sock_set(t->st, t->sock, WEFT_IP_TTL, cfg->first_hop + probe / cfg->queries);
    return err != 0 ? err : weft_sock_sendto(t->st, t->sock, cfg->buf, bytes, &to);
}

/* A probe is too long for the path: the next is as long as it carries. False if that is no less. */
static bool make_shorter(struct weft_traceroute *t)
{
    struct weft_ip_path path;
    const uint32_t hdrs = IP4_HDR_BYTES + WEFT_ICMP_HDR_BYTES; /* That of UDP is as long. */
    if (!t->cfg.finds_mtu || weft_ip_path(t->st, &t->cfg.to, &path) != 0 || path.mtu < hdrs + 1 ||
        path.mtu - hdrs >= t->size)
        return false;
    t->size = path.mtu - hdrs;
    t->mtu = t->new_mtu = path.mtu;
    return true;
}

/* Send as many as may be under way; false if the stack has no room now. */
static bool send_probes(struct weft_traceroute *t, uint64_t now_ns)
{
    while (t->sent < t->end && t->sent - t->told < t->cfg.slots_n) {
        *slot_of(t, t->sent) = (struct weft_trace_slot){.sent_ns = now_ns};
        int64_t n = send_one(t, t->sent);
        if (n == -WEFT_EAGAIN)
            return false;
        if (n == -WEFT_EMSGSIZE && make_shorter(t))
            continue;
        t->sent++;
        if (n < 0) {
            slot_of(t, t->sent - 1)->err = (uint8_t)-n;
            settle(t, t->sent - 1, WEFT_TRACE_UNSENT);
        }
    }
    return true;
}

static enum weft_trace_answer judge(const struct weft_traceroute *t, const struct weft_sock_err *e)
{
    if (e->icmp_type == ICMP4_TIME_EXCEEDED && e->icmp_code == ICMP4_TTL_EXCEEDED)
        return WEFT_TRACE_ON_THE_WAY;
    bool is_port = e->icmp_type == ICMP4_UNREACHABLE && e->icmp_code == ICMP4_PORT_UNREACHABLE;
    return is_port && is_target(t, &e->offender) ? WEFT_TRACE_REACHED : WEFT_TRACE_REFUSED;
}

/* What an ICMP error says of a probe. */
static void note_error(struct weft_traceroute *t, uint32_t probe, const struct weft_sock_err *e,
                       uint64_t now_ns)
{
    struct weft_trace_slot *s = slot_of(t, probe);
    s->rtt_ns = now_ns - s->sent_ns;
    s->from = e->offender;
    s->info = e->info;
    s->err = (uint8_t)e->err;
    s->icmp_type = e->icmp_type;
    s->icmp_code = e->icmp_code;
    s->ext_bytes = e->ext_bytes;
    memcpy(s->ext, e->ext, e->ext_bytes);
    settle(t, probe, judge(t, e));
}

static void take_errors(struct weft_traceroute *t, uint64_t now_ns)
{
    struct weft_sock_err e;
    while (weft_sock_recv_error(t->st, t->sock, &e) == 0) {
        /* Anything below the first becomes a number far beyond the last. */
        uint32_t first = t->cfg.how == WEFT_TRACE_ICMP ? 1 : t->cfg.port;
        uint32_t named = t->cfg.how == WEFT_TRACE_ICMP ? e.quoted_id : e.dst.port;
        struct weft_trace_slot *s = find(t, named - first);
        if (s == NULL || !is_target(t, &e.dst.addr))
            continue;
        if (e.icmp_type == ICMP4_UNREACHABLE && e.icmp_code == ICMP4_FRAG_NEEDED &&
            make_shorter(t)) {
            t->sent--; /* Again, shorter. */
            continue;
        }
        note_error(t, named - first, &e, now_ns);
    }
}

static void take_replies(struct weft_traceroute *t, uint64_t now_ns)
{
    for (;;) {
        struct weft_msg_info info;
        int64_t n = weft_sock_recvfrom(t->st, t->sock, t->cfg.buf, WEFT_ICMP_HDR_BYTES, &info);
        if (n < 0)
            return;
        uint32_t probe = (uint32_t)info.from.port - t->cfg.port;
        if (t->cfg.how == WEFT_TRACE_ICMP) {
            struct icmp4_hdr h;
            if (wf_icmp4_parse(&h, t->cfg.buf, (size_t)n) != ICMP4_OK ||
                h.type != ICMP4_ECHO_REPLY || h.code != 0)
                continue;
            probe = h.seq - 1u;
        }
        struct weft_trace_slot *s = find(t, probe);
        if (s == NULL || !is_target(t, &info.from.addr))
            continue;
        s->rtt_ns = now_ns - s->sent_ns;
        s->from = info.from.addr;
        s->reply_ttl = info.ttl;
        settle(t, probe, WEFT_TRACE_REACHED);
    }
}

/* Reads one message of the ICMP socket; true if it is about a probe under way: @e and @probe. */
static bool read_error(const struct weft_traceroute *t, size_t n, struct weft_sock_err *e,
                       uint32_t *probe)
{
    const uint8_t *ip = t->cfg.buf + ICMP4_HDR_BYTES;
    struct icmp4_hdr h;
    struct ip4_hdr q;
    if (wf_icmp4_parse(&h, t->cfg.buf, n) != ICMP4_OK ||
        wf_ip4_parse_quoted(&q, ip, n - ICMP4_HDR_BYTES) != IP4_OK ||
        n - ICMP4_HDR_BYTES < q.hdr_bytes + 8u || q.proto != IP_PROTO_TCP ||
        memcmp(q.dst.b, t->cfg.to.b + 12, 4) != 0 || wf_ld16be(ip + q.hdr_bytes + 2) != t->cfg.port)
        return false;
    uint16_t lport = wf_ld16be(ip + q.hdr_bytes);
    e->icmp_type = h.type;
    e->icmp_code = h.code;
    e->info = h.mtu;
    uint32_t at = wf_icmp4_ext_at(t->cfg.buf, (uint32_t)n);
    e->ext_bytes = at == 0 ? 0
                           : (uint8_t)wf_icmp4_ext_objects(e->ext, WEFT_ICMP_EXT_MAX,
                                                           t->cfg.buf + at, (uint32_t)n - at);
    for (*probe = t->told; *probe < t->sent; (*probe)++)
        if (find(t, *probe) != NULL && slot_of(t, *probe)->lport == lport)
            return true;
    return false;
}

static void take_messages(struct weft_traceroute *t, uint64_t now_ns)
{
    struct weft_msg_info info;
    struct weft_sock_err e = {.err = WEFT_EHOSTUNREACH};
    uint32_t probe = 0;
    for (;;) {
        int64_t n = weft_sock_recvfrom(t->st, t->sock, t->cfg.buf, t->cfg.buf_bytes, &info);
        if (n < 0)
            return;
        if (!read_error(t, (size_t)n, &e, &probe))
            continue;
        e.offender = info.from.addr;
        note_error(t, probe, &e, now_ns);
    }
}

/* Connections that opened or were refused: the target itself. */
static void take_connections(struct weft_traceroute *t, uint64_t now_ns)
{
    for (uint32_t probe = t->told; probe < t->sent; probe++) {
        struct weft_trace_slot *s = find(t, probe);
        uint32_t bits = s != NULL ? weft_sock_ready(t->st, s->sock) : 0;
        int64_t err = 0;
        if ((bits & WEFT_ERROR) != 0 && weft_sock_get(t->st, s->sock, WEFT_SO_ERROR, &err) == 0 &&
            err == WEFT_ECONNREFUSED)
            bits |= WEFT_CONNECTED;
        if ((bits & WEFT_CONNECTED) == 0)
            continue;
        s->rtt_ns = now_ns - s->sent_ns;
        s->from = t->cfg.to;
        settle(t, probe, WEFT_TRACE_REACHED);
    }
}

/* A socket to be watched from now on, or not any more. */
static bool tell_sockets(struct weft_traceroute *t, struct weft_traceroute_event *ev)
{
    if (t->cfg.how != WEFT_TRACE_TCP)
        return false;
    for (uint32_t probe = t->told; probe < t->sent; probe++) {
        struct weft_trace_slot *s = slot_of(t, probe);
        bool is_old = s->sock != 0 && (s->fate == SLOT_ANSWERED || t->is_done);
        if (is_old || (s->sock != 0 && probe >= t->opened)) {
            ev->kind = is_old ? WEFT_TRACEROUTE_CLOSED : WEFT_TRACEROUTE_OPENED;
            ev->sock = s->sock;
            t->opened = wf_max_u32(t->opened, probe + 1);
            if (is_old)
                close_probe(t, s);
            return true;
        }
    }
    return false;
}

/* The oldest probe not told yet, if it is known what became of it. */
static bool tell(struct weft_traceroute *t, uint64_t now_ns, struct weft_traceroute_event *ev)
{
    if (t->told == t->sent || t->told >= t->end)
        return false;
    struct weft_trace_slot *s = slot_of(t, t->told);
    if (s->fate == SLOT_WAITING && now_ns - s->sent_ns < t->cfg.timeout_ns)
        return false;
    if (s->sock != 0) { /* Its end is told first. */
        s->fate = SLOT_ANSWERED;
        return tell_sockets(t, ev);
    }
    uint32_t query = t->told % t->cfg.queries;
    *ev = (struct weft_traceroute_event){.kind = WEFT_TRACEROUTE_PROBE,
                                         .answer = (enum weft_trace_answer)s->answer,
                                         .hop =
                                             (uint8_t)(t->cfg.first_hop + t->told / t->cfg.queries),
                                         .query = (uint8_t)(query + 1),
                                         .from = s->from,
                                         .rtt_ns = s->rtt_ns,
                                         .info = s->info,
                                         .err = s->err,
                                         .icmp_type = s->icmp_type,
                                         .icmp_code = s->icmp_code,
                                         .reply_ttl = s->reply_ttl,
                                         .mtu = t->new_mtu,
                                         .ext_bytes = s->ext_bytes,
                                         .is_last = query + 1 == t->cfg.queries};
    memcpy(ev->ext, s->ext, s->ext_bytes);
    t->is_reached = t->is_reached || s->answer == WEFT_TRACE_REACHED;
    t->new_mtu = 0;
    t->told++;
    return true;
}

static void take_answers(struct weft_traceroute *t, uint64_t now_ns)
{
    if (t->cfg.how == WEFT_TRACE_TCP) {
        take_messages(t, now_ns);
        take_connections(t, now_ns);
    } else {
        take_errors(t, now_ns);
        take_replies(t, now_ns);
    }
}

uint64_t weft_traceroute_step(struct weft_traceroute *t, uint64_t now_ns,
                              struct weft_traceroute_event *ev)
{
    *ev = (struct weft_traceroute_event){.kind = WEFT_TRACEROUTE_NONE};
    if (t->is_done || !t->is_open)
        return WEFT_NEVER;
    t->last_ns = wf_max_u64(t->last_ns, now_ns);
    now_ns = t->last_ns;
    take_answers(t, now_ns);
    if (tell_sockets(t, ev) || tell(t, now_ns, ev))
        return now_ns;
    bool has_room = send_probes(t, now_ns);
    if (tell_sockets(t, ev) || tell(t, now_ns, ev))
        return now_ns; /* Refused by the stack just now. */
    if (t->told >= t->end) {
        t->is_done = true;
        if (tell_sockets(t, ev)) { /* Of probes beyond the last hop. */
            t->is_done = false;
            return now_ns;
        }
        *ev = (struct weft_traceroute_event){
            .kind = WEFT_TRACEROUTE_DONE, .mtu = t->mtu, .is_reached = t->is_reached};
        return now_ns;
    }
    uint64_t at = has_room ? WEFT_NEVER : now_ns + RETRY_NS;
    if (t->told < t->sent)
        at = wf_min_u64(at, slot_of(t, t->told)->sent_ns + t->cfg.timeout_ns);
    return at;
}

void weft_traceroute_end(struct weft_traceroute *t)
{
    if (!t->is_open)
        return;
    for (uint32_t probe = t->told; probe < t->sent; probe++)
        close_probe(t, slot_of(t, probe));
    (void)weft_sock_close(t->st, t->sock);
    t->is_open = false;
}
