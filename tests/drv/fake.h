/* SPDX-License-Identifier: MIT */
/** DOC: fake - system calls for driver tests: a device in memory whose every call can fail */
#ifndef WEFT_TESTS_DRV_FAKE_H
#define WEFT_TESTS_DRV_FAKE_H

#include "weft/driver.h"

#define FAKE_FRAMES 64

/** struct fake - The device; reset by fake_reset() */
struct fake {
    int read_error, write_error, open_error; /* errno values; 0 = none. */
    unsigned read_errors_left;               /* Reads that fail; UINT_MAX = all. */
    unsigned write_errors_left;
    unsigned eintr_left; /* Calls that are interrupted before anything else happens. */
    bool is_write_short; /* Writes take a byte less. */
    bool is_admin_up;
    unsigned mtu;
    uint8_t in[FAKE_FRAMES][2048]; /* To be read, virtio-net header included. */
    size_t in_len[FAKE_FRAMES];
    unsigned in_at, in_n;
    uint8_t out[FAKE_FRAMES][2048]; /* What was written. */
    size_t out_len[FAKE_FRAMES];
    unsigned out_n;
    unsigned reads, writes, opens, closes;
};

extern struct fake fake;
extern const struct weft_driver_sys fake_sys;

/** fake_reset() - A device that is up, with MTU 1500, nothing to read and no errors */
void fake_reset(void);

/** fake_push() - A frame of @n bytes to be read, behind a virtio-net header of zeros */
void fake_push(const void *bytes, size_t n);

#endif /* WEFT_TESTS_DRV_FAKE_H */
