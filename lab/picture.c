/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHAR_W 6.4
#define LINE_H 15.0
#define PAD    12.0
#define GAP_Y  34.0
#define GAP_LABEL                                                                                  \
    66.0 /* Between nodes one above the other, where links between such have labels. */
#define GAP_X     44.0 /* Beside the widest label of a link. */
#define MARGIN    16.0
#define LINES_MAX 6

/** struct place - Where a node stands */
struct place {
    size_t degree, column, row;
    size_t hub; /* For a leaf: the node it hangs on; SIZE_MAX for the core. */
    bool is_placed;
    double x, y, w, h; /* Centre and size. */
    const char *lines[LINES_MAX];
    size_t lines_n;
};

/** struct picture - A topology being laid out */
struct picture {
    const struct lab *lab;
    struct lab_arena arena;
    struct place *p; /* By node. */
    size_t n, columns;
    size_t *queue;
    double width, height;
};

/* ---- what links and nodes say ---- */

static const char *unit(struct lab_arena *a, enum lab_unit u, uint64_t v)
{
    char buf[32];
    return wf_lab_strdup(a, wf_units_text(buf, sizeof(buf), u, v));
}

static void say_wire(struct lab_arena *a, const struct lab_quality *q, struct lab_buf *b)
{
    if (q->rate != 0)
        wf_buf_printf(b, "%s", unit(a, LAB_UNIT_RATE, q->rate));
    if (q->delay != 0)
        wf_buf_printf(b, "%s%s", b->len != 0 ? ", " : "", unit(a, LAB_UNIT_TIME, q->delay));
    if (q->jitter != 0)
        wf_buf_printf(b, " ±%s", unit(a, LAB_UNIT_TIME, q->jitter));
}

static void say_harm(struct lab_arena *a, const struct lab_quality *q, struct lab_buf *b)
{
    const struct {
        uint64_t share;
        const char *name;
    } harm[] = {{q->loss, "loss"},
                {q->burst_enter, "bursts"},
                {q->reorder_share, "reordered"},
                {q->duplicate, "duplicated"},
                {q->corrupt, "corrupted"}};
    for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
        if (harm[i].share != 0)
            wf_buf_printf(b, "%s%s %s", b->len != 0 ? ", " : "",
                          unit(a, LAB_UNIT_SHARE, harm[i].share), harm[i].name);
    }
    if (q->lose_n != 0)
        wf_buf_printf(b, "%s%zu lost by number", b->len != 0 ? ", " : "", q->lose_n);
}

static size_t add_line(struct lab_arena *a, struct lab_buf *b, const char **lines, size_t n,
                       size_t max, const char *before)
{
    if (b->len != 0 && n < max)
        lines[n++] = wf_lab_printf(a, "%s%s", before, b->s);
    wf_buf_free(b);
    return n;
}

size_t wf_picture_quality(struct lab_arena *a, const struct lab_link *link, bool is_upright,
                          const char **lines, size_t max)
{
    const char *there = is_upright ? "↓ " : "→ ", *back = is_upright ? "↑ " : "← ";
    struct lab_buf wire[2] = {{0}}, harm[2] = {{0}};
    for (unsigned d = 0; d < 2; d++) {
        wf_buf_str(&wire[d], "");
        wf_buf_str(&harm[d], "");
        say_wire(a, &link->q[d], &wire[d]);
        say_harm(a, &link->q[d], &harm[d]);
    }
    size_t n = 0;
    bool same_wire = strcmp(wire[0].s, wire[1].s) == 0, same = strcmp(harm[0].s, harm[1].s) == 0;
    if (same_wire)
        wf_buf_free(&wire[1]);
    if (same)
        wf_buf_free(&harm[1]);
    n = add_line(a, &wire[0], lines, n, max, same_wire ? "" : there);
    n = add_line(a, &wire[1], lines, n, max, back);
    n = add_line(a, &harm[0], lines, n, max, same ? "" : there);
    return add_line(a, &harm[1], lines, n, max, back);
}

