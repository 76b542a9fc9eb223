/* SPDX-License-Identifier: MIT */
/**
 * DOC: Whole labs: exit codes, repeatability, what a report consists of
 *
 * Usage: run_test LABS REPORTS - the folder with the labs of the project, and one to write into.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/lab.h"
#include "t.h"

#define PAIR                                                                                       \
    "name: t\n"                                                                                    \
    "topology:\n"                                                                                  \
    "  nodes:\n"                                                                                   \
    "    a: {kind: host, interfaces: {eth0: 10.0.0.1/24}}\n"                                       \
    "    b: {kind: host, interfaces: {eth0: 10.0.0.2/24}}\n"                                       \
    "  links: [{endpoints: [\"a:eth0\", \"b:eth0\"], delay: 1ms, loss: 1%}]\n"

static const char *labs_dir, *reports_dir;
static char path[512];

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    if (f == NULL)
        return NULL;
    size_t cap = 1 << 22, n;
    char *text = malloc(cap);
    n = text != NULL ? fread(text, 1, cap - 1, f) : 0;
    if (text != NULL)
        text[n] = '\0';
    (void)fclose(f);
    return text;
}

/* Runs a lab; what it printed goes to *out and *err, which are to be freed. */
static int run(const char *file, struct lab_options opt, char **out, char **err)
{
    size_t out_n, err_n;
    opt.file = file;
    opt.out = open_memstream(out, &out_n);
    opt.err = open_memstream(err, &err_n);
    int code = weft_lab_run(&opt);
    (void)fclose(opt.out);
    (void)fclose(opt.err);
    return code;
}

static int run_text(const char *text, struct lab_options opt, char **out, char **err)
{
    (void)snprintf(path, sizeof(path), "%s/lab.yaml", reports_dir);
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return -1;
    (void)fputs(text, f);
    (void)fclose(f);
    return run(path, opt, out, err);
}

static void check_run_text(const char *text, int code, const char *needle)
{
    char *out, *err;
    int got = run_text(text, (struct lab_options){.is_quiet = true}, &out, &err);
    bool is_right = got == code && (strstr(out, needle) != NULL || strstr(err, needle) != NULL);
    if (!is_right)
        printf("# exit %d, wanted %d and \"%s\", got:\n# %s\n# %s\n", got, code, needle, out, err);
    T_CHECK(is_right);
    free(out);
    free(err);
}

static void exit_codes_say_how_it_ended(void)
{
    check_run_text(PAIR "scenario: [{ping: {from: a, to: b, count: 1}}]\n", LAB_EXIT_OK, "ok");
    check_run_text(PAIR
                   "scenario:\n  - ping: {from: a, to: b, count: 1}\n    expect: {received: 2}\n",
                   LAB_EXIT_FAILED, ":9: wanted received: 2, got 1");
    check_run_text(PAIR "scenario: [{connect-refused: {from: a, to: b, port: 7}}]\n", LAB_EXIT_OK,
                   "refused");
    check_run_text(PAIR "scenaro: []\n", LAB_EXIT_BAD_FILE, "did you mean \"scenario\"?");
    check_run_text(PAIR "limits: {time: 10s}\nscenario: [{wait: 20s}]\n", LAB_EXIT_LIMIT,
                   "time limit");
    check_run_text(PAIR
                   "scenario:\n  - tcp-transfer: {from: a, to: b, bytes: 100M}\n    limit: 100ms\n",
                   LAB_EXIT_FAILED, "not finished in time");
    check_run_text("name: t\ntopology:\n  nodes:\n    a: {kind: host, gateway: 10.0.0.9}\n",
                   LAB_EXIT_BAD_FILE, "4:30: route of a by 10.0.0.9");
}

