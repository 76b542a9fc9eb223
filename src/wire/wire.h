/* SPDX-License-Identifier: MIT */
/**
 * DOC: wire - bytes to fields and back, nothing else
 *
 * Each protocol has a plain struct in host byte order, a parse function that checks every length
 * and value before it writes the struct, an emit function that cannot fail, and a text function
 * that writes one line in tcpdump's habit. No state, no memory, no packet buffer, no clock: input
 * is a pointer and a length. This is the facade; other layers include only this header.
 */
#ifndef WF_WIRE_WIRE_H
#define WF_WIRE_WIRE_H

#include "wire/arp.h"
#include "wire/cursor.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp4_ext.h"
#include "wire/igmp.h"
#include "wire/ip4.h"
#include "wire/tcp.h"
#include "wire/text.h"
#include "wire/udp.h"

#endif /* WF_WIRE_WIRE_H */
