/* SPDX-License-Identifier: MIT */
#include "net/netif.h"

#include <string.h>

#include "net/net.h"
#include "wire/wire.h"

#define TXQ_DEFAULT 256
#define GSO_LEAST   256 /* Room for all headers with full options, and some payload. */

struct netif *wf_netif_get(const struct net *net, uint16_t index)
{
    return index >= 1 && index <= net->ifs.n ? &net->ifs.tab[index - 1] : NULL;
}

bool wf_netifs_have_any_address(const struct net *net)
{
    for (uint32_t i = 0; i < net->ifs.n; i++)
        if (net->ifs.tab[i].is_any_address)
            return true;
    return false;
}

static bool config_ok(const struct weft_if_config *c)
{
    bool is_mac_ok = c->kind != WEFT_IF_ETHER || wf_mac_is_station(c->mac);
    return (unsigned)c->kind <= WEFT_IF_LOOPBACK && is_mac_ok && c->name[0] != '\0' &&
           c->name[WEFT_IF_NAME_MAX - 1] == '\0' &&
           (c->mtu == 0 || (c->mtu >= 68 && c->mtu <= 65535)) &&
           (c->gso_max_bytes == 0 || (c->gso_max_bytes >= GSO_LEAST && c->gso_max_bytes <= 65535));
}

bool wf_netif_is_named(const struct netif *nif, const char *name)
{
    for (uint32_t i = 0; i < WEFT_IF_NAME_MAX; i++) {
        if (nif->name[i] != name[i])
            return false;
        if (name[i] == '\0')
            return true;
    }
    return false;
}

/* Who cuts a super-frame has to fill its checksums in: without that the stack cuts itself. */
static uint32_t usable_caps(uint32_t caps)
{
    return (caps & WEFT_CAP_TX_CSUM) != 0 ? caps : caps & ~WEFT_CAP_TX_TSO4;
}

int wf_netif_add(struct net *net, const struct weft_if_config *c)
{
    struct wf_netifs *t = &net->ifs;
    if (!config_ok(c))
        return -WEFT_EINVAL;
    for (uint32_t i = 0; i < t->n; i++)
        if (wf_netif_is_named(&t->tab[i], c->name))
            return -WEFT_EEXIST;
    if (t->n == t->max)
        return -WEFT_ENOMEM;

    struct netif *nif = &t->tab[t->n++];
    *nif = (struct netif){.kind = c->kind,
                          .index = (uint16_t)t->n,
                          .mtu = c->mtu != 0 ? c->mtu : 1500,
                          .caps = usable_caps(c->caps),
                          .gso_max_bytes = c->gso_max_bytes != 0 ? c->gso_max_bytes : 65535,
                          .txq_max = c->txq_max != 0 ? c->txq_max : TXQ_DEFAULT,
                          .is_any_address = c->is_any_address,
                          .group_bins = wf_netif_group_bin(0xe0000001u), /* All hosts. */
                          .hdr_bytes = c->kind == WEFT_IF_ETHER ? ETH_HDR_BYTES : 0,
                          .is_up = true};
    memcpy(nif->name, c->name, sizeof(nif->name));
    memcpy(nif->mac, c->mac, sizeof(nif->mac));
    wf_queue_init(nif);
    wf_list_init(&nif->senders);
    wf_list_init(&nif->room_waiters);
    return nif->index;
}

void wf_netif_enqueue_rare(struct net *net, struct netif *nif, struct pkt *p)
{
    if (!nif->is_up) {
        nif->tx_drops++;
        wf_net_drop(net, p, WEFT_DROP_IF_DOWN);
        return;
    }
    wf_queue_enqueue(net, nif, p);
}

void wf_netif_flush(struct net *net, struct netif *nif, enum weft_drop why)
{
    for (struct pkt *p = wf_queue_take(nif); p != NULL; p = wf_queue_take(nif)) {
        nif->tx_drops++;
        wf_net_drop(net, p, why);
    }
    if (nif->cut != NULL) {
        struct pkt *p = nif->cut;
        nif->cut = NULL;
        wf_net_drop(net, p, why);
    }
}

void wf_sender_wake(struct netif *nif, struct wf_sender *s)
{
    if (!wf_list_is_linked(&s->link))
        wf_list_push_back(&nif->senders, &s->link);
}
