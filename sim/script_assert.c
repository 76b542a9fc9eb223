/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script assert - comparisons between %{ and }%
 *
 * "assert tcpi_state == ESTABLISHED and tcpi_snd_cwnd >= 10": names of Linux's struct tcp_info with
 * Linux's units, fields of struct weft_tcp_info in weft's, "state" (found by the ports when the
 * descriptor is closed), "counters.NAME", "drops.NAME" and "usage.NAME". "fdN." in front chooses
 * the descriptor; otherwise it is that of the last connection.
 */
#include <string.h>

#include "script.h"
#include "weft/trace.h"

static const char *const states[WEFT_TCP_STATE_COUNT] = {
    "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
    "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK",     "TIME_WAIT",
};

/* The state of the script's first connection, whether a descriptor is left or not. */
static int64_t state_of(struct sx *s)
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
            return info.state;
    return WEFT_TCP_CLOSED;
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
        {"records", u.records}, {"reasm", u.reasm},
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

static int64_t in_segments(uint32_t bytes, uint32_t mss)
{
    return mss == 0 ? 0 : (int64_t)(bytes / mss);
}

static bool from_info(const struct weft_tcp_info *t, const char *name, int64_t *out)
{
    uint32_t mss = t->mss;
    const struct {
        const char *name;
        int64_t value;
    } list[] = {
        {"tcpi_state", t->state},
        {"tcpi_rtt", t->srtt_us},
        {"tcpi_rttvar", t->rttvar_us},
        {"tcpi_rto", t->rto_us},
        {"tcpi_min_rtt", t->min_rtt_us},
        {"tcpi_backoff", t->backoff},
        {"tcpi_snd_mss", t->mss},
        {"tcpi_snd_cwnd", in_segments(t->cwnd, mss)},
        {"tcpi_snd_ssthresh", in_segments(t->ssthresh, mss)},
        {"tcpi_unacked", in_segments(t->flight + mss - 1, mss)},
        {"tcpi_snd_wscale", t->snd_wscale},
        {"tcpi_rcv_wscale", t->rcv_wscale},
        {"tcpi_total_retrans", (int64_t)t->retrans_segs},
        {"tcpi_bytes_acked", (int64_t)t->bytes_acked},
        {"tcpi_bytes_received", (int64_t)t->bytes_received},
        {"tcpi_bytes_sent", (int64_t)t->bytes_sent},
        {"tcpi_bytes_retrans", (int64_t)t->bytes_retrans},
        {"tcpi_segs_out", (int64_t)t->segs_out},
        {"tcpi_segs_in", (int64_t)t->segs_in},
        {"tcpi_notsent_bytes", t->unsent},
        {"has_timestamps", t->has_timestamps},
        {"has_sack", t->has_sack},
        {"has_wscale", t->has_wscale},
        {"is_in_recovery", t->is_in_recovery},
        {"is_in_loss", t->is_in_loss},
        {"mss", t->mss},
        {"peer_mss", t->peer_mss},
        {"srtt_us", t->srtt_us},
        {"rttvar_us", t->rttvar_us},
        {"rto_us", t->rto_us},
        {"cwnd", t->cwnd},
        {"ssthresh", t->ssthresh},
        {"flight", t->flight},
        {"snd_wnd", t->snd_wnd},
        {"rcv_wnd", t->rcv_wnd},
        {"sendq", t->sendq},
        {"unsent", t->unsent},
        {"recvq", t->recvq},
        {"ooo", t->ooo},
        {"rtos", t->rtos},
        {"recoveries", t->recoveries},
        {"tlps", t->tlps},
        {"undos", t->undos},
        {"reorder_seen", t->reorder_seen},
        {"why", t->why},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].name, name) == 0) {
            *out = list[i].value;
            return true;
        }
    }
    return false;
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
    if (f == NULL || weft_sock_tcp_info(s->st, f->sock, &t) != 0)
        return false;
    return from_info(&t, name, out);
}

static bool operand(struct sx *s, int64_t *out)
{
    char name[48];
    if (wf_sx_number(s, out))
        return true;
    if (!wf_sx_word(s, name, sizeof(name))) {
        wf_sx_bad(s, "a number or a name is expected here");
        return false;
    }
    *out = 0;
    if (s->is_dry)
        return true;
    const char *word = strncmp(name, "TCP_", 4) == 0 ? name + 4 : name;
    for (unsigned i = 0; i < WEFT_TCP_STATE_COUNT; i++) {
        if (strcmp(states[i], word) == 0) {
            *out = i;
            return true;
        }
    }
    if (strcmp(name, "True") == 0 || strcmp(name, "False") == 0) {
        *out = name[0] == 'T';
        return true;
    }
    if (strcmp(name, "state") == 0) {
        *out = state_of(s);
        return true;
    }
    if (from_counts(s, name, out) || from_connection(s, name, out))
        return true;
    wf_sx_fail(s, NULL, "%s is not known, or there is no such connection", name);
    return false;
}

static bool comparison(struct sx *s)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    int64_t a, b;
    uint32_t op = 0;
    wf_sx_skip(s);
    s->event_p = s->text.p;
    s->event_line = s->text.line;
    if (!operand(s, &a))
        return false;
    while (op < 6 && !wf_sx_take(s, signs[op]))
        op++;
    if (op == 6 || !operand(s, &b)) {
        wf_sx_bad(s, "a comparison is expected here");
        return false;
    }
    if (s->is_dry)
        return true;
    const bool results[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};
    if (!results[op])
        wf_sx_fail(s, NULL, "not true: %lld %s %lld", (long long)a, signs[op], (long long)b);
    return results[op];
}

bool wf_sx_assert(struct sx *s)
{
    while (!wf_sx_take(s, "}%")) {
        if (!wf_sx_need(s, "assert"))
            return false;
        bool has_paren = wf_sx_take(s, "(");
        do {
            if (!comparison(s))
                return false;
        } while (wf_sx_take(s, "and"));
        if (has_paren && !wf_sx_need(s, ")"))
            return false;
        /* A message after a comma ends with the line. */
        if (wf_sx_take(s, ","))
            while (s->text.p < s->text.end && *s->text.p != '\n' && *s->text.p != '}')
                s->text.p++;
        (void)wf_sx_take(s, ";");
    }
    return true;
}
