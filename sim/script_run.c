/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script run - a stack with one layer-3 interface, and the script on the other end
 *
 * Events are executed in order. Time moves to the time of the event, or, for a packet the stack is
 * to send, until it comes or is too late. What the stack sends and no line expects is a failure, at
 * the next line that expects something else or at the end. At the end everything is closed, and
 * given an hour the stack must hold nothing any more.
 */
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define SECOND_NS UINT64_C(1000000000)
#define LEAK_NS   (3600 * SECOND_NS)
#define STACK_END 0U
#define OUR_END   1U

/* ---- the stack under test ---- */

static int add_interface(struct sx *s)
{
    struct weft_link_config lc;
    if (s->is_ether)
        return wf_sx_add_ether(s);
    memset(&lc, 0, sizeof(lc));
    memcpy(lc.name, "wire", 5);
    lc.is_l3 = true;
    lc.end[STACK_END].kind = WEFT_END_NODE;
    lc.end[STACK_END].node = s->node;
    memcpy(lc.end[STACK_END].netif.name, "tun0", 5);
    lc.end[STACK_END].netif.kind = WEFT_IF_L3;
    lc.end[STACK_END].netif.mtu = s->mtu;
    lc.end[STACK_END].netif.is_any_address = s->is_any_address;
    lc.end[OUR_END].kind = WEFT_END_EXTERNAL;
    int r = weft_link_add(s->w, &lc, &s->link);
    if (r != 0)
        return r;
    uint16_t index = weft_link_config_get(s->link)->end[STACK_END].ifindex;
    struct weft_addr a = weft_ip4(s->local_ip[0], s->local_ip[1], s->local_ip[2], s->local_ip[3]);
    r = weft_addr_add(s->st, index, &a, s->prefix_len);
    if (r != 0)
        return r;
    r = wf_sx_ip_begin(s);
    if (r != 0)
        return r;
    struct weft_route all;
    memset(&all, 0, sizeof(all));
    all.dst = weft_ip4(0, 0, 0, 0);
    if (wf_sx_be(s->gateway, 4) != 0)
        all.gateway = weft_ip4(s->gateway[0], s->gateway[1], s->gateway[2], s->gateway[3]);
    all.ifindex = index;
    return weft_route_add(s->st, &all);
}

static bool begin(struct sx *s)
{
    if (s->cfg->target != NULL)
        return wf_sx_target_begin(s);
    struct weft_world_config wc;
    weft_world_config_default(&wc, s->cfg->seed);
    wc.start_ns = SX_START_NS;
    wc.is_checking = s->cfg->is_checking;
    int r = weft_world_create(&s->w, &wc);
    if (r == 0)
        r = weft_node_add(s->w, &s->ncfg, &s->node);
    if (r == 0) {
        s->st = weft_node_stack(s->node);
        r = add_interface(s);
    }
    s->base_ns = s->last_ns = s->shown_ns = SX_START_NS;
    if (r != 0)
        wf_sx_fail(s, NULL, "the stack cannot be set up: %s", weft_strerror(r));
    return r == 0;
}

/* ---- time ---- */

static uint64_t time_of(const struct sx *s, const struct sx_time *t, uint64_t ns)
{
    switch (t->when) {
    case SX_ABSOLUTE:
        return s->base_ns + ns;
    case SX_RELATIVE:
        return s->last_ns + ns;
    case SX_ANY:
        break;
    }
    return s->last_ns;
}

/* ---- packets ---- */

static void remember(struct sx *s, const uint8_t *bytes, uint32_t len, bool is_inbound, uint64_t at)
{
    char *line = s->recent[s->recent_n++ % SX_RECENT];
    s->shown_ns = at;
    wf_sx_describe(s, bytes, len, is_inbound, line, sizeof(s->recent[0]));
    if (s->cfg->is_verbose)
        wf_sx_print(s, "%s", line);
}

