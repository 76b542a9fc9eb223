/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft host - a stack in real time: memory, clock, entropy, the loop, services
 *
 * Three parts, each usable without the ones after it:
 *
 *   dispatch  turns events of one stack into calls of handlers, with timers. It calls no OS: a host
 *             drives it in real time, a simulation in virtual time
 *   services  echo, discard, chargen, an HTTP server and an HTTP client: state machines on a
 *             dispatcher
 *   host      owns one stack with its drivers and runs it; blocking calls for small programs;
 *             a control socket; a private network namespace for users who are not root
 *
 * Threads: a host, its stack and its dispatcher belong to one thread. Only weft_host_stop() may be
 * called from elsewhere, signal handlers included. Handlers are called from inside
 * weft_host_poll() or weft_dispatch_run() and may call everything except those two.
 */
#ifndef WEFT_HOST_H
#define WEFT_HOST_H

#include "weft/driver.h"
#include "weft/weft.h"

struct json_t; /* libjansson's */

/* ---- dispatch ---- */

struct weft_dispatch;

/** struct weft_timer - A time to be called at; part of the caller's object, all zero = idle */
struct weft_timer {
    uint64_t at_ns; /* Set while armed. */
    void (*fn)(void *arg);
    void *arg;
    struct weft_timer *prev, *next; /* The dispatcher's. */
    bool is_armed;
};

/**
 * weft_dispatch_new() - Make a dispatcher for a stack
 * @st: stack; from now on only the dispatcher takes its events
 *
 * Return: the dispatcher, NULL if the heap is empty. weft_dispatch_free() frees it.
 */
struct weft_dispatch *weft_dispatch_new(struct weft_stack *st);

/**
 * weft_dispatch_free() - Free a dispatcher; handlers are not called any more
 * @d: dispatcher, NULL is allowed
 */
void weft_dispatch_free(struct weft_dispatch *d);

/**
 * weft_dispatch_stack() - The stack of a dispatcher
 * @d: dispatcher
 *
 * Return: as given to weft_dispatch_new().
 */
struct weft_stack *weft_dispatch_stack(const struct weft_dispatch *d);

/**
 * weft_dispatch_now() - The time of the run under way, or of the last one
 * @d: dispatcher
 *
 * Return: ns.
 */
uint64_t weft_dispatch_now(const struct weft_dispatch *d);

/**
 * weft_dispatch_watch() - Have a function called when the readiness of a socket changes
 * @d: dispatcher
 * @sock: handle; WEFT_SO_USER is the dispatcher's from now on
 * @fn: handler; gets WEFT_READABLE | ... as they are then
 * @arg: for @fn
 *
 * The first call comes in the next run, whatever the readiness is. Handlers must go on until
 * -WEFT_EAGAIN, or ask for weft_dispatch_again(). Watching again replaces the handler.
 *
 * Return: 0, -WEFT_EBADF or -WEFT_ENOMEM.
 */
int weft_dispatch_watch(struct weft_dispatch *d, uint64_t sock,
                        void (*fn)(void *arg, uint64_t sock, uint32_t bits), void *arg)
    __attribute__((warn_unused_result));

/**
 * weft_dispatch_again() - Have the handler of a socket called in the next run, event or not
 * @d: dispatcher
 * @sock: watched handle; others are ignored
 */
void weft_dispatch_again(struct weft_dispatch *d, uint64_t sock);

/**
 * weft_dispatch_forget() - Stop watching a socket; call it before the handle is closed
 * @d: dispatcher
 * @sock: handle; one that is not watched is ignored
 */
void weft_dispatch_forget(struct weft_dispatch *d, uint64_t sock);

/**
 * weft_dispatch_arm() - Set a timer
 * @d: dispatcher
 * @t: timer with fn and arg set; an armed one is moved
 * @at_ns: absolute time
 */
void weft_dispatch_arm(struct weft_dispatch *d, struct weft_timer *t, uint64_t at_ns);

