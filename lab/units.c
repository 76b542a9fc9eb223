/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/** struct unit - A suffix and what one of it is in base units */
struct unit {
    const char *suffix;
    uint64_t factor;
};

/** struct unit_kind - The suffixes of one kind of number; smallest factor first */
struct unit_kind {
    const struct unit *units;
    size_t n;
    uint64_t max;
    const char *expected;
};

static const struct unit counts[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}};
static const struct unit bytes[] = {
    {"", 1},          {"k", 1000},       {"KiB", 1024},      {"M", 1000000},
    {"MiB", 1048576}, {"G", 1000000000}, {"GiB", 1073741824}};
static const struct unit times[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
                                    {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
static const struct unit rates[] = {
    {"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}};
static const struct unit shares[] = {{"ppm", 1}, {"%", 10000}};

#define KIND(table, max, expected)                                                                 \
    {                                                                                              \
        (table), sizeof(table) / sizeof((table)[0]), (max), (expected)                             \
    }
static const struct unit_kind kinds[LAB_UNIT_KINDS] = {
    [LAB_UNIT_COUNT] = KIND(counts, UINT64_MAX, "a count such as 100 or 10k (k, M, G)"),
    [LAB_UNIT_BYTES] =
        KIND(bytes, UINT64_MAX, "bytes such as 1500, 100M or 64KiB (k, M, G, KiB, MiB, GiB)"),
    [LAB_UNIT_TIME] = KIND(times, INT64_MAX, "a time such as 20ms (ns, us, ms, s, m, h)"),
    [LAB_UNIT_RATE] = KIND(rates, INT64_MAX, "a rate such as 100mbit (bit, kbit, mbit, gbit)"),
    [LAB_UNIT_SHARE] = KIND(shares, LAB_SHARE_ONE, "a share such as 1% or 50ppm (0% to 100%)"),
};
#undef KIND

/* Digits of both sides of the point as one whole number, and how many stood behind the point. */
static const char *read_digits(const char *s, uint64_t *value, unsigned *decimals)
{
    bool has_point = false;
    const char *start = s;
    *value = 0;
    *decimals = 0;
    for (;; s++) {
        if (*s == '.' && !has_point && s != start) {
            has_point = true;
            continue;
        }
        if (*s < '0' || *s > '9')
            break;
        uint64_t digit = (uint64_t)(*s - '0');
        if (*value > (UINT64_MAX - digit) / 10 || *decimals > 18)
            return NULL;
        *value = *value * 10 + digit;
        *decimals += has_point;
    }
    bool is_number = s != start && s[-1] != '.';
    return is_number ? s : NULL;
}

/* Divides a product by a prime, in the factor that it divides; false if it divides neither. */
static bool divide(uint64_t *a, uint64_t *b, uint64_t prime)
{
    uint64_t *which = *a % prime == 0 ? a : b;
    bool is_whole = *which % prime == 0;
    *which /= prime;
    return is_whole;
}

bool wf_units_parse(enum lab_unit unit, const char *text, uint64_t *out)
{
    const struct unit_kind *k = &kinds[unit];
    uint64_t value;
    unsigned decimals;
    const char *suffix = read_digits(text, &value, &decimals);
    if (suffix == NULL)
        return false;
    if (unit == LAB_UNIT_TIME && value == 0 && *suffix == '\0') {
        *out = 0;
        return true;
    }

    for (size_t i = 0; i < k->n; i++) {
        if (strcmp(k->units[i].suffix, suffix) != 0)
            continue;
        uint64_t factor = k->units[i].factor;
        for (; decimals > 0; decimals--) {
            if (!divide(&factor, &value, 2) || !divide(&factor, &value, 5))
                return false;
        }
        if (value > k->max / factor)
            return false;
        *out = value * factor;
        return true;
    }
    return false;
}

const char *wf_units_expected(enum lab_unit unit)
{
    return kinds[unit].expected;
}

/* Up to two decimals, without trailing zeros: 1, 1.5, 20.25. */
static void write_scaled(char *buf, size_t cap, uint64_t value, uint64_t factor, const char *suffix)
{
    double v = (double)value / (double)factor;
    int decimals = v >= 1000 ? 0 : v >= 100 ? 1 : 2;
    int n = snprintf(buf, cap, "%.*f", decimals, v);
    if (n > 0 && (size_t)n < cap && strchr(buf, '.') != NULL) {
        while (buf[n - 1] == '0')
            buf[--n] = '\0';
        if (buf[n - 1] == '.')
            buf[--n] = '\0';
    }
    if (n > 0 && (size_t)n < cap)
        (void)snprintf(buf + n, cap - (size_t)n, "%s%s", suffix[0] == '%' ? "" : " ", suffix);
}

char *wf_units_text(char *buf, size_t cap, enum lab_unit unit, uint64_t value)
{
    static const struct unit scale_bytes[] = {
        {"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}};
    static const struct unit scale_rate[] = {
        {"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000}, {"Gbit/s", 1000000000}};
    static const struct unit scale_time[] = {
        {"ns", 1}, {"µs", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}};
    if (unit == LAB_UNIT_SHARE) {
        bool is_tiny = value != 0 && value < 100; /* Below 0.01 %. */
        write_scaled(buf, cap, value, is_tiny ? 1 : 10000, is_tiny ? "ppm" : "%");
        return buf;
    }
    if (unit == LAB_UNIT_COUNT) {
        (void)snprintf(buf, cap, "%" PRIu64, value);
        return buf;
    }

    const struct unit *scale = unit == LAB_UNIT_TIME   ? scale_time
                               : unit == LAB_UNIT_RATE ? scale_rate
                                                       : scale_bytes;
    size_t n = unit == LAB_UNIT_TIME ? 5 : 4, i = 0;
    if (unit == LAB_UNIT_TIME && value == 0)
        i = 3;
    while (i + 1 < n && value >= scale[i + 1].factor)
        i++;
    if (unit == LAB_UNIT_TIME && i == 4 && value < 600000000000) /* Minutes only from ten on. */
        i = 3;
    if (unit == LAB_UNIT_BYTES && value < 100000)
        i = 0;
    write_scaled(buf, cap, value, scale[i].factor, scale[i].suffix);
    return buf;
}
