/* SPDX-License-Identifier: MIT */
/**
 * DOC: capture - the frames of a link as a pcapng file
 *
 * Each frame is written once, when it is sent, on the interface of the end it leaves, with a
 * comment that says what the link did to it. Only the first bytes of a frame and the first frames
 * of a link are kept; how many were left out is counted.
 */
#ifndef WEFT_LAB_CAPTURE_H
#define WEFT_LAB_CAPTURE_H

#include <stdio.h>

#include "model.h"
#include "weft/driver.h"

/** struct lab_capture - A capture being written */
struct lab_capture {
    const char *file; /* Name within the report's folder; NULL = none is written. */
    FILE *f;
    struct weft_pcapng out;
    uint64_t packets, packets_max, left_out;
    uint32_t snaplen;
    bool has_failed;
    bool is_pending; /* A frame waits for what becomes of it. */
    uint8_t dir;
    uint64_t time_ns;
    uint32_t frame_bytes, bytes_n; /* On the wire, and kept. */
    uint8_t *bytes;
    char comment[96];
};

/** wf_capture_open() - Begin a capture of @link as @path; false if the file cannot be made */
bool wf_capture_open(struct lab_capture *c, struct lab_arena *a, const struct lab *lab,
                     const struct lab_link *link, const char *path);

/** wf_capture_tap() - A moment in the life of a frame on the link */
void wf_capture_tap(struct lab_capture *c, const struct weft_tap *tap);

/** wf_capture_close() - Write what waits and close; false if something could not be written */
bool wf_capture_close(struct lab_capture *c);

#endif /* WEFT_LAB_CAPTURE_H */
