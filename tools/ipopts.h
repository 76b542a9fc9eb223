/* SPDX-License-Identifier: MIT */
/**
 * DOC: ipopts - IP options of ping: made from what a request asks for, told of what came back
 *
 * Request: record_route, timestamps (tsonly, tsandaddr, tsprespec), hops (addresses: with tsprespec
 * who is to stamp, otherwise a loose source route). One of the three kinds at a time.
 */
#ifndef WEFT_TOOLS_IPOPTS_H
#define WEFT_TOOLS_IPOPTS_H

#include <jansson.h>

#include "weft/ip.h"

/** wf_ipopts_build() - The options that a request asks for; octets, -1 if it cannot be */
int wf_ipopts_build(uint8_t out[WEFT_IP_OPTIONS_MAX], const json_t *request);

/** wf_ipopts_tell() - Add what options say to an event: record_route, source_route, ip_timestamps
 */
void wf_ipopts_tell(json_t *event, const uint8_t *opts, size_t bytes);

/**
 * wf_ipopts_print() - Print them as ping(8) does, behind the line of an answer
 * @last: the route shown last, replaced; one that is the same is not shown again
 */
void wf_ipopts_print(const json_t *event, json_t **last);

#endif /* WEFT_TOOLS_IPOPTS_H */
