/* SPDX-License-Identifier: MIT */
/**
 * DOC: tun - Ethernet (TAP) or IP (TUN) frames to and from this machine's kernel
 *
 * With offloads a virtio-net header stands in front of each frame: the kernel hands over and takes
 * super-frames of up to 64 KiB and sums that are not filled in. A device that was made here goes
 * with the descriptor, also when the process is killed.
 *
 * Faults. EINTR: again. EAGAIN: later. ENOBUFS, ENOMEM: the frame is dropped. EIO while writing:
 * the interface is down; service() looks every 200 ms whether it is up again. EBADFD, ENODEV,
 * ENXIO: the device is gone; service() tries to open it again. Anything else while reading pauses
 * the reads, so that a descriptor that stays in error cannot spin.
 */
#include "drv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LOOK_NS     (1 * WF_SEC)    /* Looks at flags and MTU while all is well. */
#define RETRY_NS    (200 * WF_MSEC) /* While it is not. */
#define BURST_BYTES (256U << 10)    /* Read in one burst: what the caches hold. */
#define EINTR_MAX   16

struct tun {
    struct weft_driver d;
    struct weft_driver_config cfg;
    struct wf_slots slots;
    struct wf_pause pause;
    int fd;   /* -1 while the device is gone. */
    int sock; /* For questions about the interface. */
    uint64_t now_ns, look_ns;
    uint32_t changes;
    bool is_tap, has_vnet;
};

static struct tun *tun_of(struct weft_driver *d)
{
    return (struct tun *)(void *)d;
}

static void set_up(struct tun *t, bool is_up)
{
    if (t->d.info.is_up == is_up)
        return;
    t->d.info.is_up = is_up;
    t->changes = (t->changes & ~(WEFT_DRIVER_UP | WEFT_DRIVER_DOWN)) |
                 (is_up ? WEFT_DRIVER_UP : WEFT_DRIVER_DOWN);
    t->look_ns = t->now_ns + RETRY_NS;
}

static void set_lost(struct tun *t)
{
    (void)t->cfg.sys->close(t->fd);
    t->fd = -1;
    t->d.stats.lost++;
    set_up(t, false);
}

static bool is_lost(int64_t error)
{
    return error == -EBADFD || error == -ENODEV || error == -ENXIO || error == -EBADF;
}

/* Flags and MTU that a device made here gets. */
static int configure(struct tun *t)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, t->d.info.name, IFNAMSIZ);
    if (t->cfg.mtu != 0) {
        ifr.ifr_mtu = (int)t->cfg.mtu;
        int r = t->cfg.sys->ioctl(t->sock, SIOCSIFMTU, &ifr);
        if (r < 0)
            return r;
    }
    int r = t->cfg.sys->ioctl(t->sock, SIOCGIFFLAGS, &ifr);
    if (r < 0)
        return r;
    ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
    return t->cfg.sys->ioctl(t->sock, SIOCSIFFLAGS, &ifr);
}

static void look(struct tun *t)
{
    struct wf_if_state s;
    if (wf_if_query(t->cfg.sys, t->sock, t->d.info.name, &s) < 0)
        return; /* A device that is gone shows itself by read and write. */
    if (s.mtu != t->d.info.mtu && s.mtu >= 68) {
        t->d.info.mtu = s.mtu;
        t->changes |= WEFT_DRIVER_MTU;
    }
    set_up(t, s.is_admin_up);
}

