/* SPDX-License-Identifier: MIT */
/** DOC: cc - the algorithm of a connection and its state; the contract is in weft/cc.h */
#ifndef WF_TCP_CC_H
#define WF_TCP_CC_H

#include "base/base.h"
#include "weft/cc.h"

/** struct tcp_cc_big - State that does not fit inside the connection, from the stack's pool */
struct tcp_cc_big {
    struct wf_slab_node node;
    uint64_t state[WEFT_CC_BIG_BYTES / 8];
};

/**
 * wf_cc_choose() - The algorithm that is to begin when the connection is established
 *
 * Return: false if there is no memory for its state; then it is CUBIC.
 */
bool wf_cc_choose(struct wf_slab *bigs, struct weft_cc *cc, const struct weft_cc_ops *ops);

/**
 * wf_cc_switch() - Another algorithm on a live connection: the windows stay, the rules change
 * @is_recovering: losses are being repaired, and cwnd was to become ssthresh
 *
 * Return: false if there is no memory for its state; then nothing changed.
 */
bool wf_cc_switch(struct wf_slab *bigs, struct weft_cc *cc, const struct weft_cc_ops *ops,
                  uint32_t mss, bool is_recovering);

/** wf_cc_trial() - An algorithm that no connection uses, to try parameters on; needs no release */
void wf_cc_trial(struct weft_cc *cc, struct tcp_cc_big *big, const struct weft_cc_ops *ops);

/** wf_cc_mss() - Segments have another size: shorter ones are to be no more than there were */
void wf_cc_mss(struct weft_cc *cc, uint32_t old_mss, uint32_t mss);

/** wf_cc_release() - The connection ends: give the state back */
void wf_cc_release(struct wf_slab *bigs, struct weft_cc *cc);

/** wf_cc_ops() - The table; that it is one is asserted, as it is reached by a pointer */
static inline const struct weft_cc_ops *wf_cc_ops(const struct weft_cc *cc)
{
    WF_ASSERT(cc->ops->abi == WEFT_CC_ABI);
    return cc->ops;
}

#endif /* WF_TCP_CC_H */