static void say_node(struct picture *pic, size_t i)
{
    const struct lab_node *node = wf_lab_node(pic->lab, i);
    struct place *p = &pic->p[i];
    size_t chars = strlen(node->name) + strlen(wf_lab_kind_names[node->set.kind]) + 3;
    for (size_t j = 0; j < node->ifaces.n && p->lines_n < LINES_MAX; j++) {
        const struct lab_iface *f = (const struct lab_iface *)node->ifaces.items + j;
        if (f->addrs_n == 0)
            continue;
        if (p->lines_n == LINES_MAX - 1 && j + 1 < node->ifaces.n) {
            p->lines[p->lines_n++] = wf_lab_printf(&pic->arena, "and %zu more", node->ifaces.n - j);
            break;
        }
        char addr[48];
        weft_addr_text(addr, sizeof(addr), &f->addrs[0].addr);
        const char *line =
            wf_lab_printf(&pic->arena, "%s %s/%u", f->name, addr, f->addrs[0].prefix_len);
        chars = strlen(line) > chars ? strlen(line) : chars;
        p->lines[p->lines_n++] = line;
    }
    p->w = (double)chars * CHAR_W + 2 * PAD;
    p->h = LINE_H * (double)(p->lines_n + 1) + PAD;
}

/* ---- columns and rows ---- */

static size_t other_end(const struct lab_link *link, size_t node)
{
    return link->end[0].node == node ? link->end[1].node : link->end[0].node;
}

static bool touches(const struct lab_link *link, size_t node)
{
    return link->end[0].node == node || link->end[1].node == node;
}

static void find_leaves(struct picture *pic)
{
    const struct lab *lab = pic->lab;
    for (size_t i = 0; i < lab->links.n; i++) {
        pic->p[wf_lab_link(lab, i)->end[0].node].degree++;
        pic->p[wf_lab_link(lab, i)->end[1].node].degree++;
    }
    for (size_t i = 0; i < pic->n; i++)
        pic->p[i].hub = SIZE_MAX;
    for (size_t i = 0; i < lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(lab, i);
        for (unsigned e = 0; e < 2; e++) {
            size_t leaf = link->end[e].node, hub = link->end[1 - e].node;
            if (pic->p[leaf].degree == 1 && pic->p[hub].degree > 1)
                pic->p[leaf].hub = hub;
        }
    }
}

/* Breadth first over the core from @start: columns are distances. Returns the last node reached. */
static size_t spread(struct picture *pic, size_t start, size_t column)
{
    size_t head = 0, tail = 0;
    pic->queue[tail++] = start;
    pic->p[start].is_placed = true;
    pic->p[start].column = column;
    while (head < tail) {
        size_t at = pic->queue[head++];
        for (size_t i = 0; i < pic->lab->links.n; i++) {
            const struct lab_link *link = wf_lab_link(pic->lab, i);
            size_t next = touches(link, at) ? other_end(link, at) : at;
            if (next == at || pic->p[next].is_placed || pic->p[next].hub != SIZE_MAX)
                continue;
            pic->p[next].is_placed = true;
            pic->p[next].column = pic->p[at].column + 1;
            pic->queue[tail++] = next;
        }
    }
    return pic->queue[tail - 1];
}

static void unplace(struct picture *pic, size_t from)
{
    size_t head = 0;
    for (; head < pic->n; head++)
        pic->p[head].is_placed = pic->p[head].is_placed && pic->p[head].column < from;
}

/* Each part of the core that hangs together gets its columns, one part after the other. */
static void place_core(struct picture *pic)
{
    size_t next_column = 1; /* Column 0 is for the leaves of the first. */
    for (size_t i = 0; i < pic->n; i++) {
        if (pic->p[i].is_placed || pic->p[i].hub != SIZE_MAX)
            continue;
        size_t start = spread(pic, i, next_column); /* One end of the longest way; */
        unplace(pic, next_column);
        size_t end = spread(pic, start, next_column); /* the columns count from there. */
        if (end < start) { /* The node that the file names first stands left. */
            unplace(pic, next_column);
            (void)spread(pic, end, next_column);
        }
        size_t last = next_column;
        for (size_t j = 0; j < pic->n; j++) {
            if (pic->p[j].is_placed && pic->p[j].column > last)
                last = pic->p[j].column;
        }
        next_column = last + 2;
        pic->columns = last + 2;
    }
}

