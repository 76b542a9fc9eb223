# SPDX-License-Identifier: MIT
"""A weft router's table from outside, and what the kernel makes of what it says. Usage: router_test.py WEFT"""
import contextlib
import json
import re
import socket

import ns
import tap
from ns import sh

ns.enter()


@contextlib.contextmanager
def routed():
    """Kernel hosts 10.1.0.1 here and 10.2.0.1 in a namespace of its own, and weft between them."""
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--link", "tap:iop0", "--address", "10.1.0.254/24",
            "--link", "tap:iop1", "--address", "10.2.0.254/24", control=ns.SCRATCH / "r.ctl") as router:
        ns.settle("iop0", "10.1.0.1/24")
        sh("ip route add default via 10.1.0.254")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254")
        yield router, there


def route(router, *words, ok=True):
    r = router.weft("route", *words, check=ok)
    assert ok or r.returncode == 1, (words, r.returncode, r.stderr)
    return r.stdout


def alive(address, far=None):
    return (far.sh if far else sh)(f"ping -n -c 1 -W 1 {address}", check=False)


def the_table():
    """weft route adds, shows, asks for and deletes routes with the words of ip route"""
    with routed() as (r, _):
        route(r, "add", "192.0.2.0/24", "via", "10.2.0.1", "metric", "20", "proto", "static")
        route(r, "add", "192.0.2.0/24", "via", "10.2.0.1", "tos", "0x10")
        route(r, "add", "blackhole", "198.51.100.0/24")
        route(r, "add", "default", "nexthop", "via", "10.1.0.1", "weight", "1", "nexthop", "via", "10.2.0.1", "weight", "3")
        tap.eq(route(r, "show"), "default\n\tnexthop via 10.1.0.1 dev eth0 weight 1\n"
               "\tnexthop via 10.2.0.1 dev eth1 weight 3\n"
               "10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.254\n"
               "10.2.0.0/24 dev eth1 proto kernel scope link src 10.2.0.254\n"
               "127.0.0.0/8 dev lo proto kernel scope link src 127.0.0.1\n"
               "192.0.2.0/24 tos 0x10 via 10.2.0.1 dev eth1\n"
               "192.0.2.0/24 via 10.2.0.1 dev eth1 proto static metric 20\n"
               "blackhole 198.51.100.0/24\n")
        tap.eq(route(r, "get", "192.0.2.9").strip(), "192.0.2.9 via 10.2.0.1 dev eth1 metric 20")
        tap.eq(json.loads(route(r, "get", "10.1.0.7", "--json"))["dev"], "eth0")
        assert {x["dst"] for x in json.loads(route(r, "--json"))} > {"192.0.2.0", "198.51.100.0"}
        route(r, "get", "198.51.100.1", ok=False)
        route(r, "add", "192.0.2.0/24", "via", "10.2.0.1", "metric", "20", ok=False)
        route(r, "add", "192.0.3.0/24", "via", "10.9.0.1", ok=False)
        route(r, "del", "192.0.2.0/24")
        route(r, "del", "192.0.2.0/24", "tos", "0x10")
        route(r, "del", "192.0.2.0/24", ok=False)
        route(r, "del", "default")
        for metrics in (("30", "20", "40"), ("20", "40", "30"), ("40", "30", "20")):
            for m in metrics:
                route(r, "add", "203.0.113.0/24", "via", "10.2.0.1", "metric", m)
            for m in (" 20", " 30", " 40"):  # The preferred one goes.
                assert f"metric{m}" in route(r, "get", "203.0.113.9")
                route(r, "del", "203.0.113.0/24")
        route(r, "del", "blackhole", "198.51.100.0/24")
        route(r, "del", "10.1.0.0/24", ok=False)  # An address made it.
        tap.eq(len(json.loads(route(r, "--json"))), 3)


