/* SPDX-License-Identifier: MIT */
/**
 * DOC: lab - runs a topology and scenario file in a simulated world and reports what happened
 *
 * The way through this room: read.c turns YAML into struct lab (model.h), run.c builds a world from
 * it and takes the scenario's steps one after the other (step_*.c), record.c listens to the links
 * and to the stacks' trace rings meanwhile, report_*.c writes down what there is to see.
 */
#ifndef WEFT_LAB_LAB_H
#define WEFT_LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** enum lab_exit - How a lab ended; the exit codes of `weft lab run` */
enum lab_exit {
    LAB_EXIT_OK = 0,       /* The scenario ran to its end and every expectation holds. */
    LAB_EXIT_FAILED = 1,   /* It ran, but an expectation does not hold. */
    LAB_EXIT_BAD_FILE = 2, /* The file (or an option) is wrong; nothing was run. */
    LAB_EXIT_LIMIT = 3,    /* A limit was reached, a file could not be written, memory ran out. */
};

/** struct lab_options - What the command line asks for */
struct lab_options {
    const char *file;    /* Lab file. */
    const char *out_dir; /* Where the report goes (made if it is not there); NULL = no report. */
    uint64_t seed;       /* With has_seed: instead of the seed in the file. */
    bool has_seed;
    bool is_real_time; /* Virtual time does not run ahead of the clock. */
    bool is_json;      /* The result as JSON on @out instead of tables for people. */
    bool is_quiet;     /* No progress, only the result. */
    FILE *out;         /* Tables or JSON; NULL = stdout. */
    FILE *err;         /* Errors, one line each, and progress; NULL = stderr. */
};

/**
 * weft_lab_run() - Run one lab
 * @opt: options; borrowed
 *
 * Return: enum lab_exit.
 */
int weft_lab_run(const struct lab_options *opt);

#endif /* WEFT_LAB_LAB_H */
