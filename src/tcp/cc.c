/* SPDX-License-Identifier: MIT */
#include "tcp/cc.h"

static const struct weft_cc_ops *const all[] = {
    &weft_cc_cubic, &weft_cc_reno, &weft_cc_newreno, &weft_cc_tahoe,
    &weft_cc_vegas, &weft_cc_aimd, &weft_cc_mimd,    &weft_cc_bbr,
};

const struct weft_cc_ops *weft_cc_at(uint32_t i)
{
    return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static bool is_same(const char *a, const char *b)
{
    for (; *a == *b; a++, b++)
        if (*a == '\0')
            return true;
    return false;
}

const struct weft_cc_ops *weft_cc_find(const char *name)
{
    const struct weft_cc_ops *ops = NULL;
    for (uint32_t i = 0; name != NULL && (ops = weft_cc_at(i)) != NULL; i++)
        if (is_same(ops->name, name))
            break;
    return ops;
}

static bool is_big(const struct weft_cc_ops *ops)
{
    return ops != NULL && ops->state_bytes > WEFT_CC_STATE_BYTES;
}

static struct tcp_cc_big *big_of(const struct weft_cc *cc)
{
    return WF_CONTAINER_OF(cc->state.big, struct tcp_cc_big, state);
}

void wf_cc_trial(struct weft_cc *cc, struct tcp_cc_big *big, const struct weft_cc_ops *ops)
{
    *big = (struct tcp_cc_big){.state = {0}};
    *cc = (struct weft_cc){.ops = ops};
    if (is_big(ops))
        cc->state.big = big->state;
}

void wf_cc_mss(struct weft_cc *cc, uint32_t old_mss, uint32_t mss)
{
    if (mss < old_mss) /* RFC 5681 3.1 */
        cc->cwnd = (uint32_t)((uint64_t)cc->cwnd * mss / old_mss);
}

void wf_cc_release(struct wf_slab *bigs, struct weft_cc *cc)
{
    if (is_big(cc->ops))
        wf_slab_free(bigs, big_of(cc));
    cc->ops = NULL;
}

/* @old goes only once the new one has its memory. */
static bool replace(struct wf_slab *bigs, struct weft_cc *cc, const struct weft_cc_ops *ops)
{
    struct tcp_cc_big *big = is_big(ops) ? wf_slab_alloc(bigs) : NULL;
    if (is_big(ops) && big == NULL)
        return false;
    wf_cc_release(bigs, cc);
    *cc = (struct weft_cc){.ops = ops};
    if (big != NULL)
        cc->state.big = big->state;
    return true;
}

bool wf_cc_choose(struct wf_slab *bigs, struct weft_cc *cc, const struct weft_cc_ops *ops)
{
    if (replace(bigs, cc, ops))
        return true;
    (void)replace(bigs, cc, &weft_cc_cubic);
    return false;
}

bool wf_cc_switch(struct wf_slab *bigs, struct weft_cc *cc, const struct weft_cc_ops *ops,
                  uint32_t mss, bool is_recovering)
{
    uint32_t ssthresh = cc->ssthresh, cwnd = cc->cwnd;
    if (is_recovering) /* BBR has no threshold, but recovery ends at one. */
        ssthresh = cwnd = wf_min_u32(ssthresh, cwnd);
    if (!replace(bigs, cc, ops))
        return false;
    ops->init(cc, mss, cwnd);
    cc->ssthresh = ssthresh;
    return true;
}
