/* SPDX-License-Identifier: MIT */
/**
 * DOC: oracle - what a TCP has to do with a segment, by the book
 *
 * Written from the text of RFC 9293 3.10.7 and what amends it: RFC 5961 (challenge ACKs, the range
 * of acceptable acknowledgements), RFC 1337 (no reset ends TIME-WAIT), RFC 6191 (a SYN that meets
 * TIME-WAIT). It knows numbers only: no code, type or constant of the stack is used here.
 *
 * Where the text leaves room, the oracle says which answers are allowed (may_be_silent and the
 * like) instead of choosing one.
 */
#ifndef WEFT_TESTS_CONFORMANCE_ORACLE_H
#define WEFT_TESTS_CONFORMANCE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define O_FIN 0x01u
#define O_SYN 0x02u
#define O_RST 0x04u
#define O_PSH 0x08u
#define O_ACK 0x10u

/** enum o_state - The eleven states, in the order of RFC 9293 3.3.2 */
enum o_state {
    O_CLOSED,
    O_LISTEN,
    O_SYN_SENT,
    O_SYN_RECEIVED,
    O_ESTABLISHED,
    O_FIN_WAIT_1,
    O_FIN_WAIT_2,
    O_CLOSE_WAIT,
    O_CLOSING,
    O_LAST_ACK,
    O_TIME_WAIT,

    O_STATE_COUNT
};

/** struct o_tcb - The variables of RFC 9293 3.3.1, as far as the peer can know them */
struct o_tcb {
    enum o_state state;
    bool is_passive;   /* SYN-RECEIVED: came from LISTEN. */
    bool has_listener; /* Somebody listens on the local port. */
    uint32_t iss, una, nxt, wnd_max;
    uint32_t irs, rcv_nxt, rcv_wnd;
};

/** struct o_seg - A segment; len is that of its text */
struct o_seg {
    uint32_t seq, ack, len;
    uint8_t flags;
};

/** enum o_user - What the next RECEIVE of the user answers */
enum o_user {
    O_USER_NOTHING, /* Nothing to read, no news. */
    O_USER_TEXT,    /* The text of the segment, all of it. */
    O_USER_END,     /* "Connection closing": the peer's FIN was taken. */
    O_USER_RESET,
    O_USER_REFUSED,
};

/** struct o_says - The verdict */
struct o_says {
    enum o_state state;
    enum o_user user;
    uint32_t una;          /* SND.UNA afterwards. */
    bool has_reply;        /* Exactly one segment is sent, reply; otherwise none. */
    bool may_be_silent;    /* The reply may be left out. */
    bool may_be_syn_ack;   /* The reply may be the SYN,ACK once more instead. */
    bool is_iss_new;       /* The reply's sequence number is chosen now, above SND.NXT. */
    bool is_restarted;     /* TIME-WAIT begins anew. */
    bool may_be_restarted; /* It may. */
    struct o_seg reply;    /* ack counts only with O_ACK. */
};

/** o_judge() - What becomes of connection @t when @s arrives */
void o_judge(const struct o_tcb *t, const struct o_seg *s, struct o_says *out);

/** o_seg_len() - Sequence numbers that a segment takes */
uint32_t o_seg_len(const struct o_seg *s);

#endif /* WEFT_TESTS_CONFORMANCE_ORACLE_H */
