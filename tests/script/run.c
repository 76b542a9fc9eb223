/* SPDX-License-Identifier: MIT */
/**
 * DOC: Runs packet scripts: one test point a file, TAP on stdout.
 *
 * usage: run [--verbose] [--check] [--proves] FILE|DIRECTORY...
 * A directory stands for its *.pkt files, and those of its directories, in order of their names.
 * --check runs the stack's own checks after every event; --proves lists what each file proves.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weft/sim.h"

#define FILES_MAX      4096U
#define PATH_MAX_BYTES 512U

static char *files[FILES_MAX];
static size_t files_n;

static void print_line(void *user, const char *line)
{
    (void)user;
    printf("# %s\n", line);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(const char *path)
{
    if (files_n == FILES_MAX)
        return;
    files[files_n] = malloc(strlen(path) + 1);
    if (files[files_n] != NULL)
        memcpy(files[files_n++], path, strlen(path) + 1);
}

/* Two levels are all there is: a directory of topics. */
static void add_directory(const char *path, unsigned depth)
{
    DIR *d = opendir(path);
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char sub[PATH_MAX_BYTES];
        struct stat st;
        if (e->d_name[0] == '.' ||
            snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >= (int)sizeof(sub))
            continue;
        if (ends_with(sub, ".pkt"))
            add(sub);
        else if (depth > 0 && stat(sub, &st) == 0 && S_ISDIR(st.st_mode))
            add_directory(sub, depth - 1);
    }
    closedir(d);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0) {
        long n = ftell(f);
        rewind(f);
        text = n < 0 ? NULL : malloc((size_t)n + 1);
        *len = text == NULL ? 0 : fread(text, 1, (size_t)n, f);
    }
    fclose(f);
    return text;
}

static bool run_one(size_t number, const char *path, const struct weft_script_config *cfg,
                    bool is_proves_wanted)
{
    struct weft_script_result r;
    size_t len = 0;
    char *text = read_file(path, &len);
    fflush(stdout);
    int err = text == NULL ? -WEFT_ENOENT : weft_script_run(cfg, path, text, len, &r);
    if (text == NULL)
        printf("# %s cannot be read\n", path);
    else if (err == -WEFT_EOPNOTSUPP)
        printf("# not applicable: %s\n", r.why);
    else if (is_proves_wanted)
        printf("# proves:%s\n", r.proves);
    printf("%sok %zu - %s\n", err == 0 ? "" : "not ", number, path);
    free(text);
    return err == 0;
}

int main(int argc, char **argv)
{
    struct weft_script_config cfg = {.seed = 1, .print = print_line};
    bool is_proves_wanted = false;
    size_t bad = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (strcmp(argv[i], "--verbose") == 0)
            cfg.is_verbose = true;
        else if (strcmp(argv[i], "--check") == 0)
            cfg.is_checking = true;
        else if (strcmp(argv[i], "--proves") == 0)
            is_proves_wanted = true;
        else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            add_directory(argv[i], 1);
        else
            add(argv[i]);
    }
    if (files_n == 0) {
        fprintf(stderr, "usage: run [--verbose] [--check] [--proves] FILE|DIRECTORY...\n");
        return 2;
    }
    qsort(files, files_n, sizeof(files[0]), by_name);
    printf("1..%zu\n", files_n);
    for (size_t i = 0; i < files_n; i++) {
        bad += !run_one(i + 1, files[i], &cfg, is_proves_wanted);
        free(files[i]);
    }
    return bad != 0;
}
