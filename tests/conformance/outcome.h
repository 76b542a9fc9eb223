/* SPDX-License-Identifier: MIT */
/** DOC: outcome - what came of a segment, and whether the oracle's verdict agrees */
#ifndef WEFT_TESTS_CONFORMANCE_OUTCOME_H
#define WEFT_TESTS_CONFORMANCE_OUTCOME_H

#include "peer.h"

#define OUTCOME_NS (60 * PEER_MS) /* A delayed acknowledgement is out by then. */

/** struct outcome - What came of it */
struct outcome {
    struct o_tcb t;
    struct o_seg s;
    enum o_state state;
    enum o_user user;
    uint32_t una;
    int seen_n, line;
    struct o_seg seen;
    bool has_una, is_restarted, is_set_up, is_broken, is_text_wrong;
};

/** outcome_take() - Wait, and note what the stack sent, its state and what its user can read */
void outcome_take(struct peer *p, struct outcome *o);

/** outcome_fault() - What differs from the verdict on o->s; NULL = nothing */
const char *outcome_fault(const struct outcome *o, const struct o_says *e);

#endif /* WEFT_TESTS_CONFORMANCE_OUTCOME_H */
