/* SPDX-License-Identifier: MIT */
/** DOC: read broadcast - steps in which a node sends to everybody */
#include "read.h"

#define SECOND       UINT64_C(1000000000)

#define BROADCAST(f) offsetof(struct lab_step_broadcast, f)
static const struct lab_field broadcast_fields[] = {
    {LAB_VALUE("from", LAB_T_NAME, BROADCAST(node)), .is_required = true},
    {LAB_CALL("to", BROADCAST(to), wf_read_addr), .is_required = true},
    {LAB_NUMBER("port", LAB_T_COUNT, BROADCAST(port), 1, 65535)},
    {LAB_NUMBER("size", LAB_T_BYTES, BROADCAST(size), 1, LAB_BROADCAST_MAX)},
    {LAB_NUMBER("ttl", LAB_T_COUNT, BROADCAST(ttl), 1, 255)},
    {LAB_NUMBER("count", LAB_T_COUNT, BROADCAST(count), 1, 100)},
    {LAB_NUMBER("wait", LAB_T_TIME, BROADCAST(wait), 1000, 3600 * SECOND)},
};
#undef BROADCAST

void wf_read_broadcast(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(broadcast_fields);
    unsigned errors = d->errors;
    s->broadcast.port = 5005;
    s->broadcast.size = 20;
    s->broadcast.ttl = 64;
    s->broadcast.count = 1;
    s->broadcast.wait = SECOND;
    wf_doc_read_map(d, n, at, &t, &s->broadcast);
    if (d->errors == errors)
        (void)wf_read_node_ref(d, wf_read_value_of(d, n, "from"), at, s->broadcast.node, false,
                               &s->from);
}
