/* SPDX-License-Identifier: MIT */
/** DOC: A switch learns, ages and overflows; a hub repeats. Seen from external ends. */
#include <stdio.h>
#include <string.h>

#include "t.h"
#include "weft/sim.h"

#define PORTS 3U
#define S     UINT64_C(1000000000)

struct lan {
    struct weft_world *w;
    struct weft_bridge *b;
    struct weft_link *link[PORTS]; /* End 0 is ours, end 1 the bridge's. */
};

static struct lan lan_new(enum weft_bridge_kind kind, uint32_t table_max)
{
    struct lan l;
    struct weft_world_config cfg;
    weft_world_config_default(&cfg, 1);
    T_EQ(weft_world_create(&l.w, &cfg), 0);
    T_EQ(weft_bridge_add(l.w, "sw", kind, table_max, &l.b), 0);
    for (unsigned i = 0; i < PORTS; i++) {
        struct weft_link_config lc;
        memset(&lc, 0, sizeof(lc));
        lc.name[0] = (char)('a' + i);
        lc.end[0].kind = WEFT_END_EXTERNAL;
        lc.end[1].kind = WEFT_END_BRIDGE;
        lc.end[1].bridge = l.b;
        T_EQ(weft_link_add(l.w, &lc, &l.link[i]), 0);
    }
    return l;
}

/* Sends a frame between two stations, and says by which ports it came out, as bits. */
static unsigned sent(struct lan *l, unsigned port, unsigned src, unsigned dst)
{
    uint8_t f[60];
    memset(f, 0, sizeof(f));
    memset(f, dst == 0xff ? 0xff : 0, 6);
    f[5] = (uint8_t)dst;
    f[6] = src == 0xff ? 1 : 0;
    f[11] = (uint8_t)src;
    T_EQ(weft_link_push(l->link[port], 0, f, sizeof(f)), 0);
    T_EQ(weft_world_run(l->w, weft_world_now(l->w)), 0);
    unsigned out = 0;
    for (unsigned i = 0; i < PORTS; i++)
        while (weft_link_pull(l->link[i], 0, f, sizeof(f), NULL) != 0)
            out |= 1U << i;
    return out;
}

static void a_switch_floods_what_it_does_not_know_and_then_learns(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    T_EQ(sent(&l, 0, 1, 2), 6);
    T_EQ(sent(&l, 1, 2, 1), 1);
    T_EQ(sent(&l, 0, 1, 2), 2);
    T_EQ(sent(&l, 0, 1, 0xff), 6);
    weft_world_destroy(l.w);
}

static void a_frame_to_its_own_port_is_filtered(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    T_EQ(sent(&l, 0, 1, 9), 6);
    T_EQ(sent(&l, 0, 2, 1), 0);
    struct weft_bridge_stats s;
    weft_bridge_stats(l.b, &s);
    T_EQ(s.filtered, 1);
    weft_world_destroy(l.w);
}

static void a_station_may_move(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    (void)sent(&l, 0, 1, 9);
    (void)sent(&l, 2, 1, 9);
    T_EQ(sent(&l, 1, 2, 1), 4);
    weft_world_destroy(l.w);
}

/* proves: CAP-LINK-05 */
static void an_address_is_forgotten_after_300_s(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    (void)sent(&l, 0, 1, 9);
    T_EQ(weft_world_run(l.w, 300 * S), 0);
    T_EQ(sent(&l, 1, 2, 1), 1);
    T_EQ(weft_world_run(l.w, 300 * S + 1), 0);
    T_EQ(sent(&l, 1, 2, 1), 5);
    weft_world_destroy(l.w);
}

static void a_full_table_floods(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 2);
    (void)sent(&l, 0, 1, 9);
    (void)sent(&l, 0, 2, 9);
    (void)sent(&l, 0, 3, 9);
    T_EQ(sent(&l, 1, 1, 2), 1);
    T_EQ(sent(&l, 1, 1, 3), 5);
    struct weft_bridge_stats s;
    weft_bridge_stats(l.b, &s);
    T_EQ(s.entries, 2);
    T_EQ(s.table_full, 1);
    T_EQ(weft_world_run(l.w, 301 * S), 0);
    (void)sent(&l, 2, 3, 9); /* the old ones make room */
    T_EQ(sent(&l, 1, 4, 3), 4);
    weft_world_destroy(l.w);
}

static void a_group_source_is_not_learnt(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    (void)sent(&l, 0, 0xff, 9);
    struct weft_bridge_stats s;
    weft_bridge_stats(l.b, &s);
    T_EQ(s.entries, 0);
    weft_world_destroy(l.w);
}

static void the_table_can_be_walked(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    (void)sent(&l, 0, 1, 9);
    (void)sent(&l, 2, 5, 9);
    uint32_t cursor = 0, n = 0;
    struct weft_bridge_entry e;
    while (weft_bridge_table_next(l.b, &cursor, &e)) {
        T_EQ(e.port, e.mac[5] == 1 ? 0 : 2);
        n++;
    }
    T_EQ(n, 2);
    weft_world_destroy(l.w);
}

static void a_hub_repeats_everything(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_HUB, 0);
    T_EQ(sent(&l, 0, 1, 2), 6);
    T_EQ(sent(&l, 1, 2, 1), 5);
    T_EQ(sent(&l, 0, 1, 2), 6);
    weft_world_destroy(l.w);
}

