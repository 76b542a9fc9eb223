/* SPDX-License-Identifier: MIT */
/**
 * DOC: undo - whether a reduction of the window was a mistake
 *
 * Three witnesses. A timestamp echo from before the first retransmission: the original arrived
 * (RFC 3522, Eifel). Every retransmission reported as a duplicate (RFC 2883, RFC 3708). After a
 * timeout, something delivered that was never sent again (RFC 5682, F-RTO): for that, new data
 * takes the place of further retransmissions for a moment.
 *
 * Knows neither connection nor clock.
 */
#ifndef WF_TCP_UNDO_H
#define WF_TCP_UNDO_H

#include "tcp/scoreboard.h"

#define FRTO_SEGS 2u /* New segments sent to find out. */

/** enum undo_cause - Why a reduction is known to have been a mistake */
enum undo_cause {
    UNDO_NO = 0,
    UNDO_EIFEL,
    UNDO_DSACK,
    UNDO_FRTO,
};

/** enum undo_frto - Steps of RFC 5682 */
enum undo_frto {
    FRTO_OFF = 0,
    FRTO_WAIT, /* Step 2: the first segment went out again. */
    FRTO_NEW,  /* Step 3: its acknowledgement moved on, and new data was sent. */
};

/** struct tcp_undo - An episode of recovery or loss; zero is a valid start */
struct tcp_undo {
    uint64_t at_ns;     /* When it began. */
    struct tcp_seq una; /* SND.UNA then; later the end of the last duplicate reported. */
    uint32_t rtx_bytes; /* Sent again, and not reported as duplicates yet. */
    struct tcp_seq end; /* SND.NXT when it ended: reports come a round trip later at most. */
    bool is_armed;      /* It may still turn out to be a mistake. */
    bool is_ending;
    bool has_rtx;
    uint8_t frto; /* enum undo_frto */
};

/** struct undo_ack - What an acknowledgement says about it */
struct undo_ack {
    struct tcp_seq una, nxt; /* SND.UNA after it, SND.NXT. */
    struct tcp_seq dsack_from, dsack_to;
    uint32_t echo_ms; /* Of our clock, when has_echo. */
    bool has_dsack, has_echo, is_advance, is_dup, is_over;
    const struct tcp_delivery *delivery;
};

/** wf_undo_begin() - Recovery begins */
void wf_undo_begin(struct tcp_undo *u, struct tcp_seq una, uint64_t now_ns);

/**
 * wf_undo_rto() - The timer expired
 * @is_new: not yet after an earlier expiry
 * @may_ask: F-RTO applies: there is SACK, or no recovery was under way (RFC 5682 2.1, 3.1)
 */
void wf_undo_rto(struct tcp_undo *u, struct tcp_seq una, uint64_t now_ns, bool is_new,
                 bool may_ask);

/** wf_undo_forget() - A reduction of another kind came after it: that one stays */
void wf_undo_forget(struct tcp_undo *u);

/** wf_undo_resent() - Bytes were sent again */
void wf_undo_resent(struct tcp_undo *u, uint32_t len);

/** wf_undo_is_asking() - Whether new data goes before what is believed lost */
static inline bool wf_undo_is_asking(const struct tcp_undo *u)
{
    return u->frto == FRTO_NEW;
}

/** wf_undo_no_new() - There is no new data to ask with: the loss is taken for real */
void wf_undo_no_new(struct tcp_undo *u);

/** wf_undo_ack() - Take an acknowledgement in; with a cause the episode is over */
enum undo_cause wf_undo_ack(struct tcp_undo *u, const struct undo_ack *a);

#endif /* WF_TCP_UNDO_H */
