/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "lab/ladder.h"
#include "t.h"

/* a - sw - b, with a hub's way of flooding to c: links 0, 1 and 2. */
static struct lab lab;
static struct lab_ladder spec;
static struct lab_rungs rungs;

static uint8_t arp[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  1, 8, 6,
                          0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0, 0, 1,
                          10,   0,    0,    1,    0,    0,    0, 0, 0, 0, 10, 0, 0, 2};

static void add_node(const char *name, enum lab_kind kind)
{
    struct lab_node *n = wf_vec_push(&lab.nodes, sizeof(*n));
    n->name = name;
    n->set.kind = (int)kind;
}

static void add_link(size_t a, size_t b)
{
    struct lab_link *l = wf_vec_push(&lab.links, sizeof(*l));
    l->end[0].node = a;
    l->end[1].node = b;
}

static void set_up(void)
{
    memset(&lab, 0, sizeof(lab));
    memset(&spec, 0, sizeof(spec));
    add_node("a", LAB_HOST);
    add_node("sw", LAB_SWITCH);
    add_node("b", LAB_HOST);
    add_node("c", LAB_HOST);
    add_link(0, 1);
    add_link(1, 2);
    add_link(1, 3);
    spec.title = "test";
    spec.lanes[0] = 0;
    spec.lanes[1] = 2;
    spec.lanes_n = 2;
    spec.first = 10;
    rungs = (struct lab_rungs){
        .lab = &lab, .arena = &lab.arena, .spec = &spec, .is_on = true, .parked_ns = WEFT_NEVER};
}

static void tear_down(void)
{
    wf_ladder_free(&rungs);
    wf_lab_free(&lab);
}

static struct weft_frame frame_of(uint8_t *bytes, size_t n)
{
    return (struct weft_frame){.iov = {{.base = bytes, .len = n}}, .iov_n = 1, .len = (uint32_t)n};
}

static void tap(size_t link, unsigned dir, const struct weft_frame *f, uint64_t at,
                enum weft_fate fate)
{
    struct weft_tap t = {.time_ns = at, .frame = f, .dir = (uint8_t)dir, .fate = fate};
    wf_ladder_tap(&rungs, link, &t);
}

static const struct lab_leg *leg(size_t i)
{
    return (const struct lab_leg *)rungs.legs.items + i;
}

static size_t count_drawn(void)
{
    size_t n = 0;
    for (size_t i = 0; i < rungs.legs.n; i++)
        n += leg(i)->fate != WEFT_FATE_SENT && leg(i)->to != SIZE_MAX;
    return n;
}

/* The frame goes over the switch, which is no lane, and is flooded. */
static void a_way_over_a_switch_is_one_arrow(void)
{
    set_up();
    struct weft_frame f = frame_of(arp, sizeof(arp));
    tap(0, 0, &f, 100, WEFT_FATE_SENT);
    tap(0, 0, &f, 200, WEFT_FATE_DELIVERED);
    tap(1, 0, &f, 200, WEFT_FATE_SENT);
    tap(2, 0, &f, 200, WEFT_FATE_SENT);
    tap(2, 0, &f, 250, WEFT_FATE_DELIVERED);
    tap(1, 0, &f, 300, WEFT_FATE_DELIVERED);
    T_EQ(count_drawn(), 1);
    T_EQ(rungs.packets, 1);
    T_EQ(rungs.under_way, 0);
    for (size_t i = 0; i < rungs.legs.n; i++) {
        if (leg(i)->to != 1)
            continue;
        T_EQ(leg(i)->sent_ns, 100);
        T_EQ(leg(i)->arrived_ns, 300);
        T_CHECK(strcmp(leg(i)->label, "who has 10.0.0.2?") == 0);
    }
    tear_down();
}

