/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script assert - assertions between %{ and }%, and what their names stand for
 *
 * "assert tcpi_state == ESTABLISHED and tcpi_snd_cwnd >= 10": names of Linux's struct tcp_info with
 * Linux's units and numbers, fields of struct weft_tcp_info in weft's, "state" (found by the ports
 * when the descriptor is closed), "counters.NAME", "drops.NAME" and "usage.NAME". "fdN." in front
 * chooses the descriptor; otherwise it is that of the last connection.
 */
#include <string.h>

#include "script.h"
#include "weft/trace.h"

/* The script's first connection as it is listed, whether a descriptor is left or not. */
static struct weft_sock_info listed(struct sx *s)
{
    const struct sx_flow *f = NULL;
    for (uint32_t i = 0; i < s->flows_n && f == NULL; i++)
        if (s->flow[i].proto == SX_PROTO_TCP)
            f = &s->flow[i];
    uint64_t cursor = 0;
    struct weft_sock_info info;
    while (f != NULL && weft_sock_next(s->st, &cursor, &info))
        if (info.type == WEFT_SOCK_TCP && info.local.port == f->lport &&
            info.remote.port == f->rport && info.state != WEFT_TCP_CLOSED)
            return info;
    memset(&info, 0, sizeof(info));
    return info; /* CLOSED */
}

static bool from_usage(struct sx *s, const char *name, int64_t *out)
{
    struct weft_usage u;
    weft_stack_usage(s->st, &u);
    const struct {
        const char *name;
        uint32_t value;
    } list[] = {
        {"pkts", u.pkts},       {"lent", u.lent},         {"chunks", u.chunks},
        {"blocks", u.blocks},   {"socks", u.socks},       {"conns", u.conns},
        {"synrcvd", u.synrcvd}, {"timewait", u.timewait}, {"busy", u.busy},
        {"records", u.records}, {"reasm", u.reasm},       {"neighs", u.neighs},
        {"groups", u.groups},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].name, name) == 0) {
            *out = list[i].value;
            return true;
        }
    }
    return false;
}

static bool from_counts(struct sx *s, const char *name, int64_t *out)
{
    if (strncmp(name, "counters.", 9) == 0) {
        for (unsigned i = 0; i < WEFT_COUNT_COUNT; i++) {
            if (strcmp(weft_counter_name(i), name + 9) == 0) {
                *out = (int64_t)weft_counter(s->st, i);
                return true;
            }
        }
    }
    if (strncmp(name, "drops.", 6) == 0) {
        for (unsigned i = 0; i < WEFT_DROP_COUNT; i++) {
            if (strcmp(weft_drop_name(i), name + 6) == 0) {
                *out = (int64_t)weft_drops(s->st, i);
                return true;
            }
        }
    }
    return strncmp(name, "usage.", 6) == 0 && from_usage(s, name + 6, out);
}

static bool from_connection(struct sx *s, const char *name, int64_t *out)
{
    int32_t fd = s->last_fd;
    if (strncmp(name, "fd", 2) == 0 && name[2] >= '0' && name[2] <= '9') {
        fd = 0;
        for (name += 2; *name >= '0' && *name <= '9'; name++)
            fd = fd * 10 + (*name - '0');
        name += *name == '.';
    }
    struct weft_tcp_info t;
    const struct sx_fd *f = wf_sx_fd(s, fd);
    if (f != NULL && s->cfg->target != NULL)
        return wf_sx_target_field(s, f->sock, name, out);
    if (f == NULL || weft_sock_tcp_info(s->st, f->sock, &t) != 0)
        return false;
    return weft_script_info(&t, name, out);
}

/* How the first connection is listed. */
static bool from_listing(struct sx *s, const char *name, int64_t *out)
{
    if (strcmp(name, "age_ms") == 0) { /* As old as at the last call: here is one. */
        weft_advance(s->st, s->w->now_ns);
        weft_node_touch(s->node);
        *out = (int64_t)(listed(s).age_ns / 1000000);
        return true;
    }
    if (strcmp(name, "owner") == 0) {
        *out = (int64_t)listed(s).user;
        return true;
    }
    return false;
}

/* A field of Linux's struct that weft does not keep. */
static bool is_linux_field(const char *name)
{
    static const char *const fields[] = {
        "tcpi_probes",
        "tcpi_ato",
        "tcpi_rcv_mss",
        "tcpi_retrans",
        "tcpi_fackets",
        "tcpi_rcv_ssthresh",
        "tcpi_reordering",
        "tcpi_rcv_rtt",
        "tcpi_rcv_space",
        "tcpi_pacing_rate",
        "tcpi_max_pacing_rate",
        "tcpi_data_segs_in",
        "tcpi_data_segs_out",
        "tcpi_delivery_rate",
        "tcpi_busy_time",
        "tcpi_rwnd_limited",
        "tcpi_sndbuf_limited",
        "tcpi_delivered",
        "tcpi_delivered_e0_bytes",
        "tcpi_delivered_e1_bytes",
        "tcpi_ecn_mode",
        "tcpi_accecn_opt_seen",
        "tcpi_accecn_fail_mode",
        "tcpi_dsack_dups",
        "tcpi_reord_seen",
        "tcpi_rcv_ooopack",
        "tcpi_last_data_sent",
        "tcpi_last_data_recv",
        "tcpi_last_ack_recv",
        "tcpi_delivery_rate_app_limited",
        "tcpi_fastopen_client_fail",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strcmp(fields[i], name) == 0)
            return true;
    return false;
}

