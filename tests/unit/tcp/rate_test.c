/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "tcp/rate.h"

#define MS 1000u

static struct tcp_rate rate;
static struct rate_now now;

static void start(void)
{
    memset(&rate, 0, sizeof(rate));
    now = (struct rate_now){.us = 0xfffff000u, .delivered = 0xfffffff0u}; /* Both wrap soon. */
}

static uint64_t Bps(const struct weft_cc_rate *s)
{
    return s->interval_us == 0 ? 0 : (uint64_t)s->delivered * 1000000 / s->interval_us;
}

/* Ten packets of 1000 bytes a millisecond apart, the first answer 20 ms later. */
static void a_steady_flow_shows_its_rate(void)
{
    struct rate_mark m[40];
    uint32_t sent[40];
    struct weft_cc_rate s;
    start();
    uint32_t t0 = now.us, flight = 0;
    for (uint32_t ms = 0; ms < 40; ms++) {
        now.us = t0 + ms * MS;
        if (ms >= 20) {
            now.delivered += 1000;
            flight -= 1000;
            wf_rate_take(&rate, &m[ms - 20], sent[ms - 20], &now, 20 * MS, &s);
            T_EQ(s.interval_us, ms * MS); /* All of it was sent into an empty pipe. */
            T_EQ(s.delivered, (ms - 20 + 1) * 1000);
        }
        wf_rate_sent(&rate, &m[ms], &now, flight, 1000);
        sent[ms] = now.us;
        flight += 1000;
        T_EQ(m[ms].tx_in_flight, flight);
    }
    for (uint32_t ms = 40; ms < 60; ms++) { /* Sent while the pipe was full: 20 in 20 ms. */
        now.us = t0 + ms * MS;
        now.delivered += 1000;
        wf_rate_take(&rate, &m[ms - 20], sent[ms - 20], &now, 20 * MS, &s);
        T_EQ(Bps(&s), 1000000);
        T_EQ(now.delivered - s.prior_delivered, 20000);
    }
}

/* Acknowledgements that were held back and come together do not make the path faster. */
static void squeezed_acknowledgements_are_not_fast(void)
{
    struct rate_mark m[20];
    struct weft_cc_rate s;
    start();
    uint32_t t0 = now.us;
    for (uint32_t i = 0; i < 20; i++) {
        now.us = t0 + i * 10 * MS;
        wf_rate_sent(&rate, &m[i], &now, i * 1000, 1000);
    }
    now.us = t0 + 200 * MS;
    now.delivered += 20000;
    wf_rate_take(&rate, &m[19], t0 + 190 * MS, &now, 5 * MS, &s);
    T_EQ(s.interval_us, 200 * MS);
    T_EQ(s.delivered, 20000);
    /* And sending at once what is answered slowly is not fast either: the longer one counts. */
    start();
    t0 = now.us;
    for (uint32_t i = 0; i < 20; i++)
        wf_rate_sent(&rate, &m[i], &now, i * 1000, 1000);
    for (uint32_t i = 0; i < 20; i++) {
        now.us = t0 + 50 * MS + i * MS;
        now.delivered += 1000;
        wf_rate_take(&rate, &m[i], t0, &now, 50 * MS, &s);
        T_EQ(s.interval_us, 50 * MS + i * MS);
    }
}

/* A copy that is answered sooner than anything can be is the original that was late. */
static void what_comes_back_too_soon_is_no_sample(void)
{
    struct rate_mark m;
    struct weft_cc_rate s;
    start();
    wf_rate_sent(&rate, &m, &now, 0, 1000);
    now.us += 4 * MS;
    now.delivered += 1000;
    wf_rate_take(&rate, &m, now.us - 4 * MS, &now, 5 * MS, &s);
    T_EQ(s.interval_us, 0);
    T_CHECK(s.tx_in_flight == 1000); /* The rest is told all the same. */
    start();
    wf_rate_sent(&rate, &m, &now, 0, 1000);
    now.us += 5 * MS;
    now.delivered += 1000;
    wf_rate_take(&rate, &m, now.us - 5 * MS, &now, 5 * MS, &s);
    T_EQ(s.interval_us, 5 * MS);
}

