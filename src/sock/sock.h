/* SPDX-License-Identifier: MIT */
/**
 * DOC: sock - sockets: handles for the user, an end of a protocol behind each
 *
 * The public calls of weft/sock.h are implemented here. A socket is bound, then becomes a listener
 * or a connection (TCP), or is a datagram endpoint from the start. The end keeps a pointer to the
 * socket's readiness only; a connection outlives its socket.
 */
#ifndef WF_SOCK_SOCK_H
#define WF_SOCK_SOCK_H

#include "net/net.h"
#include "tcp/tcp.h"
#include "udp/udp.h"
#include "weft/sock.h"

/** struct sock - A socket */
struct sock {
    struct wf_slab_node node;
    struct wf_ready ready;
    uint64_t user_value;
    struct weft_endpoint local; /* As bound, before there is an end. */
    uint8_t type;               /* enum weft_sock_type */
    bool is_bound, is_reuse;
    int16_t err; /* Of a connect that failed before there was a connection. */
    struct tcp_user tcp;
    struct tcp_conn *conn;         /* TCP, connected or connecting. */
    struct tcp_listener *listener; /* TCP, listening. */
    struct udp_ep *ep;             /* UDP, PING. */
};
_Static_assert(sizeof(struct sock) <= 168, "an idle connection stays below 1,024 bytes");

/** struct wf_socks - All sockets; limit: socks_max */
struct wf_socks {
    struct wf_slab socks;
    bool wants_memory; /* Some call found a pool empty: sockets are named again when it is not. */
};

/** wf_sock_get() - The socket of a handle, or NULL if it is stale */
static inline struct sock *wf_sock_get(const struct weft_stack *st, uint64_t handle)
{
    return wf_slab_get(&wf_net_of_const(st)->socks->socks, handle);
}

/** wf_sock_set_life() - Options about how long a connection lives and what it does meanwhile */
void wf_sock_set_life(struct tcp_user *u, enum weft_sock_opt opt, int64_t v);

/** wf_sock_get_life() - Their values */
int64_t wf_sock_get_life(const struct tcp_user *u, enum weft_sock_opt opt);

#endif /* WF_SOCK_SOCK_H */
