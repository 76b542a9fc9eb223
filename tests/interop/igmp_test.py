# SPDX-License-Identifier: MIT
"""Groups: kernel hosts behind a weft router in all versions of IGMP, a weft host behind the kernel's
querier. Usage: igmp_test.py WEFT"""
import contextlib
import socket
import struct
import sys
import time

import ns
import tap
from ns import sh

ns.enter()
GROUP, SSM, PORT = "239.1.1.1", "232.1.1.1", 40000


def address(text):
    return socket.inet_aton(text)


@contextlib.contextmanager
def routed(*more):
    """The kernel here at 10.1.0.1, a kernel host at 10.2.0.1, and weft between them as a router of groups."""
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--link", "a=tap:iop0", "--address", "10.1.0.254/24", "--link", "b=tap:iop1",
            "--address", "10.2.0.254/24", "--igmp-router", "b,query=2,response=1", "--mroute", "a", "--mroute", "b",
            *more, control=ns.SCRATCH / "r.ctl") as router:
        ns.settle("iop0", "10.1.0.1/24")
        ns.offloads_off("iop0")
        sh("ip route add 224.0.0.0/4 dev iop0")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254")
        yield router, there


@contextlib.contextmanager
def captured(kernel):
    """What is on the far link while the block runs is well formed, whatever tshark looks at."""
    c = ns.Capture("iop1")
    with kernel.inside():
        c.__enter__()
    yield
    c.__exit__()
    assert c.verdict() > 3


def member(kernel, source=None, group=GROUP):
    with kernel.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", PORT))
    s.settimeout(0.3)
    if source:
        s.setsockopt(socket.IPPROTO_IP, 39, address(group) + address("10.2.0.1") + address(source))
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, address(group) + address("10.2.0.1"))
    return s


def send(text, group=GROUP, ttl=4):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        s.sendto(text, (group, PORT))


def got(s):
    try:
        return s.recv(100)
    except TimeoutError:
        return None


def wanted(router, group=GROUP):
    return next((g for g in router.show("groups") if g["group"] == group and g["side"] == "link"), None)


def until(what, seconds=6):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def kernel_host(version):
    def case():
        with routed() as (router, far), captured(far) if version == 3 else contextlib.nullcontext():
            far.sh(f"sysctl -qw net.ipv4.conf.iop1.force_igmp_version={version}")
            send(b"nobody")
            with member(far) as s:
                until(lambda: wanted(router))
                tap.eq(wanted(router)["version"], version)
                send(b"wanted")
                tap.eq(got(s), b"wanted")
                send(b"near", ttl=1)
                tap.eq(got(s), None)
                if version == 3:  # The periodic answer of a current state.
                    time.sleep(3)
                    assert wanted(router)["timer_ms"] > 2500, wanted(router)
            if version == 1:  # Silent leaving.
                time.sleep(2.5)
                assert wanted(router)
            else:
                until(lambda: not wanted(router), 4)
    case.__doc__ = f"a kernel host of IGMPv{version} is heard, served and forgotten"
    return case


def source_filter():
    """a kernel host's source-specific join lets in that source only"""
    with routed() as (router, far):
        with member(far, "10.1.0.77", SSM) as s:
            until(lambda: wanted(router, SSM))
            send(b"other", SSM)
            tap.eq(got(s), None)
            tap.eq(router.show("counters")["mroute.forwarded"], 0)
        with member(far, "10.1.0.1", SSM) as s:
            until(lambda: any(x["source"] == "10.1.0.1" for x in (wanted(router, SSM) or {}).get("sources", [])))
            send(b"right", SSM)
            tap.eq(got(s), b"right")


def threshold_and_tree():
    """a static tree needs no member; a TTL threshold holds back"""
    with routed("--mroute-tree", "239.9.9.9,a,b", "--mroute", "b,ttl=8") as (router, far):
        far.sh("sysctl -qw net.ipv4.conf.iop1.force_igmp_version=3")
        with member(far, group="239.9.9.9") as s:
            send(b"short", "239.9.9.9", 8)
            tap.eq(got(s), None)
            send(b"long", "239.9.9.9", 9)
            tap.eq(got(s), b"long")
        tap.eq(router.show("mroutes")[0]["packets"], 2)
        shown = sh([sys.argv[1], "show", "mroute", "--control", str(ns.SCRATCH / "r.ctl")]).stdout
        assert "(*, 239.9.9.9) iif a oifs b" in shown, shown


def socats():
    """socat sends to a group and another one receives it through a weft router"""
    ns.need("socat")
    with routed() as (router, far):
        line = f"timeout 8 socat -u UDP4-RECVFROM:6000,ip-add-membership={GROUP}:10.2.0.1 - > {ns.SCRATCH}/got 2>/dev/null & echo"
        far.sh(line)
        until(lambda: wanted(router))
        sh(f"echo through | socat -u - UDP4-DATAGRAM:{GROUP}:6000,ip-multicast-ttl=3")
        until(lambda: (ns.SCRATCH / "got").read_text() == "through\n")


def kernel_querier(version):
    def case():
        with ns.Host("--name", "m", "--link", "eth0=tap:iop0", "--address", "10.1.0.2/24", "--join", f"{GROUP}@eth0",
                     "--join", f"{SSM}@eth0,10.1.0.9", control=ns.SCRATCH / "m.ctl") as host, ns.Capture("iop0") as c:
            sh("ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_interval 100 "
               f"mcast_query_response_interval 50 mcast_startup_query_interval 50 mcast_igmp_version {version}")
            sh("ip link set iop0 master br0 && ip link set iop0 up && ip addr add 10.1.0.1/24 dev br0 && "
               "ip link set br0 up")
            try:
                until(lambda: GROUP in sh("bridge mdb show dev br0").stdout, 15)
                until(lambda: host.show("igmp")[0]["version"] == version, 15)
                if version == 3:
                    until(lambda: "10.1.0.9" in sh("bridge -d mdb show dev br0").stdout, 15)
                tap.eq({g["group"] for g in host.show("groups")}, {GROUP, SSM})
            finally:
                sh("ip link del br0")
        assert not c.tshark("-Y", "_ws.malformed || igmp.checksum.status == 0 || ip.checksum.status == 0")
    case.__doc__ = f"the kernel's bridge asks with IGMPv{version} and learns what a weft host joined"
    return case


tap.run([kernel_host(1), kernel_host(2), kernel_host(3), source_filter, threshold_and_tree, socats, kernel_querier(2),
         kernel_querier(3)])
