/* SPDX-License-Identifier: MIT */
/**
 * DOC: base - words every layer uses
 *
 * The facade: other layers include this header and get the whole layer. Nothing here knows a
 * packet, a protocol or a connection; everything is either pure or works in memory that the caller
 * gave.
 */
#ifndef WF_BASE_BASE_H
#define WF_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/csum.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/rng.h"
#include "base/seq.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "weft/types.h"

#define WF_LIKELY(expr)   __builtin_expect(!!(expr), 1)
#define WF_UNLIKELY(expr) __builtin_expect(!!(expr), 0)
#define WF_RARE           __attribute__((noinline, cold)) /* Kept out of the way of what is frequent. */

/* Programmer errors only: nothing a peer or an API caller sends may reach one. Always on. */
#define WF_ASSERT(expr) (WF_LIKELY(expr) ? (void)0 : weft_panic(__FILE__, __LINE__, #expr))

#define WF_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that holds @member, from a pointer to the member; through void, as alignment is known.
 */
#define WF_CONTAINER_OF(ptr, type, member)                                                         \
    ((type *)(void *)((char *)(void *)(ptr)-offsetof(type, member)))

/* @n rounded up to a multiple of @a, a power of two; in the type of @n. */
#define WF_ALIGN_UP(n, a) (((n) + ((a)-1)) & ~((a)-1))

/* A pool hides use-after-free from AddressSanitizer unless it says which memory is free. */
#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define WF_ASAN 1
#    endif
#elif defined(__SANITIZE_ADDRESS__)
#    define WF_ASAN 1
#endif
#ifdef WF_ASAN
void __asan_poison_memory_region(const volatile void *p, size_t n);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);
#    define WF_POISON(p, n)   __asan_poison_memory_region(p, n)
#    define WF_UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#else
#    define WF_POISON(p, n)   ((void)(p), (void)(n))
#    define WF_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

/** wf_min_u32() - The smaller of two */
/* Public structs for runs of bytes have no const; what is shown through them is not written. */
static inline void *wf_drop_const(const void *p)
{
    void *q;
    memcpy(&q, &p, sizeof(q));
    return q;
}

static inline uint32_t wf_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/** wf_max_u32() - The larger of two */
static inline uint32_t wf_max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/** wf_min_u64() - The smaller of two */
static inline uint64_t wf_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** wf_max_u64() - The larger of two */
static inline uint64_t wf_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif /* WF_BASE_BASE_H */
