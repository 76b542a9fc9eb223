/* SPDX-License-Identifier: MIT */
#include "base/wheel.h"

#include "base/base.h"

#define HORIZON_TICKS (255u << 24)

_Static_assert(sizeof(void *) != 8 || sizeof(struct wf_timer) == 24, "a timer has 24 bytes");

/* The digit of a tick that selects the slot of a level. */
static unsigned digit(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (8 * level)) & (WF_WHEEL_SLOTS - 1);
}

/* The highest byte in which the low halves of two ticks differ. */
static unsigned level_of(uint32_t due, uint32_t now)
{
    uint32_t diff = due ^ now;
    if (diff < 1u << 8)
        return 0;
    if (diff < 1u << 16)
        return 1;
    return diff < 1u << 24 ? 2 : 3;
}

/* Put a timer whose due is set into its slot, behind those that are there. */
static void file(struct wf_wheel *w, struct wf_timer *t)
{
    unsigned level = level_of(t->due, (uint32_t)w->tick);
    unsigned slot = digit(t->due, level);
    t->place = (uint16_t)(level * WF_WHEEL_SLOTS + slot);
    w->occupied[level][slot / 64] |= (uint64_t)1 << slot % 64;
    wf_list_push_back(&w->slot[level][slot], &t->link);
}

void wf_wheel_init(struct wf_wheel *w, uint64_t now_ns)
{
    *w = (struct wf_wheel){.tick = now_ns / WF_TICK_NS};
    for (unsigned level = 0; level < WF_WHEEL_LEVELS; level++)
        for (unsigned slot = 0; slot < WF_WHEEL_SLOTS; slot++)
            wf_list_init(&w->slot[level][slot]);
}

void wf_wheel_arm(struct wf_wheel *w, struct wf_timer *t, uint64_t due_ns)
{
    wf_wheel_disarm(w, t);
    uint64_t due = due_ns / WF_TICK_NS + (due_ns % WF_TICK_NS != 0);
    due = wf_max_u64(due, w->tick);
    due = wf_min_u64(due, w->tick + HORIZON_TICKS);
    t->due = (uint32_t)due;
    file(w, t);
}

void wf_wheel_disarm(struct wf_wheel *w, struct wf_timer *t)
{
    if (!wf_timer_is_armed(t))
        return;
    unsigned level = t->place / WF_WHEEL_SLOTS, slot = t->place % WF_WHEEL_SLOTS;
    wf_list_remove(&t->link);
    if (wf_list_is_empty(&w->slot[level][slot]))
        w->occupied[level][slot / 64] &= ~((uint64_t)1 << slot % 64);
}

/* Slots from @from, exclusive, round to the next occupied one of a level; 0 if there is none. */
static unsigned distance(const struct wf_wheel *w, unsigned level, unsigned from)
{
    unsigned start = (from + 1) % WF_WHEEL_SLOTS;
    uint64_t mask = UINT64_MAX << start % 64;
    for (unsigned i = 0; i <= WF_WHEEL_SLOTS / 64; i++) {
        unsigned word = (start / 64 + i) % (WF_WHEEL_SLOTS / 64);
        uint64_t bits = w->occupied[level][word] & mask;
        if (bits != 0)
            return (word * 64 + (unsigned)__builtin_ctzll(bits) - from) % WF_WHEEL_SLOTS;
        mask = UINT64_MAX;
    }
    return 0;
}

/* The first tick after the wheel's at which a slot begins that holds something. Lower levels lie
 * wholly before the next slot of the higher ones, so the first level that has any decides. */
static uint64_t next_tick(const struct wf_wheel *w)
{
    for (unsigned level = 0; level < WF_WHEEL_LEVELS; level++) {
        unsigned d = distance(w, level, digit(w->tick, level));
        if (d != 0)
            return ((w->tick >> (8 * level)) + d) << (8 * level);
    }
    return UINT64_MAX;
}

/* The wheel has entered the blocks its tick lies in: their timers go to the levels below. */
static void spread(struct wf_wheel *w)
{
    for (unsigned level = WF_WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned slot = digit(w->tick, level);
        w->occupied[level][slot / 64] &= ~((uint64_t)1 << slot % 64);
        struct wf_list *node;
        while ((node = wf_list_pop_front(&w->slot[level][slot])) != NULL)
            file(w, WF_CONTAINER_OF(node, struct wf_timer, link));
    }
}