static bool is_of_weft(const char *name)
{
    return strcmp(name, "age_ms") == 0 || strcmp(name, "owner") == 0 ||
           strncmp(name, "counters.", 9) == 0 || strncmp(name, "drops.", 6) == 0 ||
           strncmp(name, "usage.", 6) == 0;
}

/* Another stack finds the first connection by its ports: local in the upper half. */
static bool target_state(struct sx *s, int64_t *out)
{
    for (uint32_t i = 0; i < s->flows_n; i++) {
        if (s->flow[i].proto == SX_PROTO_TCP) {
            *out = (int64_t)s->flow[i].lport << 16 | s->flow[i].rport;
            return wf_sx_target_field(s, 0, "state", out);
        }
    }
    *out = 7; /* CLOSE */
    return true;
}

bool wf_sx_operand(struct sx *s, int64_t *out)
{
    char name[48];
    if (wf_sx_number(s, out)) {
        if (s->text.p + 1 < s->text.end && *s->text.p == '.' && s->text.p[1] >= '0' &&
            s->text.p[1] <= '9')
            wf_sx_na(s, "weft's assertions have no fractions");
        return !s->has_failed;
    }
    if (!wf_sx_word(s, name, sizeof(name))) {
        wf_sx_bad(s, "a number or a name is expected here");
        return false;
    }
    if (wf_sx_at(s, "(") || wf_sx_at(s, "[")) {
        wf_sx_na(s, "weft has no Python: %s%c", name, *s->text.p);
        return false;
    }
    *out = 0;
    if (wf_sx_constant(name, out))
        return true;
    if (strcmp(name, "state") == 0) {
        *out = s->is_dry || s->st == NULL ? 0 : wf_sx_state_number(listed(s).state);
        return s->is_dry || s->st != NULL || target_state(s, out);
    }
    if (s->st == NULL && !s->is_dry && is_of_weft(name)) {
        s->has_foreign_name = true;
        return true;
    }
    if (s->is_dry || (s->st != NULL && from_listing(s, name, out)) ||
        wf_sx_from_link(s, name, out) || from_counts(s, name, out) || from_connection(s, name, out))
        return true;
    if (is_linux_field(name))
        wf_sx_na(s, "weft has no %s", name);
    else
        wf_sx_fail(s, NULL, "%s is not known, or there is no such connection", name);
    return false;
}

/* A message after a comma ends with the line, or with the block. */
static void skip_message(struct sx *s)
{
    const struct sx_text *t = &s->text;
    while (t->p < t->end && *t->p != '\n' && !(*t->p == '}' && t->p + 1 < t->end && t->p[1] == '%'))
        s->text.p++;
}

static bool one_assert(struct sx *s)
{
    char shown[128];
    int64_t v = 0;
    wf_sx_skip(s);
    s->event_p = s->text.p;
    s->event_line = s->text.line;
    s->has_foreign_name = false;
    if (!wf_sx_expr(s, &v, shown))
        return false;
    if (s->has_foreign_name) { /* What another stack does on the wire is compared all the same. */
        s->res->left_out++;
        v = 1;
    }
    if (wf_sx_take(s, ","))
        skip_message(s);
    if (v == 0 && !s->is_dry)
        wf_sx_fail(s, NULL, "not true: %s", shown[0] != '\0' ? shown : "False");
    return !s->has_failed;
}

/* A statement, an assignment or a call. */
static bool is_python(struct sx *s)
{
    static const char *const words[] = {"import", "from", "if", "for", "while", "def", "try"};
    const char *before = s->text.p;
    char name[48];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (wf_sx_at(s, words[i]))
            return true;
    bool is_it =
        wf_sx_word(s, name, sizeof(name)) && ((wf_sx_at(s, "=") && !wf_sx_at(s, "==")) ||
                                              (wf_sx_at(s, "(") && strcmp(name, "assert") != 0));
    s->text.p = before;
    return is_it;
}

bool wf_sx_assert(struct sx *s)
{
    while (!wf_sx_take(s, "}%")) {
        if (wf_sx_take(s, "print")) {
            skip_message(s);
        } else if (is_python(s)) {
            wf_sx_na(s, "weft has no Python, of which only 'assert' is understood");
            return false;
        } else if (!wf_sx_need(s, "assert") || !one_assert(s)) {
            return false;
        }
        (void)wf_sx_take(s, ";");
    }
    return true;
}
