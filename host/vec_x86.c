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
    return wf_vec_end(lanes128(a), NULL, p, n);
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
    return wf_vec_end(lanes128(a), q, p, n);
}

const struct weft_vec wf_vec_sse2 = {wf_vec_copy, sum_sse2, copy_sum_sse2};

#    define AVX2 __attribute__((target("avx2")))

/*
 * Sixteen words in three instructions: moved into the signed range, multiplied by one and added in
 * pairs, added to 32-bit lanes. What the move took away is given back at the end. A step changes a
 * lane by at most 2^16 and a piece has 2^11 steps, so that all eight lanes fit one of 32 bits.
 */
#    define PIECE     (1u << 16)
#    define WORD_BIAS 32768u

/** struct acc - One accumulator, for gcc and clang add in trees: few adds of a round wait in line
 */
struct acc {
    __m256i sum, bias, ones;
};

AVX2 static inline struct acc start256(void)
{
    struct acc s = {_mm256_setzero_si256(), _mm256_set1_epi16((short)WORD_BIAS),
                    _mm256_set1_epi16(1)};
    /* As values of unknown origin they stay in registers; gcc builds constants anew at each use. */
    __asm__("" : "+x"(s.bias), "+x"(s.ones));
    return s;
}

AVX2 static inline void add256(struct acc *s, __m256i v)
{
    v = _mm256_madd_epi16(_mm256_xor_si256(v, s->bias), s->ones);
    s->sum = _mm256_add_epi32(s->sum, v);
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
AVX2 static inline uint64_t lanes256(const struct acc *s, size_t bytes)
{
    __m128i low = _mm256_castsi256_si128(s->sum), high = _mm256_extracti128_si256(s->sum, 1);
    __m128i v = _mm_add_epi32(low, high);
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1));
    return (uint64_t)(_mm_cvtsi128_si32(v) + (int64_t)(bytes / 2 * WORD_BIAS));
}

AVX2 static inline void sum_64(struct acc *s, const uint8_t *p)
{
    add256(s, load256(p));
    add256(s, load256(p + 32));
}

AVX2 static inline void sum_128(struct acc *s, const uint8_t *p)
{
    sum_64(s, p);
    sum_64(s, p + 64);
}

/* At most PIECE bytes, a multiple of 32. */
AVX2 static inline uint64_t sum_vectors(const uint8_t *p, size_t n)
{
    struct acc s = start256();
    for (const uint8_t *end = p + (n & ~(size_t)255); p != end; p += 256) {
        sum_128(&s, p);
        sum_128(&s, p + 128);
    }
    if ((n & 128) != 0) {
        sum_128(&s, p);
        p += 128;
    }
    if ((n & 64) != 0) {
        sum_64(&s, p);
        p += 64;
    }
    if ((n & 32) != 0)
        add256(&s, load256(p));
    return lanes256(&s, n);
}

AVX2 static inline __m256i move256(uint8_t *q, const uint8_t *p)
{
    __m256i v = load256(p);
    store256(q, v);
    return v;
}

AVX2 static inline void move_128(uint8_t *q, const uint8_t *p)
{
    move256(q, p);
    move256(q + 32, p + 32);
    move256(q + 64, p + 64);
    move256(q + 96, p + 96);
}

AVX2 static inline void copy_64(struct acc *s, uint8_t *q, const uint8_t *p)
{
    add256(s, move256(q, p));
    add256(s, move256(q + 32, p + 32));
}

AVX2 static inline void copy_128(struct acc *s, uint8_t *q, const uint8_t *p)
{
    copy_64(s, q, p);
    copy_64(s, q + 64, p + 64);
}

AVX2 static inline uint64_t copy_vectors(uint8_t *q, const uint8_t *p, size_t n)
{
    struct acc s = start256();
    for (const uint8_t *end = p + (n & ~(size_t)255); p != end; p += 256, q += 256) {
        copy_128(&s, q, p);
        copy_128(&s, q + 128, p + 128);
    }
    if ((n & 128) != 0) {
        copy_128(&s, q, p);
        p += 128;
        q += 128;
    }
    if ((n & 64) != 0) {
        copy_64(&s, q, p);
        p += 64;
        q += 64;
    }
    if ((n & 32) != 0)
        add256(&s, move256(q, p));
    return lanes256(&s, n);
}

