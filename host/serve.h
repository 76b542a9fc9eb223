/* SPDX-License-Identifier: MIT */
/** DOC: serve - what the services share: listening, growing text, the way to end a connection */
#ifndef WEFT_HOST_SERVE_H
#define WEFT_HOST_SERVE_H

#include "host.h"

/**
 * wf_serve_listen() - Open, bind, listen and watch in one call
 *
 * 0 or a negative error; no socket is left then.
 */
int wf_serve_listen(struct weft_dispatch *d, const struct weft_endpoint *local, uint32_t backlog,
                    void (*fn)(void *arg, uint64_t sock, uint32_t bits), void *arg, uint64_t *out);

/** wf_serve_end() - Forget and close a socket, or reset its connection */
void wf_serve_end(struct weft_dispatch *d, uint64_t sock, bool is_reset);

/** struct wf_text - A text that grows; after out of memory it stays as it is and says so */
struct wf_text {
    char *s; /* Not terminated. */
    size_t n, cap;
    bool has_failed;
};

/** wf_text_put() - Append bytes */
void wf_text_put(struct wf_text *t, const char *s, size_t n);

/** wf_text_printf() - Append at most 1023 formatted bytes */
void wf_text_printf(struct wf_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** wf_text_html() - Append a text with the characters escaped that mean something in HTML */
void wf_text_html(struct wf_text *t, const char *s);

/** wf_text_free() - Free it; it may be used again */
void wf_text_free(struct wf_text *t);

#endif /* WEFT_HOST_SERVE_H */
