/* SPDX-License-Identifier: MIT */
/**
 * DOC: Receivers that lie to a sender (BAD-CCA), or ask for the impossible
 *
 * The receiver is the test: it sees every frame at once, checks its bytes, and answers 10 ms later
 * as its policy says. One stream of a known pattern goes to it.
 */
#include <string.h>

#include "bad.h"

#define SEED    9u
#define BYTES   (400u << 10)
#define ACK_NS  (10 * MS)
#define SYN_OPT "\x02\x04\x03\xe8\x03\x03\x07\x01\x01\x01\x04\x02" /* MSS 1000, WS 7, SACK. */
#define WND     (1u << 20)

/** enum policy - What the receiver does */
enum policy {
    HONEST,
    DIVIDE,     /* A hundred acknowledgements for a segment. */
    DUPLICATES, /* A thousand duplicates more for each. */
    OPTIMISTIC, /* At once, and of what was never sent. */
    SACK_LIES,  /* It has everything, it says, up to the end; then it acknowledges honestly. */
    RENEGES,    /* Reports what it has thrown away. */
    OSCILLATE,  /* Window 0 and 1 MiB in turns. */
    FIRST_LOST, /* The first copy of each segment is lost. */
    ANYWHERE,   /* Acknowledges in the middle of segments. */
    SILENT,
    DSACK,      /* Two segments are lost; one retransmission, it says, came twice. */
    NO_UPDATES, /* The window closes, and opens only in answers to what looks like a probe. */
    TINY,       /* A window of 4 octets. */
    COALESCE,   /* From the middle on every second segment is reported, then all of them. */
};

static struct sink {
    enum policy policy;
    uint32_t base, nxt, high;
    bool have[BYTES + 1];
    uint64_t segs, again, acks;
    uint32_t cwnd_max, burst, burst_max, burst_over, small;
    uint64_t burst_ns, first_ns;
    uint32_t first_burst;
    bool is_closed, is_again;
} sink;

static void answer(struct bad *b, uint32_t ack, uint32_t wnd, const uint8_t *o, uint32_t n,
                   uint64_t in_ns)
{
    uint8_t a[PEER_FRAME_MAX];
    uint32_t shift = bad_info(b).snd_wscale;
    struct peer_extra x = {.opts = o, .opt_bytes = n};
    struct o_seg s = {.flags = O_ACK, .seq = b->p.t.rcv_nxt, .ack = ack};
    x.wnd = wnd >> shift == 0 ? 65536 : wnd >> shift;
    sink.acks++;
    bad_push_later(b, a, peer_frame(&b->p, &s, &x, a), in_ns);
}

static void answer_sack(struct bad *b, uint32_t ack, uint32_t from, uint32_t to)
{
    uint8_t o[12] = {1, 1, 5, 10};
    t_put32(o + 4, from);
    t_put32(o + 8, to);
    answer(b, ack, WND, o, sizeof(o), ACK_NS);
}

/* Policies that use SACK; the sink stood at @before, and a segment came. */
static void report(struct bad *b, uint32_t seq, uint32_t end, uint32_t before)
{
    if (sink.policy == SACK_LIES) {
        answer_sack(b, before, before + 1000, sink.high);
        if (sink.segs % 4 == 0)
            answer(b, sink.nxt, WND, NULL, 0, 2 * ACK_NS);
    } else if (sink.policy == RENEGES && sink.nxt == before && seq != sink.nxt) {
        for (uint32_t i = seq; i != end; i++) /* What came behind a gap is forgotten each time. */
            sink.have[i - sink.base] = false;
        answer_sack(b, sink.nxt, seq, end);
    } else if (sink.policy == RENEGES) {
        answer(b, sink.nxt, WND, NULL, 0, ACK_NS);
    } else if (sink.policy == DSACK) {
        /* Of the later retransmission alone, again and again, beside what is true. */
        if (sink.nxt != end && sink.again == 0)
            answer_sack(b, sink.nxt, seq, end);
        else if (sink.again < 2)
            answer(b, sink.nxt, WND, NULL, 0, ACK_NS);
        else
            answer_sack(b, sink.nxt, sink.base + 35000, sink.base + 36000);
    } else if (end - sink.base <= BYTES / 2 || sink.is_again) {
        answer(b, sink.nxt, WND, NULL, 0, ACK_NS);
    } else if (sink.segs % 2 == 0 && end - sink.base < BYTES) {
        answer_sack(b, sink.base + BYTES / 2, seq, end);
    }
    if (sink.policy == COALESCE && end - sink.base == BYTES) {
        answer_sack(b, sink.base + BYTES / 2, sink.base + BYTES / 2 + 100, end);
        answer(b, sink.nxt, WND, NULL, 0, 30 * ACK_NS);
    }
}

