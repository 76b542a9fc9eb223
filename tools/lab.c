/* SPDX-License-Identifier: MIT */
/** DOC: weft lab - run a topology and scenario file */
#include "lab/lab.h"

#include <string.h>

#include "tool.h"

_Static_assert((int)LAB_EXIT_OK == (int)WF_EXIT_OK && (int)LAB_EXIT_FAILED == (int)WF_EXIT_NO &&
                   (int)LAB_EXIT_BAD_FILE == (int)WF_EXIT_USAGE &&
                   (int)LAB_EXIT_LIMIT == (int)WF_EXIT_TROUBLE,
               "one meaning of exit codes");

struct lab_opts {
    struct lab_options lab;
    const char *seed;
};

#define AT(field) offsetof(struct lab_opts, field)

static const struct wf_opt opts[] = {
    {"seed", 0, WF_OPT_TEXT, "N", "instead of the seed in the file", AT(seed), 0, 0, NULL},
    {"real-time", 0, WF_OPT_FLAG, NULL, "not faster than the clock", AT(lab.is_real_time), 0, 0,
     NULL},
    {"out", 'o', WF_OPT_TEXT, "DIR", "write captures, plots and index.html there", AT(lab.out_dir),
     0, 0, NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "the result as JSON", AT(lab.is_json), 0, 0, NULL},
    {"quiet", 'q', WF_OPT_FLAG, NULL, "no progress, only the result", AT(lab.is_quiet), 0, 0, NULL},
    {0},
};

static int run(int argc, char **argv)
{
    struct lab_opts o = {.seed = NULL};
    int code;
    if (!wf_parse(&wf_tool_lab, &argc, &argv, &o, &code))
        return code;
    if (argc < 1 || strcmp(argv[0], "run") != 0)
        return wf_usage("do what? the only action is 'run', with a lab file");
    if (argc != 2)
        return wf_usage(argc < 2 ? "run which lab? give a file" : "one lab file, not %d", argc - 1);
    if (o.seed != NULL && !wf_number(o.seed, 0, UINT64_MAX, &o.lab.seed))
        return wf_usage("--seed '%s' is not a number from 0 to %llu", o.seed,
                        (unsigned long long)UINT64_MAX);
    o.lab.has_seed = o.seed != NULL;
    o.lab.file = argv[1];
    return weft_lab_run(&o.lab);
}

const struct wf_tool wf_tool_lab = {
    .name = "lab",
    .summary = "run a simulated network from a file, and report what happened",
    .operands = "run FILE",
    .opts = opts,
    .example = "  weft lab run labs/first-light.yaml\n"
               "  weft lab run labs/first-light.yaml --seed 7 --out /tmp/first-light\n",
    .more = "Exit code 1: an expectation of the lab does not hold.\n",
    .run = run,
};
