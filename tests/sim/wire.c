/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <string.h>

#include "t.h"

struct weft_world *wire_new(uint64_t seed, const struct weft_link_quality *q, uint32_t mtu,
                            struct weft_link **link)
{
    struct weft_world_config cfg;
    struct weft_world *w = NULL;
    weft_world_config_default(&cfg, seed);
    cfg.is_checking = true;
    T_EQ(weft_world_create(&w, &cfg), 0);
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    memcpy(lc.name, "wire", 5);
    lc.end[0].kind = lc.end[1].kind = WEFT_END_EXTERNAL;
    lc.quality[0] = lc.quality[1] = *q;
    lc.mtu = mtu;
    T_EQ(weft_link_add(w, &lc, link), 0);
    return w;
}

/* Twelve bytes for addresses, eight for the mark, then the pattern. */
void wire_push(struct weft_link *link, uint64_t mark, size_t len)
{
    uint8_t f[2048];
    memset(f, 0, 12);
    for (unsigned i = 0; i < 8; i++)
        f[12 + i] = (uint8_t)(mark >> (56 - 8 * i));
    weft_pattern(mark, 0, f + 20, len - 20);
    T_EQ(weft_link_push(link, 0, f, len), 0);
}

size_t wire_pull(struct weft_link *link, uint64_t *mark, uint64_t *at_ns, bool *is_whole)
{
    uint8_t f[2048];
    uint64_t m = 0;
    size_t n = weft_link_pull(link, 1, f, sizeof(f), at_ns);
    if (n < 20)
        return n;
    for (unsigned i = 0; i < 8; i++)
        m = m << 8 | f[12 + i];
    if (mark != NULL)
        *mark = m;
    if (is_whole != NULL)
        *is_whole = weft_pattern_check(m, 0, f + 20, n - 20) == n - 20;
    return n;
}
