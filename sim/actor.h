/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim actor - what the files of the actors share
 *
 * An actor is a state machine driven by socket events and one timer. Its sockets carry its number
 * and a slot in WEFT_SO_USER. Events tell only that readiness changed, so every reaction goes on
 * until the socket answers WEFT_EAGAIN: an actor that waits without having seen that answer would
 * hide a lost wake-up.
 */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include "world.h"

#define ACTOR_SLOT_OWN  0xffffffU                /* The listener, or a datagram socket. */
#define ACTOR_RETRY_NS  (UINT64_C(10) * 1000000) /* After a table of the stack was full. */
#define ACTOR_IO_BYTES  16384U
#define ACTOR_SECOND_NS UINT64_C(1000000000)

/** struct flow - One TCP connection of an actor */
struct flow {
    uint64_t sock; /* 0 = the slot is free. */
    bool is_connected, has_eof, has_shut;
    uint64_t tx, rx;      /* Bytes sent and received. */
    uint64_t read_credit; /* Slow reader: bytes it may take now. */
    uint64_t asked_ns;    /* Request and response: when the round began. */
    uint8_t *echo;        /* Echo server: bytes read and not sent back yet. */
    uint32_t echo_at, echo_n;
};

struct weft_actor {
    struct weft_world *w;
    uint32_t id;
    struct weft_actor_config cfg;
    struct weft_actor_result res;
    bool is_started, is_stopped;
    uint64_t timer_ns; /* Time of the event that is valid. */
    uint64_t own;      /* Listener or datagram socket, 0 = none. */

    struct flow *flow; /* By slot. */
    uint32_t flows_cap, flows_open;
    uint64_t next_open_ns;  /* Clients: not before. */
    uint64_t next_read_ns;  /* Slow reader. */
    uint64_t next_write_ns; /* Slow writer: not before. */

    uint64_t *sent_ns; /* Datagrams: when each was sent; UINT64_MAX once answered. */
    uint64_t next_send_ns;
    uint32_t tries; /* Traceroute: probes of this hop. */
};

/** struct actor_ops - What a kind of actor does when it starts, is woken or is stopped */
struct actor_ops {
    const char *name;
    bool is_server; /* It never ends by itself. */
    void (*start)(struct weft_actor *a);
    void (*event)(struct weft_actor *a, uint32_t slot);
    void (*timer)(struct weft_actor *a);
};

/** wf_sim_actor_set_timer() - Be woken at a time, if nothing earlier is set */
void wf_sim_actor_set_timer(struct weft_actor *a, uint64_t at_ns);

/** wf_sim_actor_is_server() - Whether an actor never ends by itself */
bool wf_sim_actor_is_server(const struct weft_actor *a);

/** wf_sim_actor_progress() - Something got on: the world is not stalled */
void wf_sim_actor_progress(struct weft_actor *a);

/** wf_sim_actor_error() - Note an error, a negative enum weft_err; the first one is kept */
void wf_sim_actor_error(struct weft_actor *a, int64_t err);

/** wf_sim_actor_end() - A client is done */
void wf_sim_actor_end(struct weft_actor *a);

/** wf_sim_actor_rtt() - Count a round trip */
void wf_sim_actor_rtt(struct weft_actor *a, uint64_t rtt_ns);

/** wf_sim_actor_open() - A socket with the actor's options; 0 or a negative enum weft_err */
int wf_sim_actor_open(struct weft_actor *a, enum weft_sock_type type, uint32_t slot, uint64_t *out);

/** wf_sim_actor_set() - Set an option; one that a kind of socket does not have is of no concern */
void wf_sim_actor_set(struct weft_actor *a, uint64_t sock, enum weft_sock_opt opt, int64_t value);

/** wf_sim_actor_tag() - Put the actor's number and a slot on a socket, and its options */
void wf_sim_actor_tag(struct weft_actor *a, uint64_t sock, uint32_t slot);

/** wf_sim_tcp_serve() - Open a listener */
void wf_sim_tcp_serve(struct weft_actor *a);

/** wf_sim_tcp_start() - Begin the first connections */
void wf_sim_tcp_start(struct weft_actor *a);

/** wf_sim_tcp_event() - A connection or the listener changed */
void wf_sim_tcp_event(struct weft_actor *a, uint32_t slot);

/** wf_sim_tcp_timer() - Time for the next connection, the next slow read or another try */
void wf_sim_tcp_timer(struct weft_actor *a);

/** wf_sim_dgram_start() - Open a datagram socket and begin to send, if that is its part */
void wf_sim_dgram_start(struct weft_actor *a);

/** wf_sim_dgram_event() - The socket has something, or has room */
void wf_sim_dgram_event(struct weft_actor *a, uint32_t slot);

/** wf_sim_dgram_timer() - Time for the next datagram, or to give up waiting */
void wf_sim_dgram_timer(struct weft_actor *a);

/** wf_sim_trace_start() - Begin a traceroute */
void wf_sim_trace_start(struct weft_actor *a);

/** wf_sim_trace_event() - An error or an answer came */
void wf_sim_trace_event(struct weft_actor *a, uint32_t slot);

/** wf_sim_trace_timer() - No answer came */
void wf_sim_trace_timer(struct weft_actor *a);

#endif /* SIM_ACTOR_H */
