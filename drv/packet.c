/* SPDX-License-Identifier: MIT */
/**
 * DOC: packet - the wire of an interface of this machine (AF_PACKET)
 *
 * The stack has its own MAC address on that wire, so the interface is made promiscuous as long as
 * the driver is open. With offloads a virtio-net header stands in front of each frame; where the
 * kernel refuses that, PACKET_AUXDATA tells which sums a veth or the like left open, and they are
 * described as the header would have described them.
 *
 * Faults. EINTR: again. EAGAIN: later. ENOBUFS: the device's queue is full, the frame is dropped.
 * ENETDOWN: the interface is down; ENODEV, ENXIO: it is gone. service() looks every 200 ms whether
 * it is up, or there again.
 */
#include "drv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_NS      (1 * WF_SEC)
#define RETRY_NS     (200 * WF_MSEC)
#define BURST        32
#define BUFFER_BYTES (4 << 20)

/** struct rx_msg - Where one message of a burst goes */
struct rx_msg {
    struct wf_slot slot;
    struct virtio_net_hdr vnet;
    struct iovec iov[3];
    alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

struct packet {
    struct weft_driver d;
    struct weft_driver_config cfg;
    struct wf_slots slots;
    struct wf_pause pause;
    int fd;   /* -1 while the interface is gone. */
    int sock; /* For questions about the interface. */
    int index;
    uint64_t now_ns, look_ns;
    uint32_t changes;
    bool has_vnet;
    struct rx_msg rx[BURST];
};

static struct packet *packet_of(struct weft_driver *d)
{
    return (struct packet *)(void *)d;
}

static void set_up(struct packet *p, bool is_up)
{
    if (p->d.info.is_up == is_up)
        return;
    p->d.info.is_up = is_up;
    p->changes = (p->changes & ~(WEFT_DRIVER_UP | WEFT_DRIVER_DOWN)) |
                 (is_up ? WEFT_DRIVER_UP : WEFT_DRIVER_DOWN);
    p->look_ns = p->now_ns + RETRY_NS;
}

static void set_lost(struct packet *p)
{
    (void)p->cfg.sys->close(p->fd);
    p->fd = -1;
    p->d.stats.lost++;
    set_up(p, false);
}

static bool set_option(int fd, int option, int value)
{
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) == 0;
}

static int configure(struct packet *p, int fd, int index)
{
    int bytes = BUFFER_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    p->has_vnet = !p->cfg.is_plain && set_option(fd, PACKET_VNET_HDR, 1);
    if (!set_option(fd, PACKET_IGNORE_OUTGOING, 1) || !set_option(fd, PACKET_AUXDATA, 1))
        return -errno; /* Linux 4.20. */

    struct packet_mreq all = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0)
        return -errno;
    struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    return bind(fd, (struct sockaddr *)(void *)&at, sizeof(at)) != 0 ? -errno : 0;
}

static void look(struct packet *p)
{
    struct wf_if_state s;
    if (wf_if_query(p->cfg.sys, p->sock, p->d.info.name, &s) < 0 || s.index != p->index) {
        set_lost(p);
        return;
    }
    if (s.mtu != p->d.info.mtu && s.mtu >= 68) {
        p->d.info.mtu = s.mtu;
        p->changes |= WEFT_DRIVER_MTU;
    }
    set_up(p, s.is_running);

    struct tpacket_stats st; /* Reading clears it. */
    socklen_t n = sizeof(st);
    if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0)
        p->d.stats.rx_kernel_drops += st.tp_drops;
}

/* Opens the socket on the interface; 0 or a negated errno value. */
static int attach(struct packet *p)
{
    struct wf_if_state s;
    int r = wf_if_query(p->cfg.sys, p->sock, p->d.info.name, &s);
    if (r < 0)
        return r;
    if (!s.is_ether)
        return -EPFNOSUPPORT;
    int fd = p->cfg.sys->socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    r = configure(p, fd, s.index);
    if (r < 0) {
        (void)p->cfg.sys->close(fd);
        return r;
    }
    p->fd = fd;
    p->index = s.index;
    return 0;
}