/* Takes the oldest packet the stack sent into buf2; its length, 0 = none. */
static uint32_t take_packet(struct sx *s, uint64_t *at_ns)
{
    uint32_t n = wf_sx_pull(s, at_ns);
    if (n == 0)
        return 0;
    if (s->cfg->packet != NULL)
        s->cfg->packet(s->cfg->packet_user, at_ns == NULL ? wf_sx_now(s) : *at_ns, s->buf2, n,
                       false);
    s->last_out_n = n < SX_QUOTE_MAX ? n : SX_QUOTE_MAX;
    memcpy(s->last_out, s->buf2, s->last_out_n);
    return n;
}

static bool is_faultless(struct sx *s, const struct sx_packet *p, const uint8_t *bytes,
                         uint32_t len)
{
    struct sx_seen seen;
    char text[256];
    bool is_ip = wf_sx_read(bytes, len, &seen);
    if (seen.fault == NULL && seen.is_unsummed && !p->ip.has_zero_csum)
        seen.fault = "no UDP checksum";
    if (wf_sx_is_arp(s, bytes, len) || (is_ip && seen.fault == NULL))
        return true;
    wf_sx_describe(s, bytes, len, false, text, sizeof(text));
    wf_sx_fail(s, text, "the stack sent %s", seen.fault != NULL ? seen.fault : "no IPv4 packet");
    return false;
}

static bool expect_quiet(struct sx *s, const struct sx_packet *p, uint64_t from)
{
    char text[256];
    uint64_t at;
    if (!wf_sx_run_to(s, from + p->quiet_ns))
        return false;
    uint32_t n = take_packet(s, &at);
    s->last_ns = from + p->quiet_ns;
    for (; n != 0 && p->is_any; n = take_packet(s, &at)) {
        if (!is_faultless(s, p, s->buf2, n))
            return false;
        remember(s, s->buf2, n, false, at);
    }
    if (n == 0)
        return true;
    s->shown_ns = at;
    wf_sx_describe(s, s->buf2, n, false, text, sizeof(text));
    wf_sx_fail(s, text, "the stack sent a packet");
    return false;
}

/* The next packet of the stack, in buf2; its length, 0 if the script has ended. */
static uint32_t wait_packet(struct sx *s, uint64_t limit, uint64_t *at)
{
    if (!wf_sx_wait_packet(s, limit))
        return 0;
    uint32_t n = take_packet(s, at);
    if (n == 0)
        wf_sx_fail(s, NULL, "the stack sent no packet until then");
    return n;
}

static bool check_packet(struct sx *s, const struct sx_packet *p, uint32_t n, uint64_t at)
{
    s->shown_ns = at;
    if (!is_faultless(s, p, s->buf2, n) || !wf_sx_match(s, p, s->buf2, n))
        return false;
    if (!s->is_any_time &&
        (at + s->tolerance_ns < s->want_lo_ns || at > s->want_hi_ns + s->tolerance_ns)) {
        char text[256];
        struct sx_seen seen;
        wf_sx_describe(s, s->buf2, n, false, text, sizeof(text));
        if (wf_sx_read(s->buf2, n, &seen))
            wf_sx_diff(s, p, &seen);
        wf_sx_fail(s, text, "the right packet at the wrong time");
        return false;
    }
    remember(s, s->buf2, n, false, at);
    return true;
}

/* Linux hands a burst to the device as one packet, and scripts written for it have one line for it.
 * A line longer than a segment can be stands for full segments one after the other: makes @piece
 * the one that came, with the flags of the end left to the last. False: it is the rest. */
static bool cut_piece(struct sx *s, struct sx_packet *piece, uint32_t n)
{
    struct sx_seen seen;
    if (piece->kind != SX_TCP || piece->ip.frag_from >= 0 || !wf_sx_read(s->buf2, n, &seen))
        return false;
    const struct sx_flow *f = wf_sx_flow_for(s, piece, &seen);
    uint32_t most = s->mtu - 40; /* Headers of IPv4 and TCP; options take at most 40 more. */
    if (f != NULL && f->peer_mss != 0 && f->peer_mss < most)
        most = f->peer_mss;
    if (piece->len <= most || seen.payload_len >= piece->len || seen.payload_len + 40 < most)
        return false;
    piece->len = seen.payload_len;
    piece->flags &= (uint16_t) ~(SX_PSH | SX_FIN);
    return true;
}