/**
 * weft_dispatch_disarm() - Stop a timer
 * @d: dispatcher
 * @t: timer; an idle one is left alone
 */
void weft_dispatch_disarm(struct weft_dispatch *d, struct weft_timer *t);

/**
 * weft_dispatch_run() - Call what is due: expired timers, then handlers
 * @d: dispatcher
 * @now_ns: time, as given to the stack
 *
 * Return: handlers and timers called.
 */
uint32_t weft_dispatch_run(struct weft_dispatch *d, uint64_t now_ns);

/**
 * weft_dispatch_deadline() - When weft_dispatch_run() has something to do without any event
 * @d: dispatcher
 *
 * Return: absolute ns, 0 = at once, WEFT_NEVER.
 */
uint64_t weft_dispatch_deadline(const struct weft_dispatch *d);

/* ---- services ---- */

/** struct weft_service - A running service; what all services begin with */
struct weft_service {
    void (*close)(struct weft_service *s);
    struct weft_dispatch *d;
    uint64_t conns, bytes_in, bytes_out; /* Since the start. */
    uint32_t open_conns;
};

/** enum weft_simple - The small services */
enum weft_simple {
    WEFT_SERVE_ECHO,    /* RFC 862 */
    WEFT_SERVE_DISCARD, /* RFC 863 */
    WEFT_SERVE_CHARGEN, /* RFC 864 */
};

/**
 * weft_serve_simple() - Run echo, discard or chargen, by TCP and UDP
 * @d: dispatcher
 * @kind: which
 * @local: address (unspecified = any) and port (0 = 7, 9 or 19)
 * @out: set on success; weft_service_close() ends it
 *
 * Return: 0 or an error of socket, bind and listen.
 */
int weft_serve_simple(struct weft_dispatch *d, enum weft_simple kind,
                      const struct weft_endpoint *local, struct weft_service **out)
    __attribute__((warn_unused_result));

/** struct weft_http_config - An HTTP server; all zero = status page only */
struct weft_http_config {
    struct weft_endpoint local; /* Port 0 = 80. */
    const char *root;           /* Folder whose files are served; NULL = none. */
    bool may_put;               /* PUT writes files below root. */
    uint32_t conns_max;         /* 0 = 256; more connections wait. */
    uint32_t idle_ms;           /* A connection without progress ends; 0 = 60000. */
    uint64_t put_max_bytes;     /* Largest body of PUT; 0 = 2^40. */
    const char *title;          /* Of the status page; NULL = "weft". */
};

/**
 * weft_serve_http() - Run an HTTP/1.1 server
 * @d: dispatcher
 * @cfg: copied
 * @out: set on success; weft_service_close() ends it
 * @err: set to one line on failure
 * @err_cap: bytes at @err
 *
 * Return: 0, or a negative error with a line in @err.
 */
int weft_serve_http(struct weft_dispatch *d, const struct weft_http_config *cfg,
                    struct weft_service **out, char *err, size_t err_cap)
    __attribute__((warn_unused_result));

/**
 * weft_service_close() - End a service; its connections are reset
 * @s: service, NULL is allowed
 */
void weft_service_close(struct weft_service *s);

struct weft_fetch;

#define WEFT_URL_PATH_BYTES 1024

/** struct weft_url - An http URL taken apart */
struct weft_url {
    struct weft_endpoint to;
    char host[64];                  /* As written, with the port: for the Host field. */
    char path[WEFT_URL_PATH_BYTES]; /* From the first slash on, query included. */
};

/**
 * weft_url_parse() - Read "http://A.B.C.D[:PORT][/PATH]"
 * @out: filled
 * @text: URL
 *
 * Return: 0 or -WEFT_EINVAL (not http, not a dotted quad, a space or control character).
 */
int weft_url_parse(struct weft_url *out, const char *text) __attribute__((warn_unused_result));

