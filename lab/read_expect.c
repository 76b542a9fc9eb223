/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "read.h"
#include "weft/trace.h"

#define WORDS_MAX 5 /* One more than any form has. */

/** struct subject - A kind of expectation that is not about a metric of its step */
struct subject {
    const char *word;
    enum lab_subject about;
    enum lab_value_type type;
    size_t words; /* That the key has. */
    const char *form;
};

static const struct subject subjects[] = {
    {"counter", LAB_ABOUT_COUNTER, LAB_V_COUNT, 3, "counter NODE NAME"},
    {"drops", LAB_ABOUT_DROPS, LAB_V_COUNT, 3, "drops NODE REASON"},
    {"neighbour", LAB_ABOUT_NEIGHBOUR, LAB_V_TEXT, 3, "neighbour NODE ADDRESS"},
    {"neighbour-mac", LAB_ABOUT_MAC, LAB_V_TEXT, 3, "neighbour-mac NODE ADDRESS"},
    {"bridge", LAB_ABOUT_BRIDGE, LAB_V_COUNT, 3, "bridge NODE COUNTER"},
    {"path-mtu", LAB_ABOUT_PATH, LAB_V_BYTES, 3, "path-mtu NODE ADDRESS"},
    {"event", LAB_ABOUT_EVENT, LAB_V_COUNT, 3, "event NODE NAME"},
    {"route", LAB_ABOUT_ROUTE, LAB_V_TEXT, 3, "route NODE ADDRESS"},
    {"sockets", LAB_ABOUT_SOCKETS, LAB_V_COUNT, 2, "sockets NODE"},
    {"link", LAB_ABOUT_LINK, LAB_V_COUNT, 3, "link LINK FATE"},
    {"tcp", LAB_ABOUT_CONN, LAB_V_COUNT, 4, "tcp NODE PORT FIELD"},
};
#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

/** struct expect_reader - An expectation while it is read */
struct expect_reader {
    struct lab_doc *d;
    const struct lab_at *at;
    const yaml_node_t *key_node, *value;
    char *word[WORDS_MAX]; /* Of the key. */
    size_t words;
    struct lab_expect *e;
    const char *const *choices; /* What the value can be; NULL = anything of its type. */
};

static void split_words(struct expect_reader *r, const char *key)
{
    char *s = wf_lab_strdup(r->d->arena, key);
    while (*s != '\0' && r->words < WORDS_MAX) {
        s += strspn(s, " ");
        if (*s == '\0')
            return;
        r->word[r->words++] = s;
        s += strcspn(s, " ");
        if (*s != '\0')
            *s++ = '\0';
    }
}

/* Looks up a name among n that name_of() gives; tells the nearest one if it is none of them. */
static bool find_named(struct expect_reader *r, const char *what, const char *name,
                       const char *(*name_of)(unsigned), unsigned n)
{
    const char **known = wf_lab_alloc(r->d->arena, n * sizeof(*known));
    for (unsigned i = 0; i < n; i++) {
        known[i] = name_of(i);
        if (strcmp(known[i], name) == 0) {
            r->e->index = i;
            return true;
        }
    }
    wf_doc_unknown(r->d, r->key_node, r->at, what, name, known, n);
    return false;
}

static bool find_addr(struct expect_reader *r, const char *text)
{
    if (weft_addr_parse(&r->e->addr, text) == 0)
        return true;
    wf_doc_error(r->d, r->key_node, r->at, "expected an address such as 10.0.1.1, got \"%s\"",
                 text);
    return false;
}

static bool find_link(struct expect_reader *r, const char *name)
{
    r->e->object = wf_lab_find_link(wf_lab_reader(r->d)->lab, name);
    if (r->e->object != SIZE_MAX)
        return true;
    wf_doc_error(r->d, r->key_node, r->at,
                 "there is no link \"%s\" (its name or one of its ends, such as h1:eth0)", name);
    return false;
}

/* A counter of a switch or hub. */
static bool find_bridge(struct expect_reader *r)
{
    if (!wf_read_node_ref(r->d, r->key_node, r->at, r->word[1], true, &r->e->object))
        return false;
    if (wf_lab_is_bridge(wf_lab_node(wf_lab_reader(r->d)->lab, r->e->object)))
        return find_named(r, "counter", r->word[2], weft_bridge_counter_name, WEFT_BRIDGE_COUNTERS);
    wf_doc_error(r->d, r->key_node, r->at, "%s is no switch and no hub", r->word[1]);
    return false;
}

