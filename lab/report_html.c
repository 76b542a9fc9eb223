/* SPDX-License-Identifier: MIT */
/** DOC: The page that shows everything, in one file, without any network access */
#include <inttypes.h>
#include <string.h>

#include "page/page.h"
#include "picture.h"
#include "run.h"
#include "weft/trace.h"
#include "weft/weft.h"

void wf_report_heading(struct lab_buf *b, const char *id, const char *text)
{
    wf_buf_printf(b, "<h2 id=\"%s\">%s</h2>\n", id, text);
}

static const char *time_text(char buf[32], uint64_t ns)
{
    return wf_units_text(buf, 32, LAB_UNIT_TIME, ns);
}

static bool has_passed(const struct lab_run *run)
{
    return !run->has_failed && run->problem == NULL;
}

/* ---- head ---- */

static void write_head(const struct lab_run *run, struct lab_buf *b, const char *css)
{
    const struct lab *lab = run->lab;
    wf_buf_str(b,
               "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    wf_buf_xml(b, lab->title);
    wf_buf_str(b, " - weft lab</title>\n<style>");
    wf_buf_str(b, css);
    wf_buf_str(b, wf_page_report_css);
    wf_buf_str(b, "</style></head><body>\n<nav><b>weft lab</b><a href=\"#steps\">Steps</a>"
                  "<a href=\"#topology\">Topology</a>");
    if (lab->compares.n != 0)
        wf_buf_str(b, "<a href=\"#compare\">Side by side</a>");
    if (run->rec.flows.n != 0)
        wf_buf_str(b, "<a href=\"#flows\">TCP flows</a>");
    if (lab->ladders.n != 0)
        wf_buf_str(b, "<a href=\"#ladders\">Ladders</a>");
    wf_buf_str(b, "<a href=\"#links\">Links</a><a href=\"#nodes\">Nodes</a>"
                  "<a href=\"result.json\">result.json</a></nav>\n<main>\n<h1>");
    wf_buf_xml(b, lab->title);
    wf_buf_printf(b, "</h1><span class=\"chip %s\">%s</span>\n", has_passed(run) ? "ok" : "bad",
                  has_passed(run) ? "passed" : "failed");
    if (lab->description != NULL) {
        wf_buf_str(b, "<p class=\"lead\">");
        wf_buf_xml(b, lab->description);
        wf_buf_str(b, "</p>\n");
    }
    if (run->problem != NULL) {
        wf_buf_str(b, "<p><span class=\"chip bad\">ended early</span> ");
        wf_buf_xml(b, run->problem);
        wf_buf_str(b, "</p>\n");
    }
}

static void tile(struct lab_buf *b, const char *name, const char *class, const char *value)
{
    wf_buf_printf(b, "<div class=\"tile\"><span>%s</span><b class=\"%s\">", name, class);
    wf_buf_xml(b, value);
    wf_buf_str(b, "</b></div>");
}

static void write_tiles(struct lab_run *run, struct lab_buf *b)
{
    struct lab_arena *a = &run->lab->arena;
    char buf[32];
    uint64_t frames = 0;
    for (size_t i = 0; i < run->lab->links.n; i++) {
        struct weft_link_stats s[2];
        weft_link_stats(wf_lab_link(run->lab, i)->link, 0, &s[0]);
        weft_link_stats(wf_lab_link(run->lab, i)->link, 1, &s[1]);
        frames += s[0].pkts[WEFT_FATE_SENT] + s[1].pkts[WEFT_FATE_SENT];
    }
    double virtual_s = (double)(run->end_ns - run->start_ns) / 1e9;
    double speed = run->real_s > 0 ? virtual_s / run->real_s : 0;
    wf_buf_str(b, "<div class=\"tiles\">");
    tile(b, "Expectations that hold", "",
         wf_lab_printf(a, "%u of %u", run->expects_true, run->expects_true + run->expects_false));
    tile(b, "Steps run", "", wf_lab_printf(a, "%zu", run->steps_run));
    tile(b, "Virtual time", "", time_text(buf, run->end_ns - run->start_ns));
    tile(b, "Real time", "", wf_lab_printf(a, "%.2f s (%.*fx)", run->real_s, speed < 10, speed));
    tile(b, "Frames sent on links", "", wf_lab_printf(a, "%" PRIu64, frames));
    tile(b, "Seed", "", wf_lab_printf(a, "%" PRIu64, run->seed));
    tile(b, "Trace hash", "code", wf_lab_printf(a, "%016" PRIx64, weft_world_hash(run->w)));
    const char *slash = strrchr(run->lab->file, '/');
    tile(b, "Lab file", "code", slash != NULL ? slash + 1 : run->lab->file);
    wf_buf_str(b, "</div>\n");
}

/* ---- steps ---- */

static void write_expects(const struct lab_run *run, struct lab_buf *b,
                          const struct lab_vec *expects)
{
    if (expects->n == 0)
        return;
    wf_buf_str(b, "<ul class=\"expect\">");
    for (size_t i = 0; i < expects->n; i++) {
        const struct lab_expect *e = wf_lab_expect(expects, i);
        wf_buf_printf(b, "<li class=\"%s\">", e->holds ? "holds" : "false");
        wf_buf_xml(b, e->text);
        wf_buf_str(b, e->holds ? " <span class=\"got\">(got " : " <span>- got ");
        wf_buf_xml(b, e->got != NULL ? e->got : "nothing");
        wf_buf_str(b, e->holds ? ")</span>" : "</span>");
        if (!e->holds)
            wf_buf_printf(b, ", line %u", e->mark.line);
        wf_buf_str(b, "</li>");
    }
    wf_buf_str(b, "</ul>");
    (void)run;
}

static void write_step(const struct lab_run *run, struct lab_buf *b, const struct lab_step *s,
                       const char *number, bool is_inner)
{
    static const char *const chips[] = {[LAB_NOT_RUN] = "none\">not run",
                                        [LAB_RUNNING] = "none\">running",
                                        [LAB_PASSED] = "ok\">passed",
                                        [LAB_FAILED] = "bad\">failed"};
    char began[32], took[32];
    bool has_run = s->outcome != LAB_NOT_RUN;
    wf_buf_printf(b, "<tr><td class=\"num\">%s</td><td%s>", number,
                  is_inner ? " class=\"inner\"" : "");
    wf_buf_xml(b, s->name);
    wf_buf_printf(b, "<small>%s, line %u</small></td><td><span class=\"chip %s</span></td>",
                  wf_lab_step_names[s->kind], s->mark.line, chips[s->outcome]);
    wf_buf_printf(b, "<td class=\"num\">%s</td><td class=\"num\">%s</td><td>",
                  has_run ? time_text(began, s->started_ns - run->start_ns) : "",
                  has_run ? time_text(took, s->ended_ns - s->started_ns) : "");
    if (s->summary != NULL)
        wf_buf_xml(b, s->summary);
    if (s->problem != NULL) {
        wf_buf_str(b, "<ul class=\"expect\"><li class=\"false\">");
        wf_buf_xml(b, s->problem);
        wf_buf_str(b, "</li></ul>");
    }
    if (has_run)
        write_expects(run, b, &s->expects);
    if (s->shown != NULL) {
        wf_buf_str(b, "<pre>");
        wf_buf_xml(b, s->shown);
        wf_buf_str(b, "</pre>");
    }
    wf_buf_str(b, "</td></tr>\n");
}

static void write_steps(const struct lab_run *run, struct lab_buf *b)
{
    const struct lab *lab = run->lab;
    wf_report_heading(b, "steps", "Steps");
    wf_buf_str(b, "<div class=\"card scroll\"><table class=\"steps\"><tr><th "
                  "class=\"num\">#</th><th>Step</th>"
                  "<th>Result</th><th class=\"num\">Began at</th><th class=\"num\">Took</th>"
                  "<th>What it did, and what was expected</th></tr>\n");
    for (size_t i = 0; i < lab->steps.n; i++) {
        const struct lab_step *s = wf_lab_step(&lab->steps, i);
        char number[48];
        (void)snprintf(number, sizeof(number), "%zu", i + 1);
        write_step(run, b, s, number, false);
        for (size_t j = 0; j < s->steps.n; j++) {
            (void)snprintf(number, sizeof(number), "%zu%c", i + 1, (char)('a' + j % 26));
            write_step(run, b, wf_lab_step(&s->steps, j), number, true);
        }
    }
    wf_buf_str(b, "</table></div>\n");
    if (lab->expects.n != 0) {
        wf_buf_str(b, "<div class=\"card\"><h3>At the end</h3>");
        write_expects(run, b, &lab->expects);
        wf_buf_str(b, "</div>\n");
    }
}

/* ---- ladders, topology ---- */

static void write_ladders(const struct lab_run *run, struct lab_buf *b)
{
    if (run->lab->ladders.n == 0)
        return;
    wf_report_heading(b, "ladders", "Ladders");
    wf_buf_str(b, "<div class=\"card\">");
    for (size_t i = 0; i < run->lab->ladders.n; i++) {
        const struct lab_rungs *l = &run->rec.rungs[i];
        wf_buf_str(b, "<details open><summary>");
        wf_buf_xml(b, l->spec->title);
        wf_buf_printf(b, "<small>%" PRIu64 " packet%s%s</small></summary><div class=\"scroll\">",
                      l->packets, l->packets == 1 ? "" : "s",
                      l->is_full ? ", as many as were asked for" : "");
        if (l->packets == 0)
            wf_buf_str(b, "<p class=\"hint\">No packet passed that this ladder asks for.</p>");
        else
            wf_ladder_svg(b, l, false);
        wf_buf_printf(
            b,
            "</div><p class=\"hint\"><a href=\"ladder-%zu.svg\">ladder-%zu.svg</a></p></details>\n",
            i + 1, i + 1);
    }
    wf_buf_str(b, "</div>\n");
}

static void write_topology(const struct lab_run *run, struct lab_buf *b)
{
    wf_report_heading(b, "topology", "Topology");
    wf_buf_str(b, "<div class=\"card scroll\">");
    wf_picture_svg(b, run->lab, false);
    wf_buf_str(b, "</div>\n");
}

/* ---- links ---- */

/** struct link_column - A column of the table of links: the sum of some fates */
struct link_column {
    const char *title;
    unsigned fates; /* Bits by enum weft_fate; 0: the longest queue. */
};

static const struct link_column link_columns[] = {
    {"Sent", 1U << WEFT_FATE_SENT},
    {"Delivered", 1U << WEFT_FATE_DELIVERED},
    {"Lost", 1U << WEFT_FATE_LOST | 1U << WEFT_FATE_LOST_BURST | 1U << WEFT_FATE_LOST_LIST},
    {"Queue full", 1U << WEFT_FATE_QUEUE},
    {"Cut", 1U << WEFT_FATE_CUT},
    {"Refused", 1U << WEFT_FATE_MTU | 1U << WEFT_FATE_REFUSED | 1U << WEFT_FATE_FCS},
    {"Copies", 1U << WEFT_FATE_DUPLICATED},
    {"Held back", 1U << WEFT_FATE_REORDERED},
    {"Corrupted", 1U << WEFT_FATE_CORRUPTED},
    {"Marked", 1U << WEFT_FATE_MARKED},
    {"Longest queue", 0},
};
#define LINK_COLUMNS (sizeof(link_columns) / sizeof(link_columns[0]))

static uint64_t link_number(const struct lab_link *link, unsigned d, const struct link_column *c)
{
    struct weft_link_stats s;
    uint64_t sum = 0;
    weft_link_stats(link->link, d, &s);
    for (unsigned f = 0; f < WEFT_FATE_COUNT; f++)
        sum += (c->fates >> f & 1) != 0 ? s.pkts[f] : 0;
    return c->fates != 0 ? sum : s.queue_pkts_max;
}

/* Columns that are empty for all links are left out. */
static bool is_column_used(const struct lab *lab, const struct link_column *c)
{
    for (size_t i = 0; i < lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(lab, i);
        if (link_number(link, 0, c) + link_number(link, 1, c) != 0)
            return true;
    }
    return false;
}

static void write_direction(const struct lab_run *run, struct lab_buf *b,
                            const struct lab_link *link, unsigned d)
{
    struct weft_link_stats s;
    char size[32];
    weft_link_stats(link->link, d, &s);
    const struct lab_end *from = &link->end[d], *to = &link->end[1 - d];
    wf_buf_printf(b, "<tr><td class=\"name\">%s:%s to %s:%s</td><td class=\"num\">%s</td>",
                  wf_lab_node(run->lab, from->node)->name, from->iface,
                  wf_lab_node(run->lab, to->node)->name, to->iface,
                  wf_units_text(size, sizeof(size), LAB_UNIT_BYTES, s.bytes[WEFT_FATE_SENT]));
    for (size_t c = 0; c < LINK_COLUMNS; c++) {
        uint64_t n = link_number(link, d, &link_columns[c]);
        if (!is_column_used(run->lab, &link_columns[c]))
            continue;
        wf_buf_str(b, "<td class=\"num\">");
        if (n != 0)
            wf_buf_printf(b, "%" PRIu64, n);
        wf_buf_str(b, "</td>");
    }
}

static void write_links_head(const struct lab_run *run, struct lab_buf *b)
{
    wf_report_heading(b, "links", "Links");
    wf_buf_str(b, "<div class=\"card scroll\"><table><tr><th>Direction</th><th "
                  "class=\"num\">Bytes</th>");
    for (size_t c = 0; c < LINK_COLUMNS; c++) {
        if (is_column_used(run->lab, &link_columns[c]))
            wf_buf_printf(b, "<th class=\"num\">%s</th>", link_columns[c].title);
    }
    wf_buf_str(b, "<th>Capture</th></tr>\n");
}

static void write_links(const struct lab_run *run, struct lab_buf *b)
{
    write_links_head(run, b);
    for (size_t i = 0; i < run->lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(run->lab, i);
        const struct lab_capture *c = &run->rec.ears[i].capture;
        write_direction(run, b, link, 0);
        wf_buf_str(b, "<td class=\"wide\" rowspan=\"2\"><a href=\"");
        wf_buf_xml(b, c->file);
        wf_buf_printf(b, "\">pcapng</a> of %" PRIu64 " frames", c->packets);
        if (c->left_out != 0)
            wf_buf_printf(b, "<small>full: the last %" PRIu64 " are not in it</small>",
                          c->left_out);
        wf_buf_str(b, "</td></tr>");
        write_direction(run, b, link, 1);
        wf_buf_str(b, "</tr>\n");
    }
    wf_buf_printf(b,
                  "</table></div>\n<p class=\"hint\">Captures keep the first %" PRIu64
                  " frames of a link and the first %" PRIu64 " bytes of each (capture: packets, "
                  "snaplen in the lab file). Comments say what the link did to a frame.</p>\n",
                  run->lab->capture_packets, run->lab->capture_snaplen);
}

/* ---- nodes ---- */

static void write_numbers(struct lab_buf *b, const char *title, unsigned n,
                          const char *(*name_of)(unsigned),
                          uint64_t (*value)(const struct weft_stack *, unsigned),
                          const struct weft_stack *st)
{
    bool is_empty_table = true;
    wf_buf_printf(b, "<div><h4>%s</h4><table>", title);
    for (unsigned i = 0; i < n; i++) {
        if (value(st, i) == 0)
            continue;
        is_empty_table = false;
        wf_buf_printf(b, "<tr><td><code>%s</code></td><td class=\"num\">%" PRIu64 "</td></tr>",
                      name_of(i), value(st, i));
    }
    wf_buf_str(b, is_empty_table ? "</table><p class=\"hint\">none</p></div>" : "</table></div>");
}

static uint64_t sum_of(unsigned n, uint64_t (*value)(const struct weft_stack *, unsigned),
                       const struct weft_stack *st)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += value(st, i);
    return sum;
}