/* What is sent after the data ran out says nothing of the path, until all of that is delivered. */
static void too_little_to_send_is_labelled(void)
{
    struct rate_mark m[4];
    struct weft_cc_rate s;
    start();
    wf_rate_sent(&rate, &m[0], &now, 0, 1000);
    wf_rate_limited(&rate, &now, 1000);
    wf_rate_sent(&rate, &m[1], &now, 1000, 1000);
    now.us += 10 * MS;
    now.delivered += 1000;
    wf_rate_take(&rate, &m[0], now.us - 10 * MS, &now, 0, &s);
    T_CHECK(!s.is_app_limited && rate.is_limited); /* Up to the mark, not beyond it. */
    wf_rate_sent(&rate, &m[2], &now, 1000, 1000);
    now.delivered += 1000;
    now.us += MS;
    wf_rate_take(&rate, &m[1], now.us - 11 * MS, &now, 0, &s);
    T_CHECK(s.is_app_limited && !rate.is_limited);
    wf_rate_sent(&rate, &m[3], &now, 1000, 1000);
    now.delivered += 1000;
    wf_rate_take(&rate, &m[2], now.us, &now, 0, &s);
    T_CHECK(s.is_app_limited); /* It was sent before that was known. */
    now.delivered += 1000;
    wf_rate_take(&rate, &m[3], now.us, &now, 0, &s);
    T_CHECK(!s.is_app_limited);
}

static void no_mark_and_taken_back_reports_are_no_samples(void)
{
    struct rate_mark m, none;
    struct weft_cc_rate s;
    start();
    memset(&none, 0, sizeof(none));
    now.delivered += 1000;
    now.us += MS;
    wf_rate_take(&rate, &none, now.us - MS, &now, 0, &s);
    T_CHECK(s.interval_us == 0 && s.delivered == 0 && s.tx_in_flight == 0);
    T_EQ(s.prior_delivered, now.delivered);
    wf_rate_sent(&rate, &m, &now, 0, 1000);
    now.delivered -= 500;
    now.us += MS;
    wf_rate_take(&rate, &m, now.us - MS, &now, 0, &s);
    T_CHECK(s.interval_us == 0 && s.delivered == 0);
    /* Days on the way: the clock went round. */
    wf_rate_sent(&rate, &m, &now, 0, 1000);
    now.delivered += 1000;
    now.us += 0x80000000u;
    wf_rate_take(&rate, &m, now.us - 0x80000000u, &now, 0, &s);
    T_EQ(s.interval_us, 0);
}

/* ---- the model: a log of everything that happened ---- */

#define EVENTS 4000u

/** struct event - A packet, or an acknowledgement of some */
struct event {
    uint64_t t;
    bool is_ack, is_flight_start, is_short;
    uint32_t bytes;    /* Sent, or delivered. */
    uint64_t newest_t; /* ACK: when the newest of what it delivered was sent. */
    uint64_t lost;     /* Ever, until then. */
    bool is_delivered;
} ev[EVENTS];
static uint32_t ev_n;

static uint64_t delivered_before(uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += ev[i].is_ack ? ev[i].bytes : 0;
    return sum;
}

/* Start of the intervals for packet @p: the last acknowledgement, or the start of the flight. */
static void starts(uint32_t p, uint64_t *ack_t, uint64_t *send_t)
{
    for (uint32_t i = p + 1; i-- > 0;) {
        if (ev[i].is_ack && ev[i].bytes > 0) {
            *ack_t = ev[i].t;
            *send_t = ev[i].newest_t;
            return;
        }
        if (!ev[i].is_ack && ev[i].is_flight_start) {
            *ack_t = *send_t = ev[i].t;
            return;
        }
    }
}

