/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft driver - wires for a stack, and files of frames
 *
 * A driver stands outside the core. It is opened by a text such as "tap:weft0", takes and gives
 * bursts of frames, never blocks, and is told the time with every call. Received frames lie in
 * memory of the driver and stay lent until rx_release() names their cookies. A driver whose device
 * goes away stays open: it reports WEFT_DRIVER_DOWN, discards what is sent, and tries again when
 * its service() is called.
 *
 *   tap:NAME tun:NAME        Ethernet or IP frames to and from this machine's kernel
 *   packet:IFACE             the wire of an existing interface (AF_PACKET)
 *   unix:PATH                QEMU's -netdev stream framing, as client; reconnects
 *   unix-listen:PATH         the same, waiting for one peer at a time
 *   dgram:LOCAL,REMOTE       QEMU's -netdev dgram, a frame a datagram
 *   fd:N                     an open stream or datagram socket, inherited
 *   pcap:FILE[,fast]         replay of a capture, at its own pace or as fast as it is read
 *
 * The second half of this header writes captures (pcapng).
 */
#ifndef WEFT_DRIVER_H
#define WEFT_DRIVER_H

#include <stdio.h>

#include "weft/netif.h"
#include "weft/types.h"

struct mmsghdr;
struct weft_driver;

/* Bytes that an error text needs at most. */
#define WEFT_ERRTEXT_BYTES 256

/** WEFT_DRIVER_COOKIE_BITS - Cookies of received frames are smaller than 2 to this */
#define WEFT_DRIVER_COOKIE_BITS 48

/* What service() found changed; the new values stand in struct weft_driver_info. */
#define WEFT_DRIVER_UP   1U /* Frames pass (again). */
#define WEFT_DRIVER_DOWN 2U /* Frames do not pass; what is sent is discarded and counted. */
#define WEFT_DRIVER_MTU  4U /* The MTU is another one. */
#define WEFT_DRIVER_END  8U /* A replay has given its last frame. */

/* What poll() wants to be woken for. */
#define WEFT_DRIVER_POLL_IN  1U
#define WEFT_DRIVER_POLL_OUT 2U

/**
 * struct weft_driver_sys - System calls of the drivers, replaceable for tests
 *
 * Every call answers as the system's does, with a negated errno value instead of -1. A message
 * vector is Linux's struct mmsghdr; its calls never block.
 */
struct weft_driver_sys {
    int (*open)(const char *path, int flags);
    int (*socket)(int domain, int type, int protocol);
    int (*close)(int fd);
    int (*ioctl)(int fd, unsigned long request, void *arg);
    int64_t (*readv)(int fd, const struct weft_iov *iov, int n);
    int64_t (*writev)(int fd, const struct weft_iov *iov, int n);
    int (*recvmmsg)(int fd, struct mmsghdr *msgs, unsigned n);
    int (*sendmmsg)(int fd, struct mmsghdr *msgs, unsigned n);
};

/** struct weft_driver_config - What a driver is to be like; all zero = the defaults */
struct weft_driver_config {
    uint32_t small_slots; /* Received frames of at most 2 KiB held at a time; 0 = 1024. */
    uint32_t large_slots; /* Received frames of up to 64 KiB held at a time; 0 = 64. */
    uint32_t mtu;         /* 0 = as the device has it, 1500 where it has none. A TAP or TUN that is
                             created gets this MTU. */
    uint8_t mac[6];       /* Address to propose; all zero = the driver proposes one. */
    bool is_plain;        /* No offloads: frames of at most the MTU, sums filled in. */
    const struct weft_driver_sys *sys; /* NULL = the system's. */
};

/** struct weft_driver_info - What an open driver is */
struct weft_driver_info {
    char name[108]; /* Interface name as the kernel has it, or path. */
    enum weft_if_kind kind;
    uint8_t mac[6];         /* Proposal for the stack's interface: not the kernel's own address. */
    uint32_t mtu;           /* IP bytes in a frame. */
    uint32_t caps;          /* WEFT_CAP_* */
    uint32_t gso_max_bytes; /* With WEFT_CAP_TX_TSO4: largest super-frame. */
    bool is_up;
    bool is_created; /* The device was made by open() and goes with close(). */
};

/** struct weft_driver_stats - What a driver did since it was opened */
struct weft_driver_stats {
    uint64_t rx_frames, rx_bytes; /* As read: a super-frame counts once. */
    uint64_t tx_frames, tx_bytes; /* As written. */
    uint64_t rx_malformed;        /* Frames whose framing or offload facts contradict themselves. */
    uint64_t rx_truncated;        /* Frames larger than a slot. */
    uint64_t rx_no_slot;          /* Frames lost because every slot was lent. */
    uint64_t rx_filtered;     /* Frames of a kind that is not passed on (VLAN tags taken off). */
    uint64_t rx_kernel_drops; /* Frames the kernel dropped before they were read. */
    uint64_t rx_errors;       /* Reads that failed for another reason. */
    uint64_t tx_full;         /* Times the device had no room. */
    uint64_t tx_dropped;      /* Frames discarded because the link was down or had no memory. */
    uint64_t tx_errors;       /* Frames the device refused. */
    uint64_t tx_short;        /* Frames of which the device took a part only. */
    uint64_t interrupted;     /* Calls begun again after a signal. */
    uint64_t lost, reopened;  /* Times the device or peer went away, and came back. */
};