/* Sum of one more piece of an even number of bytes. */
static inline uint16_t add_piece(uint16_t a, uint16_t b)
{
    uint32_t sum = (uint32_t)a + b;
    return (uint16_t)((sum & 0xffffU) + (sum >> 16));
}

/*
 * Copy and sum the first @n bytes, fewer than 16, so that the rest is stored at aligned places: on
 * some machines other stores take nearly twice the time. An odd number stays where it is, for a
 * rest at an odd offset counts differently. Returns the bytes copied.
 */
static inline size_t copy_to_line(uint64_t *sum, uint8_t *q, const uint8_t *p, size_t n)
{
    size_t at = 0;
    if ((n & 1) != 0)
        return 0;
    if ((n & 2) != 0) {
        uint16_t w;
        memcpy(&w, p, 2);
        memcpy(q, &w, 2);
        *sum += w;
        at = 2;
    }
    if ((n & 4) != 0) {
        uint32_t w;
        memcpy(&w, p + at, 4);
        memcpy(q + at, &w, 4);
        *sum += w;
        at += 4;
    }
    if ((n & 8) != 0) {
        uint64_t w;
        memcpy(&w, p + at, 8);
        memcpy(q + at, &w, 8);
        *sum += (w & 0xffffffffU) + (w >> 32);
    }
    return n;
}

/* At most PIECE bytes. */
AVX2 static uint16_t sum_piece(const uint8_t *p, size_t n)
{
    size_t at = n & ~(size_t)31;
    return wf_vec_end(sum_vectors(p, at), NULL, p + at, n - at);
}

AVX2 static uint16_t copy_piece(uint8_t *q, const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    size_t to_line = -(uintptr_t)q & 15;
    if (to_line != 0 && n >= 32) {
        size_t head = copy_to_line(&sum, q, p, to_line);
        q += head;
        p += head;
        n -= head;
    }
    size_t at = n & ~(size_t)31;
    return wf_vec_end(sum + copy_vectors(q, p, at), q + at, p + at, n - at);
}

/* Longer runs, in pieces; not inline, for what these loops need would be set up for all runs. */
__attribute__((noinline)) static uint16_t sum_long(const uint8_t *p, size_t n)
{
    uint16_t sum = 0;
    for (; n > PIECE; n -= PIECE, p += PIECE)
        sum = add_piece(sum, sum_piece(p, PIECE));
    return add_piece(sum, sum_piece(p, n));
}

__attribute__((noinline)) static uint16_t copy_long(uint8_t *q, const uint8_t *p, size_t n)
{
    uint16_t sum = 0;
    for (; n > PIECE; n -= PIECE, p += PIECE, q += PIECE)
        sum = add_piece(sum, copy_piece(q, p, PIECE));
    return add_piece(sum, copy_piece(q, p, n));
}

static uint16_t sum_avx2(const void *src, size_t n)
{
    return n <= PIECE ? sum_piece(src, n) : sum_long(src, n);
}

static uint16_t copy_sum_avx2(void *dst, const void *src, size_t n)
{
    return n <= PIECE ? copy_piece(dst, src, n) : copy_long(dst, src, n);
}

/* Short runs, as a segment's payload is: fewer instructions than a general memcpy() takes. */
AVX2 static void copy_avx2(void *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    if (n < 64 || n > 65536) {
        wf_vec_copy(dst, src, n);
        return;
    }
    size_t to_line = -(uintptr_t)q & 31;
    if (to_line != 0) {
        move256(q, p);
        q += to_line;
        p += to_line;
        n -= to_line;
    }
    size_t rest = (n - 1) % 256; /* At least one byte is left to the overlapping end. */
    const uint8_t *last = p + n - 32, *end = p + (n - 1 - rest);
    for (; p != end; p += 256, q += 256) {
        move_128(q, p);
        move_128(q + 128, p + 128);
    }
    if ((rest & 128) != 0) {
        move_128(q, p);
        p += 128;
        q += 128;
    }
    if ((rest & 64) != 0) {
        move256(q, p);
        move256(q + 32, p + 32);
        p += 64;
        q += 64;
    }
    if ((rest & 32) != 0) {
        move256(q, p);
        p += 32;
        q += 32;
    }
    store256(q - (p - last), load256(last)); /* The tail overlaps what was copied. */
}

const struct weft_vec wf_vec_avx2 = {copy_avx2, sum_avx2, copy_sum_avx2};
#endif
