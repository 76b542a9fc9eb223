/* SPDX-License-Identifier: MIT */
/**
 * DOC: wheel - timers by the thousand, arm and disarm in constant time
 *
 * A hierarchical wheel (Varghese, Lauck 1987) of four levels with 256 slots each over ticks of 16
 * us. A timer's level is the highest byte in which its tick differs from the wheel's: level 0 holds
 * the ticks of the current block of 256, level 1 those of the current block of 65,536, and so on;
 * when the wheel enters a block, its slot is spread over the levels below. As nothing can be armed
 * into a level before the spreading has filled it, timers with the same tick expire in the order in
 * which they were armed, and timers with different ticks in the order of ticks.
 *
 * There are no callbacks: expired timers are handed out one by one and the caller switches on kind.
 * Bitmaps say which slots hold something, so a jump over years costs the same as one over a tick.
 */
#ifndef WF_BASE_WHEEL_H
#define WF_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define WF_TICK_NS      16000u
#define WF_WHEEL_LEVELS 4
#define WF_WHEEL_SLOTS  256

/* The longest delay, about 19 hours; one slot of the highest level less than its circumference. */
#define WF_WHEEL_HORIZON_NS ((uint64_t)WF_TICK_NS * (255u << 24))

/** struct wf_timer - Embedded in what it wakes; zero = not armed */
struct wf_timer {
    struct wf_list link;
    uint32_t due;   /* Low half of the tick at which it expires; valid while armed. */
    uint16_t kind;  /* The caller's: what to do when it expires. Never written here. */
    uint16_t place; /* level * 256 + slot; valid while armed. */
};

/** struct wf_wheel - The slots; a stack has one */
struct wf_wheel {
    uint64_t tick; /* Everything before this tick has expired. */
    uint64_t occupied[WF_WHEEL_LEVELS][WF_WHEEL_SLOTS / 64];
    struct wf_list slot[WF_WHEEL_LEVELS][WF_WHEEL_SLOTS];
};

/** wf_wheel_init() - An empty wheel at @now_ns */
void wf_wheel_init(struct wf_wheel *w, uint64_t now_ns);

/**
 * wf_wheel_arm() - Let a timer expire at the first tick at or after @due_ns
 *
 * A timer that is armed already is moved. A time in the past is due at once: the next call of
 * wf_wheel_expire() finds it, so a loop over that function ends only if its body arms for later. A
 * time more than WF_WHEEL_HORIZON_NS after the last expiry is taken as that horizon.
 */
void wf_wheel_arm(struct wf_wheel *w, struct wf_timer *t, uint64_t due_ns);

/** wf_wheel_disarm() - Take a timer out; nothing happens if it is not armed */
void wf_wheel_disarm(struct wf_wheel *w, struct wf_timer *t);

/**
 * wf_wheel_leap() - Time has jumped: what was armed before is due, what is armed from here on is
 * not
 *
 * Nothing happens unless the jump goes beyond the wheel's horizon of 19 hours, within which the
 * walk of wf_wheel_expire() does the same. Without it, a timer armed for after the jump while
 * others are still expiring would be filed within the horizon of the time before, and expire again.
 */
void wf_wheel_leap(struct wf_wheel *w, uint64_t now_ns);

/**
 * wf_wheel_expire() - The next timer that is due at @now_ns, disarmed, or NULL if none is left
 *
 * A time before the previous call's counts as that one.
 */
struct wf_timer *wf_wheel_expire(struct wf_wheel *w, uint64_t now_ns);

/**
 * wf_wheel_next() - When to call wf_wheel_expire() again, UINT64_MAX if nothing is armed
 *
 * Never late. It may be early, when a slot of a higher level has to be spread first: at most
 * WF_WHEEL_LEVELS calls at the times it names reach the earliest timer.
 */
uint64_t wf_wheel_next(const struct wf_wheel *w);

/** wf_wheel_check() - Is every timer where its tick belongs and do the bitmaps agree? */
bool wf_wheel_check(const struct wf_wheel *w);

/** wf_timer_is_armed() - Will this timer expire? */
static inline bool wf_timer_is_armed(const struct wf_timer *t)
{
    return wf_list_is_linked(&t->link);
}

#endif /* WF_BASE_WHEEL_H */
