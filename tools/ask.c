/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <stdio.h>

int wf_ask_open(const char *host, const char *control, struct weft_ctl_client **out)
{
    char path[WF_CTL_PATH_BYTES], err[WEFT_ERRTEXT_BYTES];
    *out = NULL;
    if (host != NULL && control != NULL)
        return wf_usage("--host and --control exclude each other");
    int code = wf_net_control(host, control, path);
    if (code == 0 && weft_ctl_client_open(out, path, err, sizeof(err)) != 0)
        code = wf_trouble("%s", err);
    return code;
}

json_t *wf_ask(const char *host, const char *control, json_t *request, int *code)
{
    struct weft_ctl_client *c;
    json_t *answer = NULL;
    *code = wf_ask_open(host, control, &c);
    if (c == NULL) {
        json_decref(request);
        return NULL;
    }
    if (weft_ctl_client_send(c, request) == 0)
        answer = weft_ctl_client_answer(c);
    weft_ctl_client_close(c);
    if (answer == NULL)
        *code = wf_trouble("the host went away");
    return answer;
}

void wf_print_json(const json_t *what)
{
    if (json_dumpf(what, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
}

uint64_t wf_row_number(const json_t *row, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(row, key));
}

const char *wf_row_text(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s != NULL ? s : "";
}

bool wf_row_is(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}
