/* SPDX-License-Identifier: MIT */
#include "ipopts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPT_NOP     1
#define OPT_RR      7
#define OPT_TS      68
#define OPT_LSRR    131
#define OPT_SSRR    137

#define ROUTE_HEAD  3 /* Type, length, pointer. */
#define TS_HEAD     4 /* ... and overflow and kind. */
#define HOPS_MAX    9
#define PRESPEC_MAX 4
#define TS_ODD      0x80000000u
#define TS_PRESPEC  3
#define TS_BYTES    36 /* Of four with addresses. */

static const char *const kinds[] = {"tsonly", "tsandaddr", NULL, "tsprespec"};

/* ---- building ---- */

static int kind_of(const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "timestamps"));
    for (int i = 0; name != NULL && i <= TS_PRESPEC; i++)
        if (kinds[i] != NULL && strcmp(name, kinds[i]) == 0)
            return i;
    return name == NULL ? -1 : -2;
}

/* The addresses of the hops, @step octets apart; how many, -1 if one is none. */
static int put_hops(uint8_t *out, size_t max, size_t step, const json_t *hops)
{
    struct weft_addr a;
    size_t n = json_array_size(hops);
    if (n > max)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(hops, i));
        if (text == NULL || weft_addr_parse(&a, text) != 0)
            return -1;
        memcpy(out + i * step, a.b + 12, 4);
    }
    return (int)n;
}

static int build_timestamps(uint8_t *out, int kind, const json_t *hops)
{
    int n = put_hops(out + TS_HEAD, kind == TS_PRESPEC ? PRESPEC_MAX : 0, 8, hops);
    if (n < 0 || (kind == TS_PRESPEC && n == 0))
        return -1;
    int len = kind == TS_PRESPEC ? TS_HEAD + n * 8 : kind == 0 ? WEFT_IP_OPTIONS_MAX : TS_BYTES;
    memcpy(out, (uint8_t[]){OPT_TS, (uint8_t)len, TS_HEAD + 1, (uint8_t)kind}, TS_HEAD);
    return len;
}

int wf_ipopts_build(uint8_t out[WEFT_IP_OPTIONS_MAX], const json_t *request)
{
    const json_t *hops = json_object_get(request, "hops");
    bool is_recording = json_is_true(json_object_get(request, "record_route"));
    int kind = kind_of(request);
    memset(out, 0, WEFT_IP_OPTIONS_MAX);
    if (kind == -2 || (is_recording && (kind >= 0 || json_array_size(hops) > 0)))
        return -1;
    if (kind >= 0)
        return build_timestamps(out, kind, hops);
    int n = put_hops(out + 1 + ROUTE_HEAD, HOPS_MAX, 4, hops);
    if (n <= 0 && !is_recording)
        return n;
    int len = ROUTE_HEAD + (is_recording ? HOPS_MAX : n) * 4;
    memcpy(out,
           (uint8_t[]){OPT_NOP, is_recording ? OPT_RR : OPT_LSRR, (uint8_t)len, ROUTE_HEAD + 1},
           1 + ROUTE_HEAD);
    return 1 + len;
}

/* ---- telling ---- */

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static json_t *address(const uint8_t *p)
{
    char text[48];
    struct weft_addr a = weft_ip4(p[0], p[1], p[2], p[3]);
    weft_addr_text(text, sizeof(text), &a);
    return json_string(text);
}

/* Octets of an option that are written: up to its pointer. */
static size_t written(const uint8_t *o)
{
    size_t n = o[2] > o[1] ? o[1] : o[2] - 1u;
    return o[2] == 0 ? 0 : n;
}

static json_t *route_json(const uint8_t *o)
{
    json_t *all = json_array();
    for (size_t at = ROUTE_HEAD; at + 4 <= written(o); at += 4)
        (void)json_array_append_new(all, address(o + at));
    return all;
}

static json_t *stamps_json(const uint8_t *o)
{
    json_t *all = json_array();
    int kind = o[3] & 15;
    size_t slot = kind == 0 ? 4 : 8;
    for (size_t at = TS_HEAD; at + slot <= written(o); at += slot) {
        uint32_t ms = word(o + at + slot - 4);
        json_t *one = json_pack("{s:I,s:b}", "ms", (json_int_t)(ms & ~TS_ODD), "standard",
                                (int)((ms & TS_ODD) == 0));
        if (slot == 8)
            (void)json_object_set_new(one, "address", address(o + at));
        (void)json_array_append_new(all, one);
    }
    return json_pack("{s:s,s:i,s:o}", "kind",
                     kind <= TS_PRESPEC && kinds[kind] != NULL ? kinds[kind] : "?", "overflow",
                     o[3] >> 4, "stamps", all);
}

void wf_ipopts_tell(json_t *event, const uint8_t *opts, size_t bytes)
{
    size_t at = 0;
    while (at < bytes && opts[at] != 0) {
        const uint8_t *o = opts + at;
        if (*o == OPT_NOP) {
            at++;
            continue;
        }
        if (bytes - at < 2 || o[1] < 2 || o[1] > bytes - at)
            return;
        if (*o == OPT_RR && o[1] >= ROUTE_HEAD)
            (void)json_object_set_new(event, "record_route", route_json(o));
        else if ((*o == OPT_LSRR || *o == OPT_SSRR) && o[1] >= ROUTE_HEAD)
            (void)json_object_set_new(event, "source_route", route_json(o));
        else if (*o == OPT_TS && o[1] >= TS_HEAD)
            (void)json_object_set_new(event, "ip_timestamps", stamps_json(o));
        at += o[1];
    }
}

/* ---- printing ---- */

static void print_route(const json_t *route, json_t **last)
{
    size_t i;
    const json_t *a;
    if (json_array_size(route) == 0)
        return;
    if (*last != NULL && json_equal(*last, route)) {
        printf("\t(same route)");
        return;
    }
    json_decref(*last);
    *last = json_deep_copy(route);
    printf("\nRR: ");
    json_array_foreach(route, i, a) printf("\t%s\n", json_string_value(a));
}

/* The first time of a kind is told whole, the others by what they are later. */
static void print_stamps(const json_t *ts)
{
    size_t i;
    const json_t *one;
    json_int_t last[2] = {0, 0};
    if (json_array_size(json_object_get(ts, "stamps")) == 0)
        return;
    printf("\nTS: ");
    json_array_foreach(json_object_get(ts, "stamps"), i, one)
    {
        json_int_t ms = json_integer_value(json_object_get(one, "ms"));
        bool is_standard = json_is_true(json_object_get(one, "standard"));
        const char *who = json_string_value(json_object_get(one, "address"));
        if (who != NULL)
            printf("\t%s", who);
        printf("\t%" JSON_INTEGER_FORMAT "%s%s\n", ms - last[is_standard],
               last[is_standard] == 0 ? " absolute" : "", is_standard ? "" : " not-standard");
        last[is_standard] = ms;
    }
    json_int_t lost = json_integer_value(json_object_get(ts, "overflow"));
    if (lost > 0)
        printf("Unrecorded hops: %" JSON_INTEGER_FORMAT "\n", lost);
}

void wf_ipopts_print(const json_t *event, json_t **last)
{
    const json_t *source = json_object_get(event, "source_route");
    size_t i;
    const json_t *a;
    if (json_array_size(source) > 0)
        printf("\nLSRR: ");
    json_array_foreach(source, i, a) printf("\t%s\n", json_string_value(a));
    print_route(json_object_get(event, "record_route"), last);
    print_stamps(json_object_get(event, "ip_timestamps"));
}
