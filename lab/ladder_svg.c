/* SPDX-License-Identifier: MIT */
/**
 * DOC: Drawing a ladder
 *
 * Time runs down. Between two moments the picture moves on in proportion to the time between them,
 * but at least so far that labels do not touch and at most LEAP pixels, which the axis then says.
 * Labels stand beside the lanes, on the side the packet comes from: no text crosses a line.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define TIME_W   96.0  /* Width of the time axis. */
#define LANE_W   190.0 /* Between two lanes. */
#define CHAR_W   6.7   /* Of a label's character. */
#define ROW_H    17.0  /* Between labels of the same side. */
#define LEAP     58.0  /* Longest way for a pause. */
#define HEAD_H   64.0
#define FLIGHT_H 34.0 /* What the median flight time takes. */
#define TIP_L    9.0  /* Length of an arrow head, */
#define TIP_W    3.6  /* and half of its width. */
#define LOST_H   22.0 /* How far a lost packet's line falls. */

/** struct moment - A leg begins or ends */
struct moment {
    const struct lab_leg *leg;
    uint64_t time_ns;
    size_t index; /* Of the leg. */
    bool is_end;
    bool is_branch; /* Of a packet whose label stands there already. */
    double y;
};

/** struct drawing - A ladder while it is drawn */
struct drawing {
    struct lab_buf *b;
    const struct lab_rungs *l;
    struct moment *m;
    size_t n;
    double *y0, *y1; /* By leg. */
    double left_w, right_w, width, height;
    double scale; /* Pixels a ns. */
    uint64_t first_ns;
};

static const struct lab_leg *leg_at(const struct lab_rungs *l, size_t i)
{
    return (const struct lab_leg *)l->legs.items + i;
}

/* Branches that ended elsewhere, and what was still under way when it ended, have no arrow. */
static bool is_drawn(const struct lab_leg *leg)
{
    return leg->fate != WEFT_FATE_SENT && leg->to != SIZE_MAX && leg->to != leg->from;
}

static bool is_lost(const struct lab_leg *leg)
{
    return leg->fate != WEFT_FATE_DELIVERED;
}

static bool is_leftward(const struct lab_leg *leg)
{
    return leg->to < leg->from;
}

static int by_time(const void *va, const void *vb)
{
    const struct moment *a = va, *b = vb;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->is_end != b->is_end) /* What arrives comes before what it causes. */
        return a->is_end ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int by_number(const void *va, const void *vb)
{
    const uint64_t *a = va, *b = vb;
    return *a < *b ? -1 : *a > *b;
}

static void collect(struct drawing *d)
{
    size_t legs = d->l->legs.n;
    d->m = wf_lab_realloc(NULL, (2 * legs + 1) * sizeof(*d->m));
    d->y0 = wf_lab_realloc(NULL, (legs + 1) * sizeof(*d->y0));
    d->y1 = wf_lab_realloc(NULL, (legs + 1) * sizeof(*d->y1));
    uint64_t *flights = wf_lab_realloc(NULL, (legs + 1) * sizeof(*flights));
    size_t flights_n = 0;
    for (size_t i = 0; i < legs; i++) {
        const struct lab_leg *leg = leg_at(d->l, i);
        if (!is_drawn(leg))
            continue;
        d->m[d->n++] = (struct moment){.leg = leg, .time_ns = leg->sent_ns, .index = i};
        if (is_lost(leg))
            continue;
        d->m[d->n++] =
            (struct moment){.leg = leg, .time_ns = leg->arrived_ns, .index = i, .is_end = true};
        if (leg->arrived_ns > leg->sent_ns)
            flights[flights_n++] = leg->arrived_ns - leg->sent_ns;
    }
    qsort(d->m, d->n, sizeof(*d->m), by_time);
    qsort(flights, flights_n, sizeof(*flights), by_number);
    uint64_t median = flights_n != 0 ? flights[flights_n / 2] : 1000000;
    d->scale = FLIGHT_H / (double)median;
    d->first_ns = d->n != 0 ? d->m[0].time_ns : 0;
    free(flights);
}

static const char *fate_note(const struct lab_leg *leg)
{
    switch (leg->fate) {
    case WEFT_FATE_LOST:
        return "lost";
    case WEFT_FATE_LOST_BURST:
        return "lost in a burst";
    case WEFT_FATE_LOST_LIST:
        return "lost on purpose";
    case WEFT_FATE_QUEUE:
        return "queue full";
    case WEFT_FATE_CUT:
        return "link cut";
    case WEFT_FATE_MTU:
        return "too long";
    case WEFT_FATE_REFUSED:
        return "refused";
    case WEFT_FATE_FCS:
        return "bad check sequence";
    case WEFT_FATE_SENT:
    case WEFT_FATE_DELIVERED:
    case WEFT_FATE_CORRUPTED:
    case WEFT_FATE_DUPLICATED:
    case WEFT_FATE_REORDERED:
    case WEFT_FATE_MARKED:
    case WEFT_FATE_COUNT:
        break;
    }
    return leg->is_copy        ? "copy"
           : leg->is_corrupted ? "corrupted"
           : leg->is_reordered ? "late"
                               : "";
}

