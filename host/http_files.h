/* SPDX-License-Identifier: MIT */
/**
 * DOC: http_files - files below a folder, and never outside
 *
 * A path is taken apart before the system sees it: no empty, hidden, "." or ".." part passes. What
 * is left is opened with openat2(RESOLVE_BENEATH), so links may point around below the folder, but
 * not out of it; where the kernel has no openat2, part by part without following any link.
 *
 * A file is written beside its name under a hidden one and renamed when it is whole, so a reader
 * sees the old one or the new one.
 */
#ifndef WEFT_HOST_HTTP_FILES_H
#define WEFT_HOST_HTTP_FILES_H

#include "serve.h"

/** struct wf_put - A file being written */
struct wf_put {
    int dir, fd; /* -1 = none. */
    bool is_new; /* There was no file of that name. */
    char temp[48], name[256];
};

/** wf_file_open() - Open a file or folder for reading; descriptor or negated errno value */
int wf_file_open(int root, const char *path);

/** wf_file_list() - List a folder as HTML rows; false if it cannot be read */
bool wf_file_list(int dir, struct wf_text *out);

/** wf_put_begin() - Begin writing a file; 0 or negated errno value */
int wf_put_begin(struct wf_put *p, int root, const char *path);

/** wf_put_write() - Write bytes; 0 or negated errno value */
int wf_put_write(struct wf_put *p, const void *bytes, size_t n);

/** wf_put_end() - Give the file its name; 0 or negated errno value */
int wf_put_end(struct wf_put *p);

/** wf_put_drop() - Forget a file that is not whole; nothing happens if there is none */
void wf_put_drop(struct wf_put *p);

#endif /* WEFT_HOST_HTTP_FILES_H */
