/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "t.h"
#include "tcp/plan.h"
#include "weft/trace.h"

/* A connection with nothing in flight; @field = value pairs say what is different. */
#define IN(...)                                                                                    \
    {                                                                                              \
        .una = {ISN}, .nxt = {ISN}, .end = {ISN}, .wnd = 100000, .wnd_max = 100000, .mss = 1000,   \
        .super_bytes = 40000, .cwnd = 50000, __VA_ARGS__                                           \
    }
#define ISN 0xfffffff0u /* Sequence numbers wrap in nearly every row. */
#define SEQ(n)                                                                                     \
    {                                                                                              \
        (uint32_t)(ISN + (n))                                                                      \
    }

/* The rows override what IN() says first. */
#pragma GCC diagnostic ignored "-Woverride-init"

struct row {
    const char *what;
    struct tcp_plan_in in;
    struct tcp_plan want;
};

#define DATA(...)                                                                                  \
    {                                                                                              \
        .act = TCP_ACT_DATA, .why = WEFT_WHY_NEW_DATA, .len = __VA_ARGS__                          \
    }
#define NOT(reason)                                                                                \
    {                                                                                              \
        .act = TCP_ACT_NONE, .why = WEFT_WHY_##reason                                              \
    }

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct tcp_plan got = wf_tcp_plan(&rows[i].in), want = rows[i].want;
        bool is_same = got.act == want.act && got.why == want.why && got.len == want.len &&
                       got.is_fin == want.is_fin && got.is_psh == want.is_psh &&
                       got.is_cwnd_limited == want.is_cwnd_limited;
        T_CHECK(is_same);
        if (!is_same)
            printf("# %s: act %u why %u len %u%s%s%s\n", rows[i].what, got.act, got.why, got.len,
                   got.is_fin ? " fin" : "", got.is_psh ? " psh" : "",
                   got.is_cwnd_limited ? " limited" : "");
    }
}