static void reply_as_told(struct bad *b, uint32_t seq, uint32_t len)
{
    uint32_t before = sink.nxt;
    while (sink.nxt - sink.base < BYTES && sink.have[sink.nxt - sink.base])
        sink.nxt++;
    switch (sink.policy) {
    case HONEST:
    case FIRST_LOST:
        answer(b, sink.nxt, WND, NULL, 0, ACK_NS);
        break;
    case DIVIDE:
        for (uint32_t i = 1; i <= 100; i++)
            answer(b, before + (sink.nxt - before) * i / 100, WND, NULL, 0, ACK_NS);
        break;
    case DUPLICATES:
        for (int i = 0; i <= 1000; i++)
            answer(b, sink.nxt, WND, NULL, 0, ACK_NS);
        break;
    case OPTIMISTIC:
        answer(b, sink.nxt, WND, NULL, 0, 0);
        answer(b, sink.nxt + 100000, WND, NULL, 0, 0);
        break;
    case OSCILLATE:
        answer(b, sink.nxt, sink.acks % 2 == 0 ? WND : 0, NULL, 0, ACK_NS);
        answer(b, sink.nxt, sink.acks % 2 == 0 ? WND : 0, NULL, 0, ACK_NS + MS);
        break;
    case ANYWHERE:
        answer(b, before + (uint32_t)(t_random() % (sink.nxt - before + 1)), WND, NULL, 0, ACK_NS);
        answer(b, sink.nxt, WND, NULL, 0, ACK_NS + MS);
        break;
    case SILENT:
        break;
    case SACK_LIES:
    case RENEGES:
    case DSACK:
    case COALESCE:
        report(b, seq, seq + len, before);
        break;
    case NO_UPDATES:
        sink.is_closed = sink.nxt != before && !sink.is_closed;
        if (t_random() % 4 != 0)
            answer(b, sink.nxt, sink.is_closed ? 0 : 20000, NULL, 0, ACK_NS);
        break;
    case TINY:
        answer(b, sink.nxt, 4, NULL, 0, ACK_NS);
        break;
    }
}

static void on_frame(struct bad *b, const uint8_t *f, size_t n)
{
    uint32_t hdr = 20 + (uint32_t)(f[32] >> 4) * 4, len = (uint32_t)n - hdr;
    uint32_t seq = t_get32(f + 24), off = seq - sink.base;
    uint64_t now_ns = b->two->now_ns;
    if (off > BYTES || off + len > BYTES) { /* A probe lies one below the window. */
        if (sink.policy == NO_UPDATES || sink.policy == OSCILLATE)
            reply_as_told(b, sink.nxt, 0);
        return;
    }
    T_EQ(weft_pattern_check(SEED, off, f + hdr, len), len);
    struct weft_tcp_info i = bad_info(b);
    sink.cwnd_max = i.cwnd > sink.cwnd_max ? i.cwnd : sink.cwnd_max;
    sink.burst = now_ns == sink.burst_ns ? sink.burst + len : len;
    sink.burst_ns = now_ns;
    sink.burst_max = sink.burst > sink.burst_max ? sink.burst : sink.burst_max;
    sink.burst_over += sink.burst > i.cwnd + i.mss;
    sink.first_ns = sink.segs == 0 ? now_ns : sink.first_ns;
    sink.first_burst += now_ns == sink.first_ns ? len : 0;
    sink.segs += len > 0;
    bool is_again = len > 0 && (int32_t)(seq - sink.high) < 0;
    sink.again += is_again;
    sink.is_again = is_again;
    sink.small += len > 0 && len < 88 && off + len < BYTES;
    if ((int32_t)(seq + len - sink.high) > 0)
        sink.high = seq + len;
    if (sink.policy == FIRST_LOST && !is_again)
        return;
    if (sink.policy == DSACK && !is_again && (off == 30000 || off == 35000))
        return;
    if (sink.policy == RENEGES && sink.segs % 10 == 3)
        return;
    memset(&sink.have[off], true, len);
    reply_as_told(b, seq, len);
}

