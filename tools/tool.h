/* SPDX-License-Identifier: MIT */
/**
 * DOC: tool - what the subcommands of the program `weft` share
 *
 * A subcommand is a row of the table in weft.c: name, help, option table, function. Options are
 * declared as data, so that parsing, error messages and --help come from one place. Errors are one
 * line on standard error: what failed, on what, why, what to try.
 */
#ifndef WEFT_TOOLS_TOOL_H
#define WEFT_TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** enum wf_exit - Exit codes of every subcommand */
enum wf_exit {
    WF_EXIT_OK = 0,      /* Done, and the answer is yes. */
    WF_EXIT_NO = 1,      /* Done, but the answer is no: no reply, not reached, not found. */
    WF_EXIT_USAGE = 2,   /* The command line (or lab file) is wrong; nothing was done. */
    WF_EXIT_TROUBLE = 3, /* Something around it failed: a link, a file, a running host. */
};

/** enum wf_opt_kind - What an option takes, and the type of the field it sets */
enum wf_opt_kind {
    WF_OPT_FLAG,    /* Nothing; bool. */
    WF_OPT_NUMBER,  /* Decimal number within min..max; uint64_t. */
    WF_OPT_SECONDS, /* "0.2", "200ms"; uint64_t in ns, within min..max. */
    WF_OPT_TEXT,    /* Any; const char *. */
    WF_OPT_ADDRESS, /* Dotted quad; struct weft_addr. */
    WF_OPT_CALL,    /* Given to call(). */
};

/** struct wf_opt - An option; a table ends with an entry without name */
struct wf_opt {
    const char *name; /* Long name. */
    int letter;       /* Short one, 0 = none. */
    enum wf_opt_kind kind;
    const char *arg;  /* Name of its argument in help, NULL for flags. */
    const char *help; /* A few words. */
    size_t at;        /* Offset of the field in the subcommand's struct. */
    uint64_t min, max;
    int (*call)(void *opts, const char *arg); /* 0, or an exit code after printing why. */
};

/** enum wf_net_use - Which of the shared options of net.h a subcommand takes */
enum wf_net_use {
    WF_NET_NONE,
    WF_NET_LINKS, /* Links of its own. */
    WF_NET_ANY,   /* Links of its own, or a running host. */
};

/** struct wf_tool - A subcommand */
struct wf_tool {
    const char *name;
    const char *summary;  /* One line of `weft help`. */
    const char *operands; /* In the usage line. */
    const struct wf_opt *opts;
    enum wf_net_use net; /* Shared options; then its struct begins with struct wf_net. */
    const char *example; /* Lines of help, each a command that works. */
    const char *more;    /* Further help, may be NULL. */
    int (*run)(int argc, char **argv);
};

extern const struct wf_tool wf_tool_lab, wf_tool_host, wf_tool_ping, wf_tool_traceroute;
extern const struct wf_tool wf_tool_neigh, wf_tool_arp;
extern const struct wf_tool wf_tool_ipcalc;
extern const struct wf_tool wf_tool_fetch, wf_tool_show, wf_tool_capture, wf_tool_script;
extern const struct wf_tool wf_tool_route;

/** wf_say() - One line on standard error, "weft NAME: ..." */
void wf_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** wf_usage() - wf_say() with a pointer to --help; returns WF_EXIT_USAGE */
int wf_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** wf_trouble() - wf_say(); returns WF_EXIT_TROUBLE */
int wf_trouble(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** wf_help() - Print the help of a subcommand */
void wf_help(const struct wf_tool *t);

/**
 * wf_parse() - Read the options of a subcommand
 *
 * @opts is the subcommand's struct with its defaults. Operands are left in @argv[0..@argc).
 *
 * Return: true; false if nothing is left to do, with @code set (help was printed, or an error).
 */
bool wf_parse(const struct wf_tool *t, int *argc, char ***argv, void *opts, int *code);

/** wf_number() - Read a decimal number within bounds, nothing behind it; false if it is none */
bool wf_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/** wf_each_word() - Hand each word of "A,B,C", of option @name, to @take with @to, as long as it
 * answers 0; its last answer, or an exit code */
int wf_each_word(const char *name, const char *list, int (*take)(void *to, char *word), void *to);

/** wf_seconds() - Read "2", "0.25", "200ms", "5us", "1m" as ns; false if it is no time */
bool wf_seconds(const char *text, uint64_t *ns);

/** wf_utc_ms() - Milliseconds since midnight UT, -1 if nobody knows */
int64_t wf_utc_ms(void);

/** wf_ms() - Nanoseconds as milliseconds with @decimals (0..6) in @buf of 32; returns @buf */
const char *wf_ms(char *buf, uint64_t ns, unsigned decimals);

/** wf_write_all() - Write all of it, however often that takes; false with errno if it fails */
bool wf_write_all(int fd, const void *bytes, size_t n);

#endif /* WEFT_TOOLS_TOOL_H */
