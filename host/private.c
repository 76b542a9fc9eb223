/* SPDX-License-Identifier: MIT */
/**
 * DOC: private - a network namespace of one's own, with a wire between its kernel and a stack
 *
 * Root unshares the network only; others a user namespace too, in which they are root. There a TAP
 * is laid if /dev/net/tun opens, else a veth pair, whose second end is taken by AF_PACKET. All of
 * it is gone with the last process in the namespace, however that ends.
 */
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_IF "weft0"
#define STACK_IF  "weft0w"

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = (ssize_t)strlen(text), r = write(fd, text, (size_t)n);
    int error = r == n ? 0 : -errno;
    (void)close(fd);
    return error;
}

/* Become root of a new user namespace: one line each maps 0 inside to who one is outside. */
static int enter_user(void)
{
    char uid[32], gid[32];
    (void)snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)getuid());
    (void)snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return -errno;
    int r = write_file("/proc/self/setgroups", "deny");
    if (r == 0 || r == -ENOENT)
        r = write_file("/proc/self/uid_map", uid);
    return r == 0 ? write_file("/proc/self/gid_map", gid) : r;
}

static int enter(void)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNET) == 0)
        return 0;
    return enter_user();
}

static int if_ioctl(int sock, unsigned long request, const char *name, struct ifreq *ifr)
{
    memset(ifr->ifr_name, 0, sizeof(ifr->ifr_name));
    memcpy(ifr->ifr_name, name, strlen(name));
    return ioctl(sock, request, ifr) != 0 ? -errno : 0;
}

static int bring_up(int sock, const char *name)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    int r = if_ioctl(sock, SIOCGIFFLAGS, name, &ifr);
    if (r < 0)
        return r;
    ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
    return if_ioctl(sock, SIOCSIFFLAGS, name, &ifr);
}

static int set_in(int sock, unsigned long request, const char *name, uint32_t addr_be)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = addr_be};
    memcpy(&ifr.ifr_addr, &in, sizeof(in));
    return if_ioctl(sock, request, name, &ifr);
}

static int set_address(int sock, const char *name, const struct weft_prefix *p)
{
    uint32_t addr, mask = p->len == 0 ? 0 : htonl(UINT32_MAX << (32 - p->len));
    memcpy(&addr, p->addr.b + 12, 4);
    int r = set_in(sock, SIOCSIFADDR, name, addr);
    return r == 0 ? set_in(sock, SIOCSIFNETMASK, name, mask) : r;
}

static int make_tap(void)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    int r = if_ioctl(fd, TUNSETIFF, KERNEL_IF, &ifr);
    if (r == 0 && ioctl(fd, TUNSETPERSIST, 1) != 0)
        r = -errno;
    (void)close(fd);
    return r;
}

/** struct message - A netlink request under construction */
struct message {
    struct nlmsghdr h;
    struct ifinfomsg info;
    uint8_t attrs[256];
};

