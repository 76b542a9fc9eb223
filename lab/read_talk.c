/* SPDX-License-Identifier: MIT */
/** DOC: Steps in which somebody talks to somebody: their fields, and what they refer to */
#include <inttypes.h>
#include <string.h>

#include "read.h"

#define SECOND UINT64_C(1000000000)

static void read_sizes(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_field size = {.type = LAB_T_BYTES, .min = 0, .max = 65507};
    struct lab_step_talk *talk = to;
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        if (talk->sizes_n == LAB_SIZES_MAX) {
            wf_doc_error(d, item, &here, "at most %d sizes", LAB_SIZES_MAX);
            return;
        }
        wf_doc_read_field(d, item, &here, &size, &talk->sizes[talk->sizes_n++]);
    }
}

#define TALK(f) offsetof(struct lab_step_talk, f)
#define FROM_TO                                                                                    \
    {LAB_VALUE("from", LAB_T_NAME, TALK(from)), .is_required = true},                              \
    {                                                                                              \
        LAB_VALUE("to", LAB_T_NAME, TALK(to)), .is_required = true                                 \
    }
#define PORT                                                                                       \
    {                                                                                              \
        LAB_NUMBER("port", LAB_T_COUNT, TALK(port), 1, 65535)                                      \
    }
#define TIMEOUT                                                                                    \
    {                                                                                              \
        LAB_NUMBER("timeout", LAB_T_TIME, TALK(timeout), 1000, 3600 * SECOND)                      \
    }

static const struct lab_field ping_fields[] = {
    FROM_TO,
    TIMEOUT,
    {LAB_NUMBER("count", LAB_T_COUNT, TALK(count), 1, 65535)},
    {LAB_NUMBER("interval", LAB_T_TIME, TALK(interval), 1000, 3600 * SECOND)},
    {LAB_NUMBER("size", LAB_T_BYTES, TALK(size), 0, 65507)},
    {LAB_NUMBER("ttl", LAB_T_COUNT, TALK(ttl), 1, 255)},
    {LAB_VALUE("df", LAB_T_BOOL, TALK(has_df))},
    {LAB_WORDS("record", TALK(record), wf_lab_record_names)},
};
static const struct lab_field traceroute_fields[] = {
    FROM_TO,
    TIMEOUT,
    {LAB_NUMBER("max-hops", LAB_T_COUNT, TALK(hops), 1, WEFT_SIM_HOPS_MAX)},
};
static const struct lab_field udp_fields[] = {
    FROM_TO,
    PORT,
    TIMEOUT,
    {LAB_CALL("sizes", 0, read_sizes), .is_required = true},
    {LAB_NUMBER("count", LAB_T_COUNT, TALK(count), 1, 1000000)},
    {LAB_NUMBER("interval", LAB_T_TIME, TALK(interval), 1000, 3600 * SECOND)},
    {LAB_VALUE("echo", LAB_T_BOOL, TALK(is_echoed))},
    {LAB_VALUE("df", LAB_T_BOOL, TALK(has_df))},
};

static const struct lab_field reading_fields[] = {
    {LAB_NUMBER("bytes", LAB_T_BYTES, TALK(read_bytes), 1, 1U << 30), .is_required = true},
    {LAB_NUMBER("every", LAB_T_TIME, TALK(read_every), 1000, 3600 * SECOND), .is_required = true},
};