static void losses_are_found_as_the_node_or_the_step_says(void)
{
    check_run_text(
        "name: t\n"
        "topology:\n"
        "  nodes:\n"
        "    a: {kind: host, interfaces: {eth0: 10.0.0.1/24}, tcp: {recovery: sack}}\n"
        "    b: {kind: host, interfaces: {eth0: 10.0.0.2/24}}\n"
        "  links: [{endpoints: [\"a:eth0\", \"b:eth0\"], delay: 5ms, loss: 20%}]\n"
        "scenario:\n"
        "  - tcp-transfer: {from: a, to: b, bytes: 20KiB}\n"
        "    expect: {verified: yes, tail-probes: 0, retransmits: \"> 0\"}\n"
        "  - tcp-transfer: {from: a, to: b, bytes: 20KiB, port: 5002, recovery: rack}\n"
        "    expect: {verified: yes, tail-probes: \"> 0\"}\n"
        "  - tcp-transfer: {from: a, to: b, bytes: 20KiB, port: 5003, recovery: newreno}\n"
        "    expect: {verified: yes, tail-probes: 0, retransmits: \"> 0\"}\n",
        LAB_EXIT_OK, "ok");
}

static void steps_begin_when_they_should(void)
{
    check_run_text(PAIR
                   "scenario:\n  - wait: 1s\n  - {at: 3s, wait: 1s}\n  - {after: 500ms, wait: 0s}\n"
                   "expect: {time: 4500ms}\n",
                   LAB_EXIT_OK, "ok");
    check_run_text(PAIR "scenario:\n  - wait: 1s\n  - {at: 500ms, wait: 1s}\n", LAB_EXIT_FAILED,
                   "had passed already");
    check_run_text(
        PAIR
        "scenario:\n  - parallel: [{wait: 2s}, {after: 1s, wait: 3s}]\n    expect: {time: 4s}\n",
        LAB_EXIT_OK, "ok");
}

static json_t *run_json(uint64_t seed)
{
    char *out, *err;
    struct lab_options opt = {.is_json = true, .is_quiet = true, .has_seed = true, .seed = seed};
    (void)run_text(PAIR "scenario: [{tcp-transfer: {from: a, to: b, bytes: 1M}}]\n", opt, &out,
                   &err);
    json_t *result = json_loads(out, 0, NULL);
    free(out);
    free(err);
    return result;
}

static const char *hash_of(const json_t *result)
{
    const char *hash = json_string_value(json_object_get(result, "trace_hash"));
    return hash != NULL ? hash : "none";
}

static void a_seed_is_a_run(void)
{
    json_t *a = run_json(1), *b = run_json(1), *c = run_json(2);
    T_CHECK(strlen(hash_of(a)) == 16);
    T_CHECK(strcmp(hash_of(a), hash_of(b)) == 0);
    T_CHECK(strcmp(hash_of(a), hash_of(c)) != 0);
    T_CHECK(json_equal(json_object_get(a, "nodes"), json_object_get(b, "nodes")) == 1);
    json_decref(a);
    json_decref(b);
    json_decref(c);
}

/* A page that shows itself without a network loads nothing from anywhere. */
static void check_page(const char *dir)
{
    char name[1024];
    (void)snprintf(name, sizeof(name), "%s/index.html", dir);
    char *page = read_file(name);
    T_CHECK(page != NULL);
    if (page == NULL)
        return;
    T_CHECK(strstr(page, "<script src") == NULL);
    T_CHECK(strstr(page, "<img") == NULL);
    T_CHECK(strstr(page, "<link") == NULL);
    T_CHECK(strstr(page, "@import") == NULL);
    T_CHECK(strstr(page, "href=\"http") == NULL);
    T_CHECK(strstr(page, "</html>") != NULL);
    free(page);
}

static void check_captures(const char *dir, const json_t *result)
{
    const char *key;
    json_t *link;
    json_object_foreach(json_object_get(result, "links"), key, link)
    {
        char name[768];
        const char *file = json_string_value(json_object_get(link, "capture"));
        (void)snprintf(name, sizeof(name), "%s/%s", dir, file != NULL ? file : "?");
        char *capture = read_file(name);
        T_CHECK(capture != NULL && memcmp(capture, "\x0a\x0d\x0d\x0a", 4) == 0);
        free(capture);
    }
}

