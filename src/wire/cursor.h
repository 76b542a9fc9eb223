/* SPDX-License-Identifier: MIT */
/**
 * DOC: cursor - bytes still to read, and how many
 *
 * The only way to walk bytes whose layout depends on themselves. A take either succeeds and moves
 * on or leaves the cursor where it is; nobody else subtracts lengths.
 */
#ifndef WF_WIRE_CURSOR_H
#define WF_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct cursor - unread rest of a run of bytes */
struct cursor {
    const uint8_t *p;
    size_t left;
};

/** wf_cursor_take() - The next @n bytes, or NULL (and no move) when fewer are left */
static inline const uint8_t *wf_cursor_take(struct cursor *c, size_t n)
{
    const uint8_t *p = c->p;
    if (n > c->left)
        return NULL;
    c->p += n;
    c->left -= n;
    return p;
}

/** wf_cursor_trim() - Forget what lies beyond the next @n bytes, if anything does */
static inline void wf_cursor_trim(struct cursor *c, size_t n)
{
    if (n < c->left)
        c->left = n;
}

/** wf_cursor_u8() - Read one octet; false (and no move) at the end */
static inline bool wf_cursor_u8(struct cursor *c, uint8_t *v)
{
    const uint8_t *p = wf_cursor_take(c, 1);
    if (p == NULL)
        return false;
    *v = *p;
    return true;
}

#endif /* WF_WIRE_CURSOR_H */
