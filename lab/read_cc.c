/* SPDX-License-Identifier: MIT */
/**
 * DOC: read_cc - "cc-parameters": by name, and tried on the algorithm they are for
 *
 * Factors and numbers of segments are decimals with up to three places: 0.5 is the 500 thousandths
 * of enum weft_cc_param.
 */
#include <string.h>

#include "read.h"
#include "weft/cc.h"

#define MSS 1460U

static const char *const names[] = {"a",     "b",    "ssthresh", "limit", "inflate",
                                    "alpha", "beta", "gamma",    NULL};

/** struct cc_param - What a name stands for */
static const struct cc_param {
    enum weft_cc_param param;
    enum lab_type type; /* LAB_T_TEXT: a decimal. */
} params[] = {
    {WEFT_CC_PARAM_A, LAB_T_TEXT},         {WEFT_CC_PARAM_B, LAB_T_TEXT},
    {WEFT_CC_PARAM_SSTHRESH, LAB_T_BYTES}, {WEFT_CC_PARAM_LIMIT, LAB_T_COUNT},
    {WEFT_CC_PARAM_INFLATE, LAB_T_COUNT},  {WEFT_CC_PARAM_ALPHA, LAB_T_TEXT},
    {WEFT_CC_PARAM_BETA, LAB_T_TEXT},      {WEFT_CC_PARAM_GAMMA, LAB_T_TEXT},
};

/* A decimal in thousandths; false if it is none, or has more than three places. */
static bool thousandths(const char *text, uint64_t *out)
{
    uint64_t v = 0, unit = 1000;
    bool is_behind = false;
    const char *p = text;
    for (; *p != '\0' && v < UINT32_MAX; p++) {
        if (*p == '.' && !is_behind && p != text && p[1] != '\0') {
            is_behind = true;
            continue;
        }
        if (*p < '0' || *p > '9' || unit == 1)
            return false;
        v = v * 10 + (uint64_t)(*p - '0');
        unit /= is_behind ? 10 : 1;
    }
    *out = v * unit;
    return p != text && *p == '\0' && *out <= UINT32_MAX;
}

/* Whether the algorithm takes it. */
static bool is_taken(int cc, int param, uint32_t value)
{
    uint64_t big[WEFT_CC_BIG_BYTES / 8];
    const struct weft_cc_ops *ops = weft_cc_find(wf_lab_cc_names[cc]);
    struct weft_cc state;
    memset(&state, 0, sizeof(state));
    memset(big, 0, sizeof(big));
    state.ops = ops;
    if (ops->state_bytes > WEFT_CC_STATE_BYTES)
        state.state.big = big;
    ops->init(&state, MSS, 10 * MSS);
    return ops->set != NULL && ops->set(&state, param, value) == 0;
}

static void put(struct lab_cc_params *out, int param, uint32_t value)
{
    unsigned i = 0;
    while (i < out->n && out->set[i].param != param)
        i++;
    if (i == LAB_CC_PARAMS_MAX)
        return; /* No algorithm has so many. */
    out->set[i].param = param;
    out->set[i].value = value;
    out->n += i == out->n;
}

static void read_one(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, int cc,
                     size_t which, struct lab_cc_params *out)
{
    const struct cc_param *p = &params[which];
    const struct lab_field field = {.type = p->type, .max = UINT32_MAX};
    const char *text = NULL;
    uint64_t value = 0;
    unsigned errors = d->errors;
    wf_doc_read_field(d, n, at, &field, p->type == LAB_T_TEXT ? (void *)&text : (void *)&value);
    if (d->errors != errors)
        return;
    if (text != NULL && !thousandths(text, &value))
        wf_doc_error(d, n, at,
                     "expected a number such as 0.5, with at most three places, got \"%s\"", text);
    else if (!is_taken(cc, (int)p->param, (uint32_t)value))
        wf_doc_error(d, n, at, "%s has no such parameter, or not with this value",
                     wf_lab_cc_names[cc]);
    else
        put(out, (int)p->param, (uint32_t)value);
}

void wf_read_cc_params(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, int cc,
                       struct lab_cc_params *out)
{
    const struct lab_at map_at = {.up = at, .key = "cc-parameters"};
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, &map_at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        const struct lab_at here = {.up = &map_at, .key = key};
        size_t which = 0;
        while (names[which] != NULL && strcmp(names[which], key) != 0)
            which++;
        if (names[which] == NULL)
            wf_doc_unknown(d, key_node, &map_at, "parameter", key, (const char **)names, which);
        else
            read_one(d, value, &here, cc, which, out);
    }
}