static void a_lost_frame_points_where_it_was_going(void)
{
    set_up();
    struct weft_frame f = frame_of(arp, sizeof(arp));
    tap(0, 0, &f, 100, WEFT_FATE_SENT);
    tap(0, 0, &f, 100, WEFT_FATE_LOST);
    T_EQ(rungs.legs.n, 1);
    T_EQ(leg(0)->to, 1);
    T_EQ(leg(0)->fate, WEFT_FATE_LOST);
    T_EQ(rungs.under_way, 0);
    struct lab_buf b = {0};
    wf_ladder_svg(&b, &rungs, true);
    T_CHECK(strstr(b.s, "who has 10.0.0.2? · lost") != NULL);
    T_CHECK(strstr(b.s, "</svg>") != NULL);
    wf_buf_free(&b);
    tear_down();
}

static void copies_and_late_ones_are_marked(void)
{
    set_up();
    spec.lanes[1] = 1; /* The switch is a lane here. */
    struct weft_frame f = frame_of(arp, sizeof(arp));
    tap(0, 0, &f, 100, WEFT_FATE_SENT);
    tap(0, 0, &f, 100, WEFT_FATE_DUPLICATED);
    tap(0, 0, &f, 100, WEFT_FATE_REORDERED);
    tap(0, 0, &f, 200, WEFT_FATE_DELIVERED);
    tap(0, 0, &f, 300, WEFT_FATE_DELIVERED);
    T_EQ(count_drawn(), 2);
    T_CHECK(leg(1)->is_copy);
    T_CHECK(leg(1)->is_reordered);
    tear_down();
}

static void only_the_first_packets_are_kept(void)
{
    set_up();
    spec.first = 2;
    spec.skip = 1;
    struct weft_frame f = frame_of(arp, sizeof(arp));
    for (uint64_t i = 0; i < 9; i++) {
        tap(0, 0, &f, i, WEFT_FATE_SENT);
        tap(0, 0, &f, i, WEFT_FATE_CUT);
    }
    T_EQ(rungs.packets, 2);
    T_EQ(rungs.legs.n, 2);
    T_EQ(leg(0)->sent_ns, 1);
    tear_down();
}

static void check_label(const uint8_t *frame, size_t n, const char *want)
{
    char buf[160] = "";
    bool is_wanted = wf_ladder_label(&rungs, frame, n, buf, sizeof(buf));
    if (!is_wanted || strcmp(buf, want) != 0)
        printf("# got \"%s\", wanted \"%s\"\n", buf, want);
    T_CHECK(is_wanted && strcmp(buf, want) == 0);
}

/* An IPv4 frame around a body; protocol and fragment word as given. */
static size_t ip_frame(uint8_t *out, uint8_t protocol, uint16_t frag, const uint8_t *body, size_t n,
                       bool is_back)
{
    memset(out, 0, 34);
    out[12] = 8;
    out[14] = 0x45;
    out[16] = (uint8_t)((20 + n) >> 8);
    out[17] = (uint8_t)(20 + n);
    out[20] = (uint8_t)(frag >> 8);
    out[21] = (uint8_t)frag;
    out[22] = 64;
    out[23] = protocol;
    out[26] = out[30] = 10;
    out[29] = is_back ? 2 : 1;
    out[33] = is_back ? 1 : 2;
    memcpy(out + 34, body, n);
    return 34 + n;
}