/** struct weft_fetch_result - How a fetch stands */
struct weft_fetch_result {
    bool is_done, is_ok; /* Ok: a whole response with a 2xx status. */
    int status;          /* Of the last response, 0 = none yet. */
    int err;             /* enum weft_err, 0 = none. */
    uint64_t bytes;      /* Of the body, so far. */
    uint64_t total;      /* Announced length, UINT64_MAX = unknown. */
    uint64_t start_ns, first_byte_ns, end_ns;
    char text[WEFT_ERRTEXT_BYTES]; /* What went wrong, or the reason phrase. */
};

/** struct weft_fetch_config - What to fetch, and where to */
struct weft_fetch_config {
    struct weft_url url;
    int out_fd;        /* Takes the body; -1 = discard it. May block. */
    int put_fd;        /* PUT this file instead of GET; -1 = GET. */
    bool is_following; /* Follow one redirect. */
    uint32_t idle_ms;  /* Give up after this long without progress; 0 = 30000. */
    void (*on_done)(void *arg, const struct weft_fetch_result *r); /* May be NULL. */
    void *arg;
};

/**
 * weft_fetch_start() - Begin an HTTP request
 * @d: dispatcher
 * @cfg: copied; the descriptors stay the caller's
 * @out: set on success; weft_fetch_free() frees it, at any time except inside on_done
 *
 * Return: 0 or an error of socket and connect.
 */
int weft_fetch_start(struct weft_dispatch *d, const struct weft_fetch_config *cfg,
                     struct weft_fetch **out) __attribute__((warn_unused_result));

/**
 * weft_fetch_result() - How it stands
 * @f: fetch
 *
 * Return: the result, valid until weft_fetch_free().
 */
const struct weft_fetch_result *weft_fetch_result(const struct weft_fetch *f);

/**
 * weft_fetch_free() - Free a fetch; one under way is reset
 * @f: fetch, NULL is allowed
 */
void weft_fetch_free(struct weft_fetch *f);

/* ---- host ---- */

struct weft_host;

#define WEFT_HOST_LINKS_MAX      16
#define WEFT_HOST_LINK_ADDRS_MAX 8
#define WEFT_HOST_NAME_MAX       32

/** struct weft_prefix - An address with its prefix length */
struct weft_prefix {
    struct weft_addr addr;
    uint8_t len;
};

/**
 * weft_prefix_parse() - Read "10.0.0.1/24"
 * @out: set on success
 * @text: address and prefix length; without one, 32
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_prefix_parse(struct weft_prefix *out, const char *text)
    __attribute__((warn_unused_result));

/** struct weft_host_link_config - A wire of a host */
struct weft_host_link_config {
    const char *spec; /* As weft_driver_open() takes it. */
    const char *name; /* Interface name inside the stack; NULL = "eth0", "eth1", ... */
    struct weft_driver_config driver;
    struct weft_prefix addrs[WEFT_HOST_LINK_ADDRS_MAX];
    unsigned addrs_n;
    bool has_arp; /* neigh and arp are set; otherwise those of a new interface hold. */
    struct weft_neigh_options neigh;
    struct weft_arp_options arp;
};

/** struct weft_host_config - A host; begin with weft_host_config_default() */
struct weft_host_config {
    const char *name;          /* Letters, digits, '-', '_', '.'; NULL = "weft". */
    struct weft_config limits; /* The seed is drawn by the host and overwritten. */
    struct weft_host_link_config links[WEFT_HOST_LINKS_MAX];
    unsigned links_n;
    struct weft_addr gateway; /* Default route; unspecified = none. */
    uint64_t area_bytes;      /* Memory for payload, taken as it is used; 0 = what limits allow. */
};

/**
 * weft_host_config_default() - A host without links, with the stack's default limits
 * @cfg: filled
 */
void weft_host_config_default(struct weft_host_config *cfg);

/**
 * weft_host_open() - Build a stack with its links
 * @out: set on success; weft_host_close() frees it
 * @cfg: copied, texts included
 * @err: set to one line on failure
 * @err_cap: bytes at @err
 *
 * Return: 0, or -1 with a line in @err; nothing is left behind.
 */
