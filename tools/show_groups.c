/* SPDX-License-Identifier: MIT */
#include "show_groups.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"

static void print_sources(const json_t *r, bool is_link)
{
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(r, "sources"), i, s)
    {
        printf(" %s", wf_row_text(s, "source"));
        if (is_link)
            printf("/%" PRIu64 "s", wf_row_number(s, "timer_ms") / 1000);
    }
}

void wf_print_groups(const json_t *rows)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        bool is_link = strcmp(wf_row_text(r, "side"), "link") == 0;
        printf("%s dev %s %s %s", wf_row_text(r, "group"), wf_row_text(r, "dev"),
               is_link ? "wanted" : "joined", wf_row_text(r, "mode"));
        print_sources(r, is_link);
        if (is_link)
            printf(" version %" PRIu64 " expires %" PRIu64 "s by %s", wf_row_number(r, "version"),
                   wf_row_number(r, "timer_ms") / 1000, wf_row_text(r, "last_reporter"));
        else
            printf(" users %" PRIu64, wf_row_number(r, "users"));
        putchar('\n');
    }
}

void wf_print_igmp(const json_t *rows)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        printf("%s: version %" PRIu64, wf_row_text(r, "dev"), wf_row_number(r, "version"));
        if (wf_row_is(r, "router"))
            printf(" router-version %" PRIu64 " querier %s query %" PRIu64 "s response %" PRIu64
                   "s robustness %" PRIu64,
                   wf_row_number(r, "router_version"), wf_row_text(r, "querier"),
                   wf_row_number(r, "query_ms") / 1000, wf_row_number(r, "response_ms") / 1000,
                   wf_row_number(r, "robustness"));
        if (wf_row_is(r, "forwarding"))
            printf(" forwards ttl %" PRIu64, wf_row_number(r, "threshold"));
        if (wf_row_is(r, "upstream"))
            printf(" upstream");
        putchar('\n');
    }
}

void wf_print_mroutes(const json_t *rows)
{
    size_t i, k;
    const json_t *r, *out;
    json_array_foreach(rows, i, r)
    {
        printf("(%s, %s) iif %s oifs",
               strcmp(wf_row_text(r, "source"), "*") == 0 ? "*" : wf_row_text(r, "source"),
               wf_row_text(r, "group"), wf_row_text(r, "iif"));
        json_array_foreach(json_object_get(r, "oifs"), k, out)
        {
            printf(" %s", json_string_value(out));
        }
        printf(" packets %" PRIu64 " bytes %" PRIu64 " wrong-if %" PRIu64 "\n",
               wf_row_number(r, "packets"), wf_row_number(r, "bytes"),
               wf_row_number(r, "wrong_if"));
    }
}