static size_t tcp_body(uint8_t *p, uint32_t seq, uint32_t ack, uint8_t flags, size_t payload,
                       bool is_back)
{
    memset(p, 0, 20 + payload);
    p[is_back ? 3 : 1] = 80;
    p[is_back ? 1 : 3] = 90;
    for (int i = 0; i < 4; i++) {
        p[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        p[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
    }
    p[12] = 0x50;
    p[13] = flags;
    p[15] = 99;
    return 20 + payload;
}

static void tcp_labels_count_from_the_start(void)
{
    uint8_t body[1500], frame[1600];
    set_up();
    size_t n = ip_frame(frame, 6, 0, body, tcp_body(body, 0xfffffff0, 0, 2, 0, false), false);
    check_label(frame, n, "SYN seq 0, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 5000, 0xfffffff1, 0x12, 0, true), true);
    check_label(frame, n, "SYN seq 0, ack 1, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 0xfffffff1, 5001, 0x10, 0, false), false);
    check_label(frame, n, "ack 1, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 0xfffffff1, 5001, 0x18, 100, false), false);
    check_label(frame, n, "data 1..101 (100)");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 85, 5001, 0x11, 0, false), false);
    check_label(frame, n, "FIN seq 101, ack 1");
    tear_down();
}

/* A SYN with a shift, in a body of 24 bytes. */
static size_t syn_with_shift(uint8_t *p, uint32_t seq, uint8_t flags, uint8_t shift, bool is_back)
{
    (void)tcp_body(p, seq, 1, flags, 4, is_back);
    p[12] = 0x60;
    p[20] = 1;
    p[21] = 3;
    p[22] = 3;
    p[23] = shift;
    return 24;
}

/* Each side's windows are shifted by what its own SYN said, if both SYNs said something. */
static void windows_are_those_after_the_shift(void)
{
    uint8_t body[1500], frame[1600];
    set_up();
    size_t n = ip_frame(frame, 6, 0, body, syn_with_shift(body, 0, 2, 7, false), false);
    check_label(frame, n, "SYN seq 0, win 99");
    n = ip_frame(frame, 6, 0, body, syn_with_shift(body, 5000, 0x12, 3, true), true);
    check_label(frame, n, "SYN seq 0, ack 1, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 1, 5001, 0x10, 0, false), false);
    check_label(frame, n, "ack 1, win 12672");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 5001, 1, 0x10, 0, true), true);
    check_label(frame, n, "ack 1, win 792");
    tear_down();
    set_up();
    n = ip_frame(frame, 6, 0, body, syn_with_shift(body, 0, 2, 7, false), false);
    check_label(frame, n, "SYN seq 0, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 5000, 1, 0x12, 0, true), true);
    check_label(frame, n, "SYN seq 0, ack 1, win 99");
    n = ip_frame(frame, 6, 0, body, tcp_body(body, 1, 5001, 0x10, 0, false), false);
    check_label(frame, n, "ack 1, win 99");
    tear_down();
}

static void other_labels(void)
{
    uint8_t frame[1600];
    uint8_t echo[8] = {8, 0, 0, 0, 0, 1, 0, 3}, udp[8] = {0, 7, 0, 9, 0, 20, 0, 0};
    set_up();
    check_label(frame, ip_frame(frame, 1, 0, echo, 8, false), "echo request 3, ttl 64");
    check_label(frame, ip_frame(frame, 17, 0, udp, 8, false), "udp 7 to 9, 12 bytes, ttl 64");
    check_label(frame, ip_frame(frame, 17, 0x2000, udp, 8, false), "udp fragment 0..8, more");
    check_label(frame, ip_frame(frame, 17, 185, udp, 8, false), "udp fragment 1480..1488, last");
    spec.protocol = 4; /* tcp */
    char buf[160];
    T_CHECK(
        !wf_ladder_label(&rungs, frame, ip_frame(frame, 1, 0, echo, 8, false), buf, sizeof(buf)));
    tear_down();
}

/* Every prefix of every frame, in a block of its own size: reading past the end would be seen. */
static void short_frames_do_no_harm(void)
{
    uint8_t body[200], frame[300];
    char buf[160];
    set_up();
    size_t n = ip_frame(frame, 6, 0, body, tcp_body(body, 1, 1, 0x18, 40, false), false);
    for (size_t i = 0; i <= n; i++) {
        uint8_t *exact = wf_lab_realloc(NULL, i);
        memcpy(exact, frame, i);
        (void)wf_ladder_label(&rungs, exact, i, buf, sizeof(buf));
        free(exact);
    }
    tear_down();
}

static const struct t_case cases[] = {
    {"a way over a switch is one arrow", a_way_over_a_switch_is_one_arrow},
    {"a lost frame points where it was going", a_lost_frame_points_where_it_was_going},
    {"copies and late ones are marked", copies_and_late_ones_are_marked},
    {"only the first packets are kept", only_the_first_packets_are_kept},
    {"TCP labels count from the start", tcp_labels_count_from_the_start},
    {"windows are those after the shift", windows_are_those_after_the_shift},
    {"other labels", other_labels},
    {"short frames do no harm", short_frames_do_no_harm},
};
T_MAIN(cases)