/* A connection by its port at either end, and what is asked of it. */
static bool find_conn(struct expect_reader *r)
{
    size_t n;
    const struct lab_metric *m = wf_lab_conn_fields(&n);
    const char *known[LAB_CONN_FIELDS];
    uint64_t port = 0;
    if (!wf_units_parse(LAB_UNIT_COUNT, r->word[2], &port) || port == 0 || port > 65535) {
        wf_doc_error(r->d, r->key_node, r->at, "expected a port, got \"%s\"", r->word[2]);
        return false;
    }
    r->e->port = (uint16_t)port;
    for (size_t i = 0; i < n; i++) {
        known[i] = m[i].name;
        if (strcmp(m[i].name, r->word[3]) == 0) {
            r->e->index = i;
            r->e->type = m[i].type;
            r->choices = m[i].words;
            return true;
        }
    }
    wf_doc_unknown(r->d, r->key_node, r->at, "field", r->word[3], known, n);
    return false;
}

/* The objects that the key names. */
static bool read_objects(struct expect_reader *r, const struct subject *s)
{
    if (r->words != s->words) {
        wf_doc_error(r->d, r->key_node, r->at, "expected \"%s\"", s->form);
        return false;
    }
    if (s->about == LAB_ABOUT_LINK)
        return find_link(r, r->word[1]) &&
               find_named(r, "fate", r->word[2], weft_fate_name, WEFT_FATE_COUNT);
    if (s->about == LAB_ABOUT_BRIDGE)
        return find_bridge(r);
    if (!wf_read_node_ref(r->d, r->key_node, r->at, r->word[1], false, &r->e->object))
        return false;
    switch (s->about) {
    case LAB_ABOUT_COUNTER:
        return find_named(r, "counter", r->word[2], weft_counter_name, WEFT_COUNT_COUNT);
    case LAB_ABOUT_DROPS:
        return find_named(r, "drop reason", r->word[2], weft_drop_name, WEFT_DROP_COUNT);
    case LAB_ABOUT_NEIGHBOUR:
        r->choices = wf_lab_neigh_names;
        return find_addr(r, r->word[2]);
    case LAB_ABOUT_ROUTE:
    case LAB_ABOUT_MAC:
    case LAB_ABOUT_PATH:
        return find_addr(r, r->word[2]);
    case LAB_ABOUT_EVENT:
        return find_named(r, "event", r->word[2], weft_link_event_name, WEFT_LINK_EVENT_COUNT);
    case LAB_ABOUT_CONN:
        return find_conn(r);
    case LAB_ABOUT_BRIDGE:
    case LAB_ABOUT_SOCKETS:
    case LAB_ABOUT_STEP:
    case LAB_ABOUT_LINK:
    case LAB_ABOUT_TIME:
        break;
    }
    return true;
}

static bool find_metric(struct expect_reader *r, enum lab_step_kind kind)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(kind, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, r->word[0]) == 0) {
            r->e->about = LAB_ABOUT_STEP;
            r->e->index = i;
            r->e->type = m[i].type;
            r->choices = m[i].words;
            return true;
        }
    }
    return false;
}

static void tell_unknown(struct expect_reader *r, enum lab_step_kind kind)
{
    const char *known[LAB_METRICS_MAX + SUBJECTS];
    size_t n = 0, count = 0;
    if (kind != LAB_STEP_KINDS) {
        const struct lab_metric *m = wf_lab_metrics(kind, &n);
        for (; count < n; count++)
            known[count] = m[count].name;
    } else {
        known[count++] = "time";
    }
    for (size_t i = 0; i < SUBJECTS; i++)
        known[count++] = subjects[i].word;
    wf_doc_unknown(r->d, r->key_node, r->at, "expectation", r->word[0], known, count);
}

static bool read_key(struct expect_reader *r, const char *key, enum lab_step_kind kind)
{
    split_words(r, key);
    if (r->words == 0) {
        wf_doc_error(r->d, r->key_node, r->at, "expected what is to be compared, got nothing");
        return false;
    }
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (strcmp(subjects[i].word, r->word[0]) == 0) {
            r->e->about = subjects[i].about;
            r->e->type = subjects[i].type;
            return read_objects(r, &subjects[i]);
        }
    }
    if (r->words == 1 && kind != LAB_STEP_KINDS && find_metric(r, kind))
        return true;
    if (r->words == 1 && kind == LAB_STEP_KINDS && strcmp(r->word[0], "time") == 0) {
        r->e->about = LAB_ABOUT_TIME;
        r->e->type = LAB_V_TIME;
        return true;
    }
    tell_unknown(r, kind);
    return false;
}

