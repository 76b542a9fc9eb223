/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft types - addresses, endpoints, handles, errors
 *
 * Words that every public header uses. Addresses are 16 bytes, IPv4 in mapped form
 * (::ffff:a.b.c.d), with a zone that names an interface where the address alone does not say which
 * link is meant. Handles are 64 bits: an index and a generation, so that a stale one is an error.
 */
#ifndef WEFT_TYPES_H
#define WEFT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** WEFT_NEVER - A time that does not come, in ns */
#define WEFT_NEVER UINT64_MAX

/** enum weft_err - Errors of the public API, returned negated; text from weft_strerror() */
enum weft_err {
    WEFT_OK = 0,
    WEFT_EINVAL = 1,        /* An argument is out of its documented range; nothing was changed. */
    WEFT_ENOMEM = 2,        /* The region or a table is too small; nothing was changed. */
    WEFT_EAGAIN = 3,        /* Not now: no room or no data; wait for the readiness event. */
    WEFT_EBADF = 4,         /* The handle is stale or of the wrong kind. */
    WEFT_ENOTCONN = 5,      /* The socket is not connected; connect first. */
    WEFT_EISCONN = 6,       /* The socket is connected or connecting already. */
    WEFT_EADDRINUSE = 7,    /* Another socket holds that local endpoint; take another port. */
    WEFT_EADDRNOTAVAIL = 8, /* The address is not one of this stack's, or no port is left. */
    WEFT_ENETUNREACH = 9,   /* No route; add one or check the address. */
    WEFT_EHOSTUNREACH = 10, /* The neighbour does not answer, or a router said so. */
    WEFT_ECONNREFUSED = 11, /* The peer answered with a reset, or the port is unreachable. */
    WEFT_ECONNRESET = 12,   /* The peer reset the connection; what was unread is lost. */
    WEFT_ETIMEDOUT = 13,    /* The peer stopped answering. */
    WEFT_EPIPE = 14,        /* Sending was shut down, or the connection is gone. */
    WEFT_EMSGSIZE = 15,     /* The datagram is larger than can be sent (with DF: than the MTU). */
    WEFT_EOPNOTSUPP = 16,   /* This kind of socket has no such operation. */
    WEFT_EACCES = 17,       /* Broadcast without WEFT_SO_BROADCAST. */
    WEFT_ENOENT = 18,       /* No such entry. */
    WEFT_EEXIST = 19,       /* The entry is there already; nothing was changed. */
    WEFT_ENETDOWN = 20,     /* The interface is down. */
    WEFT_ECONNABORTED = 21, /* The connection was ended on this side. */
    WEFT_EALREADY = 22,     /* A connection attempt is under way. */
    WEFT_EPROTO = 23,       /* An ICMP error that has no better name. */

    WEFT_ERR_COUNT
};

/** struct weft_addr - An IP address with the zone (interface index, 0 = none) it is meant in */
struct weft_addr {
    uint8_t b[16]; /* Network byte order; IPv4 as ::ffff:a.b.c.d. All zero = unspecified. */
    uint16_t zone; /* Interface index for link-local addresses, otherwise 0. */
};

/** struct weft_endpoint - Address and port */
struct weft_endpoint {
    struct weft_addr addr;
    uint16_t port; /* Host byte order. */
};

/** struct weft_iov - A run of bytes; same layout as POSIX struct iovec */
struct weft_iov {
    void *base;
    size_t len;
};

/**
 * weft_ip4() - An IPv4 address in mapped form
 * @a: first octet
 * @b: second octet
 * @c: third octet
 * @d: last octet
 *
 * Return: the address, zone 0.
 */
static inline struct weft_addr weft_ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    struct weft_addr r = {.b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, .zone = 0};
    return r;
}

/**
 * weft_strerror() - Text of an error
 * @err: an error as returned (negative) or a value of enum weft_err
 *
 * Return: a static string without a full stop, "unknown error" for other values.
 */
const char *weft_strerror(int err);

/**
 * weft_addr_parse() - Read an address from text
 * @out: set on success
 * @text: dotted quad, "10.0.0.1"
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_addr_parse(struct weft_addr *out, const char *text) __attribute__((warn_unused_result));

/**
 * weft_mac_parse() - Read a hardware address from text
 * @mac: filled with its six octets; undefined if there is none
 * @text: six numbers of one or two hexadecimal digits with colons between them, as ethers(5) has
 *
 * Return: false if @text is none.
 */
bool weft_mac_parse(uint8_t mac[6], const char *text) __attribute__((warn_unused_result));

/**
 * weft_addr_text() - Write an address as text
 * @buf: filled, always terminated if @cap > 0
 * @cap: bytes at @buf; 48 always suffice
 * @a: address
 *
 * Return: length of the text without the terminator.
 */
size_t weft_addr_text(char *buf, size_t cap, const struct weft_addr *a);

/**
 * weft_panic() - Provided by the embedder: an invariant of the stack is broken
 * @file: source file of the assertion
 * @line: its line
 * @expr: its text
 *
 * Must not return. libweft-host provides one that prints and aborts. Nothing that arrives from a
 * network or through the API leads here.
 */
void weft_panic(const char *file, int line, const char *expr) __attribute__((noreturn));

#endif /* WEFT_TYPES_H */
