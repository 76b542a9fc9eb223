/* SPDX-License-Identifier: MIT */
/**
 * DOC: lwIP as a bulk-transfer peer for `make bench`: raw API, one thread, its loopback interface,
 * checksums on, window scaling and timestamps as weft has them
 */
#ifndef WEFT_BENCH_LWIP_LWIPOPTS_H
#define WEFT_BENCH_LWIP_LWIPOPTS_H

#define NO_SYS                  1
#define SYS_LIGHTWEIGHT_PROT    0
#define LWIP_SOCKET             0
#define LWIP_NETCONN            0
#define LWIP_IPV6               0
#define LWIP_ARP                0
#define LWIP_ETHERNET           0
#define LWIP_DHCP               0
#define LWIP_DNS                0
#define LWIP_IGMP               0
#define LWIP_RAW                0
#define LWIP_STATS              0
#define LWIP_NETIF_LOOPBACK     1
#define LWIP_HAVE_LOOPIF        1
#define LWIP_LOOPIF_MULTICAST   0
#define LWIP_LOOPBACK_MAX_PBUFS 0

/* malloc() is faster than lwIP's own heap, and has no limit. */
#define MEM_LIBC_MALLOC       1
#define MEMP_MEM_MALLOC       1
#define MEM_ALIGNMENT         8

#define LWIP_TCP_TIMESTAMPS   1
#define LWIP_WND_SCALE        1
#define TCP_RCV_SCALE         4
#define TCP_MSS               1460 /* Less 12 bytes of timestamps. */
#define TCP_WND               (256 * 1024)
#define TCP_SND_BUF           (64 * 1024) /* More makes it slower: it walks its queue. */
#define TCP_SND_QUEUELEN      256
#define TCP_QUEUE_OOSEQ       1
#define TCP_LISTEN_BACKLOG    1

#define CHECKSUM_GEN_IP       1
#define CHECKSUM_GEN_TCP      1
#define CHECKSUM_CHECK_IP     1
#define CHECKSUM_CHECK_TCP    1
#define LWIP_CHECKSUM_ON_COPY 1
#define LWIP_CHKSUM_ALGORITHM 3

#endif /* WEFT_BENCH_LWIP_LWIPOPTS_H */