static void write_host(const struct lab_run *run, struct lab_buf *b, size_t i)
{
    const struct lab_node *node = wf_lab_node(run->lab, i);
    const struct weft_stack *st = weft_node_stack(node->node);
    wf_buf_printf(b,
                  "<small>%s, %" PRIu64 " frames in, %" PRIu64 " out, %" PRIu64
                  " packets dropped or consumed</small></summary><div class=\"halves\">",
                  wf_lab_kind_names[node->set.kind], weft_counter(st, WEFT_COUNT_RX_FRAMES),
                  weft_counter(st, WEFT_COUNT_TX_FRAMES), sum_of(WEFT_DROP_COUNT, weft_drops, st));
    write_numbers(b, "Counters", WEFT_COUNT_COUNT, weft_counter_name, weft_counter, st);
    write_numbers(b, "Where packets ended", WEFT_DROP_COUNT, weft_drop_name, weft_drops, st);
    wf_buf_str(b, "</div><pre>");
    wf_buf_xml(b, wf_show(run->lab, i, 0x1f)); /* All but counters and drops. */
    wf_buf_str(b, "</pre>");
    if (node->trace_lost != 0)
        wf_buf_printf(b,
                      "<p class=\"hint\">%" PRIu64 " trace records were overwritten before they "
                      "were read (limits: trace).</p>",
                      node->trace_lost);
}