static bool expect_packet(struct sx *s, const struct sx_time *t, const struct sx_packet *p)
{
    uint64_t lo = time_of(s, t, t->lo_ns), hi = time_of(s, t, t->hi_ns), at = 0;
    uint64_t limit = t->when == SX_ANY ? lo + LEAK_NS : hi + s->tolerance_ns;
    struct sx_packet rest = *p;
    bool is_cut;
    if (s->cfg->target != NULL && hi > s->last_ns && p->kind != SX_QUIET) {
        hi += (hi - s->last_ns) / s->cfg->target->slack_part;
        limit = t->when == SX_ANY ? limit : hi + s->tolerance_ns;
    }
    if (p->kind == SX_QUIET)
        return expect_quiet(s, p, lo);
    s->want_lo_ns = lo;
    s->want_hi_ns = hi;
    s->is_any_time = t->when == SX_ANY;
    do {
        uint32_t n = wait_packet(s, limit, &at);
        if (n == 0)
            return false;
        struct sx_packet piece = rest;
        is_cut = cut_piece(s, &piece, n);
        if (!check_packet(s, &piece, n, at))
            return false;
        rest.seq += piece.len;
        rest.len -= piece.len;
        if (is_cut) /* Where in a burst data is pushed is Linux's affair. */
            rest.flags &= (uint16_t)~SX_PSH;
    } while (is_cut);
    s->last_ns = t->when == SX_ANY || lo != hi ? at : lo;
    return true;
}

static void note_syn(struct sx_flow *f, const struct sx_packet *p)
{
    if (p->kind != SX_TCP || (p->flags & SX_SYN) == 0)
        return;
    if (!f->has_remote_syn) {
        f->has_remote_syn = true;
        f->remote_syn = p->seq;
    }
    f->next_remote_syn = p->seq;
    for (uint32_t i = 0; i < p->opt_n; i++)
        if (p->opt[i].kind == 2 && !p->opt[i].is_raw)
            f->peer_mss = p->opt[i].v[0];
    f->may_relearn = f->has_local_isn && (p->flags & SX_ACK) == 0 && p->seq != f->remote_syn;
}

static bool inject(struct sx *s, const struct sx_packet *p)
{
    struct sx_flow *f = NULL;
    if (p->kind == SX_TCP || p->kind == SX_UDP || p->has_quote_seq)
        f = wf_sx_flow_for(s, p, NULL);
    if (f != NULL)
        note_syn(f, p);
    uint32_t n = p->kind == SX_ARP ? wf_sx_build_arp(s, p, s->buf) : wf_sx_build(s, p, f, s->buf);
    wf_sx_address_frame(s, p);
    if (n == 0) {
        wf_sx_fail(s, NULL, "the packet is too long");
        return false;
    }
    remember(s, s->buf, n, true, wf_sx_now(s));
    for (int32_t times = 0; times < p->ip.times && s->cfg->packet != NULL; times++)
        s->cfg->packet(s->cfg->packet_user, wf_sx_now(s), s->buf, n, true);
    uint32_t i = s->injected_n++ % SX_INJECTED;
    s->injected[i].total = n;
    s->injected[i].n = n < SX_QUOTE_MAX ? n : SX_QUOTE_MAX;
    memcpy(s->injected[i].bytes, s->buf, s->injected[i].n);
    int r = 0;
    for (int32_t times = 0; times < p->ip.times && r == 0; times++)
        r = wf_sx_push(s, n);
    if (r != 0)
        wf_sx_fail(s, NULL, "the packet cannot be sent: %s", weft_strerror(r));
    return r == 0;
}

