/* SPDX-License-Identifier: MIT */
/**
 * DOC: units - numbers with units, read strictly and written the way they are read
 *
 * A number is digits with an optional fraction and a unit from a fixed list, with nothing around
 * it. The result is exact: a fraction that the base unit cannot hold is refused, as is overflow.
 */
#ifndef WEFT_LAB_UNITS_H
#define WEFT_LAB_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** LAB_SHARE_ONE - 100 % as a share: shares are parts per million */
#define LAB_SHARE_ONE 1000000U

/** enum lab_unit - What a number counts; values are in the unit named here */
enum lab_unit {
    LAB_UNIT_COUNT, /* Plain number, or with k, M, G: 100M. */
    LAB_UNIT_BYTES, /* Bytes: plain, k, M, G (1000), KiB, MiB, GiB (1024). */
    LAB_UNIT_TIME,  /* ns: the unit (ns, us, ms, s, m, h) is required, except for 0. */
    LAB_UNIT_RATE,  /* Bits per second: bit, kbit, mbit, gbit (1000), required. */
    LAB_UNIT_SHARE, /* Parts per million: % or ppm, required, at most 100 %. */

    LAB_UNIT_KINDS
};

/** wf_units_parse() - Read a number; false if @text is not exactly one of this kind */
bool wf_units_parse(enum lab_unit unit, const char *text, uint64_t *out);

/** wf_units_expected() - What a number of this kind looks like, for error messages */
const char *wf_units_expected(enum lab_unit unit);

/**
 * wf_units_text() - Write a number for people: at most four digits and the unit that fits
 *
 * Counts and bytes are written in full up to 99999. 32 bytes at @buf always suffice. Returns @buf.
 */
char *wf_units_text(char *buf, size_t cap, enum lab_unit unit, uint64_t value);

#endif /* WEFT_LAB_UNITS_H */
