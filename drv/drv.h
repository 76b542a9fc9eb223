/* SPDX-License-Identifier: MIT */
/**
 * DOC: drv - what the drivers share: slots for received frames, virtio-net headers, faults
 *
 * Slots come in two sizes. A frame is read into a small slot, with a large one behind it for what
 * does not fit; a small frame leaves the large slot free for the next read. So a frame of 1514
 * bytes pins 2 KiB, and a super-frame costs no copy. The last large slot is never lent: it takes
 * the part that does not fit when all others are out, and such a frame is counted as lost, while
 * small ones (acknowledgements) still get through. When slots become scarce, frames are priced so
 * that the stack copies instead of keeping them.
 */
#ifndef WEFT_DRV_DRV_H
#define WEFT_DRV_DRV_H

#include <linux/virtio_net.h>

#include "weft/driver.h"

#define WF_SMALL_BYTES 2048U
#define WF_LARGE_BYTES 65536U
#define WF_FRAME_BYTES (WF_SMALL_BYTES + WF_LARGE_BYTES)

#define WF_VNET_BYTES  ((uint32_t)sizeof(struct virtio_net_hdr))

#define WF_MSEC        1000000ULL
#define WF_SEC         (1000 * WF_MSEC)

/** struct wf_slots - Memory of received frames; owner: one driver */
struct wf_slots {
    uint8_t *mem;
    size_t mem_bytes;
    uint32_t small_n, large_n;
    uint32_t small_free, large_free; /* Entries of the stacks of free slots. */
    uint32_t *small, *large;
};

/** struct wf_slot - Room for one frame, taken but not yet lent */
struct wf_slot {
    struct weft_iov iov[2]; /* Small, then large. */
    uint32_t small, large;
};

/**
 * wf_slots_init() - Map the memory; pages are taken when they are first used
 *
 * 0 or -ENOMEM.
 */
int wf_slots_init(struct wf_slots *s, const struct weft_driver_config *cfg);

/** wf_slots_free() - Unmap it */
void wf_slots_free(struct wf_slots *s);

/** wf_slots_has() - Whether wf_slots_take() would find a slot */
bool wf_slots_has(const struct wf_slots *s);

/** wf_slots_take() - Room for a frame of up to WF_FRAME_BYTES; false if everything is lent */
bool wf_slots_take(struct wf_slots *s, struct wf_slot *out);

/** wf_slots_drop() - Give room back unused */
void wf_slots_drop(struct wf_slots *s, const struct wf_slot *slot);

/**
 * wf_slots_lend() - Make a frame of the first @len bytes of a slot
 *
 * False if only the reserve was left for the large part: the slot was given back, the frame is
 * lost.
 */
bool wf_slots_lend(struct wf_slots *s, const struct wf_slot *slot, uint32_t len,
                   struct weft_frame *f);

/** wf_slots_release() - Take lent frames back by their cookies */
void wf_slots_release(struct wf_slots *s, const uint64_t *cookies, uint32_t n);

/** wf_vnet_parse() - Facts of a received frame from its virtio-net header; false if it lies */
bool wf_vnet_parse(struct weft_frame *f, const struct virtio_net_hdr *h);

/** wf_vnet_emit() - virtio-net header of a frame to send */
void wf_vnet_emit(struct virtio_net_hdr *h, const struct weft_frame *f);

/** struct wf_pause - After an error that may stay: no more reads for a while, then longer */
struct wf_pause {
    uint64_t until_ns; /* 0 = not paused. */
    uint32_t ms;       /* Of the last pause, 0 after success. */
};

/** wf_pause_begin() - Pause reading: 1 ms, doubled by each further error, at most 1 s */
void wf_pause_begin(struct wf_pause *p, uint64_t now_ns);

/** wf_driver_mac() - A locally administered address: random, or derived from @like if not NULL */
void wf_driver_mac(uint8_t mac[6], const struct weft_driver_config *cfg, const uint8_t *like);

/** wf_if_name_ok() - Whether a text can name an interface: 1..15 bytes without '/' and blanks */
bool wf_if_name_ok(const char *name);

/** struct wf_if_state - What the kernel says about an interface */
struct wf_if_state {
    int index;
    uint32_t mtu;
    bool is_admin_up, is_running, is_ether;
    uint8_t mac[6];
};

/** wf_if_query() - Ask for it through @sock; 0 or a negated errno value */
int wf_if_query(const struct weft_driver_sys *sys, int sock, const char *name,
                struct wf_if_state *out);

/** wf_errno_text() - Text of a positive errno value */
const char *wf_errno_text(int error);

/** wf_fail() - Write one line into @err; always -1 */
int wf_fail(char *err, size_t err_cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* WEFT_DRV_DRV_H */
