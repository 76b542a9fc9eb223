/* SPDX-License-Identifier: MIT */
/** DOC: Sums with SSE2 (every x86-64 has it) and AVX2; four accumulators hide the adds' latency. */
#include "vec.h"

#if defined(__x86_64__)
#    include <immintrin.h>

/* One step of 16 or 32 bytes: low and high 32-bit words of each 64-bit lane. */
static inline __m128i add128(__m128i acc, __m128i v, __m128i mask)
{
    acc = _mm_add_epi64(acc, _mm_and_si128(v, mask));
    return _mm_add_epi64(acc, _mm_srli_epi64(v, 32));
}

static inline uint64_t lanes128(__m128i v)
{
    uint64_t w[2];
    memcpy(w, &v, sizeof(w));
    return w[0] + w[1];
}

static inline __m128i load128(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void store128(uint8_t *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)(void *)p, v);
}

static uint16_t sum_sse2(const void *src, size_t n)
{
    const uint8_t *p = src;
    const __m128i mask = _mm_set1_epi64x(0xffffffff);
    __m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
    for (; n >= 64; n -= 64, p += 64) {
        a = add128(a, load128(p), mask);
        b = add128(b, load128(p + 16), mask);
        c = add128(c, load128(p + 32), mask);
        d = add128(d, load128(p + 48), mask);
    }
    a = _mm_add_epi64(_mm_add_epi64(a, b), _mm_add_epi64(c, d));
    return wf_vec_fold(lanes128(a) + wf_vec_tail(p, n));
}

static uint16_t copy_sum_sse2(void *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    const __m128i mask = _mm_set1_epi64x(0xffffffff);
    __m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
    for (; n >= 64; n -= 64, p += 64, q += 64) {
        __m128i v0 = load128(p), v1 = load128(p + 16), v2 = load128(p + 32), v3 = load128(p + 48);
        store128(q, v0);
        store128(q + 16, v1);
        store128(q + 32, v2);
        store128(q + 48, v3);
        a = add128(a, v0, mask);
        b = add128(b, v1, mask);
        c = add128(c, v2, mask);
        d = add128(d, v3, mask);
    }
    a = _mm_add_epi64(_mm_add_epi64(a, b), _mm_add_epi64(c, d));
    wf_vec_copy(q, p, n);
    return wf_vec_fold(lanes128(a) + wf_vec_tail(p, n));
}

const struct weft_vec wf_vec_sse2 = {wf_vec_copy, sum_sse2, copy_sum_sse2};

#    define AVX2 __attribute__((target("avx2")))

/*
 * Sixteen words in three instructions: moved into the signed range, multiplied by one and added in
 * pairs, added to 32-bit lanes. What the move took away is given back at the end; a lane holds
 * 32,767 steps, so longer runs go in pieces of PIECE bytes.
 */
#    define PIECE     (1u << 20)
#    define WORD_BIAS 32768u

AVX2 static inline __m256i add256(__m256i acc, __m256i v, __m256i bias, __m256i ones)
{
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_xor_si256(v, bias), ones));
}

AVX2 static inline __m256i load256(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline void store256(uint8_t *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* The signed lanes of @bytes that were added, with their bias given back. */
AVX2 static inline uint64_t lanes256(__m256i v, size_t bytes)
{
    int32_t lane[8];
    int64_t sum = 0;
    store256((uint8_t *)lane, v);
    for (int i = 0; i < 8; i++)
        sum += lane[i];
    return (uint64_t)(sum + (int64_t)(bytes / 2 * WORD_BIAS));
}

/* At most PIECE bytes, a multiple of 32. Two accumulators in turn: gcc 12 shuffles more of them. */
AVX2 static uint64_t sum_piece(const uint8_t *p, size_t n)
{
    const __m256i bias = _mm256_set1_epi16((short)WORD_BIAS), ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    const uint8_t *end = p + (n & ~(size_t)255), *last = p + n;
    for (; p != end; p += 256) {
        a = add256(a, load256(p), bias, ones);
        b = add256(b, load256(p + 32), bias, ones);
        a = add256(a, load256(p + 64), bias, ones);
        b = add256(b, load256(p + 96), bias, ones);
        a = add256(a, load256(p + 128), bias, ones);
        b = add256(b, load256(p + 160), bias, ones);
        a = add256(a, load256(p + 192), bias, ones);
        b = add256(b, load256(p + 224), bias, ones);
    }
    for (; p != last; p += 32)
        a = add256(a, load256(p), bias, ones);
    return lanes256(_mm256_add_epi32(a, b), n);
}

AVX2 static inline __m256i move256(uint8_t *q, const uint8_t *p)
{
    __m256i v = load256(p);
    store256(q, v);
    return v;
}

AVX2 static uint64_t copy_piece(uint8_t *q, const uint8_t *p, size_t n)
{
    const __m256i bias = _mm256_set1_epi16((short)WORD_BIAS), ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    const uint8_t *end = p + (n & ~(size_t)255), *last = p + n;
    for (; p != end; p += 256, q += 256) {
        a = add256(a, move256(q, p), bias, ones);
        b = add256(b, move256(q + 32, p + 32), bias, ones);
        a = add256(a, move256(q + 64, p + 64), bias, ones);
        b = add256(b, move256(q + 96, p + 96), bias, ones);
        a = add256(a, move256(q + 128, p + 128), bias, ones);
        b = add256(b, move256(q + 160, p + 160), bias, ones);
        a = add256(a, move256(q + 192, p + 192), bias, ones);
        b = add256(b, move256(q + 224, p + 224), bias, ones);
    }
    for (; p != last; p += 32, q += 32)
        a = add256(a, move256(q, p), bias, ones);
    return lanes256(_mm256_add_epi32(a, b), n);
}

AVX2 static uint16_t sum_avx2(const void *src, size_t n)
{
    const uint8_t *p = src;
    uint64_t sum = 0;
    while (n >= 32) {
        size_t take = n < PIECE ? n & ~(size_t)31 : PIECE;
        sum += sum_piece(p, take);
        p += take;
        n -= take;
    }
    return wf_vec_fold(sum + wf_vec_tail(p, n));
}

AVX2 static uint16_t copy_sum_avx2(void *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    uint64_t sum = 0;
    while (n >= 32) {
        size_t take = n < PIECE ? n & ~(size_t)31 : PIECE;
        sum += copy_piece(q, p, take);
        p += take;
        q += take;
        n -= take;
    }
    wf_vec_copy(q, p, n);
    return wf_vec_fold(sum + wf_vec_tail(p, n));
}

/* Short runs, as a segment's payload is: fewer instructions than a general memcpy() takes. */
AVX2 static void copy_avx2(void *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    if (n < 32 || n > 4096) {
        wf_vec_copy(dst, src, n);
        return;
    }
    const uint8_t *last = p + n - 32;
    for (; last - p >= 128; p += 128, q += 128) {
        __m256i v0 = load256(p), v1 = load256(p + 32), v2 = load256(p + 64), v3 = load256(p + 96);
        store256(q, v0);
        store256(q + 32, v1);
        store256(q + 64, v2);
        store256(q + 96, v3);
    }
    for (; p < last; p += 32, q += 32)
        store256(q, load256(p));
    store256(q - (p - last), load256(last)); /* The tail overlaps what was copied. */
}

const struct weft_vec wf_vec_avx2 = {copy_avx2, sum_avx2, copy_sum_avx2};
#endif
