/* SPDX-License-Identifier: MIT */
/**
 * DOC: priv - give up what root may do, and have files removed that one then may not remove
 *
 * A host needs root for its links only. Once they are open it becomes another user without any
 * capability and without a way back. What it then cannot remove any more (its control socket in
 * /run, its pid file) is removed by a janitor: a small process that was forked before, holds
 * nothing but a pipe and the names, and wakes up when the host ends, in whatever way.
 */
#ifndef WEFT_TOOLS_PRIV_H
#define WEFT_TOOLS_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#define WF_JANITOR_PATHS_MAX 24

/** struct wf_janitor - A janitor and the files it is to remove; all zero = none */
struct wf_janitor {
    const char *paths[WF_JANITOR_PATHS_MAX];
    unsigned paths_n;
    pid_t pid;
    int fd;
};

/** wf_priv_will_drop() - Whether wf_priv_drop() makes this process another user */
bool wf_priv_will_drop(const char *user);

/** wf_priv_drop() - Become @user (NULL = nobody) if root, without capabilities; 0 or an exit code
 */
int wf_priv_drop(const char *user);

/** wf_janitor_add() - Have a file removed at the end; the text must stay; ignored if it is full */
void wf_janitor_add(struct wf_janitor *j, const char *path);

/** wf_janitor_start() - Fork the janitor, before wf_priv_drop(); 0 or an exit code */
int wf_janitor_start(struct wf_janitor *j);

/** wf_janitor_end() - Have it do its work and wait for it; none is fine */
void wf_janitor_end(struct wf_janitor *j);

/** wf_signals() - Block SIGINT, SIGTERM and SIGHUP; returns a descriptor that reads them, or -1 */
int wf_signals(void);

#endif /* WEFT_TOOLS_PRIV_H */
