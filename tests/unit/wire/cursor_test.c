/* SPDX-License-Identifier: MIT */
#include "t.h"
#include "wire/wire.h"

static const uint8_t bytes[4] = {1, 2, 3, 4};

static void a_take_moves_or_fails_whole(void)
{
    struct cursor c = {bytes, sizeof(bytes)};
    uint8_t v = 0;
    T_CHECK(wf_cursor_u8(&c, &v) && v == 1);
    T_CHECK(wf_cursor_take(&c, 4) == NULL);
    T_CHECK(wf_cursor_take(&c, SIZE_MAX) == NULL);
    T_EQ(c.left, 3);
    T_CHECK(wf_cursor_take(&c, 0) == bytes + 1);
    T_CHECK(wf_cursor_take(&c, 3) == bytes + 1);
    T_EQ(c.left, 0);
    T_CHECK(!wf_cursor_u8(&c, &v) && v == 1);
}

static void a_trim_never_grows(void)
{
    struct cursor c = {bytes, sizeof(bytes)};
    wf_cursor_trim(&c, 9);
    T_EQ(c.left, 4);
    wf_cursor_trim(&c, 2);
    T_EQ(c.left, 2);
}

static const struct t_case cases[] = {
    {"a take moves or fails whole", a_take_moves_or_fails_whole},
    {"a trim never grows", a_trim_never_grows},
};
T_MAIN(cases)