/* Whether @p was sent while the flight at some moment of shortage was not all delivered yet. */
static bool is_short(uint32_t p, const uint64_t *until, const uint32_t *at, uint32_t n)
{
    if (n == 0)
        return false;
    uint32_t last = n - 1; /* The latest moment of shortage before @p. */
    while (last > 0 && at[last] > p)
        last--;
    if (at[last] > p)
        return false;
    for (uint32_t i = at[last]; i < p; i++)
        if (ev[i].is_ack && delivered_before(i + 1) > until[last])
            return false;
    return true;
}

static void a_random_flow_agrees_with_its_log(void)
{
    static struct rate_mark mark[EVENTS];
    static uint64_t until[EVENTS];
    static uint32_t at[EVENTS], out[EVENTS];
    for (int round = 0; round < 20; round++) {
        uint64_t t = 0xffff0000u, lost = 0, total = 0xffffff00u;
        uint32_t flight = 0, out_n = 0, short_n = 0;
        uint64_t base = total;
        start();
        memset(ev, 0, sizeof(ev));
        for (ev_n = 0; ev_n < 400; ev_n++) {
            struct event *e = &ev[ev_n];
            t += t_random() % 3000;
            e->t = t;
            now = (struct rate_now){.delivered = total, .us = (uint32_t)t, .lost = (uint32_t)lost};
            e->is_ack = out_n > 0 && t_random() % 2 == 0;
            if (!e->is_ack) {
                e->bytes = 1 + (uint32_t)(t_random() % 3000);
                e->is_flight_start = flight == 0;
                e->lost = lost;
                wf_rate_sent(&rate, &mark[ev_n], &now, flight, e->bytes);
                flight += e->bytes;
                T_EQ(mark[ev_n].tx_in_flight, flight);
                out[out_n++] = ev_n;
                if (t_random() % 8 == 0) {
                    wf_rate_limited(&rate, &now, flight);
                    until[short_n] = total - base + flight;
                    at[short_n++] = ev_n + 1;
                }
                continue;
            }
            /* Any of what is out is delivered; some of the rest is found lost. */
            uint32_t newest = 0;
            uint32_t k = 1 + (uint32_t)(t_random() % out_n);
            for (uint32_t i = 0; i < k; i++) {
                uint32_t pick = (uint32_t)(t_random() % out_n), p = out[pick];
                out[pick] = out[--out_n];
                if (i == 0 || p > newest)
                    newest = p;
                e->bytes += ev[p].bytes;
                flight -= ev[p].bytes;
            }
            lost += t_random() % 4 == 0 ? t_random() % 2000 : 0;
            total += e->bytes;
            e->newest_t = ev[newest].t;
            now.delivered = total;
            now.lost = (uint32_t)lost;
            struct weft_cc_rate s;
            wf_rate_take(&rate, &mark[newest], (uint32_t)ev[newest].t, &now, 0, &s);
            uint64_t ack_t = 0, send_t = 0;
            starts(newest, &ack_t, &send_t);
            uint64_t ack = t - ack_t, send = ev[newest].t - send_t;
            T_EQ(s.interval_us, ack > send ? ack : send);
            T_EQ(s.prior_delivered, base + delivered_before(newest));
            T_EQ(s.delivered, delivered_before(ev_n + 1) - delivered_before(newest));
            T_EQ(s.lost, lost - ev[newest].lost);
            T_EQ(s.is_app_limited, is_short(newest, until, at, short_n));
        }
    }
}

static const struct t_case cases[] = {
    {"a steady flow shows its rate", a_steady_flow_shows_its_rate},
    {"squeezed acknowledgements are not fast", squeezed_acknowledgements_are_not_fast},
    {"what comes back too soon is no sample", what_comes_back_too_soon_is_no_sample},
    {"too little to send is labelled", too_little_to_send_is_labelled},
    {"no mark and taken back reports are no samples",
     no_mark_and_taken_back_reports_are_no_samples},
    {"a random flow agrees with its log", a_random_flow_agrees_with_its_log},
};
T_MAIN(cases)
