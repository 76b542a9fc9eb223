/* SPDX-License-Identifier: MIT */
/** DOC: weft script - packet scripts: what a stack is given, and what it has to send */
#ifndef WEFT_SCRIPT_H
#define WEFT_SCRIPT_H

#include "weft/sock.h"
#include "weft/types.h"

/** enum weft_script_op - Calls of a script on a socket */
enum weft_script_op {
    WEFT_SCRIPT_OPEN, /* type; sock is set. */
    WEFT_SCRIPT_BIND, /* ep */
    WEFT_SCRIPT_LISTEN,
    WEFT_SCRIPT_ACCEPT,       /* sock is set to the new one. */
    WEFT_SCRIPT_CONNECT,      /* ep; 0 = begun. */
    WEFT_SCRIPT_CONNECT_SEND, /* ep, buf, n: with Fast Open; 0 = begun, and nothing taken. */
    WEFT_SCRIPT_SEND,         /* buf, n; ep if has_ep. */
    WEFT_SCRIPT_RECV,
    WEFT_SCRIPT_SHUTDOWN, /* is_read, is_write */
    WEFT_SCRIPT_CLOSE,
    WEFT_SCRIPT_ABORT,
    WEFT_SCRIPT_SET, /* opt, value */
    WEFT_SCRIPT_GET, /* opt; value is set. */
    WEFT_SCRIPT_CC,  /* name */
    WEFT_SCRIPT_READY,
};

/** struct weft_script_io - A call and what it answers; none of them blocks */
struct weft_script_io {
    enum weft_script_op op;
    uint64_t sock;
    enum weft_sock_type type;
    struct weft_endpoint ep;
    bool has_ep, is_read, is_write;
    void *buf;
    size_t n; /* LISTEN: the backlog. */
    enum weft_sock_opt opt;
    int64_t value;
    const char *name;
    bool is_foreign; /* Set if the target has nothing of the kind: the script is not applicable. */
};

/** struct weft_script_place - What a target stands in for */
struct weft_script_place {
    uint8_t local_ip[4], remote_ip[4];
    uint8_t prefix_len;
    uint32_t mtu;
};

/**
 * struct weft_script_target - Another stack for a script, in its own time
 *
 * Functions answer 0 or more, or a negative enum weft_err. begin(), setting() and field() answer
 * -WEFT_EOPNOTSUPP for what the target does not have; why() then says what, in a few words.
 */
struct weft_script_target {
    void *user;
    const char *name;    /* Of the stack, for messages: "Linux". */
    uint64_t slack_ns;   /* Tolerance of times, unless a script says more ... */
    uint32_t slack_part; /* ... and of what waits long this part of the time. */
    int (*begin)(void *user, const struct weft_script_place *place);
    int (*setting)(void *user, const char *name, const char *value); /* "net.ipv4.tcp_sack", "0" */
    uint64_t (*now_ns)(void *user);
    /* Until another packet has come from the stack (1), or the time has (0). If the time has come
     * before: whether a packet is there to be pulled. */
    int (*wait)(void *user, uint64_t until_ns);
    size_t (*pull)(void *user, void *buf, size_t cap, uint64_t *at_ns); /* 0 = none now. */
    int (*push)(void *user, const void *bytes, size_t n);
    int64_t (*call)(void *user, struct weft_script_io *io);
    /* A field of struct tcp_info; with socket 0 "state" of the connection with @value's ports. */
    int (*field)(void *user, uint64_t sock, const char *name, int64_t *value);
    const char *(*why)(void *user);
};

/** struct weft_script_config - How to run a script */
struct weft_script_config {
    uint64_t seed;
    bool is_checking;                            /* weft_stack_check() after every touch. */
    bool is_verbose;                             /* Print every packet as it passes. */
    void (*print)(void *user, const char *line); /* Lines without a newline; NULL = silent. */
    void *print_user;
    const char *overrides; /* Option lines ("--mtu=576 ...") that win over the script's; or NULL. */
    /* Every packet, in the order of the wire: @is_inbound = to the stack. NULL = not wanted. */
    void (*packet)(void *user, uint64_t at_ns, const void *bytes, size_t n, bool is_inbound);
    void *packet_user;
    const struct weft_script_target *target; /* NULL = weft, in virtual time. */
};

