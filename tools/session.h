/* SPDX-License-Identifier: MIT */
/** DOC: session - run one job from a command: on links of its own, or inside a running host */
#ifndef WEFT_TOOLS_SESSION_H
#define WEFT_TOOLS_SESSION_H

#include <jansson.h>

#include "net.h"

/**
 * wf_session_run() - Run a job until it is done; SIGINT, SIGTERM and SIGHUP end it early
 * @net: where
 * @request: as job.h says; taken
 * @on_event: called for every event, first for "begin" (the links or the host are there), the last
 *            is "done"; borrows it
 * @arg: for @on_event
 * @body_fd: takes the raw bytes that a running host sends after "done", -1 = there are none
 *
 * Return: 0 after "done", otherwise an exit code after printing why.
 */
int wf_session_run(const struct wf_net *net, json_t *request,
                   void (*on_event)(void *arg, const json_t *event), void *arg, int body_fd);

/** wf_session_print() - An event as a line of JSON on standard output */
void wf_session_print(const json_t *event);

#endif /* WEFT_TOOLS_SESSION_H */