def routes_that_refuse():
    """the kernel is told what unreachable and prohibit routes say, and nothing by a blackhole"""
    with routed() as (r, _):
        for kind, words in (("unreachable", "Destination Host Unreachable"), ("prohibit", "Packet filtered"), ("blackhole", "")):
            route(r, "add", kind, "192.0.2.0/24")
            out = alive("192.0.2.1").stdout
            assert (words in out) if words else ("From" not in out), (kind, out)
            route(r, "del", kind, "192.0.2.0/24")
        assert "Destination Net Unreachable" in alive("192.0.2.1").stdout


def routes_move():
    """a host route turns traffic to another address of the far side at once, a UDP flow too"""
    with routed() as (r, far):
        far.sh("ip addr add 192.0.2.1/32 dev lo")
        assert alive("192.0.2.1").returncode != 0
        route(r, "add", "192.0.2.1", "via", "10.2.0.1")
        assert alive("192.0.2.1").returncode == 0

        def echo(s):
            with contextlib.suppress(OSError):  # It is closed when the case is over.
                while peer := (got := s.recvfrom(65536))[1]:
                    s.sendto(got[0], peer)
        with ns.serving(socket.SOCK_DGRAM, 7, echo, kernel=far), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            s.connect(("10.2.0.1", 7))
            for n in (0, 1, 1472, 1473, 8000):
                s.send(b"u" * n)
                tap.eq(len(s.recv(65536)), n)
        route(r, "del", "192.0.2.1")
        assert alive("192.0.2.1").returncode != 0


def redirects():
    """the kernel obeys a redirect of the router to a better first hop"""
    with routed() as (r, _):
        sh("sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.iop0.accept_redirects=1 "
           "net.ipv4.conf.all.secure_redirects=0 net.ipv4.conf.iop0.secure_redirects=0")
        route(r, "add", "192.0.2.0/24", "via", "10.1.0.7")
        sh("ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev iop0")  # It believes in no gateway that is not there.
        with ns.Capture("iop0") as c:
            sh("ping -n -c 2 -i 0.3 -W 1 192.0.2.1", check=False)
            ns.wait_for(lambda: "10.1.0.7" in sh("ip route get 192.0.2.1").stdout)
        said = c.tshark("-Y", "icmp.type == 5", "-T", "fields", "-e", "icmp.code", "-e", "icmp.redir_gw", "-e", "ip.src")
        tap.eq([x.split(",")[0] for x in said[0].split("\t")], ["1", "10.1.0.7", "10.1.0.254"])
        assert c.verdict() > 2


def queues():
    """a transfer through CoDel queues and a loose filter arrives whole, and a thousand routes are no burden"""
    with ns.Kernel() as far, ns.Host(
            "--name", "r", "--forward", "--max-routes", "2000",
            "--link", "tap:iop0", "--address", "10.1.0.254/24", "--queue", "codel,ecn,500", "--rpf", "loose",
            "--link", "tap:iop1", "--address", "10.2.0.254/24", "--queue", "red,ecn,precedence", "--rpf", "off",
            control=ns.SCRATCH / "r.ctl") as r:
        ns.settle("iop0", "10.1.0.1/24")
        sh("ip route add default via 10.1.0.254")
        far.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254")
        for i in range(20):
            route(r, "add", f"20.0.{i}.0/24", "via", "10.2.0.1")
        data = bytes(range(256)) * 40000
        with ns.serving(socket.SOCK_STREAM, 7, ns.echo_at_end, kernel=far), \
                socket.create_connection(("10.2.0.1", 7), timeout=20) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            got = b""
            while more := s.recv(1 << 18):
                got += more
            assert got == data
        assert alive("10.1.0.1", far).returncode == 0


def mtr():
    """mtr names the router and the far host"""
    ns.need("mtr")
    with routed():
        out = sh("mtr -n -r -c 2 -i 0.2 10.2.0.1").stdout
        tap.eq(re.findall(r"\|-- *(\S+)", out), ["10.1.0.254", "10.2.0.1"])


tap.run([the_table, routes_that_refuse, routes_move, redirects, queues, mtr])