/* Leaves of the outermost columns go further out, the others next to their hub. */
static void place_leaves(struct picture *pic)
{
    size_t first = SIZE_MAX, last = 0;
    for (size_t i = 0; i < pic->n; i++) {
        if (pic->p[i].hub != SIZE_MAX)
            continue;
        first = pic->p[i].column < first ? pic->p[i].column : first;
        last = pic->p[i].column > last ? pic->p[i].column : last;
    }
    size_t seen = 0;
    for (size_t i = 0; i < pic->n; i++) {
        struct place *p = &pic->p[i];
        if (p->hub == SIZE_MAX)
            continue;
        size_t at = pic->p[p->hub].column;
        bool is_left = at == first && (at != last || seen++ % 2 == 0);
        p->column = is_left ? at - 1 : at == last ? at + 1 : at;
        p->is_placed = true;
    }
}

/* About the width of a label; the bytes that go on with a character take no room. */
static double label_width(const char *s)
{
    size_t chars = 0;
    for (; *s != '\0'; s++)
        chars += (*s & 0xc0) != 0x80;
    return (double)chars * CHAR_W * 0.94;
}

/* The widest label between the nodes up to a column and those beyond it. */
static double widest_label(struct picture *pic, size_t column)
{
    double width = 0;
    for (size_t i = 0; i < pic->lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(pic->lab, i);
        size_t a = pic->p[link->end[0].node].column, b = pic->p[link->end[1].node].column;
        if ((a <= column) == (b <= column))
            continue;
        const char *lines[4];
        size_t n = wf_picture_quality(&pic->arena, link, false, lines, 4);
        for (size_t j = 0; j < n; j++)
            width = label_width(lines[j]) > width ? label_width(lines[j]) : width;
    }
    return width;
}

/* Mean height of what a node is linked to: nodes of a column stand in this order. */
static double pull(const struct picture *pic, size_t node)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < pic->lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(pic->lab, i);
        if (!touches(link, node))
            continue;
        sum += pic->p[other_end(link, node)].y;
        n++;
    }
    return n != 0 ? sum / n : 0;
}

/* Between the nodes of a column: more where links between them have labels. */
static double gap_of(const struct picture *pic, size_t column)
{
    for (size_t i = 0; i < pic->lab->links.n; i++) {
        const struct lab_end *end = wf_lab_link(pic->lab, i)->end;
        if (pic->p[end[0].node].column == column && pic->p[end[1].node].column == column)
            return GAP_LABEL;
    }
    return GAP_Y;
}

/* Puts the nodes of a column one below the other, centred; in the order of their pull or number. */
static void stack_column(struct picture *pic, size_t column, double x, bool by_pull)
{
    size_t *in = pic->queue, n = 0;
    double total = 0, gap = gap_of(pic, column);
    for (size_t i = 0; i < pic->n; i++) {
        if (pic->p[i].column != column)
            continue;
        size_t at = n++;
        for (; by_pull && at > 0 && pull(pic, in[at - 1]) > pull(pic, i); at--)
            in[at] = in[at - 1];
        in[at] = i;
        total += pic->p[i].h + gap;
    }
    double y = -(total - gap) / 2;
    for (size_t i = 0; i < n; i++) {
        struct place *p = &pic->p[in[i]];
        p->x = x;
        p->y = y + p->h / 2;
        y += p->h + gap;
    }
}

