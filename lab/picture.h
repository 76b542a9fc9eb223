/* SPDX-License-Identifier: MIT */
/**
 * DOC: picture - the topology as a drawing
 *
 * Nodes with one link hang beside the node they are linked to; what remains, the core, is laid out
 * from left to right by its distance from one end of its longest way. Hosts show their interfaces,
 * links what they do to frames.
 */
#ifndef WEFT_LAB_PICTURE_H
#define WEFT_LAB_PICTURE_H

#include "model.h"

/** wf_picture_svg() - Draw the topology; is_alone: with colours of its own, for a file of its own
 */
void wf_picture_svg(struct lab_buf *b, const struct lab *lab, bool is_alone);

/**
 * wf_picture_quality() - What a link does to frames, in at most @max lines; returns the lines
 *
 * What holds for one direction only has an arrow before it: right or left, or with @is_upright down
 * or up, for the way from the first end to the second.
 */
size_t wf_picture_quality(struct lab_arena *arena, const struct lab_link *link, bool is_upright,
                          const char **lines, size_t max);

#endif /* WEFT_LAB_PICTURE_H */