int weft_host_open(struct weft_host **out, const struct weft_host_config *cfg, char *err,
                   size_t err_cap) __attribute__((warn_unused_result));

/**
 * weft_host_close() - Close links, free memory; devices that open() created are gone
 * @h: host, NULL is allowed
 */
void weft_host_close(struct weft_host *h);

/**
 * weft_host_stack() - The stack of a host
 * @h: host
 *
 * Return: stack; sockets may be used between and inside polls.
 */
struct weft_stack *weft_host_stack(const struct weft_host *h);

/**
 * weft_host_dispatch() - The dispatcher of a host
 * @h: host
 *
 * Return: dispatcher.
 */
struct weft_dispatch *weft_host_dispatch(const struct weft_host *h);

/**
 * weft_host_name() - The name of a host
 * @h: host
 *
 * Return: text, valid as long as the host.
 */
const char *weft_host_name(const struct weft_host *h);

/**
 * weft_host_now() - The clock of the stack (CLOCK_MONOTONIC)
 *
 * Return: ns.
 */
uint64_t weft_host_now(void);

/** struct weft_host_link - A link as it is */
struct weft_host_link {
    const char *spec;
    const struct weft_driver *driver;
    uint16_t ifindex;
    uint64_t rx_refused; /* Frames the stack had no room for. */
};

/**
 * weft_host_link() - Look at a link
 * @h: host
 * @i: number from 0 on
 * @out: filled
 *
 * Return: true, false if there is no such link.
 */
bool weft_host_link(const struct weft_host *h, unsigned i, struct weft_host_link *out);

/**
 * weft_host_poll() - One round: wait, receive, run timers and handlers, transmit
 * @h: host
 * @until_ns: wait no longer than this; 0 = do not wait, WEFT_NEVER = as long as it takes
 *
 * Return: 0, or -1 after weft_host_stop().
 */
int weft_host_poll(struct weft_host *h, uint64_t until_ns);

/**
 * weft_host_run() - Poll until a condition holds or weft_host_stop()
 * @h: host
 * @until: asked after every round; NULL = only weft_host_stop() ends it
 * @arg: for @until
 *
 * Return: 0 = the condition holds, -1 = stopped.
 */
int weft_host_run(struct weft_host *h, bool (*until)(void *arg), void *arg);

/**
 * weft_host_stop() - End weft_host_run() and make polls answer -1; may be called from signal
 * handlers and other threads
 * @h: host
 */
void weft_host_stop(struct weft_host *h);

/**
 * weft_host_fd_add() - Have a function called when a descriptor is ready
 * @h: host
 * @fd: descriptor, not watched yet
 * @want: WEFT_DRIVER_POLL_IN | WEFT_DRIVER_POLL_OUT
 * @fn: handler; errors and hang-ups are reported as both bits
 * @arg: for @fn
 *
 * Return: 0, -WEFT_EEXIST or -WEFT_ENOMEM.
 */
int weft_host_fd_add(struct weft_host *h, int fd, uint32_t want,
                     void (*fn)(void *arg, int fd, uint32_t ready), void *arg)
    __attribute__((warn_unused_result));

/**
 * weft_host_fd_want() - Change what is waited for
 * @h: host
 * @fd: watched descriptor; others are ignored
 * @want: WEFT_DRIVER_POLL_*, 0 = nothing for now
 */
void weft_host_fd_want(struct weft_host *h, int fd, uint32_t want);

/**
 * weft_host_fd_del() - Stop watching; call it before the descriptor is closed
 * @h: host
 * @fd: descriptor; one that is not watched is ignored
 */
void weft_host_fd_del(struct weft_host *h, int fd);

#define WEFT_HOST_CAPTURES_MAX 8

