/* SPDX-License-Identifier: MIT */
/** DOC: The script engine as a judge that is judged: scripts that must fail do, and say why. */
#include <stdio.h>
#include <string.h>

#include "t.h"
#include "weft/sim.h"

/** struct verdict - What a script printed */
struct verdict {
    char text[4096];
    size_t n;
};

static void note(void *user, const char *line)
{
    struct verdict *v = user;
    int n = snprintf(v->text + v->n, sizeof(v->text) - v->n, "%s\n", line);
    if (n > 0 && v->n + (size_t)n < sizeof(v->text))
        v->n += (size_t)n;
}

static int run(const char *script, struct verdict *v)
{
    struct weft_script_result r;
    struct weft_script_config cfg;
    memset(v, 0, sizeof(*v));
    memset(&cfg, 0, sizeof(cfg));
    cfg.seed = 1;
    cfg.print = note;
    cfg.print_user = v;
    return weft_script_run(&cfg, "test", script, strlen(script), &r);
}

#define LISTEN                                                                                     \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"                                                \
    "+0 bind(3, ..., ...) = 0\n"                                                                   \
    "+0 listen(3, 1) = 0\n"
#define UP                                                                                         \
    LISTEN "+0 < S 0:0(0) win 32792 <mss 1000>\n"                                                  \
           "+0 > S. 0:0(0) ack 1 <mss 1460>\n"                                                     \
           "+.1 < . 1:1(0) ack 1 win 257\n"                                                        \
           "+0 accept(3, ..., ...) = 4\n"

static void what_is_right_passes(void)
{
    struct verdict v;
    T_EQ(run(UP "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n", &v), 0);
    T_EQ(v.n, 0);
}

/** struct wrong - A script that must fail, and a word of the reason */
static const struct wrong {
    const char *script, *reason;
} wrongs[] = {
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > S. 0:0(0) ack 2 <...>\n", "acknowledgment"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > S 0:0(0) <...>\n", "flags"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1461>\n", "option 2"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <>\n", "not expected"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460,sackOK>\n",
     "missing"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+.1 > S. 0:0(0) ack 1 <...>\n", "wrong time"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n", "no line expects"},
    {LISTEN "+0 > S. 0:0(0) ack 1 <...>\n", "no packet"},
    {LISTEN "+0 < S 0:0(0) win 1000 <mss 1000>\n+0 > none for 10ms\n", "sent a packet"},
    {UP "+0 write(4, ..., 100) = 99\n", "answered 100"},
    {UP "+0 read(4, ..., 100) = 0\n", "EAGAIN"},
    {UP "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1 win 1\n", "window"},
    {UP "+0 write(4, ..., 100) = 100\n+0 > P. 2:102(100) ack 1\n", "sequence"},
    {UP "+0 write(4, ..., 100) = 100\n+0 > [ttl 63] P. 1:101(100) ack 1\n", "TTL"},
    {UP "+0 %{ assert tcpi_state == CLOSE_WAIT }%\n", "not true"},
    {UP "+0 %{ assert no_such_thing == 1 }%\n", "not known"},
    {"0 < icmp echo_request id 1 seq 1 (8)\n+0 > icmp echo_reply id 1 seq 2 (8)\n", "byte"},
    {"0 < udp (8)\n+0 > icmp unreachable host_unreachable\n", "code"},
    {"0 nonsense(3) = 0\n", "unknown call"},
    {"--nonsense=1\n0 < udp (8)\n", "unknown option"},
    {"0 < Q 0:0(0)\n", "expected here"},
    {"0 < S 0:5(4)\n", "is not 4 bytes"},
    {"soon < S 0:0(0)\n", "a time"},
    {"", "no events"},
};

static void what_is_wrong_fails_with_its_reason(void)
{
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct verdict v;
        int r = run(wrongs[i].script, &v);
        T_EQ(r, -WEFT_EPROTO);
        bool is_named = strstr(v.text, wrongs[i].reason) != NULL;
        if (!is_named)
            printf("# %s# does not say '%s' about\n# %s\n", v.text, wrongs[i].reason,
                   wrongs[i].script);
        T_CHECK(is_named);
    }
}

static void a_failure_names_its_line_and_shows_both_packets(void)
{
    struct verdict v;
    T_EQ(run(UP "+0 write(4, ..., 100) = 100\n\n+0 > P. 1:201(200) ack 1\n", &v), -WEFT_EPROTO);
    T_CHECK(strstr(v.text, "test:10: payload bytes: expected 200, got 100") != NULL);
    T_CHECK(strstr(v.text, "expected: +0 > P. 1:201(200) ack 1") != NULL);
    T_CHECK(strstr(v.text, "actual:   0.100000 > P. 1:101(100) ack 1") != NULL);
    T_CHECK(strstr(v.text, "before:   0.100000 < . 1:1(0) ack 1 win 257") != NULL);
}

static void proves_are_collected(void)
{
    const char *script = "# proves: MUST-1 TCP-EV-2\n0 > none for 1s // and\n";
    struct weft_script_result r;
    struct weft_script_config cfg;
    memset(&cfg, 0, sizeof(cfg));
    T_EQ(weft_script_run(&cfg, "test", script, strlen(script), &r), 0);
    T_CHECK(strcmp(r.proves, " MUST-1 TCP-EV-2") == 0);
    T_EQ(r.events, 1);
}

static const struct t_case cases[] = {
    {"what is right passes", what_is_right_passes},
    {"what is wrong fails with its reason", what_is_wrong_fails_with_its_reason},
    {"a failure names its line and shows both packets",
     a_failure_names_its_line_and_shows_both_packets},
    {"proves are collected", proves_are_collected},
};
T_MAIN(cases)
