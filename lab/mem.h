/* SPDX-License-Identifier: MIT */
/**
 * DOC: mem - memory of a lab run: an arena that is freed as one, and text that grows
 *
 * What is read from the file and what is found out while it runs lives as long as the run, so it is
 * taken from an arena. When the machine has no memory left, one line is printed and the process
 * ends with exit code 3: nothing that a lab has begun is worth saving then.
 */
#ifndef WEFT_LAB_MEM_H
#define WEFT_LAB_MEM_H

#include <stddef.h>
#include <stdint.h>

/** struct lab_arena - Memory freed as one; zero is an empty one */
struct lab_arena {
    struct lab_block *blocks;
};

/** struct lab_buf - Text that grows; zero is an empty one. Always terminated once written to */
struct lab_buf {
    char *s;
    size_t len, cap;
};

/** struct lab_vec - An array that grows; zero is an empty one */
struct lab_vec {
    void *items;
    size_t n, cap;
};

/** wf_lab_alloc() - @bytes zeroed bytes that live as long as the arena */
void *wf_lab_alloc(struct lab_arena *a, size_t bytes);

/** wf_lab_strndup() - A copy of @n characters, terminated */
char *wf_lab_strndup(struct lab_arena *a, const char *s, size_t n);

/** wf_lab_strdup() - A copy of a string */
char *wf_lab_strdup(struct lab_arena *a, const char *s);

/** wf_lab_printf() - A formatted string */
char *wf_lab_printf(struct lab_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/** wf_lab_arena_free() - Free everything taken from the arena, which is empty afterwards */
void wf_lab_arena_free(struct lab_arena *a);

/** wf_lab_realloc() - realloc() that does not fail */
void *wf_lab_realloc(void *p, size_t bytes);

/** wf_vec_push() - Room for one more item of @item_bytes, zeroed; pointers to older items go stale
 */
void *wf_vec_push(struct lab_vec *v, size_t item_bytes);

/** wf_vec_free() - Free the items; the vector is empty afterwards */
void wf_vec_free(struct lab_vec *v);

/** wf_buf_add() - Append @n bytes */
void wf_buf_add(struct lab_buf *b, const void *p, size_t n);

/** wf_buf_str() - Append a string */
void wf_buf_str(struct lab_buf *b, const char *s);

/** wf_buf_printf() - Append formatted text */
void wf_buf_printf(struct lab_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** wf_buf_xml() - Append a string with the characters escaped that mean something in HTML and SVG
 */
void wf_buf_xml(struct lab_buf *b, const char *s);

/** wf_sys_error() - What an errno value means, in @buf; returns @buf */
char *wf_sys_error(char *buf, size_t cap, int err);

/** wf_buf_free() - Free the text; the buffer is empty afterwards */
void wf_buf_free(struct lab_buf *b);

/** wf_lab_json() - A text as it stands between the quotes of JSON in a page */
const char *wf_lab_json(struct lab_arena *a, const char *text);

#endif /* WEFT_LAB_MEM_H */
