/* SPDX-License-Identifier: MIT */
/** DOC: weft swarm - scenarios made of a seed */
#ifndef WEFT_SWARM_H
#define WEFT_SWARM_H

#include "weft/world.h"

/** struct weft_swarm_result - How a scenario went */
struct weft_swarm_result {
    bool has_passed;
    uint64_t hash;
    uint64_t events;
    uint64_t virtual_ns;
    uint64_t bytes;    /* Delivered to applications. */
    uint64_t frames;   /* Offered to links. */
    char failure[256]; /* One line. */
};

/** struct weft_swarm_watch - Who sees a scenario; functions that are NULL are left out */
struct weft_swarm_watch {
    void (*print)(void *user, const char *line);           /* Lines of its description. */
    void (*frame)(void *user, const struct weft_tap *tap); /* Every frame, at every moment. */
    void *user;
};

/**
 * weft_swarm_run() - Build and run the scenario of a seed, once
 * @seed: seed
 * @watch: who sees it; may be NULL
 * @out: filled
 *
 * Return: 0 if every invariant held, -WEFT_EPROTO otherwise.
 */
int weft_swarm_run(uint64_t seed, const struct weft_swarm_watch *watch,
                   struct weft_swarm_result *out) __attribute__((warn_unused_result));

#endif /* WEFT_SWARM_H */