void wf_wheel_leap(struct wf_wheel *w, uint64_t now_ns)
{
    uint64_t target = now_ns / WF_TICK_NS;
    struct wf_list due;
    if (target < w->tick || target - w->tick <= HORIZON_TICKS)
        return;
    wf_list_init(&due);
    for (unsigned level = 0; level < WF_WHEEL_LEVELS; level++)
        for (unsigned i = 0, from = digit(w->tick, level); i < WF_WHEEL_SLOTS; i++) {
            unsigned slot = (from + i) % WF_WHEEL_SLOTS;
            struct wf_list *node;
            while ((node = wf_list_pop_front(&w->slot[level][slot])) != NULL)
                wf_list_push_back(&due, node);
            w->occupied[level][slot / 64] &= ~((uint64_t)1 << slot % 64);
        }
    w->tick = target;
    for (struct wf_list *node = wf_list_pop_front(&due); node != NULL;
         node = wf_list_pop_front(&due)) {
        struct wf_timer *t = WF_CONTAINER_OF(node, struct wf_timer, link);
        t->due = (uint32_t)target;
        file(w, t);
    }
}

struct wf_timer *wf_wheel_expire(struct wf_wheel *w, uint64_t now_ns)
{
    uint64_t target = wf_max_u64(now_ns / WF_TICK_NS, w->tick);
    wf_wheel_leap(w, now_ns);
    for (;;) {
        struct wf_list *node = wf_list_first(&w->slot[0][digit(w->tick, 0)]);
        if (node != NULL) {
            struct wf_timer *t = WF_CONTAINER_OF(node, struct wf_timer, link);
            wf_wheel_disarm(w, t);
            return t;
        }
        uint64_t next = next_tick(w);
        if (next > target) {
            w->tick = target;
            return NULL;
        }
        w->tick = next;
        spread(w);
    }
}

uint64_t wf_wheel_next(const struct wf_wheel *w)
{
    bool is_due = !wf_list_is_empty(&w->slot[0][digit(w->tick, 0)]);
    uint64_t tick = is_due ? w->tick : next_tick(w);
    return tick > UINT64_MAX / WF_TICK_NS ? UINT64_MAX : tick * WF_TICK_NS;
}

static bool slot_is_right(const struct wf_wheel *w, unsigned level, unsigned slot)
{
    WF_LIST_FOR_EACH (node, &w->slot[level][slot]) {
        const struct wf_timer *t = WF_CONTAINER_OF(node, struct wf_timer, link);
        if (t->place != level * WF_WHEEL_SLOTS + slot || digit(t->due, level) != slot ||
            level_of(t->due, (uint32_t)w->tick) != level ||
            t->due - (uint32_t)w->tick > HORIZON_TICKS)
            return false;
    }
    return true;
}

/* Most slots are empty, and this runs after every event of a simulation: those with timers are
 * counted, and as many have to be marked, each of them rightly. */
static bool word_is_right(const struct wf_wheel *w, unsigned level, unsigned word)
{
    const struct wf_list *slot = &w->slot[level][(size_t)word * 64];
    unsigned filled = 0, marked = 0;
    for (unsigned i = 0; i < 64; i += 4)
        filled +=
            (unsigned)!wf_list_is_empty(&slot[i]) + (unsigned)!wf_list_is_empty(&slot[i + 1]) +
            (unsigned)!wf_list_is_empty(&slot[i + 2]) + (unsigned)!wf_list_is_empty(&slot[i + 3]);
    for (uint64_t bits = w->occupied[level][word]; bits != 0; bits &= bits - 1, marked++) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        if (wf_list_is_empty(&slot[i]) || !slot_is_right(w, level, word * 64 + i))
            return false;
    }
    return filled == marked;
}

bool wf_wheel_check(const struct wf_wheel *w)
{
    for (unsigned level = 0; level < WF_WHEEL_LEVELS; level++)
        for (unsigned word = 0; word < WF_WHEEL_SLOTS / 64; word++)
            if (!word_is_right(w, level, word))
                return false;
    return true;
}
