/* SPDX-License-Identifier: MIT */
/**
 * DOC: read_option - socket options of a transfer, by the names they have in a lab
 *
 * One table says which option of a socket a key stands for, and in which unit the socket wants it.
 */
#include <string.h>

#include "read.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static const char *const cookie_words[] = {"never", "when-full", "always", NULL};
static const int64_t ecn_values[] = {2, 1, 3, 0}; /* WEFT_TCP_ECN, as wf_lab_ecn_names has it. */

/** struct option - A key, what it holds, and the socket's option */
static const struct option {
    struct lab_field field; /* Its offset is not used. */
    enum weft_sock_opt opt;
    uint64_t unit;         /* The socket counts in so many of the field's units. */
    const int64_t *values; /* LAB_T_CHOICE: what the words stand for; NULL = their index. */
} options[] = {
    {{LAB_VALUE("cork", LAB_T_BOOL, 0)}, WEFT_TCP_CORK, 1, NULL},
    {{LAB_NUMBER("delayed-ack", LAB_T_TIME, 0, MS, 500 * MS)}, WEFT_TCP_DELACK_MS, MS, NULL},
    {{LAB_WORDS("ecn", 0, wf_lab_ecn_names)}, WEFT_TCP_ECN, 1, ecn_values},
    {{LAB_NUMBER("initial-window", LAB_T_COUNT, 0, 1, 100)}, WEFT_TCP_INITIAL_WINDOW, 1, NULL},
    {{LAB_NUMBER("mss", LAB_T_BYTES, 0, 88, 65495)}, WEFT_TCP_MAXSEG, 1, NULL},
    {{LAB_NUMBER("msl", LAB_T_TIME, 0, MS, 120 * SECOND)}, WEFT_TCP_MSL_MS, MS, NULL},
    {{LAB_VALUE("pacing", LAB_T_BOOL, 0)}, WEFT_TCP_PACING, 1, NULL},
    {{LAB_NUMBER("pacing-limit", LAB_T_RATE, 0, 8, UINT64_C(1) << 43)},
     WEFT_TCP_MAX_PACING_RATE,
     8,
     NULL},
    {{LAB_VALUE("quickack", LAB_T_BOOL, 0)}, WEFT_TCP_QUICKACK, 1, NULL},
    {{LAB_NUMBER("rto-min", LAB_T_TIME, 0, MS, 60 * SECOND)}, WEFT_TCP_RTO_MIN_MS, MS, NULL},
    {{LAB_VALUE("sack", LAB_T_BOOL, 0)}, WEFT_TCP_SACK, 1, NULL},
    {{LAB_WORDS("syn-cookies", 0, cookie_words)}, WEFT_TCP_SYN_COOKIES, 1, NULL},
    {{LAB_VALUE("timestamps", LAB_T_BOOL, 0)}, WEFT_TCP_TIMESTAMPS, 1, NULL},
    {{LAB_NUMBER("user-timeout", LAB_T_TIME, 0, MS, 86400 * SECOND)},
     WEFT_TCP_USER_TIMEOUT_MS,
     MS,
     NULL},
    {{LAB_VALUE("window-scaling", LAB_T_BOOL, 0)}, WEFT_TCP_WSCALE, 1, NULL},
};

static void put(struct lab_opts *out, enum weft_sock_opt opt, int64_t value)
{
    unsigned i = 0;
    while (i < out->n && out->set[i].opt != (int)opt)
        i++;
    if (i == WEFT_SIM_OPTS_MAX)
        return; /* There are not so many. */
    out->set[i].opt = (int)opt;
    out->set[i].value = value;
    out->n += i == out->n;
}

/** struct keepalive - "keepalive" while it is read */
struct keepalive {
    uint64_t idle, interval, count;
};
static const struct lab_field keepalive_fields[] = {
    {LAB_NUMBER("idle", LAB_T_TIME, offsetof(struct keepalive, idle), SECOND, 32767 * SECOND),
     .is_required = true},
    {LAB_NUMBER("interval", LAB_T_TIME, offsetof(struct keepalive, interval), SECOND,
                32767 * SECOND),
     .is_required = true},
    {LAB_NUMBER("count", LAB_T_COUNT, offsetof(struct keepalive, count), 1, 127),
     .is_required = true},
};

static void read_keepalive(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                           struct lab_opts *out)
{
    static const struct lab_table t = LAB_TABLE(keepalive_fields);
    struct keepalive k = {0};
    wf_doc_read_map(d, n, at, &t, &k);
    put(out, WEFT_SO_KEEPALIVE, 1);
    put(out, WEFT_TCP_KEEPIDLE_S, (int64_t)(k.idle / SECOND));
    put(out, WEFT_TCP_KEEPINTVL_S, (int64_t)(k.interval / SECOND));
    put(out, WEFT_TCP_KEEPCNT, (int64_t)k.count);
}

void wf_read_option(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    if (strcmp(at->key, "keepalive") == 0) {
        read_keepalive(d, n, at, to);
        return;
    }
    size_t i = 0;
    while (strcmp(options[i].field.key, at->key) != 0) /* The tables of steps name no others. */
        i++;
    const struct option *o = &options[i];
    uint64_t number = 0;
    bool is_on = false;
    int word = 0;
    unsigned errors = d->errors;
    void *value = o->field.type == LAB_T_BOOL     ? (void *)&is_on
                  : o->field.type == LAB_T_CHOICE ? (void *)&word
                                                  : (void *)&number;
    wf_doc_read_field(d, n, at, &o->field, value);
    if (d->errors != errors)
        return;
    if (o->field.type == LAB_T_BOOL)
        put(to, o->opt, is_on);
    else if (o->field.type == LAB_T_CHOICE)
        put(to, o->opt, o->values != NULL ? o->values[word] : word);
    else
        put(to, o->opt, (int64_t)(number / o->unit));
}