/**
 * weft_host_capture_add() - See every frame of every link
 * @h: host
 * @fn: gets the link's number, the way, the time since the epoch and the frame, for the call only
 * @arg: for @fn
 *
 * Return: a number for weft_host_capture_del(), or -WEFT_ENOMEM.
 */
int weft_host_capture_add(struct weft_host *h,
                          void (*fn)(void *arg, unsigned link, enum weft_dir dir, uint64_t epoch_ns,
                                     const struct weft_frame *frame),
                          void *arg) __attribute__((warn_unused_result));

/**
 * weft_host_capture_del() - Stop seeing frames
 * @h: host
 * @id: from weft_host_capture_add()
 */
void weft_host_capture_del(struct weft_host *h, int id);

/* Blocking calls for small programs: each polls the host until it is done, so handlers and timers
   go on meanwhile. A timeout is in ns from now, WEFT_NEVER = none; -WEFT_ETIMEDOUT ends it, and
   -WEFT_ECONNABORTED if the host was stopped. */

/**
 * weft_host_listen() - Open, bind and listen in one call
 * @h: host
 * @local: endpoint
 * @backlog: connections that may wait
 * @out: set to the handle
 *
 * Return: 0 or an error of these three.
 */
int weft_host_listen(struct weft_host *h, const struct weft_endpoint *local, uint32_t backlog,
                     uint64_t *out) __attribute__((warn_unused_result));

/**
 * weft_host_accept() - Wait for a connection
 * @h: host
 * @sock: listening socket
 * @out: set to the handle
 * @peer: set; may be NULL
 * @timeout_ns: see above
 *
 * Return: 0 or an error.
 */
int weft_host_accept(struct weft_host *h, uint64_t sock, uint64_t *out, struct weft_endpoint *peer,
                     uint64_t timeout_ns) __attribute__((warn_unused_result));

/**
 * weft_host_connect() - Open a TCP connection and wait until it stands
 * @h: host
 * @remote: peer
 * @out: set to the handle on success
 * @timeout_ns: see above
 *
 * Return: 0 or an error; no socket is left then.
 */
int weft_host_connect(struct weft_host *h, const struct weft_endpoint *remote, uint64_t *out,
                      uint64_t timeout_ns) __attribute__((warn_unused_result));

/**
 * weft_host_send() - Send all bytes
 * @h: host
 * @sock: connected TCP socket
 * @buf: bytes
 * @len: how many
 * @timeout_ns: see above
 *
 * Return: @len, or an error (an unknown part was sent).
 */
int64_t weft_host_send(struct weft_host *h, uint64_t sock, const void *buf, size_t len,
                       uint64_t timeout_ns) __attribute__((warn_unused_result));

/**
 * weft_host_recv() - Wait for bytes or a datagram
 * @h: host
 * @sock: socket
 * @buf: filled
 * @cap: bytes at @buf
 * @timeout_ns: see above
 *
 * Return: bytes, 0 = end of stream, or an error.
 */
int64_t weft_host_recv(struct weft_host *h, uint64_t sock, void *buf, size_t cap,
                       uint64_t timeout_ns) __attribute__((warn_unused_result));

/**
 * weft_host_entropy() - Random bytes of the operating system
 * @buf: filled
 * @len: bytes
 *
 * Return: 0, or -1 if the system has none to give; there is no weaker source.
 */
int weft_host_entropy(void *buf, size_t len) __attribute__((warn_unused_result));

/**
 * weft_host_vec() - The fastest vector routines of this machine
 *
 * Return: a constant table for struct weft_config.
 */
const struct weft_vec *weft_host_vec(void);

/**
 * weft_host_vec_next() - Walk every table that works on this machine, for tests and benchmarks
 * @i: number from 0 on, portable C first
 * @name: set to "portable", "sse2", "avx2"
 *
 * Return: the table, NULL at the end.
 */
const struct weft_vec *weft_host_vec_next(unsigned i, const char **name);

