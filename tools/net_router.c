/* SPDX-License-Identifier: MIT */
/** DOC: Options of a router's links: queues and what is forwarded */
#include <stdlib.h>
#include <string.h>

#include "net.h"

static int queue_word(void *queue, char *word)
{
    struct weft_queue_options *q = queue;
    uint64_t limit;
    if (strcmp(word, "drop-tail") == 0)
        q->kind = WEFT_QUEUE_DROP_TAIL;
    else if (strcmp(word, "red") == 0)
        q->kind = WEFT_QUEUE_RED;
    else if (strcmp(word, "codel") == 0)
        q->kind = WEFT_QUEUE_CODEL;
    else if (strcmp(word, "ecn") == 0)
        q->is_ecn = true;
    else if (strcmp(word, "precedence") == 0)
        q->is_by_precedence = true;
    else if (wf_number(word, 1, 65535, &limit))
        q->limit_pkts = (uint16_t)limit;
    else
        return wf_usage("--queue '%s' is none of drop-tail, red, codel, ecn, precedence and a "
                        "number of packets",
                        word);
    return 0;
}

int wf_net_set_queue(void *opts, const char *arg)
{
    struct wf_net *n = opts;
    if (n->cfg.links_n == 0)
        return wf_usage("--queue comes after the --link it belongs to");
    return wf_each_word("queue", arg, queue_word, &n->queues[n->cfg.links_n - 1]);
}

int wf_net_set_rpf(void *opts, const char *arg)
{
    static const char *const names[WEFT_RPF_COUNT] = {"strict", "loose", "off"};
    struct wf_net *n = opts;
    if (n->cfg.links_n == 0)
        return wf_usage("--rpf comes after the --link it belongs to");
    for (unsigned i = 0; i < WEFT_RPF_COUNT; i++) {
        if (strcmp(names[i], arg) == 0) {
            n->forward[n->cfg.links_n - 1].rpf = (enum weft_rpf)i;
            return 0;
        }
    }
    return wf_usage("--rpf '%s' is none of strict, loose, off", arg);
}

int wf_net_apply_router(const struct wf_net *n, struct weft_host *h)
{
    struct weft_stack *st = weft_host_stack(h);
    struct weft_host_link link;
    for (unsigned i = 0; i < n->cfg.links_n && weft_host_link(h, i, &link); i++) {
        int err = weft_if_set_queue(st, link.ifindex, &n->queues[i]);
        if (err == 0)
            err = weft_if_set_forward(st, link.ifindex, &n->forward[i]);
        if (err != 0)
            return wf_trouble("link '%s': %s", link.spec, weft_strerror(err));
    }
    return 0;
}
