/* SPDX-License-Identifier: MIT */
/**
 * DOC: ladder - who sent what to whom, and when it arrived
 *
 * A ladder follows the packets between some nodes of the topology, its lanes. The links' taps tell
 * each moment of a frame's life; a frame keeps its address in memory from one end of the world to
 * the other, through switches too, so a way through switches that are no lanes becomes one arrow
 * from the node that sent it to the node that got it. Only the first packets are kept.
 */
#ifndef WEFT_LAB_LADDER_H
#define WEFT_LAB_LADDER_H

#include "model.h"

#define LAB_ISNS_MAX 32 /* Directions of connections that have relative sequence numbers. */

/** struct lab_leg - The way of a frame from one lane to the next */
struct lab_leg {
    const struct weft_frame *frame; /* Identity only; NULL when it is over. */
    size_t link;                    /* On the wire there; SIZE_MAX: at a bridge. */
    unsigned dir;
    size_t bridge;   /* Node it is at, with link SIZE_MAX; passed on at once. */
    size_t from, to; /* Lanes; to is SIZE_MAX as long as it is not known. */
    uint64_t sent_ns, arrived_ns;
    enum weft_fate fate; /* SENT: under way; DELIVERED; else why it was lost. */
    bool is_copy, is_corrupted, is_reordered;
    uint64_t packet;          /* Number of the packet in the ladder: branches share it. */
    const char *label, *text; /* Short, and as weft_frame_text() has it. */
};

/** struct lab_isn - Where the sequence numbers of one direction of a connection begin */
struct lab_isn {
    uint8_t src[4], dst[4];
    uint16_t sport, dport;
    uint32_t isn;
    int wscale; /* That its SYN offered, -1 = none, or it was not seen. */
};

/** struct lab_rungs - What a ladder has seen */
struct lab_rungs {
    const struct lab *lab;
    struct lab_arena *arena;
    const struct lab_ladder *spec;
    struct lab_vec legs; /* struct lab_leg, in the order they were sent */
    uint64_t packets, skipped;
    bool is_on; /* The step it is about runs. */
    bool is_full;
    uint32_t under_way;
    uint64_t parked_ns; /* When the last frame was at a bridge. */
    struct lab_isn isns[LAB_ISNS_MAX];
    size_t isns_n;
};

/** wf_ladder_tap() - A moment in the life of a frame on link @link */
void wf_ladder_tap(struct lab_rungs *l, size_t link, const struct weft_tap *tap);

/** wf_ladder_label() - The short text of a frame, and whether the ladder wants it */
bool wf_ladder_label(struct lab_rungs *l, const uint8_t *frame, size_t len, char *buf, size_t cap);

/**
 * wf_ladder_beyond() - The nearest lane from a node on, over switches that are none
 *
 * Never lane @from itself; SIZE_MAX if there is none.
 */
size_t wf_ladder_beyond(const struct lab *lab, const struct lab_ladder *spec, size_t node,
                        size_t from);

/** wf_ladder_svg() - Draw it; is_alone: with colours of its own, for a file of its own */
void wf_ladder_svg(struct lab_buf *b, const struct lab_rungs *l, bool is_alone);

/** wf_ladder_free() - Free what it has seen */
void wf_ladder_free(struct lab_rungs *l);

#endif /* WEFT_LAB_LADDER_H */