static void the_age_can_be_set(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    const struct weft_bridge_options o = {.age_ns = 10 * S};
    T_EQ(weft_bridge_set(l.b, &o), 0);
    (void)sent(&l, 0, 1, 9);
    T_EQ(weft_world_run(l.w, 10 * S + 1), 0);
    T_EQ(sent(&l, 1, 2, 1), 5);
    weft_world_destroy(l.w);
}

/* proves: CAP-LINK-05 */
static void group_frames_of_a_port_are_limited_in_a_second(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    const struct weft_bridge_options o = {.storm_pkts = 3};
    struct weft_bridge_stats s;
    T_EQ(weft_bridge_set(l.b, &o), 0);
    for (unsigned i = 0; i < 3; i++)
        T_EQ(sent(&l, 0, 1, 0xff), 6);
    T_EQ(sent(&l, 0, 3, 0xff), 0); /* And nothing is learnt from it. */
    T_EQ(sent(&l, 1, 2, 0xff), 5); /* Each port for itself. */
    T_EQ(sent(&l, 0, 1, 2), 2);    /* To one station as ever. */
    T_EQ(sent(&l, 1, 2, 3), 5);
    weft_bridge_stats(l.b, &s);
    T_EQ(s.storm_dropped, 1);
    T_EQ(weft_world_run(l.w, 1 * S), 0);
    T_EQ(sent(&l, 0, 1, 0xff), 6);
    weft_world_destroy(l.w);
}

static void counters_have_names(void)
{
    struct lan l = lan_new(WEFT_BRIDGE_SWITCH, 0);
    uint64_t flooded = 0, entries = 0;
    (void)sent(&l, 0, 1, 9);
    (void)sent(&l, 1, 2, 9);
    for (unsigned i = 0; i < WEFT_BRIDGE_COUNTERS; i++) {
        const char *name = weft_bridge_counter_name(i);
        T_CHECK(name != NULL && strcmp(name, "?") != 0);
        flooded = strcmp(name, "flooded") == 0 ? weft_bridge_counter(l.b, i) : flooded;
        entries = strcmp(name, "entries") == 0 ? weft_bridge_counter(l.b, i) : entries;
    }
    T_EQ(flooded, 2);
    T_EQ(entries, 2);
    T_CHECK(strcmp(weft_bridge_counter_name(WEFT_BRIDGE_COUNTERS), "?") == 0);
    T_EQ(weft_bridge_counter(l.b, WEFT_BRIDGE_COUNTERS), 0);
    weft_world_destroy(l.w);
}

static bool has_not_been_long(void *w)
{
    return weft_world_events(w) < 100000;
}

/* Two switches side by side twice: a broadcast goes round. The error once time stands still. */
static const char *goes_round(uint64_t delay_ns, char *error, size_t n)
{
    struct weft_world_config cfg;
    struct weft_link_config lc;
    struct weft_bridge *b[2];
    struct weft_link *link;
    struct weft_world *w;
    const uint8_t f[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
    weft_world_config_default(&cfg, 1);
    T_EQ(cfg.steps_max, 10000000);
    cfg.steps_max = 1000;
    T_EQ(weft_world_create(&w, &cfg), 0);
    T_EQ(weft_bridge_add(w, "one", WEFT_BRIDGE_SWITCH, 0, &b[0]), 0);
    T_EQ(weft_bridge_add(w, "two", WEFT_BRIDGE_SWITCH, 0, &b[1]), 0);
    memset(&lc, 0, sizeof(lc));
    lc.quality[0].delay_ns = lc.quality[1].delay_ns = delay_ns;
    lc.end[0].kind = lc.end[1].kind = WEFT_END_BRIDGE;
    lc.end[0].bridge = b[0];
    lc.end[1].bridge = b[1];
    for (lc.name[0] = 'a'; lc.name[0] < 'c'; lc.name[0]++)
        T_EQ(weft_link_add(w, &lc, &link), 0);
    lc.end[0].kind = WEFT_END_EXTERNAL;
    T_EQ(weft_link_add(w, &lc, &link), 0);
    T_EQ(weft_link_push(link, 0, f, sizeof(f)), 0);
    int r = weft_world_run_while(w, S, has_not_been_long, w);
    (void)snprintf(error, n, "%s", weft_world_error(w));
    T_EQ(r, error[0] != '\0' ? -WEFT_EPROTO : 0);
    T_CHECK(weft_world_events(w) >= 1000);
    weft_world_destroy(w);
    return error;
}

static void a_loop_in_which_no_time_passes_is_told(void)
{
    char error[256];
    T_CHECK(strstr(goes_round(0, error, sizeof(error)),
                   "time stands still: 1000 steps at 0.000000000 s; give the links of a loop") !=
            NULL);
    T_CHECK(goes_round(1000000, error, sizeof(error))[0] == '\0');
}

static const struct t_case cases[] = {
    {"a loop in which no time passes is told", a_loop_in_which_no_time_passes_is_told},
    {"the age can be set", the_age_can_be_set},
    {"group frames of a port are limited in a second",
     group_frames_of_a_port_are_limited_in_a_second},
    {"counters have names", counters_have_names},
    {"a switch floods what it does not know, and then learns",
     a_switch_floods_what_it_does_not_know_and_then_learns},
    {"a frame to its own port is filtered", a_frame_to_its_own_port_is_filtered},
    {"a station may move", a_station_may_move},
    {"an address is forgotten after 300 s", an_address_is_forgotten_after_300_s},
    {"a full table floods", a_full_table_floods},
    {"a group source is not learnt", a_group_source_is_not_learnt},
    {"the table can be walked", the_table_can_be_walked},
    {"a hub repeats everything", a_hub_repeats_everything},
};
T_MAIN(cases)
