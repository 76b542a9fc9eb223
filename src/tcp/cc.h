/* SPDX-License-Identifier: MIT */
/** DOC: cc - choosing an algorithm for a connection; the contract is in weft/cc.h */
#ifndef WF_TCP_CC_H
#define WF_TCP_CC_H

#include "weft/cc.h"

/** wf_cc_choose() - The algorithm that is to begin when the connection is established */
void wf_cc_choose(struct weft_cc *cc, const struct weft_cc_ops *ops);

/** wf_cc_switch() - Another algorithm on a live connection: the windows stay, the rules change */
void wf_cc_switch(struct weft_cc *cc, const struct weft_cc_ops *ops, uint32_t mss);

#endif /* WF_TCP_CC_H */
