/* SPDX-License-Identifier: MIT */
/**
 * DOC: rarp - client and server of RARP (RFC 903), told the time and the messages
 *
 * Neither knows interfaces, frames or timers: stack/rarp.c carries messages and calls them when
 * their deadline has come.
 *
 * Attack notes: the client takes an answer only while it asks, for its own hardware address, with
 * an address that a host can have; whoever is on the link can still be the first to answer. The
 * server keeps nothing about a request but two times and an asker in the row that it asks for, so
 * requests for addresses it does not have cost a search and nothing else; a row is answered at
 * most ten times a second. Sent answers are no larger than requests.
 */
#ifndef WF_SVC_RARP_H
#define WF_SVC_RARP_H

#include "base/base.h"
#include "weft/rarp.h"
#include "wire/wire.h"

/** struct rarp_client - A client */
struct rarp_client {
    struct weft_rarp_config cfg; /* Defaults filled in. */
    struct weft_rarp_info info;
    uint8_t mac[6];
    uint64_t next_ns; /* ASKING: the next request, or the end. */
};

/** enum rarp_take - What a client says to an answer */
enum rarp_take {
    RARP_TAKE_NOT_ASKED, /* No request is waiting. */
    RARP_TAKE_FOREIGN,   /* For another hardware address. */
    RARP_TAKE_BAD_ADDR,  /* No host can have this address. */
    RARP_TAKE_BOUND,     /* The address is in info.addr. */
};

/** enum rarp_reply - What a server says to a request */
enum rarp_reply {
    RARP_REPLY_NOW,     /* The answer is filled in. */
    RARP_REPLY_LATER,   /* It is due at the server's deadline. */
    RARP_REPLY_UNKNOWN, /* Not in the table: silence. */
    RARP_REPLY_HELD,    /* Known; another server's turn, or answered a moment ago. */
};

/** wf_rarp_client_begin() - Start to ask; false if a field of @cfg is out of range */
bool wf_rarp_client_begin(struct rarp_client *c, const struct weft_rarp_config *cfg,
                          const uint8_t mac[6], uint64_t now_ns);

/** wf_rarp_client_due() - Whether a request is to be sent now, which is filled in; may end it */
bool wf_rarp_client_due(struct rarp_client *c, uint64_t now_ns, struct wf_rng *rng,
                        struct arp_ip4 *out);

/** wf_rarp_client_take() - An answer arrived */
enum rarp_take wf_rarp_client_take(struct rarp_client *c, const struct arp_ip4 *in);

/** wf_rarp_client_refuse() - The address that was taken cannot be used */
void wf_rarp_client_refuse(struct rarp_client *c, int err);

/** wf_rarp_client_stop() - Ask no more, and forget */
void wf_rarp_client_stop(struct rarp_client *c);

/** wf_rarp_client_deadline() - When to call wf_rarp_client_due(); WEFT_NEVER if it does not ask */
uint64_t wf_rarp_client_deadline(const struct rarp_client *c);

/** wf_rarp_server_ask() - A request arrived; with RARP_REPLY_NOW the target pair of @out is filled,
 * and the request's sender is who gets it */
enum rarp_reply wf_rarp_server_ask(struct weft_rarp_server *s, const struct arp_ip4 *in,
                                   uint64_t now_ns, struct wf_rng *rng, struct arp_ip4 *out);

/** wf_rarp_server_seen() - Another server answered: this one has nothing to add */
void wf_rarp_server_seen(struct weft_rarp_server *s, const struct arp_ip4 *in);

/** wf_rarp_server_due() - An answer whose delay is over: @out as above, @asker gets it */
bool wf_rarp_server_due(struct weft_rarp_server *s, uint64_t now_ns, struct arp_ip4 *out,
                        uint8_t asker[6]);

/** wf_rarp_server_deadline() - When to call wf_rarp_server_due(); WEFT_NEVER if nothing is due */
uint64_t wf_rarp_server_deadline(const struct weft_rarp_server *s);

#endif /* WF_SVC_RARP_H */
