/* SPDX-License-Identifier: MIT */
#include "show_groups.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t number(const json_t *row, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(row, key));
}

static const char *text(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s != NULL ? s : "";
}

static void print_sources(const json_t *r, bool is_link)
{
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(r, "sources"), i, s)
    {
        printf(" %s", text(s, "source"));
        if (is_link)
            printf("/%" PRIu64 "s", number(s, "timer_ms") / 1000);
    }
}

void wf_print_groups(const json_t *rows)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        bool is_link = strcmp(text(r, "side"), "link") == 0;
        printf("%s dev %s %s %s", text(r, "group"), text(r, "dev"), is_link ? "wanted" : "joined",
               text(r, "mode"));
        print_sources(r, is_link);
        if (is_link)
            printf(" version %" PRIu64 " expires %" PRIu64 "s by %s", number(r, "version"),
                   number(r, "timer_ms") / 1000, text(r, "last_reporter"));
        else
            printf(" users %" PRIu64, number(r, "users"));
        putchar('\n');
    }
}

void wf_print_igmp(const json_t *rows)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        printf("%s: version %" PRIu64, text(r, "dev"), number(r, "version"));
        if (json_is_true(json_object_get(r, "router")))
            printf(" router-version %" PRIu64 " querier %s query %" PRIu64 "s response %" PRIu64
                   "s robustness %" PRIu64,
                   number(r, "router_version"), text(r, "querier"), number(r, "query_ms") / 1000,
                   number(r, "response_ms") / 1000, number(r, "robustness"));
        if (json_is_true(json_object_get(r, "forwarding")))
            printf(" forwards ttl %" PRIu64, number(r, "threshold"));
        if (json_is_true(json_object_get(r, "upstream")))
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
               strcmp(text(r, "source"), "*") == 0 ? "*" : text(r, "source"), text(r, "group"),
               text(r, "iif"));
        json_array_foreach(json_object_get(r, "oifs"), k, out)
        {
            printf(" %s", json_string_value(out));
        }
        printf(" packets %" PRIu64 " bytes %" PRIu64 " wrong-if %" PRIu64 "\n",
               number(r, "packets"), number(r, "bytes"), number(r, "wrong_if"));
    }
}