/* ---- events ---- */

static bool run_packet(struct sx *s, const struct sx_time *t)
{
    struct sx_packet p;
    if (!wf_sx_parse_packet(s, &p))
        return false;
    if (s->is_dry)
        return true;
    if (!p.is_inbound)
        return expect_packet(s, t, &p);
    uint64_t at = time_of(s, t, t->lo_ns);
    if (!wf_sx_run_to(s, at) || !inject(s, &p))
        return false;
    s->last_ns = at;
    return true;
}

static bool run_call(struct sx *s, const struct sx_time *t)
{
    struct sx_call c;
    uint64_t at = time_of(s, t, t->lo_ns);
    if (!wf_sx_parse_call(s, &c) || !wf_sx_call_check(s, &c))
        return false;
    if (s->is_dry)
        return true;
    if (!wf_sx_run_to(s, at))
        return false;
    s->last_ns = at;
    uint64_t end = t->when == SX_ABSOLUTE ? s->base_ns + t->end_ns : at - t->lo_ns + t->end_ns;
    return wf_sx_call(s, &c, t->has_end ? end : 0);
}

static bool run_assert(struct sx *s, const struct sx_time *t)
{
    if (s->is_dry)
        return wf_sx_assert(s);
    uint64_t at = time_of(s, t, t->lo_ns);
    bool is_true = wf_sx_run_to(s, at) && wf_sx_assert(s);
    s->last_ns = at;
    return is_true;
}

/* A call that blocks until before @at must have ended by itself. */
static bool end_pending(struct sx *s, uint64_t at)
{
    uint64_t due = s->pending.end_ns + s->tolerance_ns;
    if (s->pending.id != SX_CALL_NONE && at >= due && wf_sx_now(s) < due && !wf_sx_run_to(s, due))
        return false;
    return wf_sx_pending_check(s, at);
}

static bool run_event(struct sx *s)
{
    struct sx_time t;
    s->event_line = s->text.line;
    s->event_p = s->text.p;
    if (*s->text.p == '`')
        return wf_sx_command(s);
    if (!wf_sx_parse_time(s, &t))
        return false;
    if (!s->is_dry && !end_pending(s, time_of(s, &t, t.lo_ns)))
        return false;
    s->res->events += !s->is_dry;
    if (wf_sx_at(s, "<") || wf_sx_at(s, ">"))
        return run_packet(s, &t);
    if (wf_sx_at(s, "`"))
        return (s->is_dry || wf_sx_run_to(s, time_of(s, &t, t.lo_ns))) && wf_sx_command(s);
    if (wf_sx_take(s, "%{")) {
        s->is_python = true;
        bool is_true = run_assert(s, &t);
        s->is_python = false;
        return is_true;
    }
    return run_call(s, &t);
}

/* Options that win over those of the script. */
static bool run_overrides(struct sx *s)
{
    struct sx_text script = s->text;
    const char *o = s->cfg->overrides;
    if (s->cfg->target != NULL && s->tolerance_ns < s->cfg->target->slack_ns)
        s->tolerance_ns = s->cfg->target->slack_ns;
    if (o == NULL)
        return true;
    s->text = (struct sx_text){o, o + strlen(o), 1, o, "command line"};
    bool is_good = true;
    for (wf_sx_skip(s); is_good && s->text.p < s->text.end; wf_sx_skip(s))
        is_good = wf_sx_option(s);
    s->text = script;
    return is_good;
}

/* All lines are read once before the first is run: a script that cannot be read, or that needs what
 * the stack does not have, is not half run. */
