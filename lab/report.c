/* SPDX-License-Identifier: MIT */
/** DOC: The report's folder: index.html, result.json, pictures; captures are there already */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture.h"
#include "run.h"

#define DYGRAPHS_JS  WEFT_LAB_DYGRAPHS_DIR "/dygraph.min.js"
#define DYGRAPHS_CSS WEFT_LAB_DYGRAPHS_DIR "/dygraph.min.css"

static bool make_folders(const char *dir, struct lab_arena *a)
{
    char *path = wf_lab_strdup(a, dir);
    for (char *c = path + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return false;
        *c = '/';
    }
    struct stat st;
    return (mkdir(path, 0777) == 0 || errno == EEXIST) && stat(path, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

static bool is_readable(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f != NULL)
        (void)fclose(f);
    return f != NULL;
}

bool wf_report_folder(const char *dir, FILE *err)
{
    struct lab_arena a = {0};
    bool is_made = make_folders(dir, &a);
    wf_lab_arena_free(&a);
    if (!is_made) {
        char why[128];
        (void)fprintf(err, "%s: cannot be made: %s\n", dir,
                      wf_sys_error(why, sizeof(why), errno == EEXIST ? ENOTDIR : errno));
        return false;
    }
    if (!is_readable(DYGRAPHS_JS) || !is_readable(DYGRAPHS_CSS)) {
        (void)fprintf(err,
                      "%s: not found; the report's plots need the package libjs-dygraphs (apt-get "
                      "install libjs-dygraphs), without --out the lab runs without it\n",
                      DYGRAPHS_JS);
        return false;
    }
    return true;
}

static char *read_whole(struct lab_arena *a, const char *path)
{
    struct lab_buf b = {0};
    char chunk[16384];
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return NULL;
    wf_buf_str(&b, "");
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) != 0;)
        wf_buf_add(&b, chunk, n);
    bool is_ok = ferror(f) == 0;
    (void)fclose(f);
    char *text = is_ok ? wf_lab_strdup(a, b.s) : NULL;
    wf_buf_free(&b);
    return text;
}

static void tell_unwritten(const struct lab_run *run, const char *path)
{
    char why[128];
    (void)fprintf(run->err, "%s: cannot be written: %s\n", path,
                  wf_sys_error(why, sizeof(why), errno));
}

static bool write_whole(struct lab_run *run, const char *dir, const char *name, struct lab_buf *b)
{
    const char *path = wf_lab_printf(&run->lab->arena, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    bool is_ok = f != NULL && fwrite(b->s, 1, b->len, f) == b->len;
    is_ok = f != NULL && fclose(f) == 0 && is_ok;
    if (!is_ok)
        tell_unwritten(run, path);
    wf_buf_free(b);
    return is_ok;
}

static bool write_json(struct lab_run *run, const char *dir)
{
    const char *path = wf_lab_printf(&run->lab->arena, "%s/result.json", dir);
    FILE *f = fopen(path, "wb");
    bool is_ok = f != NULL && wf_report_json(run, f);
    is_ok = f != NULL && fclose(f) == 0 && is_ok;
    if (!is_ok)
        tell_unwritten(run, path);
    return is_ok;
}

bool wf_report_files(struct lab_run *run, const char *dir)
{
    struct lab_buf b = {0};
    struct lab *lab = run->lab;
    char *js = read_whole(&lab->arena, DYGRAPHS_JS), *css = read_whole(&lab->arena, DYGRAPHS_CSS);
    if (js == NULL || css == NULL) {
        (void)fprintf(run->err, "%s: cannot be read; the plots need the package libjs-dygraphs\n",
                      js == NULL ? DYGRAPHS_JS : DYGRAPHS_CSS);
        return false;
    }
    wf_picture_svg(&b, lab, true);
    bool is_ok = write_whole(run, dir, "topology.svg", &b);
    for (size_t i = 0; i < lab->ladders.n; i++) {
        wf_ladder_svg(&b, &run->rec.rungs[i], true);
        is_ok =
            write_whole(run, dir, wf_lab_printf(&lab->arena, "ladder-%zu.svg", i + 1), &b) && is_ok;
    }
    is_ok = write_json(run, dir) && is_ok;
    wf_report_html(run, &b, js, css);
    return write_whole(run, dir, "index.html", &b) && is_ok;
}
