/* SPDX-License-Identifier: MIT */
#include "http_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIST_MAX 10000

/* Copies a path without its slashes in front and behind; false if a part is not allowed. */
static bool clean(char *out, size_t cap, const char *path)
{
    size_t n = 0;
    while (*path == '/')
        path++;
    while (*path != '\0') {
        size_t k = strcspn(path, "/");
        bool is_last = path[k] == '\0' || path[k + 1] == '\0';
        if (k == 0 || path[0] == '.' || n + k + 2 > cap)
            return false;
        memcpy(out + n, path, k);
        n += k;
        if (!is_last)
            out[n++] = '/';
        path += k + (path[k] == '/' ? 1 : 0);
    }
    if (n == 0)
        out[n++] = '.';
    out[n] = '\0';
    return true;
}

/* Part by part; no link is followed. */
static int open_walk(int root, char *path, int flags)
{
    int at = root;
    for (char *part = path;;) {
        size_t k = strcspn(part, "/");
        bool is_last = part[k] == '\0';
        part[k] = '\0';
        int want = is_last ? flags : O_PATH | O_DIRECTORY;
        int fd = openat(at, part, want | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        if (at != root)
            (void)close(at);
        if (fd < 0)
            return -error;
        if (is_last)
            return fd;
        at = fd;
        part += k + 1;
    }
}

static int open_below(int root, char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd >= 0)
        return (int)fd;
    if (errno == ENOSYS || errno == EPERM)
        return open_walk(root, path, flags);
    return -errno;
}

int wf_file_open(int root, const char *path)
{
    char cleaned[4096];
    if (!clean(cleaned, sizeof(cleaned), path))
        return -ENOENT;
    /* O_NONBLOCK: a FIFO somebody put there must not hold everybody up. */
    return open_below(root, cleaned, O_RDONLY | O_NONBLOCK);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t read_names(DIR *d, char **names)
{
    size_t n = 0;
    struct dirent *e;
    /* The stream is ours alone. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (n < LIST_MAX && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        names[n] = strdup(e->d_name);
        if (names[n] == NULL)
            break;
        n++;
    }
    qsort(names, n, sizeof(*names), by_name);
    return n;
}

/* A name inside a link: everything but letters, digits and a few signs is encoded. */
static void put_link(struct wf_text *out, const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (; *name != '\0'; name++) {
        if (strchr(plain, *name) != NULL)
            wf_text_put(out, name, 1);
        else
            wf_text_printf(out, "%%%02X", (unsigned char)*name);
    }
}

static void put_row(struct wf_text *out, int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    const char *slash = S_ISDIR(st.st_mode) ? "/" : "";
    wf_text_printf(out, "<tr><td><a href=\"");
    put_link(out, name);
    wf_text_printf(out, "%s\">", slash);
    wf_text_html(out, name);
    wf_text_printf(out, "%s</a></td><td class=\"n\">", slash);
    if (S_ISREG(st.st_mode))
        wf_text_printf(out, "%lld", (long long)st.st_size);
    wf_text_printf(out, "</td></tr>\n");
}

bool wf_file_list(int dir, struct wf_text *out)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    char **names = calloc(LIST_MAX, sizeof(*names));
    if (d == NULL || names == NULL) {
        if (d != NULL)
            (void)closedir(d);
        else if (copy >= 0)
            (void)close(copy);
        free(names);
        return false;
    }
    size_t n = read_names(d, names);
    for (size_t i = 0; i < n; i++) {
        put_row(out, dir, names[i]);
        free(names[i]);
    }
    free(names);
    (void)closedir(d);
    return true;
}

int wf_put_begin(struct wf_put *p, int root, const char *path)
{
    char cleaned[4096], dir[4096] = ".";
    p->dir = p->fd = -1;
    size_t n = strlen(path);
    if (n == 0 || path[n - 1] == '/' || !clean(cleaned, sizeof(cleaned), path))
        return -EISDIR;
    const char *slash = strrchr(cleaned, '/');
    const char *name = slash != NULL ? slash + 1 : cleaned;
    if (strlen(name) >= sizeof(p->name))
        return -ENAMETOOLONG;
    memcpy(p->name, name, strlen(name) + 1);
    if (slash != NULL) {
        memcpy(dir, cleaned, (size_t)(slash - cleaned));
        dir[slash - cleaned] = '\0';
    }
    p->dir = open_below(root, dir, O_PATH | O_DIRECTORY);
    if (p->dir < 0)
        return p->dir;

    struct stat st;
    p->is_new = fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0;
    uint64_t number;
    if (!p->is_new && S_ISDIR(st.st_mode))
        p->fd = -EISDIR;
    else if (weft_host_entropy(&number, sizeof(number)) < 0)
        p->fd = -EIO;
    if (p->fd == -1) {
        (void)snprintf(p->temp, sizeof(p->temp), ".weft-put-%016llx", (unsigned long long)number);
        p->fd = openat(p->dir, p->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (p->fd < 0)
            p->fd = -errno;
    }
    if (p->fd >= 0)
        return 0;
    int error = p->fd;
    (void)close(p->dir);
    p->dir = p->fd = -1;
    return error;
}

int wf_put_write(struct wf_put *p, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    while (n > 0) {
        ssize_t r = write(p->fd, at, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -EIO;
        at += r;
        n -= (size_t)r;
    }
    return 0;
}

int wf_put_end(struct wf_put *p)
{
    int r = close(p->fd) != 0 ? -errno : 0;
    p->fd = -1;
    if (r == 0 && renameat(p->dir, p->temp, p->dir, p->name) != 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(p->dir, p->temp, 0);
    (void)close(p->dir);
    p->dir = -1;
    return r;
}

void wf_put_drop(struct wf_put *p)
{
    if (p->fd < 0)
        return;
    (void)close(p->fd);
    (void)unlinkat(p->dir, p->temp, 0);
    (void)close(p->dir);
    p->fd = p->dir = -1;
}
