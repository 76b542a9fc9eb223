/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>

#define TUN_FD  1000
#define SOCK_FD 1001

struct fake fake;

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.is_admin_up = true;
    fake.mtu = 1500;
}

void fake_push(const void *bytes, size_t n)
{
    size_t head = sizeof(struct virtio_net_hdr);
    memset(fake.in[fake.in_n], 0, head);
    memcpy(fake.in[fake.in_n] + head, bytes, n);
    fake.in_len[fake.in_n++] = head + n;
}

static bool fails(int error, unsigned *left)
{
    if (error == 0 || *left == 0)
        return false;
    if (*left != UINT_MAX)
        --*left;
    return true;
}

static int fake_open(const char *path, int flags)
{
    (void)flags;
    fake.opens++;
    return strcmp(path, "/dev/net/tun") != 0 ? -ENOENT
           : fake.open_error != 0            ? -fake.open_error
                                             : TUN_FD;
}

static int fake_socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return SOCK_FD;
}

static int fake_close(int fd)
{
    fake.closes += fd == TUN_FD;
    return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
    struct ifreq *ifr = arg;
    (void)fd;
    switch (request) {
    case SIOCGIFINDEX:
        ifr->ifr_ifindex = 7;
        return 0;
    case SIOCGIFMTU:
        ifr->ifr_mtu = (int)fake.mtu;
        return 0;
    case SIOCGIFFLAGS:
        ifr->ifr_flags = fake.is_admin_up ? IFF_UP | IFF_RUNNING : 0;
        return 0;
    case SIOCGIFHWADDR:
        ifr->ifr_hwaddr.sa_family = ARPHRD_ETHER;
        return 0;
    default:
        return 0;
    }
}

static int64_t fake_readv(int fd, const struct weft_iov *iov, int n)
{
    (void)fd;
    fake.reads++;
    if (fake.eintr_left > 0) {
        fake.eintr_left--;
        return -EINTR;
    }
    if (fails(fake.read_error, &fake.read_errors_left))
        return -fake.read_error;
    if (fake.in_at == fake.in_n)
        return -EAGAIN;
    const uint8_t *at = fake.in[fake.in_at];
    size_t left = fake.in_len[fake.in_at++], got = 0;
    for (int i = 0; i < n && left > 0; i++) {
        size_t k = left < iov[i].len ? left : iov[i].len;
        memcpy(iov[i].base, at, k);
        at += k;
        left -= k;
        got += k;
    }
    return (int64_t)got;
}

static int64_t fake_writev(int fd, const struct weft_iov *iov, int n)
{
    (void)fd;
    fake.writes++;
    if (fake.eintr_left > 0) {
        fake.eintr_left--;
        return -EINTR;
    }
    if (fails(fake.write_error, &fake.write_errors_left))
        return -fake.write_error;
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        memcpy(fake.out[fake.out_n] + at, iov[i].base, iov[i].len);
        at += iov[i].len;
    }
    fake.out_len[fake.out_n] = at;
    fake.out_n = (fake.out_n + 1) % FAKE_FRAMES;
    return (int64_t)at - (fake.is_write_short ? 1 : 0);
}

const struct weft_driver_sys fake_sys = {.open = fake_open,
                                         .socket = fake_socket,
                                         .close = fake_close,
                                         .ioctl = fake_ioctl,
                                         .readv = fake_readv,
                                         .writev = fake_writev};