/* Send up to @bytes in @most_ns; how many arrived in order. */
static uint32_t transfer(struct bad *b, enum policy policy, uint32_t bytes, uint64_t most_ns)
{
    static uint8_t text[65536];
    uint64_t until_ns = b->two->now_ns + most_ns;
    uint32_t sent = 0;
    memset(&sink, 0, sizeof(sink));
    sink.policy = policy;
    sink.base = sink.nxt = sink.high = b->p.t.nxt;
    b->on_frame = on_frame;
    answer(b, b->p.t.nxt, policy == TINY ? 4 : WND, NULL, 0, 0);
    bad_run(b, MS);
    while (sink.nxt - sink.base < bytes && b->two->now_ns < until_ns) {
        uint32_t n = bytes - sent < sizeof(text) ? bytes - sent : (uint32_t)sizeof(text);
        weft_pattern(SEED, sent, text, n);
        int64_t r = n == 0 ? 0 : weft_sock_send(b->st, b->p.sock, text, n);
        if (r < 0 && r != -WEFT_EAGAIN)
            break;
        sent += r > 0 ? (uint32_t)r : 0;
        bad_run(b, 5 * MS);
    }
    return sink.nxt - sink.base;
}

static struct bad *open_here(void)
{
    return bad_opened_with(SYN_OPT, 12);
}

static void done(struct bad *b, const char *what)
{
    printf("# %s: %d segments, %d again, %d answers, cwnd up to %u, bursts up to %u\n", what,
           (int)sink.segs, (int)sink.again, (int)sink.acks, sink.cwnd_max, sink.burst_max);
    bad_run(b, 100 * MS);
    b->p.t.nxt = sink.high;
    bad_end(b);
}

/* What an honest receiver sees, to compare with. */
static struct sink honest;

static void honest_run(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, HONEST, BYTES, 60 * S), BYTES);
    honest = sink;
    done(b, "honest");
}

/* proves: BAD-CCA-01 */
static void acknowledgements_in_pieces(void)
{
    honest_run();
    struct bad *b = open_here();
    T_EQ(transfer(b, DIVIDE, BYTES, 60 * S), BYTES);
    T_CHECK(sink.cwnd_max <= honest.cwnd_max + honest.cwnd_max / 10);
    T_EQ(sink.again, 0);
    done(b, "pieces");
}

/* proves: BAD-CCA-02 */
static void a_thousand_duplicates(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, DUPLICATES, 60000, 60 * S), 60000);
    T_CHECK(sink.again <= 2);
    T_CHECK(sink.cwnd_max <= honest.cwnd_max);
    T_EQ(sink.burst_over, 0);
    done(b, "duplicates");
    b = bad_opened_with("\x02\x04\x03\xe8\x03\x03\x07\x01", 8); /* The same without SACK. */
    T_EQ(transfer(b, DUPLICATES, 60000, 60 * S), 60000);
    T_CHECK(sink.again <= 6);
    T_CHECK(sink.cwnd_max <= honest.cwnd_max);
    T_EQ(sink.burst_over, 0);
    done(b, "duplicates without SACK");
}

/* proves: BAD-CCA-03 */
static void acknowledgements_of_what_was_never_sent(void)
{
    struct bad *b = open_here();
    uint64_t drops = bad_drops(b, WEFT_DROP_TCP_ACK_INVALID);
    T_EQ(transfer(b, OPTIMISTIC, BYTES, 60 * S), BYTES);
    T_CHECK(bad_drops(b, WEFT_DROP_TCP_ACK_INVALID) - drops >= sink.segs - 1);
    T_EQ(sink.burst_over, 0);
    done(b, "optimistic");
}

/* proves: BAD-CCA-04 */
static void lies_about_what_is_there(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, SACK_LIES, BYTES, 120 * S), BYTES);
    T_EQ(sink.burst_over, 0);
    done(b, "lies");
    b = open_here();
    T_EQ(transfer(b, RENEGES, 100000, 600 * S), 100000);
    done(b, "reneging");
}

/* proves: BAD-CCA-08 */
static void reports_of_duplicates_that_never_were(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, DSACK, BYTES, 60 * S), BYTES);
    T_EQ(sink.again, 2);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_RECOVERIES), 1);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_UNDOS), 0);
    T_CHECK(sink.cwnd_max <= honest.cwnd_max);
    done(b, "duplicates reported");
}

/* proves: BAD-CCA-09 */
static void a_window_that_comes_and_goes(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, OSCILLATE, BYTES, 600 * S), BYTES);
    T_EQ(sink.burst_over, 0);
    done(b, "oscillating");
}