static void check_lab(const char *name)
{
    char file[512], dir[512], *out, *err;
    (void)snprintf(file, sizeof(file), "%s/%s.yaml", labs_dir, name);
    (void)snprintf(dir, sizeof(dir), "%s/%s", reports_dir, name);
    struct lab_options opt = {.out_dir = dir, .is_json = true, .is_quiet = true};
    int code = run(file, opt, &out, &err);
    if (code != LAB_EXIT_OK)
        printf("# %s: exit %d\n# %s\n", name, code, err);
    T_EQ(code, LAB_EXIT_OK);
    json_t *result = json_loads(out, 0, NULL);
    T_CHECK(result != NULL);
    check_page(dir);
    check_captures(dir, result);
    json_decref(result);
    free(out);
    free(err);
}

/* Every file in the folder is one: a lab that is added is run without being named here. */
/* proves: CAP-TCP-16 CAP-TCP-21 */
static void the_labs_hold_what_they_promise(void)
{
    if (access("/usr/share/javascript/dygraphs/dygraph.min.js", R_OK) != 0) {
        t_skip("libjs-dygraphs is not installed");
        return;
    }
    DIR *dir = opendir(labs_dir);
    T_CHECK(dir != NULL);
    unsigned labs = 0;
    const struct dirent *e;
    while (dir != NULL && (e = readdir(dir)) != NULL) {
        char name[256];
        (void)snprintf(name, sizeof(name), "%s", e->d_name);
        char *dot = strrchr(name, '.');
        if (dot == NULL || strcmp(dot, ".yaml") != 0)
            continue;
        *dot = '\0';
        check_lab(name);
        labs++;
    }
    if (dir != NULL)
        (void)closedir(dir);
    T_CHECK(labs >= 19);
}

/* ---- steps and expectations of TCP ---- */

#define CLEAN                                                                                      \
    "name: t\n"                                                                                    \
    "topology:\n"                                                                                  \
    "  nodes:\n"                                                                                   \
    "    a: {kind: host, interfaces: {eth0: 10.0.0.1/24}}\n"                                       \
    "    b: {kind: host, interfaces: {eth0: 10.0.0.2/24}, limits: {half-open: 8}}\n"               \
    "  links: [{name: w, endpoints: [\"a:eth0\", \"b:eth0\"], delay: 10ms, rate: 10mbit}]\n"       \
    "scenario:\n"
#define TO_B(more) "tcp-transfer: {from: a, to: b, port: 7001, " more "}"

static void a_port_serves_one_step_after_the_other(void)
{
    check_run_text(CLEAN "  - " TO_B("bytes: 1000") "\n  - " TO_B("bytes: 1000") "\n  - " TO_B(
                       "bytes: 1000") "\n  - " TO_B("bytes: 1000") "\n",
                   LAB_EXIT_OK, "4 steps");
}

static void options_of_a_transfer_hold(void)
{
    check_run_text(
        CLEAN
        "  - parallel:\n"
        "      - " TO_B(
            "for: 2s, window-scaling: no, mss: 1000, timestamps: no") "\n"
                                                                      "        expect: "
                                                                      "{flight-max: <= 65535, "
                                                                      "verified: yes}\n"
                                                                      "      - {after: 1s, wait: "
                                                                      "0s, expect: [tcp a 7001 "
                                                                      "state: ESTABLISHED, "
                                                                      "tcp a 7001 snd-wscale: 0, "
                                                                      "tcp a 7001 mss: 1000]}\n"
                                                                      "  - {wait: 10s, expect: "
                                                                      "{tcp b 7001 state: none}}\n",
        LAB_EXIT_OK, "6 of 6");
    check_run_text(
        CLEAN
        "  - " TO_B("bytes: 100k, initial-window: 1, cc: tahoe") "\n"
                                                                 "    expect: {cwnd-min: 1448}\n",
        LAB_EXIT_OK, "1 of 1");
    check_run_text(
        CLEAN
        "  - " TO_B("bytes: 100k, pacing-limit: 1mbit") "\n"
                                                        "    expect: {rate: 800kbit..1100kbit}\n",
        LAB_EXIT_OK, "1 of 1");
    check_run_text(
        CLEAN "  - parallel:\n      - " TO_B(
            "bytes: 0, msl: 1s") "\n"
                                 "  - {wait: 1s, expect: {tcp a 7001 state: TIME-WAIT}}\n"
                                 "  - {wait: 2s, expect: {tcp a 7001 state: none}}\n",
        LAB_EXIT_OK, "2 of 2");
}