/** enum weft_script_verdict - How a script ended */
enum weft_script_verdict {
    WEFT_SCRIPT_PASSED,
    WEFT_SCRIPT_FAILED,         /* An expectation does not hold. */
    WEFT_SCRIPT_BAD,            /* It cannot be read; nothing was run. */
    WEFT_SCRIPT_NOT_APPLICABLE, /* It needs what the stack does not have. */
};

/** struct weft_script_field - One field of the packet that failed a script */
struct weft_script_field {
    char name[16];
    char expected[80], actual[80]; /* Empty = nothing is said, or it is not there. */
    bool is_different;
};

#define WEFT_SCRIPT_FIELDS_MAX 24

/** struct weft_script_result - How it went */
struct weft_script_result {
    bool has_passed;
    enum weft_script_verdict verdict;
    uint32_t events;       /* Lines executed. */
    uint32_t left_out;     /* Assertions about weft's own state, against another stack. */
    uint32_t line, column; /* Where it ended unless it passed; column 0 = the whole line. */
    uint64_t hash;         /* Trace hash of the world. */
    uint64_t took_ns;      /* Time from the first event to the last, on the script's clock. */
    char proves[512];      /* Requirement ids named in "proves:" comments, separated by blanks. */
    char why[256];         /* What does not hold, or what it needs. */
    char expected[256];    /* The line of the script. */
    char actual[256];      /* The packet that came instead, empty = none. */
    struct weft_script_field field[WEFT_SCRIPT_FIELDS_MAX]; /* The two side by side. */
    uint32_t fields_n;
};

/**
 * weft_script_run() - Run a packet script against a fresh stack
 * @cfg: how
 * @name: file name, for messages
 * @text: the script
 * @len: bytes at @text
 * @out: filled
 *
 * Return: 0 if it passed, -WEFT_EPROTO (it does not parse, or an expectation failed: what and where
 * was printed), -WEFT_EOPNOTSUPP (not applicable: @out says why) or -WEFT_ENOMEM.
 */
int weft_script_run(const struct weft_script_config *cfg, const char *name, const char *text,
                    size_t len, struct weft_script_result *out) __attribute__((warn_unused_result));

/** enum weft_script_setting_kind - What a setting of a kernel is to weft */
enum weft_script_setting_kind {
    WEFT_SETTING_IGNORED = 0, /* Nothing to do: it has no effect on the wire, or weft does so. */
    WEFT_SETTING_OPTION,      /* opt, value: of every later socket. */
    WEFT_SETTING_LIMIT,       /* limit_at, value: a field of struct weft_config of 32 bits. */
    WEFT_SETTING_CC,          /* cc */
    WEFT_SETTING_FASTOPEN,    /* value: 1 for clients, 2 for servers. */
    WEFT_SETTING_FOREIGN,     /* why: weft has nothing of the kind. */
    WEFT_SETTING_BAD,         /* why: the value cannot be read. */
};

/** struct weft_script_setting - A setting of a kernel, in weft's terms */
struct weft_script_setting {
    enum weft_script_setting_kind kind;
    enum weft_sock_opt opt;
    int64_t value;
    size_t limit_at;
    char cc[24];
    char why[128];
};

/**
 * weft_script_setting() - Look a setting of a kernel up
 * @name: "net.ipv4.tcp_sack"
 * @value: "0"
 * @out: filled
 */
void weft_script_setting(const char *name, const char *value, struct weft_script_setting *out);

/**
 * weft_script_info() - A figure of a connection by the name assertions of scripts have for it
 * @t: the connection
 * @name: a field of Linux's struct tcp_info, in Linux's unit, or of struct weft_tcp_info
 * @out: set
 *
 * Return: false if weft has no such figure.
 */
bool weft_script_info(const struct weft_tcp_info *t, const char *name, int64_t *out)
    __attribute__((warn_unused_result));

#endif /* WEFT_SCRIPT_H */