/* proves: SHLD-28 MUST-61 MUST-60 SHLD-27 MAY-16 */
static void new_data(void)
{
    static const struct row rows[] = {
        {"nothing queued", IN(.wnd = 5), NOT(EMPTY)},
        {"one small tail", IN(.end = SEQ(10)), DATA(10, .is_psh = true)},
        {"a full segment", IN(.end = SEQ(1000)), DATA(1000, .is_psh = true)},
        {"a super-frame and more behind it", IN(.end = SEQ(45000)), DATA(40000)},
        {"a super-frame that the device cuts", IN(.end = SEQ(45000), .is_whole = true),
         DATA(40000, .is_psh = true)},
        {"a segment of its own", IN(.end = SEQ(45000), .super_bytes = 1000, .is_whole = true),
         DATA(1000)},
        {"segments and their tail", IN(.end = SEQ(2500), .is_nodelay = true),
         DATA(2500, .is_psh = true)},
        {"data in flight", IN(.nxt = SEQ(3000), .end = SEQ(5000), .flight = 3000),
         DATA(2000, .is_psh = true)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: SHLD-7 MUST-17 */
static void nagle_and_cork(void)
{
    static const struct row rows[] = {
        {"small behind unacknowledged data", IN(.nxt = SEQ(10), .end = SEQ(20), .flight = 10),
         NOT(NAGLE)},
        {"the same without Nagle",
         IN(.nxt = SEQ(10), .end = SEQ(20), .flight = 10, .is_nodelay = true),
         DATA(10, .is_psh = true)},
        {"all acknowledged: it goes", IN(.una = SEQ(10), .nxt = SEQ(10), .end = SEQ(20)),
         DATA(10, .is_psh = true)},
        {"full ones go, their tail stays", IN(.end = SEQ(2500)), DATA(2000)},
        {"what is lost does not count as acknowledged",
         IN(.nxt = SEQ(10), .end = SEQ(20), .flight = 0), NOT(NAGLE)},
        {"the FIN behind it lets it go",
         IN(.nxt = SEQ(10), .end = SEQ(20), .flight = 10, .is_fin_queued = true),
         DATA(10, .is_psh = true, .is_fin = true)},
        {"cork holds a small one", IN(.end = SEQ(10), .is_cork = true, .is_nodelay = true),
         NOT(CORK)},
        {"cork lets full ones go", IN(.end = SEQ(1010), .is_cork = true), DATA(1000)},
        {"cork gives way to time", IN(.end = SEQ(10), .is_cork = true, .wants_override = true),
         DATA(10, .is_psh = true)},
        {"cork gives way to FIN", IN(.end = SEQ(10), .is_cork = true, .is_fin_queued = true),
         DATA(10, .is_psh = true, .is_fin = true)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: MUST-38 MUST-34 SHLD-15 TCP-WS-09 TCP-CC-01 MUST-1 */
static void the_peers_window(void)
{
    static const struct row rows[] = {
        {"closed", IN(.end = SEQ(10), .wnd = 0), NOT(RWND)},
        {"used up", IN(.nxt = SEQ(10), .end = SEQ(20), .wnd = 10, .flight = 10), NOT(RWND)},
        {"shrunk below what was sent",
         IN(.nxt = SEQ(5000), .end = SEQ(9000), .wnd = 3000, .flight = 5000), NOT(RWND)},
        {"whole segments that fit", IN(.end = SEQ(9000), .wnd = 2999), DATA(2000)},
        {"less than a segment, less than half", IN(.end = SEQ(9000), .wnd = 700), NOT(SWS)},
        {"half of the largest ever seen", IN(.end = SEQ(9000), .wnd = 700, .wnd_max = 1400),
         DATA(700)},
        {"one less than half", IN(.end = SEQ(9000), .wnd = 700, .wnd_max = 1402), NOT(SWS)},
        {"time overrides it", IN(.end = SEQ(9000), .wnd = 700, .wants_override = true), DATA(700)},
        {"the window just fits the tail", IN(.end = SEQ(700), .wnd = 700),
         DATA(700, .is_psh = true)},
        {"as large as 32 bits of window",
         IN(.end = SEQ(0x3fffffff), .wnd = 1u << 30, .wnd_max = 1u << 30), DATA(40000)},
        {"40000 is positive", IN(.end = SEQ(39000), .wnd = 40000), DATA(39000, .is_psh = true)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: TCP-CC-01 TCP-CC-02 */
static void the_congestion_window(void)
{
    static const struct row rows[] = {
        {"used up",
         IN(.nxt = SEQ(50000), .end = SEQ(90000), .flight = 50000),
         {.act = TCP_ACT_NONE, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
        {"room for less than a segment",
         IN(.nxt = SEQ(49500), .end = SEQ(90000), .flight = 49500),
         {.act = TCP_ACT_NONE, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
        {"whole segments that fit", IN(.end = SEQ(9000), .cwnd = 2999),
         DATA(2000, .is_cwnd_limited = true)},
        {"nothing in flight: one segment always goes", IN(.end = SEQ(9000), .cwnd = 500),
         DATA(1000, .is_cwnd_limited = true)},
        {"nothing in flight: a small one too", IN(.end = SEQ(900), .cwnd = 500),
         DATA(900, .is_psh = true)},
        {"more in flight than it allows",
         IN(.nxt = SEQ(5000), .end = SEQ(9000), .flight = 5000, .cwnd = 1000),
         {.act = TCP_ACT_NONE, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
        {"it holds nothing back", IN(.end = SEQ(9000), .cwnd = 9000), DATA(9000, .is_psh = true)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: TCP-EV-09 TCP-EV-10 TCP-EV-11 */
static void the_fin(void)
{
    static const struct row rows[] = {
        {"alone",
         IN(.is_fin_queued = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_FIN, .is_fin = true}},
        {"with the last data", IN(.end = SEQ(1000), .is_fin_queued = true),
         DATA(1000, .is_psh = true, .is_fin = true)},
        {"not before the last data", IN(.end = SEQ(45000), .is_fin_queued = true), DATA(40000)},
        {"takes a byte of the window", IN(.end = SEQ(1000), .is_fin_queued = true, .wnd = 1000),
         DATA(1000, .is_psh = true)},
        {"waits for the window", IN(.is_fin_queued = true, .wnd = 0), NOT(RWND)},
        {"sent once",
         IN(.una = SEQ(0), .nxt = SEQ(1001), .end = SEQ(1000), .flight = 1001,
            .is_fin_queued = true, .is_fin_sent = true),
         NOT(EMPTY)},
        {"passes the congestion window",
         IN(.nxt = SEQ(1000), .end = SEQ(1000), .flight = 1000, .cwnd = 1000,
            .is_fin_queued = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_FIN, .is_fin = true}},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

#define RTX(n)                                                                                     \
    {                                                                                              \
        .act = TCP_ACT_RETRANSMIT, .why = WEFT_WHY_RETRANSMIT, .len = (n)                          \
    }

/* proves: TCP-PRR-05 SHLD-16 */
static void what_is_lost_comes_first(void)
{
    static const struct row rows[] = {
        {"before new data", IN(.nxt = SEQ(3000), .end = SEQ(9000), .lost_bytes = 1000), RTX(1000)},
        {"a small one whole", IN(.nxt = SEQ(3000), .end = SEQ(9000), .lost_bytes = 10), RTX(10)},
        {"a super-frame at once", IN(.nxt = SEQ(45000), .end = SEQ(45000), .lost_bytes = 45000),
         RTX(40000)},
        {"whole segments of it",
         IN(.nxt = SEQ(9000), .end = SEQ(9000), .lost_bytes = 9000, .cwnd = 2500), RTX(2000)},
        {"one, if nothing is in flight",
         IN(.nxt = SEQ(9000), .end = SEQ(9000), .lost_bytes = 9000, .cwnd = 100), RTX(1000)},
        {"never more than was lost",
         IN(.nxt = SEQ(900), .end = SEQ(900), .lost_bytes = 100, .cwnd = 50), RTX(100)},
        {"no room in the window, and no new data instead",
         IN(.nxt = SEQ(9000), .end = SEQ(99000), .flight = 5000, .lost_bytes = 4000, .cwnd = 5000),
         {.act = TCP_ACT_NONE, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
        {"the peer's window closed meanwhile",
         IN(.nxt = SEQ(9000), .end = SEQ(9000), .wnd = 0, .lost_bytes = 1000), RTX(1000)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: TCP-RACK-15 */
static void tail_loss_probes(void)
{
    static const struct row rows[] = {
        {"new data, beyond the congestion window",
         IN(.nxt = SEQ(5000), .end = SEQ(9000), .flight = 5000, .cwnd = 5000, .wants_tlp = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_TLP, .len = 1000}},
        {"new data that Nagle holds",
         IN(.nxt = SEQ(5000), .end = SEQ(5010), .flight = 5000, .wants_tlp = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_TLP, .len = 10, .is_psh = true}},
        {"the last segment again",
         IN(.nxt = SEQ(5000), .end = SEQ(5000), .flight = 5000, .wants_tlp = true),
         {.act = TCP_ACT_TLP_RTX, .why = WEFT_WHY_TLP, .len = 1000}},
        {"no window for new data",
         IN(.nxt = SEQ(5000), .end = SEQ(9000), .flight = 5000, .wnd = 5000, .wants_tlp = true),
         {.act = TCP_ACT_TLP_RTX, .why = WEFT_WHY_TLP, .len = 1000}},
        {"everything is acknowledged: no probe", IN(.wants_tlp = true), NOT(EMPTY)},
        {"losses are known: those instead",
         IN(.nxt = SEQ(5000), .end = SEQ(5000), .lost_bytes = 1000, .wants_tlp = true), RTX(1000)},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* proves: MUST-36 MUST-35 */
static void probes_and_acknowledgements(void)
{
    static const struct row rows[] = {
        {"a window probe",
         IN(.end = SEQ(9000), .wnd = 0, .wants_probe = true),
         {.act = TCP_ACT_PROBE, .why = WEFT_WHY_PROBE}},
        {"data instead, if the window opened", IN(.end = SEQ(9000), .wants_probe = true),
         DATA(9000, .is_psh = true)},
        {"an acknowledgement", IN(.wants_ack = true), {.act = TCP_ACT_ACK, .why = WEFT_WHY_EMPTY}},
        {"data carries it", IN(.end = SEQ(10), .wants_ack = true), DATA(10, .is_psh = true)},
        {"an acknowledgement while data waits",
         IN(.end = SEQ(10), .wnd = 0, .wants_ack = true),
         {.act = TCP_ACT_ACK, .why = WEFT_WHY_RWND}},
        {"and while losses wait",
         IN(.nxt = SEQ(9000), .end = SEQ(9000), .flight = 8000, .lost_bytes = 1000, .cwnd = 8000,
            .wants_ack = true),
         {.act = TCP_ACT_ACK, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* What could go waits for its turn; what cannot go says why itself. */
static void pacing(void)
{
    static const struct row rows[] = {
        {"data waits", IN(.end = SEQ(9000), .is_pacing = true), NOT(PACING)},
        {"what is lost waits, and no new data goes instead",
         IN(.nxt = SEQ(9000), .end = SEQ(99000), .flight = 8000, .lost_bytes = 1000,
            .is_pacing = true),
         NOT(PACING)},
        {"an acknowledgement does not wait",
         IN(.end = SEQ(9000), .is_pacing = true, .wants_ack = true),
         {.act = TCP_ACT_ACK, .why = WEFT_WHY_PACING}},
        {"nor does what the retransmission timer sends again",
         IN(.nxt = SEQ(9000), .end = SEQ(9000), .flight = 8000, .lost_bytes = 1000,
            .is_pacing = true, .wants_first = true),
         RTX(1000)},
        {"a tail loss probe does not",
         IN(.nxt = SEQ(5000), .end = SEQ(9000), .flight = 5000, .is_pacing = true,
            .wants_tlp = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_TLP, .len = 1000}},
        {"nor does a bare FIN",
         IN(.is_fin_queued = true, .is_pacing = true),
         {.act = TCP_ACT_DATA, .why = WEFT_WHY_FIN, .is_fin = true}},
        {"a FIN behind data waits with it",
         IN(.end = SEQ(1000), .is_fin_queued = true, .is_pacing = true), NOT(PACING)},
        {"a window probe does not wait",
         IN(.end = SEQ(9000), .wnd = 0, .wants_probe = true, .is_pacing = true),
         {.act = TCP_ACT_PROBE, .why = WEFT_WHY_PROBE}},
        {"nothing to send", IN(.is_pacing = true), NOT(EMPTY)},
        {"no window", IN(.end = SEQ(9000), .wnd = 0, .is_pacing = true), NOT(RWND)},
        {"Nagle", IN(.nxt = SEQ(10), .end = SEQ(20), .flight = 10, .is_pacing = true), NOT(NAGLE)},
        {"the congestion window",
         IN(.nxt = SEQ(50000), .end = SEQ(90000), .flight = 50000, .is_pacing = true),
         {.act = TCP_ACT_NONE, .why = WEFT_WHY_CWND, .is_cwnd_limited = true}},
    };
    check(rows, WF_ARRAY_LEN(rows));
}

/* Whatever the variables are: nothing beyond the window, the queue or one super-frame. */
static void no_plan_breaks_a_limit(void)
{
    for (int i = 0; i < 200000; i++) {
        uint32_t sent = (uint32_t)(t_random() % 5) * 500, mss = 1 + (uint32_t)(t_random() % 1500);
        struct tcp_plan_in in =
            IN(.nxt = SEQ(sent), .end = SEQ(sent + (uint32_t)(t_random() % 4) * 700), .mss = mss,
               .super_bytes = mss * (1 + (uint32_t)(t_random() % 4)));
        in.wnd = (uint32_t)(t_random() % 6000);
        in.wnd_max = in.wnd + (uint32_t)(t_random() % 6000);
        in.cwnd = (uint32_t)(t_random() % 6000);
        in.lost_bytes = t_random() % 4 == 0 ? (uint32_t)(t_random() % (sent + 1)) : 0;
        in.flight = sent - in.lost_bytes;
        in.is_nodelay = t_random() % 2 == 0;
        in.is_cork = t_random() % 4 == 0;
        in.is_fin_queued = t_random() % 4 == 0;
        in.wants_override = t_random() % 4 == 0;
        in.wants_tlp = t_random() % 8 == 0;
        in.wants_ack = t_random() % 2 == 0;
        in.is_pacing = t_random() % 4 == 0;
        struct tcp_plan p = wf_tcp_plan(&in);
        uint32_t room = sent < in.wnd ? in.wnd - sent : 0;
        if (p.act == TCP_ACT_DATA) {
            T_CHECK(p.len + p.is_fin <= room && p.len <= in.end.v - in.nxt.v);
            T_CHECK(p.len <= in.super_bytes && (p.len > 0 || p.is_fin));
            T_CHECK(p.why == WEFT_WHY_TLP || p.len <= mss || in.flight + p.len <= in.cwnd);
            T_CHECK(!p.is_fin || (in.is_fin_queued && p.len == in.end.v - in.nxt.v));
        }
        bool is_data = p.act == TCP_ACT_RETRANSMIT || (p.act == TCP_ACT_DATA && p.len > 0);
        T_CHECK(!in.is_pacing || !is_data || p.why == WEFT_WHY_TLP);
        if (p.act == TCP_ACT_RETRANSMIT)
            T_CHECK(p.len > 0 && p.len <= in.lost_bytes &&
                    p.len <= wf_max_u32(mss, in.super_bytes));
        /* With nothing in flight, only the peer, Nagle, cork or the user may stop it. */
        if (in.flight == 0 && p.act <= TCP_ACT_NONE)
            T_CHECK(p.why != WEFT_WHY_CWND);
    }
}

/* A plan that says why nothing follows says what the next one would, once it is carried out. */
static void what_nothing_follows_is_asked_no_more(void)
{
    uint32_t said = 0;
    for (int i = 0; i < 200000; i++) {
        uint32_t sent = (uint32_t)(t_random() % 3) * 1000, mss = 100 + (uint32_t)(t_random() % 900);
        struct tcp_plan_in in =
            IN(.nxt = SEQ(sent), .end = SEQ(sent + (uint32_t)(t_random() % 4) * 700), .mss = mss,
               .flight = sent, .super_bytes = mss * (1 + (uint32_t)(t_random() % 4)));
        in.wnd = (uint32_t)(t_random() % 8000);
        in.wnd_max = in.wnd + (uint32_t)(t_random() % 6000);
        in.cwnd = (uint32_t)(t_random() % 8000);
        in.again_bytes = t_random() % 8 == 0 ? mss : 0;
        in.is_nodelay = t_random() % 2 == 0;
        in.is_cork = t_random() % 4 == 0;
        in.is_fin_queued = t_random() % 4 == 0;
        in.is_held = t_random() % 8 == 0;
        in.wants_override = t_random() % 4 == 0;
        in.wants_ack = t_random() % 2 == 0;
        in.is_pacing = t_random() % 8 == 0;
        struct tcp_plan p = wf_tcp_plan(&in);
        if (p.rest == WEFT_WHY_NONE)
            continue;
        said++;
        in.nxt = wf_seq_add(in.nxt, p.len + p.is_fin);
        in.flight += p.len + p.is_fin;
        in.is_fin_sent = p.is_fin;
        in.wants_ack = false;
        if (p.act == TCP_ACT_DATA) {
            in.wants_override = false;
            in.is_pacing = t_random() % 2 == 0; /* What went may have begun a pause. */
        }
        struct tcp_plan next = wf_tcp_plan(&in);
        T_CHECK(next.act == TCP_ACT_NONE && next.why == p.rest);
    }
    T_CHECK(said > 20000);
}

static const struct t_case cases[] = {
    {"what nothing follows is asked no more", what_nothing_follows_is_asked_no_more},
    {"new data", new_data},
    {"Nagle and cork", nagle_and_cork},
    {"the peer's window", the_peers_window},
    {"the congestion window", the_congestion_window},
    {"the FIN", the_fin},
    {"what is lost comes first", what_is_lost_comes_first},
    {"tail loss probes", tail_loss_probes},
    {"probes and acknowledgements", probes_and_acknowledgements},
    {"pacing", pacing},
    {"no plan breaks a limit", no_plan_breaks_a_limit},
};
T_MAIN(cases)
