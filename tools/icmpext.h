/* SPDX-License-Identifier: MIT */
/** DOC: icmpext - objects behind ICMP errors (RFC 4884) as JSON, and as traceroute(8) -e shows them
 */
#ifndef WEFT_TOOLS_ICMPEXT_H
#define WEFT_TOOLS_ICMPEXT_H

#include <jansson.h>

#include "weft/icmpext.h"

/** wf_icmpext_json() - An array, an object each: class, type, and what is known of it */
json_t *wf_icmpext_json(const uint8_t *ext, size_t bytes);

/** wf_icmpext_print() - Print that array: " <MPLS:L=..;INC:..>"; nothing if there is none */
void wf_icmpext_print(const json_t *objects);

#endif /* WEFT_TOOLS_ICMPEXT_H */
