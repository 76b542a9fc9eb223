/* SPDX-License-Identifier: MIT */
/** DOC: The part of the page that shows flows: the numbers that its script draws plots of */
#include <inttypes.h>

#include "run.h"

static const char *time_text(char buf[32], uint64_t ns)
{
    return wf_units_text(buf, 32, LAB_UNIT_TIME, ns);
}

#define PLOT_BYTES_MIN                                                                             \
    12000U /* Of less a plot says nothing that a ladder would not say better.                      \
            */

static bool has_plots(uint64_t bytes)
{
    return bytes >= PLOT_BYTES_MIN;
}

enum column {
    SENT,
    UNA,
    EDGE,
    REX,
    CWND,
    SSTHRESH,
    FLIGHT,
    WND,
    SRTT,
    RTO,
    RWND,
    OOO,
    ACKED,
    OUT,
    IN,
    COLUMNS
};

static const char *const column_names[COLUMNS] = {"sent",     "una",    "edge",  "rex",  "cwnd",
                                                  "ssthresh", "flight", "wnd",   "srtt", "rto",
                                                  "rwnd",     "ooo",    "acked", "out",  "in"};

/* The value of a column in a bin; false if it has none there. */
static bool value_of(const struct lab_bin *k, enum column c, uint64_t *v)
{
    const struct {
        uint64_t value;
        bool is_there;
    } values[COLUMNS] = {
        [SENT] = {k->sent_end, k->has_send},
        [UNA] = {k->una, k->has_ack},
        [EDGE] = {k->wnd_edge, k->has_send},
        [REX] = {k->retrans_seq, k->retrans != 0},
        [CWND] = {k->cwnd, k->has_send || k->has_ack},
        [SSTHRESH] = {k->ssthresh, k->has_ack && k->ssthresh != 0},
        [FLIGHT] = {k->flight_max, k->has_send || k->has_ack},
        [WND] = {k->snd_wnd, k->has_send},
        [SRTT] = {k->srtt_us, k->has_ack && k->srtt_us != 0},
        [RTO] = {k->rto_us, k->has_ack && k->rto_us != 0},
        [RWND] = {k->rcv_wnd, k->has_recv},
        [OOO] = {k->ooo_max, k->has_recv},
        [ACKED] = {k->acked, k->acked != 0},
        [OUT] = {k->sent, k->sent != 0},
        [IN] = {k->received, k->received != 0},
    };
    *v = values[c].value;
    return values[c].is_there;
}

static bool is_empty(const struct lab_bin *k)
{
    return !k->has_send && !k->has_ack && !k->has_recv;
}

static void write_column(struct lab_buf *b, const struct lab_flow *f, enum column c)
{
    bool is_first = true;
    wf_buf_printf(b, ",\"%s\":[", column_names[c]);
    for (size_t i = 0; i < f->bins_n; i++) {
        uint64_t v;
        if (is_empty(&f->bins[i]))
            continue;
        if (value_of(&f->bins[i], c, &v))
            wf_buf_printf(b, "%s%" PRIu64, is_first ? "" : ",", v);
        else
            wf_buf_str(b, is_first ? "null" : ",null");
        is_first = false;
    }
    wf_buf_str(b, "]");
}

static void write_flow_data(const struct lab_run *run, struct lab_buf *b, const struct lab_flow *f,
                            size_t number)
{
    bool is_first = true;
    double t0 = (double)(f->first_ns - run->rec.start_ns) / 1e3;
    wf_buf_printf(b,
                  "<script class=\"flow\" type=\"application/json\" data-plots=\"flow-%zu\">"
                  "{\"t0_us\":%.3f,\"bin_us\":%.3f,\"n\":%zu,\"sends\":%s,\"receives\":%s,\"at\":[",
                  number, t0, (double)f->bin_ns / 1e3, f->bins_n,
                  has_plots(f->bytes_sent) ? "true" : "false",
                  has_plots(f->bytes_received) ? "true" : "false");
    for (size_t i = 0; i < f->bins_n; i++) {
        if (is_empty(&f->bins[i]))
            continue;
        wf_buf_printf(b, "%s%zu", is_first ? "" : ",", i);
        is_first = false;
    }
    wf_buf_str(b, "]");
    for (unsigned c = 0; c < COLUMNS; c++)
        write_column(b, f, (enum column)c);
    wf_buf_str(b, "}</script>\n");
}

