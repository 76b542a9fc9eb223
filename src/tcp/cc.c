/* SPDX-License-Identifier: MIT */
#include "tcp/cc.h"

void wf_cc_choose(struct weft_cc *cc, const struct weft_cc_ops *ops)
{
    *cc = (struct weft_cc){.ops = ops};
}

void wf_cc_switch(struct weft_cc *cc, const struct weft_cc_ops *ops, uint32_t mss)
{
    uint32_t cwnd = cc->cwnd, ssthresh = cc->ssthresh;
    wf_cc_choose(cc, ops);
    ops->init(cc, mss, cwnd);
    cc->ssthresh = ssthresh;
}
