/* SPDX-License-Identifier: MIT */
/** DOC: serve - what a running host offers on its control socket besides tables: captures */
#ifndef WEFT_TOOLS_SERVE_H
#define WEFT_TOOLS_SERVE_H

#include "weft/host.h"

/**
 * wf_capture_serve() - Have a control socket accept "capture"
 *
 * Request: optionally link (name of an interface), count, proto, host, port. The answer line is
 * followed by a pcapng stream. Frames that a slow reader has no room for are left out.
 */
int wf_capture_serve(struct weft_ctl *ctl) __attribute__((warn_unused_result));

#endif /* WEFT_TOOLS_SERVE_H */