static void requests_are_answered_one_by_one(void)
{
    check_run_text(CLEAN "  - tcp-requests: {from: a, to: b, bytes: 100, reply: 200, count: 5}\n"
                         "    expect: {received: 5, rtt-min: 20ms..25ms}\n",
                   LAB_EXIT_OK, "2 of 2");
    check_run_text(CLEAN "  - tcp-requests: {from: a, to: b, bytes: 100, reply: 100, count: 5, "
                         "delayed-ack: 200ms, write: {bytes: 50, every: 1ms}}\n"
                         "    expect: {rtt-max: \"> 200ms\"}\n",
                   LAB_EXIT_OK, "1 of 1");
    check_run_text(CLEAN "  - link: {which: w, do: cut}\n"
                         "  - tcp-requests: {from: a, to: b, bytes: 100, reply: 100}\n"
                         "    limit: 1s\n",
                   LAB_EXIT_FAILED, "not finished in time");
}

static void a_meeting_has_no_server(void)
{
    check_run_text(CLEAN "  - ping: {from: a, to: b, count: 1}\n"
                         "  - tcp-simultaneous: {from: a, to: b, port: 7001, bytes: 3000}\n"
                         "    expect: {bytes: 3000, reply-bytes: 3000}\n"
                         "expect: [counter a tcp.active_opens: 1, counter b tcp.active_opens: 1, "
                         "counter b tcp.passive_opens: 0]\n",
                   LAB_EXIT_OK, "5 of 5");
}

static void a_node_that_crashed_knows_nothing(void)
{
    check_run_text(
        CLEAN
        "  - parallel:\n"
        "      - " TO_B(
            "bytes: 1000, write: {bytes: 100, every: 10s}") "\n"
                                                            "        expect: {error: reset, time: "
                                                            "20s..21s}\n"
                                                            "      - {after: 15s, node: {which: b, "
                                                            "do: reboot}}\n"
                                                            "      - {after: 16s, wait: 0s, "
                                                            "expect: [tcp a 7001 state: "
                                                            "ESTABLISHED, tcp b 7001 "
                                                            "state: none]}\n"
                                                            "  - ping: {from: a, to: b, count: "
                                                            "1}\n    expect: {loss: 0%}\n",
        LAB_EXIT_OK, "5 of 5");
    check_run_text(CLEAN "  - node: {which: b, do: crash}\n"
                         "  - ping: {from: a, to: b, count: 1}\n    expect: {received: 0}\n",
                   LAB_EXIT_OK, "1 of 1");
    check_run_text(CLEAN "  - node: {which: b, do: crash}\n  - " TO_B("bytes: 1") "\n",
                   LAB_EXIT_FAILED, "node b is down");
    check_run_text(CLEAN "  - node: {which: b, do: boot}\n", LAB_EXIT_FAILED, "it is not down");
}

static void keep_alive_finds_a_dead_peer(void)
{
    check_run_text(
        CLEAN "  - parallel:\n"
              "      - " TO_B(
                  "bytes: 2000, write: {bytes: 1000, every: 1h}, keepalive: {idle: 10s, "
                  "interval: 5s, count: 2}") "\n"
                                             "        expect: {bytes: 1000, error: timed-out, "
                                             "time: 30s..50s}\n"
                                             "      - {after: 25s, node: {which: b, do: crash}}\n",
        LAB_EXIT_OK, "3 of 3");
}