static int explain(const char *name, int error, char *err, size_t cap)
{
    switch (-error) {
    case EPERM:
    case EACCES:
        return wf_fail(err, cap,
                       "packet %s: not permitted; try as root, or: setcap cap_net_raw+ep PROGRAM",
                       name);
    case ENODEV:
        return wf_fail(err, cap, "packet %s: no such interface; try: ip link", name);
    case EPFNOSUPPORT:
        return wf_fail(err, cap, "packet %s: not an Ethernet interface", name);
    default:
        return wf_fail(err, cap, "packet %s: %s", name, wf_errno_text(-error));
    }
}

static void packet_close(struct weft_driver *d)
{
    struct packet *p = packet_of(d);
    if (p->fd >= 0)
        (void)p->cfg.sys->close(p->fd);
    if (p->sock >= 0)
        (void)p->cfg.sys->close(p->sock);
    wf_slots_free(&p->slots);
    free(p);
}

static int packet_open(struct weft_driver **out, const char *name,
                       const struct weft_driver_config *cfg, char *err, size_t err_cap)
{
    if (!wf_if_name_ok(name))
        return wf_fail(err, err_cap, "packet:%s: not an interface name of 1 to 15 bytes", name);
    struct packet *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return wf_fail(err, err_cap, "packet %s: out of memory", name);
    p->d.ops = &weft_driver_packet;
    p->cfg = *cfg;
    p->fd = -1;
    memcpy(p->d.info.name, name, strlen(name) + 1);
    p->sock = cfg->sys->socket(AF_INET, SOCK_DGRAM, 0);
    int r = p->sock;
    if (r >= 0)
        r = wf_slots_init(&p->slots, cfg);
    if (r >= 0)
        r = attach(p);
    struct wf_if_state s;
    if (r >= 0)
        r = wf_if_query(cfg->sys, p->sock, name, &s);
    if (r < 0) {
        packet_close(&p->d);
        return explain(name, r, err, err_cap);
    }
    struct weft_driver_info *info = &p->d.info;
    info->kind = WEFT_IF_ETHER;
    info->caps = WEFT_CAP_TX_PAD | (p->has_vnet ? WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 : 0);
    info->gso_max_bytes = 65535;
    wf_driver_mac(info->mac, cfg, s.mac);
    look(p);
    p->changes = 0;
    *out = &p->d;
    return 0;
}

/* Without a virtio-net header: describe the open sum of a TCP or UDP packet over IPv4. */
static bool describe_sum(struct weft_frame *f)
{
    const uint8_t *b = f->iov[0].base;
    uint32_t ip = 14;
    if (f->iov[0].len < ip + 20 || b[12] != 0x08 || b[13] != 0x00 || b[ip] >> 4 != 4)
        return false;
    uint32_t start = ip + (b[ip] & 15U) * 4;
    uint32_t offset = b[ip + 9] == IPPROTO_TCP ? 16 : 6;
    bool has_sum = b[ip + 9] == IPPROTO_TCP || b[ip + 9] == IPPROTO_UDP;
    if (!has_sum || start < ip + 20 || start + offset + 2 > f->len)
        return false;
    f->flags = WEFT_FRAME_CSUM_OK | WEFT_FRAME_NEEDS_CSUM;
    f->csum_start = (uint16_t)start;
    f->csum_offset = (uint16_t)offset;
    return true;
}

static uint32_t aux_status(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata aux;
            memcpy(&aux, CMSG_DATA(c), sizeof(aux));
            return aux.tp_status;
        }
    }
    return 0;
}

/* Facts of a frame that stands in a slot; false if it is not passed on. */
static bool take_facts(struct packet *p, const struct rx_msg *m, uint32_t status,
                       struct weft_frame *f)
{
    if ((status & TP_STATUS_VLAN_VALID) != 0) {
        p->d.stats.rx_filtered++; /* Its tag was taken off: it would look like an untagged one. */
        return false;
    }
    bool is_true = true;
    if (p->has_vnet)
        is_true = wf_vnet_parse(f, &m->vnet);
    else if ((status & TP_STATUS_CSUMNOTREADY) != 0)
        is_true = describe_sum(f);
    else if ((status & TP_STATUS_CSUM_VALID) != 0)
        f->flags = WEFT_FRAME_CSUM_OK;
    p->d.stats.rx_malformed += !is_true;
    return is_true;
}

