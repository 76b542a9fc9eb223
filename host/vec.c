/* SPDX-License-Identifier: MIT */
#include "vec.h"

#include "weft/host.h"

void wf_vec_copy(void *dst, const void *src, size_t n)
{
    if (n > 0)
        memcpy(dst, src, n);
}

uint16_t wf_vec_last(uint64_t sum, uint8_t *q, const uint8_t *p, size_t n)
{
    uint16_t w[4] = {0};
    memcpy(w, p, n);
    if (q != NULL)
        memcpy(q, p, n);
    return wf_vec_fold(sum + w[0] + w[1] + w[2] + w[3]);
}

static inline uint64_t add_word(uint64_t sum, uint64_t w)
{
    return sum + (w & 0xffffffffU) + (w >> 32);
}

static uint16_t sum_portable(const void *src, size_t n)
{
    const uint8_t *p = src;
    uint64_t a = 0, b = 0;
    for (; n >= 16; n -= 16, p += 16) {
        uint64_t w[2];
        memcpy(w, p, 16);
        a = add_word(a, w[0]);
        b = add_word(b, w[1]);
    }
    return wf_vec_end(a + b, NULL, p, n);
}

static uint16_t copy_sum_portable(void *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    uint64_t a = 0, b = 0;
    for (; n >= 16; n -= 16, p += 16, q += 16) {
        uint64_t w[2];
        memcpy(w, p, 16);
        memcpy(q, w, 16);
        a = add_word(a, w[0]);
        b = add_word(b, w[1]);
    }
    return wf_vec_end(a + b, q, p, n);
}

const struct weft_vec wf_vec_portable = {wf_vec_copy, sum_portable, copy_sum_portable};

const struct weft_vec *weft_host_vec_next(unsigned i, const char **name)
{
    static const struct {
        const char *name;
        const struct weft_vec *vec;
    } tables[] = {
        {"portable", &wf_vec_portable},
#if defined(__x86_64__)
        {"sse2", &wf_vec_sse2},
        {"avx2", &wf_vec_avx2},
#endif
    };
    if (i >= sizeof(tables) / sizeof(tables[0]))
        return NULL;
#if defined(__x86_64__)
    if (tables[i].vec == &wf_vec_avx2 && !__builtin_cpu_supports("avx2"))
        return NULL;
#endif
    *name = tables[i].name;
    return tables[i].vec;
}

const struct weft_vec *weft_host_vec(void)
{
    const struct weft_vec *best = &wf_vec_portable, *v;
    const char *name;
    for (unsigned i = 0; (v = weft_host_vec_next(i, &name)) != NULL; i++)
        best = v;
    return best;
}
