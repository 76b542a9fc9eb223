/* SPDX-License-Identifier: MIT */
/** DOC: serve_pages - the pages the HTTP server makes itself: status of the stack, folder listing
 */
#ifndef WEFT_HOST_SERVE_PAGES_H
#define WEFT_HOST_SERVE_PAGES_H

#include "serve.h"

/** wf_page_status() - Status page; @root >= 0: with the files of that folder */
void wf_page_status(struct wf_text *out, const struct weft_stack *st, const char *title, int root);

/** wf_page_folder() - Listing of a folder; false if it cannot be read */
bool wf_page_folder(struct wf_text *out, int dir, const char *path);

#endif /* WEFT_HOST_SERVE_PAGES_H */