/* Takes the operator off the front of the text. */
static const char *read_op(const char *s, enum lab_op *op)
{
    static const struct {
        const char *text;
        enum lab_op op;
    } ops[] = {{"<=", LAB_LE}, {">=", LAB_GE}, {"!=", LAB_NE}, {"==", LAB_EQ},
               {"<", LAB_LT},  {">", LAB_GT},  {"=", LAB_EQ}};
    *op = LAB_EQ;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        size_t n = strlen(ops[i].text);
        if (strncmp(s, ops[i].text, n) == 0) {
            *op = ops[i].op;
            s += n;
            break;
        }
    }
    return s + strspn(s, " ");
}

static bool read_number(struct expect_reader *r, const char *text)
{
    enum lab_unit unit = (enum lab_unit)r->e->type;
    const char *dots = strstr(text, "..");
    bool is_ok;
    if (dots != NULL && r->e->op == LAB_EQ) {
        r->e->op = LAB_RANGE;
        char *low = wf_lab_strndup(r->d->arena, text, (size_t)(dots - text));
        is_ok = wf_units_parse(unit, low, &r->e->want) &&
                wf_units_parse(unit, dots + 2, &r->e->want_to) && r->e->want <= r->e->want_to;
    } else {
        is_ok = wf_units_parse(unit, text, &r->e->want);
    }
    if (!is_ok)
        wf_doc_error(
            r->d, r->value, r->at,
            "expected %s, with <, <=, >, >=, = or != before it or as LOW..HIGH, got \"%s\"",
            wf_units_expected(unit), text);
    return is_ok;
}

static bool read_text(struct expect_reader *r, const char *text)
{
    if (r->e->op != LAB_EQ && r->e->op != LAB_NE) {
        wf_doc_error(r->d, r->value, r->at, "a word compares with = and != only");
        return false;
    }
    size_t n = 0;
    for (; r->choices != NULL && r->choices[n] != NULL; n++) {
        if (strcmp(r->choices[n], text) == 0) {
            r->e->want_text = text;
            return true;
        }
    }
    if (r->choices != NULL) {
        wf_doc_unknown(r->d, r->value, r->at, "value", text, r->choices, n);
        return false;
    }
    r->e->want_text = text;
    return true;
}

/* The value as one text; the items of a list with a blank between. */
static const char *value_text(struct expect_reader *r)
{
    if (r->value->type != YAML_SEQUENCE_NODE)
        return wf_doc_scalar(r->d, r->value, r->at, "a value such as 0% or \"< 5m\"");
    struct lab_buf b = {0};
    yaml_node_t *item;
    bool is_ok = true;
    wf_buf_str(&b, "");
    for (size_t i = 0; is_ok && (item = wf_doc_item(r->d, r->value, i)) != NULL; i++) {
        struct lab_at here = {.up = r->at, .index = i};
        const char *s = wf_doc_scalar(r->d, item, &here, "a word");
        is_ok = s != NULL;
        if (is_ok)
            wf_buf_printf(&b, "%s%s", i != 0 ? " " : "", s);
    }
    const char *text = is_ok ? wf_lab_strdup(r->d->arena, b.s) : NULL;
    wf_buf_free(&b);
    return text;
}

static void read_pair(struct lab_doc *d, const yaml_node_t *key_node, const yaml_node_t *value,
                      const struct lab_at *at, const char *key, enum lab_step_kind kind,
                      struct lab_vec *expects)
{
    struct lab_expect e = {.mark = wf_doc_mark(key_node)};
    struct lab_at here = {.up = at, .key = key};
    struct expect_reader r = {.d = d, .at = &here, .key_node = key_node, .value = value, .e = &e};
    if (!read_key(&r, key, kind))
        return;
    const char *text = value_text(&r);
    if (text == NULL)
        return;
    e.text = wf_lab_printf(d->arena, "%s: %s", key, text);
    text = wf_lab_strdup(d->arena, read_op(text, &e.op));
    bool is_ok = e.type == LAB_V_TEXT ? read_text(&r, text) : read_number(&r, text);
    if (is_ok)
        *(struct lab_expect *)wf_vec_push(expects, sizeof(e)) = e;
}

static void read_pairs(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       enum lab_step_kind kind, struct lab_vec *expects)
{
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++)
        read_pair(d, key_node, value, at, key, kind, expects);
}

void wf_read_expects(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     enum lab_step_kind kind, struct lab_vec *expects)
{
    if (n->type != YAML_SEQUENCE_NODE) {
        read_pairs(d, n, at, kind, expects);
        return;
    }
    yaml_node_t *item;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        read_pairs(d, item, &here, kind, expects);
    }
}