static void a_flood_fills_the_table(void)
{
    check_run_text(
        CLEAN
        "  - parallel:\n"
        "      - " TO_B(
            "bytes: 1000, syn-cookies: never, connect-after: 1s") "\n"
                                                                  "        expect: {time: \"> "
                                                                  "2s\"}\n"
                                                                  "      - syn-flood: {from: a, "
                                                                  "to: b, port: 7001, source: "
                                                                  "10.0.0.64/26, "
                                                                  "count: 20, interval: 10ms}\n"
                                                                  "        expect: {sent: 20}\n"
                                                                  "expect: {drops b "
                                                                  "tcp.syn_queue_full: \"> 12\"}\n",
        LAB_EXIT_OK, "3 of 3");
}

static void transfers_are_measured_side_by_side(void)
{
    check_run_text(
        CLEAN
        "  - parallel:\n"
        "      - " TO_B("for: 4s, pacing-limit: 1mbit") "\n"
                                                        "      - tcp-transfer: {from: a, to: b, "
                                                        "port: 7002, for: 4s, pacing-limit: "
                                                        "3mbit}\n"
                                                        "      - {after: 1s, measure: 2s, expect: "
                                                        "{flows: 2, jain: 75%..85%, "
                                                        "rate-min: 900kbit..1100kbit, rate-max: "
                                                        "2800kbit..3100kbit}}\n",
        LAB_EXIT_OK, "4 of 4"); /* (1 + 3)^2 / (2 (1 + 9)) = 0.8 */
}

static void frames_are_counted_from_a_step_on(void)
{
    check_run_text(CLEAN "  - " TO_B(
                       "bytes: 10k") "\n"
                                     "  - wait: 1s\n"
                                     "  - link: {which: w, set: {a-to-b: {lose: [0]}}}\n"
                                     "  - " TO_B("bytes: 10k") "\n    expect: {time: 1s..1500ms}\n",
                   LAB_EXIT_OK, "1 of 1"); /* The SYN. */
    check_run_text(
        CLEAN "  - link: {which: w, set: {a-to-b: {late: {frames: [3], extra: 5s}}}}\n"
              "  - " TO_B(
                  "bytes: 3000, msl: 10s") "\n"
                                           "  - {wait: 4s, expect: {counter b tcp.resets_out: 0}}\n"
                                           "  - {wait: 2s, expect: {counter b tcp.resets_out: 1, "
                                           "link w duplicated: 1}}\n",
        LAB_EXIT_OK, "3 of 3");
}

static void a_folder_that_cannot_be_made_is_one_line(void)
{
    char *out, *err;
    struct lab_options opt = {.out_dir = "/dev/null/report", .is_quiet = true};
    int code = run_text(PAIR, opt, &out, &err);
    T_EQ(code, LAB_EXIT_LIMIT);
    T_CHECK(strstr(err, "/dev/null/report: cannot be made: ") != NULL);
    T_CHECK(strchr(err, '\n') == err + strlen(err) - 1);
    free(out);
    free(err);
}

static const struct t_case cases[] = {
    {"exit codes say how it ended", exit_codes_say_how_it_ended},
    {"losses are found as the node or the step says",
     losses_are_found_as_the_node_or_the_step_says},
    {"steps begin when they should", steps_begin_when_they_should},
    {"a seed is a run", a_seed_is_a_run},
    {"the labs hold what they promise", the_labs_hold_what_they_promise},
    {"a port serves one step after the other", a_port_serves_one_step_after_the_other},
    {"options of a transfer hold", options_of_a_transfer_hold},
    {"requests are answered one by one", requests_are_answered_one_by_one},
    {"a meeting has no server", a_meeting_has_no_server},
    {"a node that crashed knows nothing", a_node_that_crashed_knows_nothing},
    {"keep-alive finds a dead peer", keep_alive_finds_a_dead_peer},
    {"a flood fills the table", a_flood_fills_the_table},
    {"transfers are measured side by side", transfers_are_measured_side_by_side},
    {"frames are counted from a step on", frames_are_counted_from_a_step_on},
    {"a folder that cannot be made is one line", a_folder_that_cannot_be_made_is_one_line},
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s LABS REPORTS\n", argv[0]);
        return 2;
    }
    labs_dir = argv[1];
    reports_dir = argv[2];
    (void)mkdir(reports_dir, 0777);
    return t_main(cases, (int)(sizeof(cases) / sizeof(cases[0])));
}
