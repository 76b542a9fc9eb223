/* SPDX-License-Identifier: MIT */
/**
 * DOC: Whole labs: exit codes, repeatability, what a report consists of
 *
 * Usage: run_test LABS REPORTS - the folder with the labs of the project, and one to write into.
 */
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

static void the_labs_hold_what_they_promise(void)
{
    static const char *const names[] = {"handshake",    "half-close",  "fragments",
                                        "cut-and-heal", "first-light", "congestion-marks"};
    if (access("/usr/share/javascript/dygraphs/dygraph.min.js", R_OK) != 0) {
        t_skip("libjs-dygraphs is not installed");
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        check_lab(names[i]);
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
