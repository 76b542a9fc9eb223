/* SPDX-License-Identifier: MIT */
/** DOC: link option - the options of weft/arp.h by name: one table for commands and scenarios */
#include <string.h>

#include "link/link.h"

/** enum kind - How a field is kept */
enum kind { KIND_SWITCH, KIND_OCTET, KIND_NUMBER };

/** struct row - An option; words are in the order of their values */
struct row {
    const char *name;
    bool is_neigh; /* In struct weft_neigh_options. */
    enum kind kind;
    size_t at;
    const char *words[4];
};

#define AT_N(field) offsetof(struct weft_neigh_options, field)
#define AT_A(field) offsetof(struct weft_arp_options, field)

static const struct row rows[] = {
    {"resolver", true, KIND_OCTET, AT_N(resolver), {"exchange", "table", "computed"}},
    {"policy", true, KIND_OCTET, AT_N(policy), {"careful", "trusting", "strict"}},
    {"restart", true, KIND_OCTET, AT_N(restart), {"update", "creation", "use"}},
    {"victim", true, KIND_OCTET, AT_N(victim), {"oldest", "lru"}},
    {"complete_ms", true, KIND_NUMBER, AT_N(complete_ms), {NULL}},
    {"incomplete_ms", true, KIND_NUMBER, AT_N(incomplete_ms), {NULL}},
    {"reachable_ms", true, KIND_NUMBER, AT_N(reachable_ms), {NULL}},
    {"tries", true, KIND_OCTET, AT_N(tries), {NULL}},
    {"dropping", true, KIND_SWITCH, AT_N(is_dropping), {"off", "on"}},
    {"announce", false, KIND_OCTET, AT_A(announce_max), {NULL}},
    {"detect", false, KIND_OCTET, AT_A(detect), {"off", "probe", "classic"}},
    {"defend", false, KIND_OCTET, AT_A(defend), {"always", "once", "never"}},
    {"learn_ip", false, KIND_SWITCH, AT_A(is_learning_from_ip), {"off", "on"}},
    {"confirm", false, KIND_SWITCH, AT_A(is_confirming), {"off", "on"}},
    {"server", false, KIND_SWITCH, AT_A(is_server), {"off", "on"}},
    {"ieee802", false, KIND_SWITCH, AT_A(accepts_ieee802), {"off", "on"}},
    {"link_local", false, KIND_SWITCH, AT_A(is_link_local), {"off", "on"}},
};

static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9' && v <= max; text++)
        v = v * 10 + (uint64_t)(*text - '0');
    *out = v;
    return *text == '\0' && v <= max;
}

static bool value_of(const struct row *r, const char *text, uint64_t *out)
{
    for (uint64_t i = 0; i < WF_ARRAY_LEN(r->words) && r->words[i] != NULL; i++) {
        if (is_same(r->words[i], text)) {
            *out = i;
            return true;
        }
    }
    return r->words[0] == NULL && number(text, r->kind == KIND_OCTET ? 250 : 1u << 31, out);
}

static void store(const struct row *r, uint8_t *at, uint64_t v)
{
    uint32_t number = (uint32_t)v;
    uint8_t octet = (uint8_t)v;
    bool is_on = v != 0;
    switch (r->kind) {
    case KIND_SWITCH:
        memcpy(at, &is_on, sizeof(is_on));
        return;
    case KIND_OCTET:
        memcpy(at, &octet, sizeof(octet));
        return;
    case KIND_NUMBER:
        memcpy(at, &number, sizeof(number));
        return;
    }
}

static uint64_t load(const struct row *r, const uint8_t *at)
{
    uint32_t number;
    bool is_on;
    switch (r->kind) {
    case KIND_SWITCH:
        memcpy(&is_on, at, sizeof(is_on));
        return is_on;
    case KIND_OCTET:
        return *at;
    case KIND_NUMBER:
        break;
    }
    memcpy(&number, at, sizeof(number));
    return number;
}

/* "02:00:00:00:00:51": one more server to ask; "all": nobody in particular. */
static int add_server(struct weft_arp_options *a, const char *text)
{
    uint8_t mac[6];
    if (is_same(text, "all")) {
        a->servers_n = 0;
        return 0;
    }
    if (!weft_mac_parse(mac, text) || (mac[0] & 1) != 0 || a->servers_n == WEFT_ARP_SERVERS_MAX)
        return -WEFT_EINVAL;
    memcpy(a->servers[a->servers_n++], mac, 6);
    return 0;
}

int weft_arp_option_parse(struct weft_neigh_options *n, struct weft_arp_options *a,
                          const char *name, const char *value)
{
    if (is_same(name, "profile") && is_same(value, "textbook")) {
        weft_arp_options_textbook(n, a);
        return 0;
    }
    if (is_same(name, "ask"))
        return add_server(a, value);
    for (uint32_t i = 0; i < WF_ARRAY_LEN(rows); i++) {
        uint64_t v = 0;
        if (!is_same(rows[i].name, name))
            continue;
        if (!value_of(&rows[i], value, &v))
            return -WEFT_EINVAL;
        store(&rows[i], (rows[i].is_neigh ? (uint8_t *)n : (uint8_t *)a) + rows[i].at, v);
        return 0;
    }
    return -WEFT_EINVAL;
}

const char *weft_arp_option_next(const struct weft_neigh_options *n,
                                 const struct weft_arp_options *a, unsigned i, uint64_t *value,
                                 const char **word)
{
    if (i >= WF_ARRAY_LEN(rows))
        return NULL;
    const struct row *r = &rows[i];
    *value = load(r, (r->is_neigh ? (const uint8_t *)n : (const uint8_t *)a) + r->at);
    bool has_word = r->words[0] != NULL && *value < WF_ARRAY_LEN(r->words);
    *word = has_word ? r->words[*value] : NULL;
    return r->name;
}
