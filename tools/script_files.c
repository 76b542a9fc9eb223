/* SPDX-License-Identifier: MIT */
/** DOC: weft script files - which scripts a command line names, and their text */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "script.h"

#define FILE_BYTES_MAX (16L << 20)

static bool push(struct wf_script_list *l, const char *path)
{
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? 64 : l->cap * 2;
        char **more = realloc(l->path, cap * sizeof(*more));
        if (more == NULL)
            return false;
        l->path = more;
        l->cap = cap;
    }
    l->path[l->n] = strdup(path);
    return l->path[l->n] != NULL && ++l->n > 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_script(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".pkt") == 0;
}

/* What is in a folder goes to the end of @l; folders among it are opened later. */
static int open_folder(struct wf_script_list *l, const char *path)
{
    DIR *d = opendir(path);
    int code = 0;
    if (d == NULL)
        return wf_trouble("%s: %s", path, strerror(errno));
    for (struct dirent *e = readdir(d); e != NULL && code == 0; e = readdir(d)) {
        char sub[4096];
        if (e->d_name[0] == '.')
            continue;
        if (snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >= (int)sizeof(sub))
            code = wf_trouble("%s: %s", path, strerror(ENAMETOOLONG));
        else if ((is_script(sub) || is_folder(sub)) && !push(l, sub))
            code = wf_trouble("out of memory");
    }
    (void)closedir(d);
    return code;
}

int wf_script_find(struct wf_script_list *list, const char *path)
{
    struct wf_script_list all = {NULL, 0, 0};
    size_t before = list->n;
    int code = push(&all, path) ? 0 : wf_trouble("out of memory");
    for (size_t i = 0; i < all.n && code == 0; i++) {
        if (is_folder(all.path[i]))
            code = open_folder(&all, all.path[i]);
        else if (!push(list, all.path[i]))
            code = wf_trouble("out of memory");
    }
    for (size_t i = 0; i < all.n; i++)
        free(all.path[i]);
    free(all.path);
    if (list->n > before)
        qsort(list->path + before, list->n - before, sizeof(list->path[0]), by_name);
    else if (code == 0)
        code = wf_usage("%s: there is no script (*.pkt) in it", path);
    return code;
}

char *wf_script_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    long size = -1;
    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    if (size >= 0 && size <= FILE_BYTES_MAX && fseek(f, 0, SEEK_SET) == 0)
        text = malloc((size_t)size + 1);
    else if (size > FILE_BYTES_MAX)
        errno = EFBIG;
    if (text != NULL)
        *n = fread(text, 1, (size_t)size, f);
    (void)fclose(f);
    return text;
}
