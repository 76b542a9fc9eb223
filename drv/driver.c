/* SPDX-License-Identifier: MIT */
/** DOC: What the drivers have in common, and the way from a text to a driver. */
#include "drv.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

int wf_fail(char *err, size_t err_cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err_cap > 0)
        (void)vsnprintf(err, err_cap, format, args);
    va_end(args);
    return -1;
}

const char *wf_errno_text(int error)
{
    const char *text = strerrordesc_np(error);
    return text != NULL ? text : "unknown error";
}

void wf_pause_begin(struct wf_pause *p, uint64_t now_ns)
{
    p->ms = p->ms == 0 ? 1 : p->ms * 2;
    if (p->ms > 1000)
        p->ms = 1000;
    p->until_ns = now_ns + p->ms * WF_MSEC;
}

void wf_driver_mac(uint8_t mac[6], const struct weft_driver_config *cfg, const uint8_t *like)
{
    static const uint8_t zero[6];
    if (memcmp(cfg->mac, zero, 6) != 0) {
        memcpy(mac, cfg->mac, 6);
        return;
    }
    if (like != NULL) {
        /* Another address than the kernel's on the same wire, but the same at every start. */
        memcpy(mac, like, 6);
        mac[1] ^= 0x77;
    } else if (getrandom(mac, 6, 0) != 6) {
        memcpy(mac, (const uint8_t[6]){2, 0x77, 0x65, 0x66, 0x74, 1}, 6);
    }
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
}

bool wf_if_name_ok(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < IFNAMSIZ && strpbrk(name, "/ \t\n:") == NULL && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

int wf_if_query(const struct weft_driver_sys *sys, int sock, const char *name,
                struct wf_if_state *out)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    memset(out, 0, sizeof(*out));

    int r = sys->ioctl(sock, SIOCGIFINDEX, &ifr);
    if (r < 0)
        return r;
    out->index = ifr.ifr_ifindex;
    if ((r = sys->ioctl(sock, SIOCGIFMTU, &ifr)) < 0)
        return r;
    out->mtu = (uint32_t)ifr.ifr_mtu;
    if ((r = sys->ioctl(sock, SIOCGIFFLAGS, &ifr)) < 0)
        return r;
    out->is_admin_up = ((unsigned)ifr.ifr_flags & IFF_UP) != 0;
    out->is_running = out->is_admin_up && ((unsigned)ifr.ifr_flags & IFF_RUNNING) != 0;
    if ((r = sys->ioctl(sock, SIOCGIFHWADDR, &ifr)) < 0)
        return r;
    out->is_ether = ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
    memcpy(out->mac, ifr.ifr_hwaddr.sa_data, 6);
    return 0;
}

static const struct weft_driver_ops *const kinds[] = {
    &weft_driver_tap,         &weft_driver_tun,   &weft_driver_packet, &weft_driver_unix,
    &weft_driver_unix_listen, &weft_driver_dgram, &weft_driver_fd,     &weft_driver_pcap,
};

int weft_driver_open(struct weft_driver **out, const char *spec,
                     const struct weft_driver_config *cfg, char *err, size_t err_cap)
{
    struct weft_driver_config own = {0};
    if (cfg != NULL)
        own = *cfg;
    if (own.sys == NULL)
        own.sys = &weft_driver_sys_os;
    if ((own.mac[0] & 1) != 0)
        return wf_fail(err, err_cap, "%s: the MAC address is a group address", spec);
    if (own.mtu != 0 && (own.mtu < 68 || own.mtu > 65535))
        return wf_fail(err, err_cap, "%s: MTU %u is not in 68..65535", spec, own.mtu);
    if (own.small_slots > 1U << 20 || own.large_slots > 1U << 16)
        return wf_fail(err, err_cap, "%s: more than 2^20 small or 2^16 large slots", spec);

    const char *colon = strchr(spec, ':');
    for (size_t i = 0; colon != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i]->scheme);
        if ((size_t)(colon - spec) == n && memcmp(spec, kinds[i]->scheme, n) == 0)
            return kinds[i]->open(out, colon + 1, &own, err, err_cap);
    }
    return wf_fail(
        err, err_cap,
        "link '%s': not one of tap: tun: packet: unix: unix-listen: dgram: fd: pcap:", spec);
}

void weft_driver_close(struct weft_driver *d)
{
    if (d != NULL)
        d->ops->close(d);
}