static bool accept_frame(struct packet *p, struct rx_msg *m, struct mmsghdr *h,
                         struct weft_frame *f)
{
    struct weft_driver_stats *stats = &p->d.stats;
    uint32_t skip = p->has_vnet ? WF_VNET_BYTES : 0;
    if (h->msg_len <= skip || h->msg_len - skip > WF_FRAME_BYTES) {
        *(h->msg_len <= skip ? &stats->rx_malformed : &stats->rx_truncated) += 1;
        wf_slots_drop(&p->slots, &m->slot);
        return false;
    }
    if (!wf_slots_lend(&p->slots, &m->slot, h->msg_len - skip, f)) {
        stats->rx_no_slot++;
        return false;
    }
    if (!take_facts(p, m, aux_status(&h->msg_hdr), f)) {
        wf_slots_release(&p->slots, &f->cookie, 1);
        return false;
    }
    stats->rx_frames++;
    stats->rx_bytes += f->len;
    return true;
}

/* Slots for up to @n messages; answers how many were found. */
static unsigned prepare(struct packet *p, struct mmsghdr *msgs, uint32_t n)
{
    unsigned k = 0;
    uint32_t skip = p->has_vnet ? 0 : 1;
    for (; k < n && k < BURST && wf_slots_take(&p->slots, &p->rx[k].slot); k++) {
        struct rx_msg *m = &p->rx[k];
        m->iov[0] = (struct iovec){&m->vnet, WF_VNET_BYTES};
        m->iov[1] = (struct iovec){m->slot.iov[0].base, m->slot.iov[0].len};
        m->iov[2] = (struct iovec){m->slot.iov[1].base, m->slot.iov[1].len};
        msgs[k] = (struct mmsghdr){.msg_hdr = {.msg_iov = m->iov + skip,
                                               .msg_iovlen = 3 - skip,
                                               .msg_control = m->control,
                                               .msg_controllen = sizeof(m->control)}};
    }
    return k;
}

static bool is_lost(int error)
{
    return error == -ENODEV || error == -ENXIO || error == -EBADF;
}

static void read_failed(struct packet *p, int error)
{
    p->d.stats.interrupted += error == -EINTR;
    if (error == -EAGAIN || error == -EINTR)
        return; /* Interrupted: the next round reads on. */
    p->d.stats.rx_errors++;
    if (is_lost(error))
        set_lost(p);
    else if (error == -ENETDOWN)
        set_up(p, false);
    else
        wf_pause_begin(&p->pause, p->now_ns);
}

static uint32_t packet_rx(struct weft_driver *d, struct weft_frame *frames, uint32_t n,
                          uint64_t now_ns)
{
    struct packet *p = packet_of(d);
    struct mmsghdr msgs[BURST];
    p->now_ns = now_ns;
    if (p->fd < 0 || p->pause.until_ns != 0)
        return 0;
    unsigned k = prepare(p, msgs, n);
    int r = k > 0 ? p->cfg.sys->recvmmsg(p->fd, msgs, k) : 0;
    if (r < 0)
        read_failed(p, r);
    else if (r > 0)
        p->pause.ms = 0;

    uint32_t got = 0;
    unsigned filled = r > 0 ? (unsigned)r : 0;
    /* The last first: unused large slots come back before they are counted as scarce. */
    for (unsigned i = k; i > filled; i--)
        wf_slots_drop(&p->slots, &p->rx[i - 1].slot);
    for (unsigned i = 0; i < filled; i++)
        got += accept_frame(p, &p->rx[i], &msgs[i], &frames[got]);
    return got;
}

static void packet_rx_release(struct weft_driver *d, const uint64_t *cookies, uint32_t n)
{
    wf_slots_release(&packet_of(d)->slots, cookies, n);
}

