/* SPDX-License-Identifier: MIT */
/** DOC: weft - everything of the core: one include for embedders */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#define WEFT_VERSION       "0.1.0"
#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0

#include "weft/arp.h"
#include "weft/cc.h"
#include "weft/forward.h"
#include "weft/icmp.h"
#include "weft/icmpext.h"
#include "weft/igmp.h"
#include "weft/ip.h"
#include "weft/netif.h"
#include "weft/queue.h"
#include "weft/rarp.h"
#include "weft/sock.h"
#include "weft/stack.h"
#include "weft/trace.h"
#include "weft/types.h"
#include "weft/udp.h"
#include "weft/vlan.h"

#endif /* WEFT_WEFT_H */