static void write_bridge(struct lab_buf *b, const struct lab_node *node)
{
    struct weft_bridge_stats s;
    weft_bridge_stats(node->bridge, &s);
    wf_buf_printf(b,
                  "<small>%s</small></summary><p class=\"facts\"><b>%" PRIu64
                  "</b> frames forwarded, <b>%" PRIu64 "</b> flooded, <b>%" PRIu64
                  "</b> filtered; <b>%" PRIu32 "</b> addresses known</p>",
                  wf_lab_kind_names[node->set.kind], s.forwarded, s.flooded, s.filtered, s.entries);
}

static void write_nodes(const struct lab_run *run, struct lab_buf *b)
{
    wf_report_heading(b, "nodes", "Nodes");
    wf_buf_str(b, "<div class=\"card\">");
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        const struct lab_node *node = wf_lab_node(run->lab, i);
        wf_buf_printf(b, "<details><summary>%s", node->name);
        if (wf_lab_is_bridge(node))
            write_bridge(b, node);
        else
            write_host(run, b, i);
        wf_buf_str(b, "</details>\n");
    }
    wf_buf_str(b, "</div>\n");
}

void wf_report_html(struct lab_run *run, struct lab_buf *b, const char *dygraphs_js,
                    const char *dygraphs_css)
{
    write_head(run, b, dygraphs_css);
    write_tiles(run, b);
    write_steps(run, b);
    write_topology(run, b);
    wf_report_compares(run, b);
    wf_report_flows(run, b);
    write_ladders(run, b);
    write_links(run, b);
    write_nodes(run, b);
    wf_buf_str(b, "<footer>Made by weft " WEFT_VERSION
                  ". Plots: dygraphs (MIT licence).</footer>\n</main>\n<script>");
    wf_buf_str(b, dygraphs_js);
    wf_buf_str(b, "</script>\n<script>");
    wf_buf_str(b, wf_page_report_js);
    wf_buf_str(b, "</script>\n</body></html>\n");
}