static void lay_out(struct picture *pic)
{
    double x = MARGIN, gap = 0, top = 0, bottom = 0, last_w = 0;
    for (unsigned round = 0; round < 3; round++) {
        x = MARGIN;
        last_w = 0;
        for (size_t c = 0; c < pic->columns; c++) {
            double w = 0;
            for (size_t i = 0; i < pic->n; i++) {
                if (pic->p[i].column == c && pic->p[i].w > w)
                    w = pic->p[i].w;
            }
            if (w == 0)
                continue;
            x += last_w != 0 ? gap + GAP_X : 0;
            stack_column(pic, c, x + w / 2, round != 0);
            x += w;
            gap = widest_label(pic, c);
            last_w = w;
        }
    }
    for (size_t i = 0; i < pic->n; i++) {
        const struct place *p = &pic->p[i];
        top = p->y - p->h / 2 < top ? p->y - p->h / 2 : top;
        bottom = p->y + p->h / 2 > bottom ? p->y + p->h / 2 : bottom;
    }
    for (size_t i = 0; i < pic->n; i++)
        pic->p[i].y += MARGIN - top;
    pic->width = x + MARGIN;
    pic->height = bottom - top + 2 * MARGIN;
}

/* ---- drawing ---- */

static const char style[] =
    "<style>svg{background:#fff}.tp-link{stroke:#8a93a5;stroke-width:1.6}"
    ".tp-bad{stroke:#b5720a}.tp-box{fill:#eef3fc;stroke:#2563c9}"
    ".tp-router .tp-box{fill:#e9f6ee;stroke:#1f8a4c}.tp-bridge .tp-box{fill:#f3f1f8;stroke:#7a5bb5}"
    ".tp-name{fill:#1d2330;font-weight:600}.tp-line,.tp-kind{fill:#59627a}"
    ".tp-label{fill:#3b4458}.tp-back{fill:#fff}</style>";

static bool is_harmful(const struct lab_link *link)
{
    for (unsigned d = 0; d < 2; d++) {
        const struct lab_quality *q = &link->q[d];
        if (q->loss + q->burst_enter + q->reorder_share + q->duplicate + q->corrupt + q->lose_n !=
            0)
            return true;
    }
    return false;
}

/* Where the line from the centre of a box towards a point leaves the box. */
static void leave_box(const struct place *p, double to_x, double to_y, double *x, double *y)
{
    double dx = to_x - p->x, dy = to_y - p->y;
    double fx = dx != 0 ? p->w / 2 / (dx < 0 ? -dx : dx) : 1e9;
    double fy = dy != 0 ? p->h / 2 / (dy < 0 ? -dy : dy) : 1e9;
    double f = fx < fy ? fx : fy;
    *x = p->x + dx * f;
    *y = p->y + dy * f;
}