static void read_reading(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(reading_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

static const struct lab_field writing_fields[] = {
    {LAB_NUMBER("bytes", LAB_T_BYTES, TALK(write_bytes), 1, 16384), .is_required = true},
    {LAB_NUMBER("every", LAB_T_TIME, TALK(write_every), 1000, 86400 * SECOND), .is_required = true},
};

static void read_writing(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(writing_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

static void read_source(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_cidr *c = to;
    if (!wf_read_cidr(d, n, at, c))
        return;
    uint32_t host = 0;
    for (size_t i = 12; i < 16; i++)
        host = host << 8 | c->addr.b[i];
    if (c->prefix_len < 8 || c->prefix_len > 30 || (host & (UINT32_MAX >> c->prefix_len)) != 0)
        wf_doc_error(d, n, at, "expected a network of 8 to 30 bits, such as 10.66.0.0/16");
}

#define BYTES_MAX (UINT64_C(1) << 40)
#define OPTION(name)                                                                               \
    {                                                                                              \
        LAB_CALL(name, TALK(opts), wf_read_option)                                                 \
    }
/* What everything that moves data by TCP may say. */
#define TCP_FIELDS                                                                                 \
    FROM_TO, PORT, {LAB_VALUE("pattern", LAB_T_COUNT, TALK(pattern))},                             \
        {LAB_CALL("read", 0, read_reading)}, {LAB_CALL("write", 0, read_writing)},                 \
        {LAB_NUMBER("send-buffer", LAB_T_BYTES, TALK(send_buffer), 2048, 1U << 30)},               \
        {LAB_NUMBER("receive-buffer", LAB_T_BYTES, TALK(receive_buffer), 2048, 1U << 30)},         \
        {LAB_NUMBER("local-port", LAB_T_COUNT, TALK(local_port), 1, 65535)},                       \
        {LAB_NUMBER("backlog", LAB_T_COUNT, TALK(backlog), 1, 65535)},                             \
        {LAB_VALUE("nodelay", LAB_T_BOOL, TALK(is_nodelay))},                                      \
        {LAB_WORDS("cc", TALK(cc), wf_lab_cc_names)},                                              \
        {LAB_VALUE("cc-parameters", LAB_T_NODE, TALK(cc_node))},                                   \
        {LAB_WORDS("recovery", TALK(recovery), wf_lab_recovery_names)}, OPTION("cork"),            \
        OPTION("delayed-ack"), OPTION("ecn"), OPTION("initial-window"), OPTION("keepalive"),       \
        OPTION("mss"), OPTION("msl"), OPTION("pacing"), OPTION("pacing-limit"),                    \
        OPTION("quickack"), OPTION("rto-min"), OPTION("sack"), OPTION("syn-cookies"),              \
        OPTION("timestamps"), OPTION("user-timeout"), OPTION("window-scaling")

static const struct lab_field tcp_fields[] = {
    TCP_FIELDS,
    {LAB_NUMBER("bytes", LAB_T_BYTES, TALK(bytes), 0, BYTES_MAX)},
    {LAB_NUMBER("for", LAB_T_TIME, TALK(span), 1000, 86400 * SECOND)},
    {LAB_NUMBER("reply", LAB_T_BYTES, TALK(reply), 0, BYTES_MAX)},
    {LAB_NUMBER("connect-after", LAB_T_TIME, TALK(connect_after), 0, 86400 * SECOND)},
};
static const struct lab_field requests_fields[] = {
    TCP_FIELDS,
    {LAB_NUMBER("bytes", LAB_T_BYTES, TALK(bytes), 1, BYTES_MAX), .is_required = true},
    {LAB_NUMBER("reply", LAB_T_BYTES, TALK(reply), 1, BYTES_MAX), .is_required = true},
    {LAB_NUMBER("count", LAB_T_COUNT, TALK(count), 1, 1000000)},
};
static const struct lab_field meet_fields[] = {
    TCP_FIELDS,
    {LAB_NUMBER("bytes", LAB_T_BYTES, TALK(bytes), 0, BYTES_MAX), .is_required = true},
};
static const struct lab_field flood_fields[] = {
    FROM_TO,
    PORT,
    {LAB_NUMBER("count", LAB_T_COUNT, TALK(count), 1, 1000000)},
    {LAB_NUMBER("interval", LAB_T_TIME, TALK(interval), 1000, 3600 * SECOND)},
    {LAB_CALL("source", TALK(source), read_source), .is_required = true},
};
static const struct lab_field refused_fields[] = {FROM_TO, PORT};
#undef TALK

/* ---- what they refer to ---- */

const yaml_node_t *wf_read_value_of(struct lab_doc *d, const yaml_node_t *map, const char *name)
{
    const char *key;
    yaml_node_t *key_node, *value;
    for (size_t i = 0; wf_doc_pair(d, map, i, &key, &key_node, &value); i++) {
        if (strcmp(key, name) == 0)
            return value;
    }
    return map;
}

static void resolve_to(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                       struct lab_step *s)
{
    const struct lab *lab = wf_lab_reader(d)->lab;
    struct lab_at here = {.up = at, .key = "to"};
    const yaml_node_t *where = wf_read_value_of(d, n, "to");
    if (weft_addr_parse(&s->to_addr, s->talk.to) == 0) {
        s->to = wf_lab_find_addr(lab, &s->to_addr);
        return;
    }
    if (!wf_read_node_ref(d, where, &here, s->talk.to, false, &s->to))
        return;
    if (!wf_lab_first_addr(wf_lab_node(lab, s->to), &s->to_addr))
        wf_doc_error(d, where, &here, "node %s has no address", s->talk.to);
}

static void read_by(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                    const struct lab_table *t, struct lab_step *s)
{
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, t, &s->talk);
    if (d->errors != errors)
        return;
    struct lab_at here = {.up = at, .key = "from"};
    (void)wf_read_node_ref(d, wf_read_value_of(d, n, "from"), &here, s->talk.from, false, &s->from);
    resolve_to(d, n, at, s);
    bool needs_server = s->kind == LAB_STEP_UDP || wf_lab_is_tcp(s->kind);
    if (d->errors == errors && needs_server && s->to == SIZE_MAX) {
        struct lab_at to_at = {.up = at, .key = "to"};
        wf_doc_error(d, wf_read_value_of(d, n, "to"), &to_at, "no node has the address %s",
                     s->talk.to);
    }
}

/* What a transfer says of congestion control and recovery, for both ends; the rest is the sender's.
 */
static void read_transfer_cc(struct lab_doc *d, const struct lab_at *at, struct lab_step *s)
{
    const struct lab_tcp *node = &wf_lab_node(wf_lab_reader(d)->lab, s->from)->set.tcp;
    if (s->talk.cc < 0) {
        s->talk.cc = node->cc;
        s->talk.cc_params = node->cc_params;
    }
    if (s->talk.recovery < 0)
        s->talk.recovery = node->recovery;
    if (s->talk.cc_node != NULL)
        wf_read_cc_params(d, s->talk.cc_node, at, s->talk.cc, &s->talk.cc_params);
    s->talk.cc_node = NULL;
}

static void read_tcp_step(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                          const struct lab_table *t, struct lab_step *s)
{
    unsigned errors = d->errors;
    s->talk.port = 5001;
    s->talk.pattern = 1;
    s->talk.cc = s->talk.recovery = -1;
    s->talk.bytes = UINT64_MAX;
    read_by(d, n, at, t, s);
    if (d->errors != errors)
        return;
    read_transfer_cc(d, at, s);
    if (s->talk.bytes == UINT64_MAX && s->talk.span == 0)
        wf_doc_error(d, n, at, "either \"bytes\" or \"for\" is needed: how much, or how long");
    if (s->talk.bytes == UINT64_MAX)
        s->talk.bytes = BYTES_MAX;
    struct weft_addr back;
    if (s->kind == LAB_STEP_MEET &&
        !wf_lab_first_addr(wf_lab_node(wf_lab_reader(d)->lab, s->from), &back))
        wf_doc_error(d, n, at, "node %s has no address", s->talk.from);
    if (s->kind == LAB_STEP_MEET)
        s->talk.reply = s->talk.bytes;
}

static void read_flood(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(flood_fields);
    s->talk.port = 80;
    s->talk.count = 1000;
    s->talk.interval = SECOND / 1000;
    read_by(d, n, at, &t, s);
}

void wf_read_talk(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s)
{
    static const struct lab_table ping = LAB_TABLE(ping_fields), udp = LAB_TABLE(udp_fields),
                                  traceroute = LAB_TABLE(traceroute_fields),
                                  tcp = LAB_TABLE(tcp_fields), meet = LAB_TABLE(meet_fields),
                                  requests = LAB_TABLE(requests_fields),
                                  refused = LAB_TABLE(refused_fields);
    if (s->kind == LAB_STEP_PING) {
        s->talk.count = 3;
        s->talk.size = 56;
        read_by(d, n, at, &ping, s);
    } else if (s->kind == LAB_STEP_TRACEROUTE) {
        read_by(d, n, at, &traceroute, s);
    } else if (s->kind == LAB_STEP_UDP) {
        s->talk.port = 7;
        s->talk.is_echoed = true;
        read_by(d, n, at, &udp, s);
    } else if (s->kind == LAB_STEP_TCP) {
        read_tcp_step(d, n, at, &tcp, s);
    } else if (s->kind == LAB_STEP_REQUESTS) {
        s->talk.count = 1;
        read_tcp_step(d, n, at, &requests, s);
    } else if (s->kind == LAB_STEP_MEET) {
        read_tcp_step(d, n, at, &meet, s);
    } else if (s->kind == LAB_STEP_FLOOD) {
        read_flood(d, n, at, s);
    } else if (s->kind == LAB_STEP_REFUSED) {
        s->talk.port = 9;
        read_by(d, n, at, &refused, s);
    }
}