static struct rtattr *put(struct message *m, unsigned short type, const void *data, size_t n)
{
    struct rtattr *a = (struct rtattr *)(void *)((uint8_t *)m + NLMSG_ALIGN(m->h.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(n);
    if (n > 0)
        memcpy(RTA_DATA(a), data, n);
    m->h.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

static void end_nest(const struct message *m, struct rtattr *nest)
{
    nest->rta_len = (unsigned short)((const uint8_t *)m + m->h.nlmsg_len - (uint8_t *)nest);
}

/* "ip link add weft0 type veth peer name weft0w" */
static int make_veth(void)
{
    struct message m;
    memset(&m, 0, sizeof(m));
    m.h.nlmsg_len = NLMSG_LENGTH(sizeof(m.info));
    m.h.nlmsg_type = RTM_NEWLINK;
    m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
    put(&m, IFLA_IFNAME, KERNEL_IF, sizeof(KERNEL_IF));
    struct rtattr *link = put(&m, IFLA_LINKINFO, NULL, 0);
    put(&m, IFLA_INFO_KIND, "veth", 4);
    struct rtattr *data = put(&m, IFLA_INFO_DATA, NULL, 0);
    struct ifinfomsg peer_info;
    memset(&peer_info, 0, sizeof(peer_info));
    struct rtattr *peer = put(&m, VETH_INFO_PEER, &peer_info, sizeof(peer_info));
    put(&m, IFLA_IFNAME, STACK_IF, sizeof(STACK_IF));
    end_nest(&m, peer);
    end_nest(&m, data);
    end_nest(&m, link);

    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    struct {
        struct nlmsghdr h;
        struct nlmsgerr e;
        uint8_t rest[512];
    } answer;
    int r = 0;
    if (send(fd, &m, m.h.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
        r = -errno;
    else if (answer.h.nlmsg_type == NLMSG_ERROR)
        r = answer.e.error;
    (void)close(fd);
    return r;
}

static int lay_wire(struct weft_private_net *out, int sock)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->kernel_if, KERNEL_IF, sizeof(KERNEL_IF));
    out->is_tap = make_tap() == 0;
    if (out->is_tap) {
        (void)snprintf(out->spec, sizeof(out->spec), "tap:%s", KERNEL_IF);
        return 0;
    }
    (void)snprintf(out->spec, sizeof(out->spec), "packet:%s", STACK_IF);
    int r = make_veth();
    return r == 0 ? bring_up(sock, STACK_IF) : r;
}

int weft_private_enter(char *err, size_t err_cap)
{
    int r = enter();
    if (r == 0)
        return 0;
    return wf_host_fail(err, err_cap,
                        "private network: no namespace: %s; try as root, or: sysctl "
                        "user.max_user_namespaces=1000 kernel.unprivileged_userns_clone=1",
                        wf_host_errno(-r));
}

static int open_tun(int sock, const char *name, uint32_t mtu)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
    int r = if_ioctl(fd, TUNSETIFF, name, &ifr);
    memset(&ifr, 0, sizeof(ifr));
    ifr.ifr_mtu = (int)mtu;
    if (r == 0)
        r = if_ioctl(sock, SIOCSIFMTU, name, &ifr);
    if (r < 0)
        (void)close(fd);
    return r < 0 ? r : fd;
}

/* "ip route add default dev tun0" */
static int route_all(int sock, char *name)
{
    struct rtentry rt;
    memset(&rt, 0, sizeof(rt));
    rt.rt_dst.sa_family = rt.rt_genmask.sa_family = AF_INET;
    rt.rt_flags = RTF_UP;
    rt.rt_dev = name;
    return ioctl(sock, SIOCADDRT, &rt) != 0 ? -errno : 0;
}

int weft_private_tun(const struct weft_prefix *kernel, uint32_t mtu, char *err, size_t err_cap)
{
    char name[] = "tun0";
    /* No router solicitations on a wire whose other end speaks IPv4 only. */
    (void)write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int fd = sock < 0 ? -errno : open_tun(sock, name, mtu), r = fd;
    if (fd >= 0)
        r = set_address(sock, name, kernel);
    if (fd >= 0 && r == 0)
        r = bring_up(sock, "lo");
    if (fd >= 0 && r == 0)
        r = bring_up(sock, name);
    if (fd >= 0 && r == 0)
        r = route_all(sock, name);
    if (sock >= 0)
        (void)close(sock);
    if (r == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return wf_host_fail(err, err_cap, "private network: /dev/net/tun: %s; try: modprobe tun",
                        wf_host_errno(-r));
}

int weft_private_net_enter(struct weft_private_net *out, const struct weft_prefix *kernel,
                           char *err, size_t err_cap)
{
    if (weft_private_enter(err, err_cap) != 0)
        return -1;
    int r, sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return wf_host_fail(err, err_cap, "private network: socket: %s", wf_host_errno(errno));
    r = lay_wire(out, sock);
    if (r == 0)
        r = bring_up(sock, "lo");
    if (r == 0)
        r = bring_up(sock, KERNEL_IF);
    if (r == 0)
        r = set_address(sock, KERNEL_IF, kernel);
    (void)close(sock);
    if (r < 0)
        return wf_host_fail(err, err_cap,
                            "private network: neither /dev/net/tun nor a veth pair: %s; try: "
                            "modprobe -a tun veth",
                            wf_host_errno(-r));
    return 0;
}