/* The beginning of the same packet's first leg, if @m is a branch of it (flooded by a switch). */
static const struct moment *trunk_of(const struct drawing *d, size_t at)
{
    const struct lab_leg *leg = d->m[at].leg;
    for (size_t i = at; i-- > 0 && d->m[i].time_ns == d->m[at].time_ns;) {
        const struct moment *m = &d->m[i];
        if (!m->is_end && m->leg->packet == leg->packet && !leg->is_copy && !is_lost(leg) &&
            is_leftward(m->leg) == is_leftward(leg))
            return m;
    }
    return NULL;
}

static void layout(struct drawing *d)
{
    double y = HEAD_H, row[2] = {0, 0};
    size_t label_max[2] = {8, 8};
    for (size_t i = 0; i < d->n; i++) {
        struct moment *m = &d->m[i];
        double step = i == 0 ? 0 : (double)(m->time_ns - d->m[i - 1].time_ns) * d->scale;
        bool has_passed = i != 0 && m->time_ns != d->m[i - 1].time_ns;
        y += step > LEAP ? LEAP : has_passed && step < 3 ? 3 : step;
        unsigned side = is_leftward(m->leg);
        const struct moment *trunk = m->is_end ? NULL : trunk_of(d, i);
        if (trunk != NULL) {
            m->is_branch = true;
            m->y = d->y0[m->index] = trunk->y;
            continue;
        }
        if (!m->is_end) {
            if (row[side] != 0 && y < row[side] + ROW_H)
                y = row[side] + ROW_H;
            row[side] = y;
            d->y0[m->index] = y;
            size_t chars = strlen(m->leg->label) + strlen(fate_note(m->leg)) + 3;
            if (chars > label_max[side])
                label_max[side] = chars;
        } else {
            if (y < d->y0[m->index] + 2)
                y = d->y0[m->index] + 2;
            d->y1[m->index] = y;
        }
        m->y = y;
    }
    d->left_w = (double)label_max[0] * CHAR_W + 24;
    d->right_w = (double)label_max[1] * CHAR_W + 24;
    d->width = TIME_W + d->left_w + LANE_W * (double)(d->l->spec->lanes_n - 1) + d->right_w;
    d->height = y + LOST_H + 26;
}

static double lane_x(const struct drawing *d, size_t lane)
{
    return TIME_W + d->left_w + LANE_W * (double)lane;
}

/* ---- the parts ---- */

static const char style[] =
    "<style>svg{background:#fff;color:#1d2330}"
    ".ld-lane{stroke:#9aa3b2}.ld-node{fill:#eef1f6;stroke:#9aa3b2}.ld-name{fill:#1d2330}"
    ".ld-time,.ld-lead{fill:#677084;stroke:none}.ld-dots{stroke:#c8cedb}"
    ".ld-a{stroke:#2563c9;fill:none}.ld-tip{fill:#2563c9}.ld-text{fill:#1d2330}"
    ".ld-bad{stroke:#c22f2f}.ld-badtip{fill:#c22f2f}.ld-badtext{fill:#c22f2f}"
    ".ld-odd{stroke:#b5720a}.ld-oddtip{fill:#b5720a}.ld-oddtext{fill:#b5720a}</style>";

static void draw_head(struct drawing *d)
{
    const struct lab_rungs *l = d->l;
    wf_buf_printf(d->b,
                  "<text class=\"ld-time\" x=\"%.0f\" y=\"30\" text-anchor=\"end\">time</text>",
                  TIME_W - 14);
    for (size_t i = 0; i < l->spec->lanes_n; i++) {
        double x = lane_x(d, i);
        const char *name = wf_lab_node(l->lab, l->spec->lanes[i])->name;
        double w = (double)strlen(name) * 8.2 + 26;
        wf_buf_printf(d->b,
                      "<line class=\"ld-lane\" x1=\"%.1f\" y1=\"40\" x2=\"%.1f\" y2=\"%.1f\"/>"
                      "<rect class=\"ld-node\" x=\"%.1f\" y=\"12\" width=\"%.1f\" height=\"28\" "
                      "rx=\"6\"/><text class=\"ld-name\" x=\"%.1f\" y=\"31\" font-size=\"13\" "
                      "font-weight=\"600\" text-anchor=\"middle\">",
                      x, x, d->height - 12, x - w / 2, w, x);
        wf_buf_xml(d->b, name);
        wf_buf_str(d->b, "</text>");
    }
}

static void draw_time(struct drawing *d, const struct moment *m, bool is_after_leap)
{
    double us = (double)(m->time_ns - d->first_ns) / 1000;
    wf_buf_printf(d->b, "<text class=\"ld-time\" x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">",
                  TIME_W - 14, m->y + 4);
    if (us >= 10000000)
        wf_buf_printf(d->b, "%.3f s", us / 1000000);
    else
        wf_buf_printf(d->b, "%.3f ms", us / 1000);
    wf_buf_str(d->b, "</text>");
    if (is_after_leap)
        wf_buf_printf(d->b,
                      "<path class=\"ld-lane\" fill=\"none\" d=\"M%.1f %.1fl-5 3l10 4l-10 4l10 "
                      "4l-5 3\"/>",
                      TIME_W - 30, m->y - LEAP / 2 - 9);
}