static bool run_all(struct sx *s)
{
    const struct sx_text start = s->text;
    bool has_begun = false;
    for (unsigned pass = 0; pass < 2; pass++) {
        s->is_dry = pass == 0;
        s->text = start;
        wf_sx_defaults(s);
        has_begun = false;
        for (wf_sx_skip(s); s->text.p < s->text.end && !s->has_failed; wf_sx_skip(s)) {
            if (!has_begun && s->text.end - s->text.p > 2 && memcmp(s->text.p, "--", 2) == 0) {
                if (!wf_sx_option(s))
                    return false;
                continue;
            }
            if (!has_begun && *s->text.p == '`') {
                s->event_line = s->text.line;
                s->event_p = s->text.p;
                if (!wf_sx_command(s))
                    return false;
                continue;
            }
            if (!has_begun && !s->is_dry && !(run_overrides(s) && begin(s)))
                return false;
            has_begun = true;
            if (!run_event(s))
                return false;
        }
    }
    return !s->has_failed && has_begun;
}

/* ---- the end ---- */

static bool nothing_is_left_over(struct sx *s)
{
    static const char nothing[] = "nothing more";
    uint64_t at;
    char text[256];
    if (s->pending.id != SX_CALL_NONE) {
        uint64_t due = s->pending.end_ns + s->tolerance_ns;
        if (!wf_sx_run_to(s, due) || !wf_sx_pending_check(s, due))
            return false;
    }
    if (!wf_sx_run_to(s, s->last_ns > wf_sx_now(s) ? s->last_ns : wf_sx_now(s)))
        return false;
    uint32_t n = take_packet(s, &at);
    if (n == 0)
        return true;
    s->event_p = nothing;
    s->text.end = nothing + sizeof(nothing) - 1;
    s->shown_ns = at;
    wf_sx_describe(s, s->buf2, n, false, text, sizeof(text));
    wf_sx_fail(s, text, "the stack sent a packet that no line expects");
    return false;
}

static bool nothing_has_leaked(struct sx *s)
{
    uint64_t end = wf_sx_now(s) + LEAK_NS;
    for (uint32_t i = 0; i < SX_FDS_MAX; i++)
        if (s->fd[i].is_used)
            (void)weft_sock_close(s->st, s->fd[i].sock);
    wf_sx_touch(s);
    while (wf_sx_now(s) < end) {
        if (!wf_sx_run_to(s, wf_sx_now(s) + SECOND_NS))
            return false;
        while (take_packet(s, NULL) != 0)
            ;
        if (wf_sim_check_leaks(s->w, false))
            return true;
    }
    if (wf_sim_check_leaks(s->w, true))
        return true;
    wf_sx_fail(s, weft_world_error(s->w), "something is left an hour after everything was closed");
    return false;
}

int weft_script_run(const struct weft_script_config *cfg, const char *name, const char *text,
                    size_t len, struct weft_script_result *out)
{
    memset(out, 0, sizeof(*out));
    struct sx *s = malloc(sizeof(*s));
    uint8_t *buf = malloc(2 * (size_t)SX_PKT_MAX);
    if (s == NULL || buf == NULL) {
        free(s);
        free(buf);
        return -WEFT_ENOMEM;
    }
    memset(s, 0, sizeof(*s));
    s->cfg = cfg;
    s->res = out;
    s->name = name;
    s->text = (struct sx_text){text, text + len, 1, text, name};
    s->event_p = text;
    s->buf = buf;
    s->buf2 = buf + SX_PKT_MAX;
    out->has_passed = run_all(s) && nothing_is_left_over(s);
    if (s->base_ns != 0)
        out->took_ns = wf_sx_now(s) - s->base_ns;
    if (out->has_passed && s->w != NULL) {
        out->hash = weft_world_hash(s->w);
        out->has_passed = !s->has_leak_check || nothing_has_leaked(s);
    }
    if (!out->has_passed && !s->has_failed)
        wf_sx_bad(s, "an event is expected here: there are no events");
    weft_world_destroy(s->w);
    free(s);
    free(buf);
    if (out->has_passed)
        return 0;
    return out->verdict == WEFT_SCRIPT_NOT_APPLICABLE ? -WEFT_EOPNOTSUPP : -WEFT_EPROTO;
}