/* What an error of sending means for the first frame; false = offer it again. */
static bool send_failed(struct packet *p, int error)
{
    struct weft_driver_stats *stats = &p->d.stats;
    switch (-error) {
    case EINTR:
        stats->interrupted++;
        return false;
    case EAGAIN:
        stats->tx_full++;
        return false;
    case ENOBUFS:
    case ENOMEM:
        stats->tx_dropped++;
        return true;
    case ENETDOWN:
        stats->tx_dropped++;
        set_up(p, false);
        return true;
    case ENODEV:
    case ENXIO:
    case EBADF:
        stats->tx_dropped++;
        set_lost(p);
        return true;
    default: /* EMSGSIZE, EINVAL: this frame cannot pass. */
        stats->tx_errors++;
        return true;
    }
}

/* Sends a burst of at most BURST; answers the frames it is done with. */
static uint32_t send_burst(struct packet *p, const struct weft_frame *frames, uint32_t n)
{
    struct mmsghdr msgs[BURST];
    struct virtio_net_hdr vnet[BURST];
    struct iovec iov[BURST][WEFT_FRAME_IOV_MAX + 1];
    for (uint32_t i = 0; i < n; i++) {
        size_t k = 0;
        if (p->has_vnet) {
            wf_vnet_emit(&vnet[i], &frames[i]);
            iov[i][k++] = (struct iovec){&vnet[i], WF_VNET_BYTES};
        }
        for (uint16_t j = 0; j < frames[i].iov_n; j++)
            iov[i][k++] = (struct iovec){frames[i].iov[j].base, frames[i].iov[j].len};
        msgs[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = iov[i], .msg_iovlen = k}};
    }
    int r = p->cfg.sys->sendmmsg(p->fd, msgs, n);
    if (r < 0)
        return send_failed(p, r) ? 1 : 0;
    uint32_t skip = p->has_vnet ? WF_VNET_BYTES : 0;
    for (uint32_t i = 0; i < (uint32_t)r; i++) {
        bool is_whole = msgs[i].msg_len == frames[i].len + skip;
        p->d.stats.tx_short += !is_whole;
        p->d.stats.tx_frames += is_whole;
        p->d.stats.tx_bytes += is_whole ? frames[i].len : 0;
    }
    return (uint32_t)r;
}

static uint32_t packet_tx(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                          uint64_t now_ns)
{
    struct packet *p = packet_of(d);
    p->now_ns = now_ns;
    uint32_t done = 0;
    while (done < n && d->info.is_up) {
        uint32_t want = n - done < BURST ? n - done : BURST;
        uint32_t k = send_burst(p, frames + done, want);
        if (k == 0)
            return done;
        done += k;
    }
    d->stats.tx_dropped += n - done; /* Down: as if the cable were out. */
    return n;
}

static int packet_poll(struct weft_driver *d, uint32_t *want)
{
    struct packet *p = packet_of(d);
    *want = p->pause.until_ns == 0 && wf_slots_has(&p->slots) ? WEFT_DRIVER_POLL_IN : 0;
    return p->fd;
}

static uint64_t packet_service(struct weft_driver *d, uint64_t now_ns, uint32_t *changes)
{
    struct packet *p = packet_of(d);
    p->now_ns = now_ns;
    if (now_ns >= p->pause.until_ns)
        p->pause.until_ns = 0;
    if (now_ns >= p->look_ns) {
        if (p->fd < 0 && attach(p) == 0)
            d->stats.reopened++;
        if (p->fd >= 0)
            look(p);
        p->look_ns = now_ns + (d->info.is_up ? LOOK_NS : RETRY_NS);
    }
    *changes = p->changes;
    p->changes = 0;
    bool is_paused = p->pause.until_ns != 0 && p->pause.until_ns < p->look_ns;
    return is_paused ? p->pause.until_ns : p->look_ns;
}

const struct weft_driver_ops weft_driver_packet = {"packet",    packet_open,       packet_close,
                                                   packet_rx,   packet_rx_release, packet_tx,
                                                   packet_poll, packet_service};
