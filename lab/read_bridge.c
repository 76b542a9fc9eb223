/* SPDX-License-Identifier: MIT */
/** DOC: read bridge - what a file says of switches and hubs beyond their names */
#include "read.h"

#define BRIDGE(f) offsetof(struct lab_bridge, f)
static const struct lab_field medium_fields[] = {
    {LAB_NUMBER("rate", LAB_T_RATE, BRIDGE(rate), 1000, UINT64_C(1000000000000)),
     .is_required = true},
    {LAB_NUMBER("delay", LAB_T_TIME, BRIDGE(delay), 0, UINT64_C(1000000000))},
    {LAB_NUMBER("queue", LAB_T_COUNT, BRIDGE(medium_queue), 1, 16384)},
};
#undef BRIDGE

void wf_read_medium(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(medium_fields);
    wf_doc_read_map(d, n, at, &t, to);
}
