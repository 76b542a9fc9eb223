/* SPDX-License-Identifier: MIT */
/** DOC: sim tests - a link between two external ends, fed and read by the test */
#ifndef WEFT_TESTS_SIM_WIRE_H
#define WEFT_TESTS_SIM_WIRE_H

#include "weft/sim.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)
#define S  UINT64_C(1000000000)

/** wire_new() - A world with one external link of this quality in both directions */
struct weft_world *wire_new(uint64_t seed, const struct weft_link_quality *q, uint32_t mtu,
                            struct weft_link **link);

/** wire_push() - Send a frame of @len bytes from end 0, its bytes a pattern of @mark */
void wire_push(struct weft_link *link, uint64_t mark, size_t len);

/** wire_pull() - Take what arrived at end 1; its length, 0 = nothing; @mark and @at_ns may be NULL
 */
size_t wire_pull(struct weft_link *link, uint64_t *mark, uint64_t *at_ns, bool *is_whole);

#endif /* WEFT_TESTS_SIM_WIRE_H */