/** struct weft_driver_ops - A kind of driver; a constant table */
struct weft_driver_ops {
    const char *scheme; /* What stands before the colon. */
    /* Opens it. Answers 0, or -1 with one line in err: what failed, on what, why, what to try. */
    int (*open)(struct weft_driver **out, const char *rest, const struct weft_driver_config *cfg,
                char *err, size_t err_cap);
    void (*close)(struct weft_driver *d);
    /* Fills up to n frames; 0 = none now. */
    uint32_t (*rx)(struct weft_driver *d, struct weft_frame *frames, uint32_t n, uint64_t now_ns);
    void (*rx_release)(struct weft_driver *d, const uint64_t *cookies, uint32_t n);
    /* Takes frames from the first on and is done with them at return; fewer than n = no room. */
    uint32_t (*tx)(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                   uint64_t now_ns);
    /* The descriptor to wait on, -1 = none now; *want is set to WEFT_DRIVER_POLL_*. */
    int (*poll)(struct weft_driver *d, uint32_t *want);
    /* Housekeeping; *changes gets WEFT_DRIVER_*. Answers when to call again, WEFT_NEVER = never. */
    uint64_t (*service)(struct weft_driver *d, uint64_t now_ns, uint32_t *changes);
};

/** struct weft_driver - What all drivers begin with; read by users, written by the driver */
struct weft_driver {
    const struct weft_driver_ops *ops;
    struct weft_driver_info info;
    struct weft_driver_stats stats;
};

extern const struct weft_driver_ops weft_driver_tap, weft_driver_tun, weft_driver_packet;
extern const struct weft_driver_ops weft_driver_unix, weft_driver_unix_listen, weft_driver_dgram;
extern const struct weft_driver_ops weft_driver_fd, weft_driver_pcap;

/** weft_driver_sys_os - The system's own calls */
extern const struct weft_driver_sys weft_driver_sys_os;

/**
 * weft_driver_open() - Open a driver by its text
 * @out: set on success; weft_driver_close() frees it
 * @spec: "SCHEME:REST" as listed at the head of this file
 * @cfg: wishes, NULL = the defaults; copied
 * @err: set to one line on failure
 * @err_cap: bytes at @err; WEFT_ERRTEXT_BYTES suffice
 *
 * Return: 0, or -1 with a line in @err.
 */
int weft_driver_open(struct weft_driver **out, const char *spec,
                     const struct weft_driver_config *cfg, char *err, size_t err_cap)
    __attribute__((warn_unused_result));

/**
 * weft_driver_close() - Close a driver; what open() created is gone afterwards
 * @d: driver, NULL is allowed; no frame of it may still be lent
 */
void weft_driver_close(struct weft_driver *d);

/** struct weft_pcapng - A capture being written; fields belong to the writer */
struct weft_pcapng {
    int (*write)(void *arg, const void *bytes, size_t n);
    void *arg;
    uint32_t ifs_n;
    uint64_t frames;
    bool has_failed;
};

/** enum weft_dir - Which way a frame went, seen from the interface it is captured at */
enum weft_dir {
    WEFT_DIR_NONE = 0,
    WEFT_DIR_IN = 1,
    WEFT_DIR_OUT = 2,
};

/**
 * weft_pcapng_begin() - Start a capture: writes the section header
 * @p: filled
 * @write: takes bytes, answers 0 or a negative value, after which nothing more is written
 * @arg: for @write
 *
 * Return: 0, or -1 if @write failed.
 */
int weft_pcapng_begin(struct weft_pcapng *p, int (*write)(void *arg, const void *bytes, size_t n),
                      void *arg);

/**
 * weft_pcapng_begin_file() - Start a capture into a stream, flushed after every packet
 * @p: filled
 * @f: stream, binary; stays open and belongs to the caller
 *
 * Return: 0, or -1 if the stream fails.
 */
int weft_pcapng_begin_file(struct weft_pcapng *p, FILE *f);

/**
 * weft_pcapng_if() - Describe an interface
 * @p: capture
 * @name: its name, NULL = none
 * @kind: WEFT_IF_ETHER, otherwise raw IP
 *
 * Return: the number to give to weft_pcapng_frame(), or -1 if writing failed.
 */
int weft_pcapng_if(struct weft_pcapng *p, const char *name, enum weft_if_kind kind);

/**
 * weft_pcapng_frame() - Write one frame
 * @p: capture
 * @ifid: from weft_pcapng_if()
 * @time_ns: since the epoch
 * @dir: which way it went
 * @frame: its bytes are written as they are, a super-frame as one packet; with fewer bytes in its
 * vectors than in @len the rest counts as cut off
 * @comment: text shown with the packet, NULL = none
 *
 * Return: 0, or -1 if writing failed, now or before.
 */
int weft_pcapng_frame(struct weft_pcapng *p, int ifid, uint64_t time_ns, enum weft_dir dir,
                      const struct weft_frame *frame, const char *comment);

#endif /* WEFT_DRIVER_H */