/** struct weft_private_net - A wire to the kernel inside an own network namespace */
struct weft_private_net {
    char spec[48];      /* For weft_driver_open(). */
    char kernel_if[16]; /* The kernel's end. */
    bool is_tap;        /* Otherwise a veth pair. */
};

/**
 * weft_private_net_enter() - Move this process into an own network namespace (and user namespace,
 * where it is not root), and lay a wire between its kernel and a stack
 * @out: filled
 * @kernel: address of the kernel's end
 * @err: set to one line on failure: what to try
 * @err_cap: bytes at @err
 *
 * The process must have one thread. Everything goes with the last process in the namespace.
 *
 * Return: 0, or -1 with a line in @err.
 */
int weft_private_net_enter(struct weft_private_net *out, const struct weft_prefix *kernel,
                           char *err, size_t err_cap) __attribute__((warn_unused_result));

/**
 * weft_private_enter() - Move this process into an own network namespace, without any wire
 * @err: set to one line on failure: what to try
 * @err_cap: bytes at @err
 *
 * As weft_private_net_enter() does first.
 *
 * Return: 0, or -1 with a line in @err.
 */
int weft_private_enter(char *err, size_t err_cap) __attribute__((warn_unused_result));

/**
 * weft_private_tun() - Lay a TUN in the namespace this process is in, with a route to everywhere
 * @kernel: address of the kernel's end
 * @mtu: bytes of a packet, 68..65535
 * @err: set to one line on failure: what to try
 * @err_cap: bytes at @err
 *
 * IPv6 is switched off for it.
 *
 * Return: its descriptor, which does not block and carries IPv4 packets, or -1 with a line in @err.
 */
int weft_private_tun(const struct weft_prefix *kernel, uint32_t mtu, char *err, size_t err_cap)
    __attribute__((warn_unused_result));

/**
 * weft_host_on_event() - Be told what happens to addresses and neighbours
 * @h: host
 * @fn: gets one line, such as "duplicate address 10.0.0.2 from 02:00:00:00:00:66 on eth0", for ten
 * events and then for one a second, with the number of those in between; NULL = none
 * @arg: for @fn
 */
void weft_host_on_event(struct weft_host *h, void (*fn)(void *arg, const char *line), void *arg);

/* ---- control socket ---- */

struct weft_ctl;
struct weft_ctl_conn;
struct weft_ctl_client;

/**
 * weft_ctl_path() - Default path of a host's control socket
 * @buf: filled: $XDG_RUNTIME_DIR/weft/NAME.ctl, or /run/weft/NAME.ctl
 * @cap: bytes at @buf
 * @name: name of the host
 *
 * Return: 0 or -WEFT_EINVAL (not a host name, or too long).
 */
int weft_ctl_path(char *buf, size_t cap, const char *name) __attribute__((warn_unused_result));

/**
 * weft_ctl_open() - Serve the control socket of a host
 * @out: set on success; weft_ctl_close() ends it
 * @h: host
 * @path: NULL = weft_ctl_path() of the host's name. The socket has mode 0600. One that a killed
 * host left is cleared; one that answers is an error
 * @err: set to one line on failure
 * @err_cap: bytes at @err
 *
 * Knows {"cmd":"show","what":"links|addresses|routes|neighbours|sockets|counters|drops"},
 * {"cmd":"neigh","op":"add|replace|change|del|flush|proxy_add|proxy_del|proxies|options|events"},
 * {"cmd":"stop"} and {"cmd":"hello"}. Every request is a line, every answer is a line:
 * {"ok":true,...} or {"ok":false,"error":"..."}.
 *
 * Return: 0, or -1 with a line in @err.
 */
int weft_ctl_open(struct weft_ctl **out, struct weft_host *h, const char *path, char *err,
                  size_t err_cap) __attribute__((warn_unused_result));

/**
 * weft_ctl_close() - End the control socket and remove its file
 * @c: control socket, NULL is allowed; not from inside a command
 */
void weft_ctl_close(struct weft_ctl *c);