static void write_flow(const struct lab_run *run, struct lab_buf *b, const struct lab_flow *f,
                       size_t number)
{
    char sent[32], received[32], rtt0[32], rtt1[32], span[32];
    wf_buf_str(b, "<div class=\"card\"><h3>");
    wf_buf_xml(b, f->label);
    wf_buf_printf(b, "</h3><p class=\"facts\"><b>%s</b> sent, <b>%s</b> received in <b>%s</b>",
                  wf_units_text(sent, sizeof(sent), LAB_UNIT_BYTES, f->bytes_sent),
                  wf_units_text(received, sizeof(received), LAB_UNIT_BYTES, f->bytes_received),
                  time_text(span, f->last_ns - f->first_ns));
    if (f->bytes_sent != 0)
        wf_buf_printf(b,
                      "; <b>%" PRIu32 "</b> segments sent again, <b>%" PRIu32
                      "</b> of them by slow start, <b>%" PRIu32 "</b> probes",
                      f->retrans, f->rtos, f->probes);
    if (f->srtt_max_us != 0)
        wf_buf_printf(b, "; smoothed round trip <b>%s</b> to <b>%s</b>",
                      time_text(rtt0, (uint64_t)f->srtt_min_us * 1000),
                      time_text(rtt1, (uint64_t)f->srtt_max_us * 1000));
    if (!has_plots(f->bytes_sent) && !has_plots(f->bytes_received)) {
        wf_buf_str(b, ". Too short for plots.</p></div>\n");
        return;
    }
    wf_buf_printf(b, "</p><div class=\"plots\" id=\"flow-%zu\"></div></div>\n", number);
    write_flow_data(run, b, f, number);
}

void wf_report_flows(const struct lab_run *run, struct lab_buf *b)
{
    size_t shown = 0;
    if (run->rec.flows.n == 0)
        return;
    wf_report_heading(b, "flows", "TCP flows");
    wf_buf_str(
        b, "<p class=\"hint\">Drag to zoom in, hold shift and drag to move, double-click to see "
           "all. The plots of a flow move together. Click a name to show or hide it; a band is the "
           "range of what was there.</p>\n");
    for (size_t i = 0; i < run->rec.flows.n; i++) {
        const struct lab_flow *f = (const struct lab_flow *)run->rec.flows.items + i;
        if (f->bytes_sent == 0 && f->bytes_received == 0)
            continue; /* Refused, or not a byte came through. */
        write_flow(run, b, f, i);
        shown++;
    }
    if (shown == 0)
        wf_buf_str(b, "<div class=\"card\">No connection moved any data.</div>\n");
    if (run->rec.flows_left_out != 0)
        wf_buf_printf(b,
                      "<p class=\"hint\">More than %d flows: %" PRIu64
                      " records of others are not shown.</p>\n",
                      LAB_FLOWS_MAX, run->rec.flows_left_out);
}

/* ---- comparisons ---- */

/* The flow that sent most to a port; SIZE_MAX if none has plots. */
static size_t flow_to(const struct lab_run *run, uint64_t port)
{
    size_t best = SIZE_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < run->rec.flows.n; i++) {
        const struct lab_flow *f = (const struct lab_flow *)run->rec.flows.items + i;
        if (f->rport == port && has_plots(f->bytes_sent) && f->bytes_sent > most) {
            most = f->bytes_sent;
            best = i;
        }
    }
    return best;
}

static void write_compare(const struct lab_run *run, struct lab_buf *b, const struct lab_compare *c)
{
    bool is_first = true;
    wf_buf_printf(b,
                  "<script class=\"compare\" type=\"application/json\">{\"title\":\"%s\","
                  "\"what\":\"%s\",\"aligned\":%s,\"flows\":[",
                  wf_lab_json(&run->lab->arena, c->title), wf_lab_compare_names[c->what],
                  c->is_aligned ? "true" : "false");
    for (size_t i = 0; i < c->flows_n; i++) {
        size_t flow = flow_to(run, c->flows[i].port);
        if (flow == SIZE_MAX)
            continue;
        wf_buf_printf(b, "%s{\"plots\":\"flow-%zu\",\"label\":\"%s\"}", is_first ? "" : ",", flow,
                      wf_lab_json(&run->lab->arena, c->flows[i].label));
        is_first = false;
    }
    wf_buf_str(b, "]}</script>\n");
}

void wf_report_compares(const struct lab_run *run, struct lab_buf *b)
{
    if (run->lab->compares.n == 0)
        return;
    wf_report_heading(b, "compare", "Side by side");
    wf_buf_str(b, "<div class=\"card\"><div class=\"plots\" id=\"compared\"></div></div>\n");
    for (size_t i = 0; i < run->lab->compares.n; i++)
        write_compare(run, b, (const struct lab_compare *)run->lab->compares.items + i);
}
