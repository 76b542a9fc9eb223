/* SPDX-License-Identifier: MIT */
#include "serve_pages.h"

#include "http_files.h"

static void begin(struct wf_text *out, const char *title)
{
    wf_text_printf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    wf_text_html(out, title);
    wf_text_printf(out, "</title>\n<style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em "
                        "auto;padding:0 1em}table{border-collapse:collapse}td,th{padding:.15em 1em "
                        ".15em 0;text-align:left}.n{text-align:right;font-variant-numeric:"
                        "tabular-nums}</style></head>\n<body><h1>");
    wf_text_html(out, title);
    wf_text_printf(out, "</h1>\n");
}

static void put_addresses(struct wf_text *out, const struct weft_stack *st)
{
    struct weft_addr_info a;
    uint32_t cursor = 0;
    wf_text_printf(out, "<h2>Addresses</h2><table><tr><th>Interface</th><th>Address</th>"
                        "<th class=\"n\">Received</th><th class=\"n\">Sent</th></tr>\n");
    while (weft_addr_next(st, &cursor, &a)) {
        struct weft_if_info i;
        char text[48];
        if (weft_if_get(st, a.ifindex, &i) < 0)
            continue;
        weft_addr_text(text, sizeof(text), &a.addr);
        wf_text_printf(out, "<tr><td>");
        wf_text_html(out, i.cfg.name);
        wf_text_printf(out,
                       "</td><td>%s/%u</td><td class=\"n\">%llu bytes</td>"
                       "<td class=\"n\">%llu bytes</td></tr>\n",
                       text, a.prefix_len, (unsigned long long)i.rx_bytes,
                       (unsigned long long)i.tx_bytes);
    }
    wf_text_printf(out, "</table>\n");
}

static void put_numbers(struct wf_text *out, const struct weft_stack *st, const char *heading,
                        unsigned n, const char *(*name)(unsigned i),
                        uint64_t (*value)(const struct weft_stack *st, unsigned i))
{
    wf_text_printf(out, "<h2>%s</h2><table>\n", heading);
    for (unsigned i = 0; i < n; i++)
        if (value(st, i) != 0)
            wf_text_printf(out, "<tr><td>%s</td><td class=\"n\">%llu</td></tr>\n", name(i),
                           (unsigned long long)value(st, i));
    wf_text_printf(out, "</table>\n");
}

void wf_page_status(struct wf_text *out, const struct weft_stack *st, const char *title, int root)
{
    begin(out, title);
    wf_text_printf(out, "<p>weft %s, a TCP/IP stack in user space, served you this page.</p>\n",
                   WEFT_VERSION);
    put_addresses(out, st);
    if (root >= 0) {
        wf_text_printf(out, "<h2>Files</h2><table>\n");
        (void)wf_file_list(root, out);
        wf_text_printf(out, "</table>\n");
    }
    put_numbers(out, st, "Counters", WEFT_COUNT_COUNT, weft_counter_name, weft_counter);
    put_numbers(out, st, "Dropped packets", WEFT_DROP_COUNT, weft_drop_name, weft_drops);
    wf_text_printf(out, "</body></html>\n");
}

bool wf_page_folder(struct wf_text *out, int dir, const char *path)
{
    begin(out, path);
    wf_text_printf(out, "<p><a href=\"../\">up</a></p>\n<table>\n");
    bool is_read = wf_file_list(dir, out);
    wf_text_printf(out, "</table></body></html>\n");
    return is_read;
}