/**
 * weft_ctl_command() - Add a command
 * @c: control socket
 * @cmd: its name, a static string
 * @fn: gets the request, borrowed; answers now or later by weft_ctl_reply()
 * @arg: for @fn
 *
 * Return: 0, -WEFT_EEXIST or -WEFT_ENOMEM.
 */
int weft_ctl_command(struct weft_ctl *c, const char *cmd,
                     void (*fn)(void *arg, struct weft_ctl_conn *conn, struct json_t *request),
                     void *arg) __attribute__((warn_unused_result));

/**
 * weft_ctl_host() - The host a connection controls
 * @conn: connection
 *
 * Return: host.
 */
struct weft_host *weft_ctl_host(const struct weft_ctl_conn *conn);

/**
 * weft_ctl_reply() - Answer with one line
 * @conn: connection
 * @answer: object; taken. NULL = {"ok":true}
 */
void weft_ctl_reply(struct weft_ctl_conn *conn, struct json_t *answer);

/**
 * weft_ctl_error() - Answer that a request failed
 * @conn: connection
 * @text: one line
 */
void weft_ctl_error(struct weft_ctl_conn *conn, const char *text);

/**
 * weft_ctl_write() - Send raw bytes after an answer, for streams
 * @conn: connection
 * @bytes: what to send
 * @n: how many
 *
 * Return: 0, or -WEFT_EAGAIN if the client is too slow (nothing was taken).
 */
int weft_ctl_write(struct weft_ctl_conn *conn, const void *bytes, size_t n)
    __attribute__((warn_unused_result));

/**
 * weft_ctl_on_close() - Be told when a connection goes away, before it is freed
 * @conn: connection
 * @fn: called once; NULL = nobody
 * @arg: for @fn
 */
void weft_ctl_on_close(struct weft_ctl_conn *conn, void (*fn)(void *arg), void *arg);

/**
 * weft_ctl_finish() - Close a connection as soon as everything was sent
 * @conn: connection
 */
void weft_ctl_finish(struct weft_ctl_conn *conn);

/**
 * weft_ctl_show() - One table of a host, as the control socket answers it
 * @h: host
 * @what: links, addresses, routes, neighbours, sockets, counters or drops
 *
 * Return: a new array or object, NULL if there is no such table.
 */
struct json_t *weft_ctl_show(struct weft_host *h, const char *what);

/**
 * weft_ctl_client_open() - Connect to a running host
 * @out: set on success; weft_ctl_client_close() frees it
 * @path: socket, as from weft_ctl_path()
 * @err: set to one line on failure
 * @err_cap: bytes at @err
 *
 * Return: 0, or -1 with a line in @err.
 */
int weft_ctl_client_open(struct weft_ctl_client **out, const char *path, char *err, size_t err_cap)
    __attribute__((warn_unused_result));

/**
 * weft_ctl_client_send() - Send a request
 * @c: client
 * @request: object; taken
 *
 * Return: 0, or -1 if the host is gone.
 */
int weft_ctl_client_send(struct weft_ctl_client *c, struct json_t *request)
    __attribute__((warn_unused_result));

/**
 * weft_ctl_client_answer() - Wait for the next line
 * @c: client
 *
 * Return: a new object, NULL if the host is gone or the line is not JSON.
 */
struct json_t *weft_ctl_client_answer(struct weft_ctl_client *c);

/**
 * weft_ctl_client_read() - Read raw bytes of a stream
 * @c: client
 * @buf: filled
 * @cap: bytes at @buf
 *
 * Return: bytes, 0 at the end, -1 on failure.
 */
int64_t weft_ctl_client_read(struct weft_ctl_client *c, void *buf, size_t cap)
    __attribute__((warn_unused_result));

/**
 * weft_ctl_client_close() - Disconnect
 * @c: client, NULL is allowed
 */
void weft_ctl_client_close(struct weft_ctl_client *c);

#endif /* WEFT_HOST_H */