/* Opens the descriptor and attaches it; 0 or a negated errno value. */
static int attach(struct tun *t, const char *name)
{
    const struct weft_driver_sys *sys = t->cfg.sys;
    struct wf_if_state before;
    bool is_there = name[0] != '\0' && wf_if_query(sys, t->sock, name, &before) == 0;
    int fd = sys->open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (fd < 0)
        return fd;

    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    int flags = (t->is_tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI | (t->has_vnet ? IFF_VNET_HDR : 0);
    ifr.ifr_flags = (short)flags;
    int r = sys->ioctl(fd, TUNSETIFF, &ifr);
    if (r >= 0 && t->has_vnet) {
        int bytes = (int)WF_VNET_BYTES;
        r = sys->ioctl(fd, TUNSETVNETHDRSZ, &bytes);
        unsigned long offload = TUN_F_CSUM | TUN_F_TSO4;
        /* This call takes its value in the place of the pointer. */
        if (r >= 0) /* NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's choice. */
            r = sys->ioctl(fd, TUNSETOFFLOAD, (void *)(uintptr_t)offload);
    }
    if (r >= 0) {
        memcpy(t->d.info.name, ifr.ifr_name, IFNAMSIZ);
        t->d.info.is_created = !is_there;
        r = is_there ? 0 : configure(t);
    }
    if (r < 0) {
        (void)sys->close(fd);
        return r;
    }
    t->fd = fd;
    return 0;
}

static void explain(const struct tun *t, const char *name, int error, char *err, size_t cap)
{
    const char *kind = t->is_tap ? "tap" : "tun", *shown = name[0] != '\0' ? name : "weft0";
    switch (-error) {
    case ENOENT:
        wf_fail(err, cap, "%s %s: /dev/net/tun is not there; try: modprobe tun", kind, shown);
        break;
    case EACCES:
    case EPERM:
        wf_fail(err, cap,
                "%s %s: not permitted; try as root, or as root once: "
                "ip tuntap add dev %s mode %s user $USER",
                kind, shown, shown, kind);
        break;
    case EBUSY:
        wf_fail(err, cap, "%s %s: another program uses it; try another name", kind, shown);
        break;
    case EINVAL:
        wf_fail(err, cap,
                "%s %s: the interface of that name is not a %s of one queue; try another "
                "name",
                kind, shown, kind);
        break;
    default:
        wf_fail(err, cap, "%s %s: %s", kind, shown, wf_errno_text(-error));
        break;
    }
}

static void tun_close(struct weft_driver *d)
{
    struct tun *t = tun_of(d);
    if (t->fd >= 0)
        (void)t->cfg.sys->close(t->fd);
    if (t->sock >= 0)
        (void)t->cfg.sys->close(t->sock);
    wf_slots_free(&t->slots);
    free(t);
}

static int tun_open(struct weft_driver **out, const struct weft_driver_ops *ops, const char *name,
                    const struct weft_driver_config *cfg, char *err, size_t err_cap)
{
    if (name[0] != '\0' && !wf_if_name_ok(name))
        return wf_fail(err, err_cap, "%s:%s: not an interface name of at most 15 bytes",
                       ops->scheme, name);
    struct tun *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return wf_fail(err, err_cap, "%s:%s: out of memory", ops->scheme, name);
    t->d.ops = ops;
    t->cfg = *cfg;
    t->fd = -1;
    t->is_tap = ops == &weft_driver_tap;
    t->has_vnet = !cfg->is_plain;
    t->sock = cfg->sys->socket(AF_INET, SOCK_DGRAM, 0);
    int r = t->sock;
    if (r >= 0)
        r = wf_slots_init(&t->slots, cfg);
    if (r >= 0)
        r = attach(t, name[0] != '\0' ? name : "weft%d");
    if (r < 0) {
        explain(t, name, r, err, err_cap);
        tun_close(&t->d);
        return -1;
    }
    struct weft_driver_info *info = &t->d.info;
    info->kind = t->is_tap ? WEFT_IF_ETHER : WEFT_IF_L3;
    info->mtu = 1500;
    info->caps = t->has_vnet ? WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 : 0;
    info->gso_max_bytes = 65535;
    wf_driver_mac(info->mac, cfg, NULL);
    look(t);
    t->changes = 0;
    *out = &t->d;
    return 0;
}

static int tap_open(struct weft_driver **out, const char *rest,
                    const struct weft_driver_config *cfg, char *err, size_t err_cap)
{
    return tun_open(out, &weft_driver_tap, rest, cfg, err, err_cap);
}

static int l3_open(struct weft_driver **out, const char *rest, const struct weft_driver_config *cfg,
                   char *err, size_t err_cap)
{
    return tun_open(out, &weft_driver_tun, rest, cfg, err, err_cap);
}

/* One read; what is answered is the bytes, 0 if nothing came, or the error that ends the burst. */
static int64_t read_one(struct tun *t, const struct wf_slot *slot, struct virtio_net_hdr *h)
{
    struct weft_iov iov[3] = {{h, WF_VNET_BYTES}, slot->iov[0], slot->iov[1]};
    int skip = t->has_vnet ? 0 : 1;
    int64_t r = -EINTR;
    for (int i = 0; i < EINTR_MAX && r == -EINTR; i++) {
        r = t->cfg.sys->readv(t->fd, iov + skip, 3 - skip);
        t->d.stats.interrupted += r == -EINTR;
    }
    return r;
}

/* Turns what was read into a frame; false if there is none to pass on. */
static bool accept_frame(struct tun *t, const struct wf_slot *slot, int64_t got,
                         const struct virtio_net_hdr *h, struct weft_frame *f)
{
    struct weft_driver_stats *stats = &t->d.stats;
    int64_t len = got - (t->has_vnet ? (int64_t)WF_VNET_BYTES : 0);
    if (len <= 0 || len > (int64_t)WF_FRAME_BYTES) {
        stats->rx_malformed++;
        wf_slots_drop(&t->slots, slot);
        return false;
    }
    if (!wf_slots_lend(&t->slots, slot, (uint32_t)len, f)) {
        stats->rx_no_slot++;
        return false;
    }
    if (t->has_vnet && !wf_vnet_parse(f, h)) {
        stats->rx_malformed++;
        wf_slots_release(&t->slots, &f->cookie, 1);
        return false;
    }
    stats->rx_frames++;
    stats->rx_bytes += (uint64_t)len;
    return true;
}

static void read_failed(struct tun *t, int64_t error)
{
    if (error == -EAGAIN || error == -EINTR)
        return;
    t->d.stats.rx_errors++;
    if (is_lost(error))
        set_lost(t);
    else
        wf_pause_begin(&t->pause, t->now_ns);
}

static uint32_t tun_rx(struct weft_driver *d, struct weft_frame *frames, uint32_t n,
                       uint64_t now_ns)
{
    struct tun *t = tun_of(d);
    uint32_t got = 0, bytes = 0;
    t->now_ns = now_ns;
    if (t->pause.until_ns != 0)
        return 0;
    /* Frames that are not passed on count as well: the burst has an end. */
    for (uint32_t i = 0; i < n && t->fd >= 0 && bytes < BURST_BYTES; i++) {
        struct wf_slot slot;
        struct virtio_net_hdr h;
        if (!wf_slots_take(&t->slots, &slot))
            break;
        int64_t r = read_one(t, &slot, &h);
        if (r < 0) {
            wf_slots_drop(&t->slots, &slot);
            read_failed(t, r);
            break;
        }
        t->pause.ms = 0;
        bytes += (uint32_t)r;
        got += accept_frame(t, &slot, r, &h, &frames[got]);
    }
    return got;
}

static void tun_rx_release(struct weft_driver *d, const uint64_t *cookies, uint32_t n)
{
    wf_slots_release(&tun_of(d)->slots, cookies, n);
}

static int64_t write_one(struct tun *t, const struct weft_frame *f)
{
    struct weft_iov iov[WEFT_FRAME_IOV_MAX + 1];
    struct virtio_net_hdr h;
    int n = 0;
    if (t->has_vnet) {
        wf_vnet_emit(&h, f);
        iov[n++] = (struct weft_iov){&h, WF_VNET_BYTES};
    }
    for (uint16_t i = 0; i < f->iov_n; i++)
        iov[n++] = f->iov[i];
    int64_t r = -EINTR;
    for (int i = 0; i < EINTR_MAX && r == -EINTR; i++) {
        r = t->cfg.sys->writev(t->fd, iov, n);
        t->d.stats.interrupted += r == -EINTR;
    }
    return r;
}

/* Counts what became of a frame; false if it has to be offered again. */
static bool written(struct tun *t, const struct weft_frame *f, int64_t r)
{
    struct weft_driver_stats *stats = &t->d.stats;
    int64_t whole = (int64_t)f->len + (t->has_vnet ? (int64_t)WF_VNET_BYTES : 0);
    if (r == whole) {
        stats->tx_frames++;
        stats->tx_bytes += f->len;
    } else if (r >= 0) {
        stats->tx_short++;
    } else if (r == -EAGAIN || r == -EINTR) {
        stats->tx_full++;
        return false;
    } else if (r == -ENOBUFS || r == -ENOMEM) {
        stats->tx_dropped++;
    } else if (r == -EIO || r == -ENETDOWN) {
        stats->tx_dropped++;
        set_up(t, false);
    } else if (is_lost(r)) {
        stats->tx_dropped++;
        set_lost(t);
    } else {
        stats->tx_errors++;
    }
    return true;
}

static uint32_t tun_tx(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                       uint64_t now_ns)
{
    struct tun *t = tun_of(d);
    t->now_ns = now_ns;
    for (uint32_t i = 0; i < n; i++) {
        if (!d->info.is_up)
            d->stats.tx_dropped++;
        else if (!written(t, &frames[i], write_one(t, &frames[i])))
            return i;
    }
    return n;
}

static int tun_poll(struct weft_driver *d, uint32_t *want)
{
    struct tun *t = tun_of(d);
    *want = t->pause.until_ns == 0 && wf_slots_has(&t->slots) ? WEFT_DRIVER_POLL_IN : 0;
    return t->fd;
}

static uint64_t tun_service(struct weft_driver *d, uint64_t now_ns, uint32_t *changes)
{
    struct tun *t = tun_of(d);
    t->now_ns = now_ns;
    if (now_ns >= t->pause.until_ns)
        t->pause.until_ns = 0;
    if (now_ns >= t->look_ns) {
        if (t->fd < 0 && attach(t, t->d.info.name) == 0)
            d->stats.reopened++;
        if (t->fd >= 0)
            look(t);
        t->look_ns = now_ns + (d->info.is_up ? LOOK_NS : RETRY_NS);
    }
    *changes = t->changes;
    t->changes = 0;
    bool is_paused = t->pause.until_ns != 0 && t->pause.until_ns < t->look_ns;
    return is_paused ? t->pause.until_ns : t->look_ns;
}

const struct weft_driver_ops weft_driver_tap = {"tap",          tap_open, tun_close, tun_rx,
                                                tun_rx_release, tun_tx,   tun_poll,  tun_service};
const struct weft_driver_ops weft_driver_tun = {"tun",          l3_open, tun_close, tun_rx,
                                                tun_rx_release, tun_tx,  tun_poll,  tun_service};
