/* SPDX-License-Identifier: MIT */
/** DOC: script - what the files of `weft script` share */
#ifndef WEFT_TOOLS_SCRIPT_H
#define WEFT_TOOLS_SCRIPT_H

#include "tool.h"
#include "weft/sim.h"

#define WF_SCRIPT_LINE_BYTES 512

/** struct wf_script_opts - The command line of `weft script` */
struct wf_script_opts {
    uint64_t seed;
    bool is_json, is_verbose, is_checking, is_quiet;
    const char *out, *against;
    uint64_t jobs, limit_ns; /* Against another stack: how many at a time, how long each. */
    char overrides[1024];    /* Option lines that win over the scripts'. */
};

/** struct wf_script_log - Lines a script printed, kept until its verdict is printed */
struct wf_script_log {
    char *text; /* Each line ends with '\n'; NULL = none. */
    size_t n, cap;
};

/** struct wf_script_list - Files to run, in order */
struct wf_script_list {
    char **path;
    size_t n, cap;
};

/** struct wf_script_sums - Scripts by verdict */
struct wf_script_sums {
    size_t passed, failed, bad, na;
    struct wf_script_log differences; /* Against another stack: a line each. */
};

/** wf_script_find() - Add a file, or the *.pkt files below a folder by name; 0 or an exit code */
int wf_script_find(struct wf_script_list *list, const char *path);

/** wf_script_read() - A whole file, to be freed; NULL with errno if it cannot be read */
char *wf_script_read(const char *path, size_t *n);

/** wf_script_log_line() - Keep a line; fits weft_script_config.print */
void wf_script_log_line(void *arg, const char *line);

/** wf_script_show() - One script's verdict, as TAP or as a line of JSON */
void wf_script_show(const struct wf_script_opts *o, size_t number, const char *path,
                    const struct weft_script_result *r, const struct wf_script_log *log);

/** wf_script_show_sums() - The last line */
void wf_script_show_sums(const struct wf_script_opts *o, const struct wf_script_sums *sums,
                         uint64_t took_ns);

/** wf_script_count() - Count a verdict */
void wf_script_count(struct wf_script_sums *sums, const struct weft_script_result *r);

/** wf_script_note_difference() - Keep a failure in one line for the end */
void wf_script_note_difference(struct wf_script_sums *sums, const char *path,
                               const struct weft_script_result *r);

/** wf_script_run_text() - Run one script, with a capture if that is wanted; 0 or an exit code */
int wf_script_run_text(const struct wf_script_opts *o, const char *path, const char *text, size_t n,
                       const struct weft_script_target *target, struct weft_script_result *r,
                       struct wf_script_log *log);

/** wf_script_against_check() - Whether the kernel can be had; 0, or an exit code after a line */
int wf_script_against_check(void);

/** wf_script_against() - Run all of a list against the kernel; 0 or an exit code */
int wf_script_against(const struct wf_script_opts *o, const struct wf_script_list *list,
                      struct wf_script_sums *sums);

struct wf_script_linux;

/** wf_script_linux_open() - The kernel of this process's namespace; NULL: no memory */
struct wf_script_linux *wf_script_linux_open(uint64_t limit_ns);

/** wf_script_linux_close() - Give it back; NULL is fine */
void wf_script_linux_close(struct wf_script_linux *l);

/** wf_script_linux_target() - It, for weft_script_config */
const struct weft_script_target *wf_script_linux_target(const struct wf_script_linux *l);

#endif /* WEFT_TOOLS_SCRIPT_H */