static void draw_arrow(struct drawing *d, const struct lab_leg *leg, double y0, double y1)
{
    double x0 = lane_x(d, leg->from), x1 = lane_x(d, leg->to);
    bool bad = is_lost(leg), odd = !bad && *fate_note(leg) != '\0';
    const char *kind = bad ? " ld-bad" : odd ? " ld-odd" : "";
    if (bad) { /* It gets half of the way. */
        x1 = x0 + (x1 > x0 ? 1 : -1) * LANE_W * 0.55;
        y1 = y0 + LOST_H * 0.55;
    }
    double length = sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
    double ux = (x1 - x0) / length, uy = (y1 - y0) / length;
    double bx = x1 - ux * TIP_L, by = y1 - uy * TIP_L;
    wf_buf_printf(
        d->b, "<line class=\"ld-a%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"%s/>", kind,
        x0, y0, bad ? x1 : bx, bad ? y1 : by, leg->is_copy ? " stroke-dasharray=\"5 3\"" : "");
    if (bad) {
        wf_buf_printf(d->b,
                      "<path class=\"ld-a ld-bad\" stroke-width=\"2\" d=\"M%.1f %.1fl8 8m0 -8l-8 "
                      "8\"/>",
                      x1 - 4, y1 - 4);
        return;
    }
    wf_buf_printf(d->b, "<path class=\"ld-tip%s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fz\"/>",
                  odd ? " ld-oddtip" : "", x1, y1, bx - uy * TIP_W, by + ux * TIP_W,
                  bx + uy * TIP_W, by - ux * TIP_W);
    wf_buf_printf(d->b, "<circle class=\"ld-tip%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>",
                  odd ? " ld-oddtip" : "", x0, y0);
}

/* The label, and a dotted line to where its arrow begins. */
static void draw_label(struct drawing *d, const struct lab_leg *leg, double y)
{
    bool is_left = !is_leftward(leg);
    const char *note = fate_note(leg);
    double edge = is_left ? lane_x(d, 0) - 14 : lane_x(d, d->l->spec->lanes_n - 1) + 14;
    double x = lane_x(d, leg->from);
    if ((is_left && leg->from != 0) || (!is_left && leg->from != d->l->spec->lanes_n - 1))
        wf_buf_printf(d->b,
                      "<line class=\"ld-dots\" stroke-dasharray=\"1 3\" x1=\"%.1f\" y1=\"%.1f\" "
                      "x2=\"%.1f\" y2=\"%.1f\"/>",
                      edge + (is_left ? 3 : -3), y, x, y);
    wf_buf_printf(d->b, "<text class=\"ld-text%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
                  is_lost(leg)    ? " ld-badtext"
                  : *note != '\0' ? " ld-oddtext"
                                  : "",
                  edge, y + 4, is_left ? "end" : "start");
    wf_buf_xml(d->b, leg->label);
    if (*note != '\0')
        wf_buf_printf(d->b, " · %s", note);
    wf_buf_str(d->b, "<title>");
    wf_buf_xml(d->b, leg->text);
    wf_buf_str(d->b, "</title></text>");
}

static void draw_moments(struct drawing *d)
{
    double last_time_y = -100;
    uint64_t last_ns = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct moment *m = &d->m[i];
        bool is_leap = i != 0 && (double)(m->time_ns - d->m[i - 1].time_ns) * d->scale > LEAP;
        bool is_news = m->time_ns != last_ns || last_time_y < 0;
        if (!m->is_end && is_news && m->y - last_time_y >= ROW_H - 1) {
            draw_time(d, m, is_leap);
            last_time_y = m->y;
            last_ns = m->time_ns;
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        const struct moment *m = &d->m[i];
        if (m->is_end)
            continue;
        draw_arrow(d, m->leg, d->y0[m->index], d->y1[m->index]);
        if (!m->is_branch)
            draw_label(d, m->leg, m->y);
    }
}

void wf_ladder_svg(struct lab_buf *b, const struct lab_rungs *l, bool is_alone)
{
    struct drawing d = {.b = b, .l = l};
    collect(&d);
    layout(&d);
    wf_buf_printf(b,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" role=\"img\" "
                  "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-size=\"11\" "
                  "font-family=\"DejaVu Sans Mono, ui-monospace, Menlo, Consolas, monospace\">",
                  d.width, d.height, d.width, d.height);
    wf_buf_str(b, "<title>");
    wf_buf_xml(b, l->spec->title);
    wf_buf_str(b, "</title>");
    if (is_alone)
        wf_buf_str(b, style);
    draw_head(&d);
    draw_moments(&d);
    wf_buf_str(b, "</svg>\n");
    free(d.m);
    free(d.y0);
    free(d.y1);
}
