/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lab/units.h"
#include "t.h"

/** struct row - A text and what it is; -1 as @ok: not a number of this kind */
struct row {
    enum lab_unit unit;
    const char *text;
    bool is_ok;
    uint64_t value;
};

static const struct row rows[] = {
    {LAB_UNIT_COUNT, "0", true, 0},
    {LAB_UNIT_COUNT, "100", true, 100},
    {LAB_UNIT_COUNT, "1.5k", true, 1500},
    {LAB_UNIT_COUNT, "100M", true, 100000000},
    {LAB_UNIT_COUNT, "18446744073709551615", true, UINT64_MAX},
    {LAB_UNIT_COUNT, "18446744073709551616", false, 0},
    {LAB_UNIT_COUNT, "18446744073709551615k", false, 0},
    {LAB_UNIT_COUNT, "1.0005k", false, 0},
    {LAB_UNIT_COUNT, "1.000k", true, 1000},
    {LAB_UNIT_COUNT, "", false, 0},
    {LAB_UNIT_COUNT, "-1", false, 0},
    {LAB_UNIT_COUNT, "+1", false, 0},
    {LAB_UNIT_COUNT, " 1", false, 0},
    {LAB_UNIT_COUNT, "1 ", false, 0},
    {LAB_UNIT_COUNT, "1 k", false, 0},
    {LAB_UNIT_COUNT, "0x10", false, 0},
    {LAB_UNIT_COUNT, "1e3", false, 0},
    {LAB_UNIT_COUNT, ".5k", false, 0},
    {LAB_UNIT_COUNT, "5.", false, 0},
    {LAB_UNIT_COUNT, "1.2.3k", false, 0},
    {LAB_UNIT_COUNT, "1K", false, 0},
    {LAB_UNIT_BYTES, "64KiB", true, 65536},
    {LAB_UNIT_BYTES, "1.5MiB", true, 1572864},
    {LAB_UNIT_BYTES, "2GiB", true, UINT64_C(2147483648)},
    {LAB_UNIT_BYTES, "1kb", false, 0},
    {LAB_UNIT_BYTES, "1B", false, 0},
    {LAB_UNIT_TIME, "0", true, 0},
    {LAB_UNIT_TIME, "20ms", true, 20000000},
    {LAB_UNIT_TIME, "1.25us", true, 1250},
    {LAB_UNIT_TIME, "0.5ns", false, 0},
    {LAB_UNIT_TIME, "5m", true, UINT64_C(300000000000)},
    {LAB_UNIT_TIME, "1h", true, UINT64_C(3600000000000)},
    {LAB_UNIT_TIME, "20", false, 0},
    {LAB_UNIT_TIME, "20 ms", false, 0},
    {LAB_UNIT_TIME, "20msec", false, 0},
    {LAB_UNIT_TIME, "9999999999h", false, 0},
    {LAB_UNIT_RATE, "100mbit", true, 100000000},
    {LAB_UNIT_RATE, "2.5gbit", true, UINT64_C(2500000000)},
    {LAB_UNIT_RATE, "1000bit", true, 1000},
    {LAB_UNIT_RATE, "100Mbit", false, 0},
    {LAB_UNIT_RATE, "100", false, 0},
    {LAB_UNIT_SHARE, "0%", true, 0},
    {LAB_UNIT_SHARE, "100%", true, LAB_SHARE_ONE},
    {LAB_UNIT_SHARE, "100.1%", false, 0},
    {LAB_UNIT_SHARE, "0.01%", true, 100},
    {LAB_UNIT_SHARE, "0.00001%", false, 0},
    {LAB_UNIT_SHARE, "50ppm", true, 50},
    {LAB_UNIT_SHARE, "0.5", false, 0},
};

static void numbers_are_read_strictly(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;
        bool is_ok = wf_units_parse(rows[i].unit, rows[i].text, &value);
        if (is_ok != rows[i].is_ok || (is_ok && value != rows[i].value))
            printf("# row \"%s\"\n", rows[i].text);
        T_EQ(is_ok, rows[i].is_ok);
        if (is_ok && rows[i].is_ok)
            T_EQ(value, rows[i].value);
    }
}

static void what_is_refused_leaves_the_value_alone(void)
{
    uint64_t value = 7;
    T_CHECK(!wf_units_parse(LAB_UNIT_TIME, "99", &value));
    T_EQ(value, 7);
}

static void check_text(enum lab_unit unit, uint64_t value, const char *want)
{
    char buf[32];
    if (strcmp(wf_units_text(buf, sizeof(buf), unit, value), want) != 0) {
        printf("# wrote \"%s\", wanted \"%s\"\n", buf, want);
        T_CHECK(false);
    }
}

static void numbers_are_written_for_people(void)
{
    check_text(LAB_UNIT_COUNT, 123456, "123456");
    check_text(LAB_UNIT_BYTES, 99999, "99999 B");
    check_text(LAB_UNIT_BYTES, 100000000, "100 MB");
    check_text(LAB_UNIT_BYTES, 1234567890, "1.23 GB");
    check_text(LAB_UNIT_TIME, 0, "0 s");
    check_text(LAB_UNIT_TIME, 999, "999 ns");
    check_text(LAB_UNIT_TIME, 20000000, "20 ms");
    check_text(LAB_UNIT_TIME, 40123456, "40.12 ms");
    check_text(LAB_UNIT_TIME, UINT64_C(95123000000), "95.12 s");
    check_text(LAB_UNIT_TIME, UINT64_C(1234000000000), "20.57 min");
    check_text(LAB_UNIT_RATE, 2500000000, "2.5 Gbit/s");
    check_text(LAB_UNIT_SHARE, 10000, "1%");
    check_text(LAB_UNIT_SHARE, 2500, "0.25%");
    check_text(LAB_UNIT_SHARE, 50, "50 ppm");
}

static const struct t_case cases[] = {
    {"numbers are read strictly", numbers_are_read_strictly},
    {"what is refused leaves the value alone", what_is_refused_leaves_the_value_alone},
    {"numbers are written for people", numbers_are_written_for_people},
};
T_MAIN(cases)