/* proves: BAD-CCA-12 */
static void the_first_copy_of_each_is_lost(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, FIRST_LOST, 20000, 3600 * S), 20000);
    done(b, "first copies lost");
}

/* proves: BAD-TCPS-25 */
/* No segment is as long as what remains of one; nothing is sent twice for it. */
static void acknowledgements_anywhere(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, ANYWHERE, BYTES, 60 * S), BYTES);
    T_EQ(sink.again, 0);
    done(b, "anywhere");
}

/* proves: BAD-CCA-11 */
/* Ten minutes of silence do not leave a window that was right ten minutes ago. */
static void after_a_long_silence(void)
{
    struct bad *b = open_here();
    T_EQ(transfer(b, HONEST, BYTES, 60 * S), BYTES);
    uint32_t before = bad_info(b).cwnd, mss = bad_info(b).mss;
    b->on_frame = on_frame;
    bad_run(b, 600 * S);
    b->p.t.nxt = sink.high;
    T_CHECK(before > 20 * mss);
    T_EQ(transfer(b, HONEST, 100000, 60 * S), 100000);
    T_CHECK(sink.first_burst <= 10 * mss);
    done(b, "after idleness");
}

/* ---- windows ---- */

/* proves: BAD-TCPS-22 */
static void window_updates_that_are_lost(void)
{
    for (int i = 0; i < 50; i++) {
        struct bad *b = open_here();
        T_EQ(transfer(b, NO_UPDATES, 100000, 4 * 3600 * S), 100000);
        bad_end(b);
    }
}

/* proves: BAD-DOS-10 */
/* A window of 4 octets, and segments of one asked for: no storm of small segments. */
static void a_window_of_four_octets(void)
{
    struct bad *b = bad_opened_with("\x02\x04\x00\x01", 4);
    (void)transfer(b, TINY, 4000, 60 * S);
    T_EQ(bad_info(b).mss, 88);
    T_CHECK(sink.segs <= 60 * 5 + 10); /* One each 200 ms at most, the override timeout. */
    done(b, "window of four");
}

/* proves: BAD-TCPO-15 */
/* Thousands of small segments in flight, every second one reported, then all of them at once. */
static void reports_that_grow_together(void)
{
    struct bad *b = bad_opened_with("\x02\x04\x00\x30\x03\x03\x0a\x01\x01\x01\x04\x02", 12);
    T_EQ(weft_sock_set(b->st, b->p.sock, WEFT_SO_SNDBUF, 4 << 20), 0);
    T_EQ(bad_info(b).mss, 88);
    T_EQ(transfer(b, COALESCE, BYTES, 600 * S), BYTES);
    T_CHECK(sink.cwnd_max > 65535);
    bad_run(b, 1 * S);
    T_EQ(bad_info(b).snd_una, sink.base + BYTES);
    T_EQ(bad_usage(b).records, 0);
    done(b, "reports that grow together");
}

/* proves: BAD-DOS-12 */
/* A request was answered with more than the window; then nobody acknowledges. */
static void a_reader_that_stops(void)
{
    struct bad *b = open_here();
    struct weft_usage before = bad_usage(b);
    (void)transfer(b, SILENT, BYTES, 1 * S);
    T_EQ(weft_sock_close(b->st, b->p.sock), 0);
    b->p.sock = 0;
    T_CHECK(bad_usage(b).chunks > 0);
    b->on_frame = NULL;
    bad_run(b, 1000 * S);
    struct weft_usage after = bad_usage(b);
    T_EQ(after.conns, before.conns - 1);
    T_EQ(after.chunks, 0);
    T_EQ(after.records, 0);
    bad_end(b);
}

static const struct t_case cases[] = {
    {"acknowledgements in pieces", acknowledgements_in_pieces},
    {"a thousand duplicates", a_thousand_duplicates},
    {"acknowledgements of what was never sent", acknowledgements_of_what_was_never_sent},
    {"lies about what is there", lies_about_what_is_there},
    {"reports of duplicates that never were", reports_of_duplicates_that_never_were},
    {"a window that comes and goes", a_window_that_comes_and_goes},
    {"the first copy of each is lost", the_first_copy_of_each_is_lost},
    {"acknowledgements anywhere", acknowledgements_anywhere},
    {"after a long silence", after_a_long_silence},
    {"window updates that are lost", window_updates_that_are_lost},
    {"a window of four octets", a_window_of_four_octets},
    {"reports that grow together", reports_that_grow_together},
    {"a reader that stops", a_reader_that_stops},
};
T_MAIN(cases)