static void draw_line(struct picture *pic, struct lab_buf *b, const struct lab_link *link)
{
    const struct place *p = &pic->p[link->end[0].node], *q = &pic->p[link->end[1].node];
    wf_buf_printf(b, "<line class=\"tp-link%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                  is_harmful(link) ? " tp-bad" : "", p->x, p->y, q->x, q->y);
}

static void draw_lines(struct lab_buf *b, const char *const *lines, size_t n, double x, double y,
                       double split)
{
    for (size_t i = 0; i < n; i++) {
        wf_buf_printf(b, "<text class=\"tp-label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                      x, y + 13 * (double)i + (i >= (n + 1) / 2 ? split : 0));
        wf_buf_xml(b, lines[i]);
        wf_buf_str(b, "</text>");
    }
}

/* Above and below a line that is level; otherwise on it, with the line cut out behind the text. */
static void draw_label(struct picture *pic, struct lab_buf *b, const struct lab_link *link)
{
    const struct place *p = &pic->p[link->end[0].node], *q = &pic->p[link->end[1].node];
    double x0, y0, x1, y1, w = 0;
    leave_box(p, q->x, q->y, &x0, &y0);
    leave_box(q, p->x, p->y, &x1, &y1);
    bool is_upright = x1 - x0 < 1 && x0 - x1 < 1, is_level = y1 - y0 < 4 && y0 - y1 < 4;
    struct lab_link shown = *link; /* Arrows in the text point the way they point in the picture. */
    if (is_upright ? p->y > q->y : p->x > q->x) {
        shown.q[0] = link->q[1];
        shown.q[1] = link->q[0];
    }
    const char *lines[4];
    size_t n = wf_picture_quality(&pic->arena, &shown, is_upright, lines, 4);
    for (size_t i = 0; i < n; i++)
        w = label_width(lines[i]) > w ? label_width(lines[i]) : w;
    double x = (x0 + x1) / 2, middle = (y0 + y1) / 2, h = 13 * (double)n;
    if (n == 0)
        return;
    if (is_level && n > 1) {
        draw_lines(b, lines, n, x, middle - h / 2 + 6, 8);
        return;
    }
    wf_buf_printf(b,
                  "<rect class=\"tp-back\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                  x - w / 2 - 2, middle - h / 2 - 2, w + 4, h + 4);
    draw_lines(b, lines, n, x, middle - h / 2 + 10, 0);
}

static void draw_node(struct picture *pic, struct lab_buf *b, size_t i)
{
    const struct lab_node *node = wf_lab_node(pic->lab, i);
    const struct place *p = &pic->p[i];
    double left = p->x - p->w / 2, top = p->y - p->h / 2;
    const char *class = wf_lab_is_bridge(node) ? "bridge" : wf_lab_kind_names[node->set.kind];
    wf_buf_printf(b,
                  "<g class=\"tp-%s\"><rect class=\"tp-box\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                  "height=\"%.1f\" rx=\"8\" stroke-width=\"1.5\"/>",
                  class, left, top, p->w, p->h);
    wf_buf_printf(b, "<text class=\"tp-name\" font-size=\"13\" x=\"%.1f\" y=\"%.1f\">", left + PAD,
                  top + 19);
    wf_buf_xml(b, node->name);
    wf_buf_printf(
        b, "</text><text class=\"tp-kind\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>",
        left + p->w - PAD, top + 19, wf_lab_kind_names[node->set.kind]);
    for (size_t j = 0; j < p->lines_n; j++) {
        wf_buf_printf(b, "<text class=\"tp-line\" x=\"%.1f\" y=\"%.1f\">", left + PAD,
                      top + 19 + LINE_H * (double)(j + 1));
        wf_buf_xml(b, p->lines[j]);
        wf_buf_str(b, "</text>");
    }
    wf_buf_str(b, "</g>");
}

void wf_picture_svg(struct lab_buf *b, const struct lab *lab, bool is_alone)
{
    struct picture pic = {.lab = lab, .n = lab->nodes.n};
    pic.p = wf_lab_alloc(&pic.arena, (pic.n + 1) * sizeof(*pic.p));
    pic.queue = wf_lab_alloc(&pic.arena, (pic.n + 1) * sizeof(*pic.queue));
    for (size_t i = 0; i < pic.n; i++)
        say_node(&pic, i);
    find_leaves(&pic);
    place_core(&pic);
    place_leaves(&pic);
    lay_out(&pic);
    wf_buf_printf(b,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"topology\" role=\"img\" "
                  "style=\"min-width:min(%.0fpx,900px)\" width=\"%.0f\" height=\"%.0f\" "
                  "viewBox=\"0 0 %.0f %.0f\" font-size=\"11\" "
                  "font-family=\"DejaVu Sans, system-ui, sans-serif\"><title>Topology</title>",
                  pic.width, pic.width, pic.height, pic.width, pic.height);
    if (is_alone)
        wf_buf_str(b, style);
    for (size_t i = 0; i < lab->links.n; i++)
        draw_line(&pic, b, wf_lab_link(lab, i));
    for (size_t i = 0; i < pic.n; i++)
        draw_node(&pic, b, i);
    for (size_t i = 0; i < lab->links.n; i++)
        draw_label(&pic, b, wf_lab_link(lab, i));
    wf_buf_str(b, "</svg>\n");
    wf_lab_arena_free(&pic.arena);
}
