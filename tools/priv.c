/* SPDX-License-Identifier: MIT */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define NOBODY_ID 65534

struct ids {
    uid_t uid;
    gid_t gid;
};

/* A name, or NULL for nobody, who exists even where no file says so. */
static bool find_user(const char *user, struct ids *out)
{
    const struct passwd *pw = getpwnam(user != NULL ? user : "nobody");
    *out = (struct ids){NOBODY_ID, NOBODY_ID};
    if (pw != NULL)
        *out = (struct ids){pw->pw_uid, pw->pw_gid};
    return pw != NULL || user == NULL;
}

/* Inside a user namespace only mapped ids can be taken on. */
static bool is_mapped(const char *map, uint32_t id)
{
    char line[128];
    FILE *f = fopen(map, "re");
    bool is_found = f == NULL;
    while (f != NULL && !is_found && fgets(line, sizeof(line), f) != NULL) {
        char *at = line;
        unsigned long inside = strtoul(at, &at, 10);
        (void)strtoul(at, &at, 10);
        unsigned long count = strtoul(at, &at, 10);
        is_found = id >= inside && id - inside < count;
    }
    if (f != NULL)
        (void)fclose(f);
    return is_found;
}

static bool can_become(const struct ids *ids)
{
    return is_mapped("/proc/self/uid_map", ids->uid) && is_mapped("/proc/self/gid_map", ids->gid);
}

bool wf_priv_will_drop(const char *user)
{
    struct ids ids;
    return geteuid() == 0 && find_user(user, &ids) && ids.uid != 0 && can_become(&ids);
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &head, none) != 0)
        return wf_trouble("cannot give up capabilities: %s", strerror(errno));
    return 0;
}

int wf_priv_drop(const char *user)
{
    struct ids ids;
    if (!find_user(user, &ids))
        return wf_usage("there is no user '%s'", user);
    if (geteuid() == 0 && can_become(&ids)) {
        /* A user namespace may forbid setgroups; then the groups are those of its maker. */
        bool has_groups = setgroups(0, NULL) == 0 || getgroups(0, NULL) == 0 || errno == EPERM;
        if (!has_groups || setresgid(ids.gid, ids.gid, ids.gid) != 0 ||
            setresuid(ids.uid, ids.uid, ids.uid) != 0)
            return wf_trouble("cannot become user %u: %s", (unsigned)ids.uid, strerror(errno));
    }
    return drop_capabilities();
}

/* ---- janitor ---- */

void wf_janitor_add(struct wf_janitor *j, const char *path)
{
    if (j->paths_n < WF_JANITOR_PATHS_MAX)
        j->paths[j->paths_n++] = path;
}

/* In the child: hold nothing of the host's, so that its links go when it goes. */
static void wait_and_clean(const struct wf_janitor *j, int fd)
{
    sigset_t all;
    char c;
    sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        (void)dup2(null, i);
    (void)dup2(fd, 3);
    (void)syscall(SYS_close_range, 4U, ~0U, 0U);
    (void)prctl(PR_SET_NAME, "weft-janitor", 0, 0, 0);
    while (read(3, &c, 1) < 0 && errno == EINTR)
        continue;
    for (unsigned i = 0; i < j->paths_n; i++)
        (void)unlink(j->paths[i]);
    _exit(0);
}

int wf_janitor_start(struct wf_janitor *j)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return wf_trouble("cannot make a pipe: %s", strerror(errno));
    j->pid = fork();
    if (j->pid == 0) {
        (void)close(fds[1]);
        wait_and_clean(j, fds[0]);
    }
    (void)close(fds[0]);
    j->fd = fds[1];
    if (j->pid > 0)
        return 0;
    (void)close(fds[1]);
    j->pid = 0;
    return wf_trouble("cannot start a janitor: %s", strerror(errno));
}

void wf_janitor_end(struct wf_janitor *j)
{
    if (j->pid <= 0)
        return;
    (void)close(j->fd);
    while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    j->pid = 0;
}

int wf_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
