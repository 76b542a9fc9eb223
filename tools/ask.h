/* SPDX-License-Identifier: MIT */
/** DOC: ask - a question to a running host, its answer, and the rows of tables that it has */
#ifndef WEFT_TOOLS_ASK_H
#define WEFT_TOOLS_ASK_H

#include <jansson.h>

#include "net.h"

/** wf_ask_open() - Connect to the host that --host or --control names; 0 or an exit
 * code, and then *@out is NULL */
int wf_ask_open(const char *host, const char *control, struct weft_ctl_client **out);

/**
 * wf_ask() - Ask that host
 * @request: taken
 *
 * Return: its answer, an error of its own, too; NULL with @code set after a line about it if there
 * is none.
 */
json_t *wf_ask(const char *host, const char *control, json_t *request, int *code);

/** wf_print_json() - Print it with indentation */
void wf_print_json(const json_t *what);

/** wf_row_number() - A number of a row; 0 if it has none */
uint64_t wf_row_number(const json_t *row, const char *key);

/** wf_row_text() - A text of a row; "" if it has none */
const char *wf_row_text(const json_t *row, const char *key);

/** wf_row_is() - Whether a row says that something is so */
bool wf_row_is(const json_t *row, const char *key);

/** wf_print_routes() - Routes as ip(8) prints them, the legs of one with several ways below it */
void wf_print_routes(const json_t *rows);

/** wf_print_neighbour() - A neighbour as ip(8) prints it */
void wf_print_neighbour(const json_t *row);

#endif /* WEFT_TOOLS_ASK_H */
