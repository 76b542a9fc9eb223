# SPDX-License-Identifier: MIT
"""ICMP beside the kernel: ping with odd payloads, the other queries by raw sockets, errors as programs see
them, traceroute through and at weft, redirects both ways, router discovery; tshark reads every field.
Usage: icmp_test.py WEFT PEER WIRE"""
import contextlib
import errno
import json
import re
import socket
import struct
import time

import ns
import tap
from net import WEFT
from ns import sh

ns.enter()
HOST, HERE = "10.9.0.2", "10.9.0.1"


def total(b):
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    s = (s & 0xFFFF) + (s >> 16)
    return (s & 0xFFFF) + (s >> 16)


def message(kind, body=b"", word=0x12340001, code=0):
    m = struct.pack("!BBHI", kind, code, 0, word) + body
    return m[:2] + struct.pack("!H", ~total(m + b"\0" * (len(m) % 2)) & 0xFFFF) + m[4:]


@contextlib.contextmanager
def raw(timeout=2.0):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.settimeout(timeout)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        yield s


def ask(s, kind, body=b"", to=HOST):
    """A query, and the answer from weft; None if there is none."""
    s.sendto(message(kind, body), (to, 0))
    end = time.monotonic() + s.gettimeout()
    with contextlib.suppress(TimeoutError):
        while time.monotonic() < end:
            got, (who, _) = s.recvfrom(65535)
            m = got[(got[0] & 15) * 4:]
            if who == HOST and m[0] not in (kind, 3, 11):
                assert total(m + b"\0" * (len(m) % 2)) == 0xFFFF
                return m
    return None


def payloads():
    """the kernel's ping of odd sizes, patterns, TOS and TTL is answered with the same bytes"""
    with ns.weft_host() as h:
        for more in ("-p ff", "-p 00", "-p 1", "-p deadbeef0102030405060708090a0b0c", "-Q 0xb8", "-t 1", "-t 255", "-l 3",
                     "-M do -s 1472"):
            for n in (0, 1, 3, 15, 17, 63, 255, 1471) if "-s" not in more else (1472,):
                r = sh(f"ping -n -c 3 -i 0.002 -W 2 {more} -s {n} {HOST}", check=False)
                assert r.returncode == 0 and "wrong data" not in r.stdout and "DUP" not in r.stdout, f"{more} {n}: {r.stdout}"
        r = sh(f"ping -n -f -q -c 2000 {HOST}")
        assert " 0% packet loss" in r.stdout, r.stdout
        assert h.show("drops").get("icmp.bad_checksum", 0) == 0


def queries():
    """timestamp, mask and information are answered as they are switched on, and tshark reads them so"""
    with ns.weft_host() as h, raw(0.3) as s:
        for kind, body in ((13, bytes(12)), (15, b""), (17, bytes(4))):
            tap.eq(ask(s, kind, body), None)
        assert h.show("drops").get("icmp.switched_off") == 3, h.show("drops")
    with ns.weft_host("--icmp", "timestamp,information,mask"), raw() as s, ns.Capture("iop0") as c:
        now = int(time.time() * 1000) % 86400000
        m = ask(s, 13, struct.pack("!III", now, 0, 0))
        kind, code, _, word, originate, receive, transmit = struct.unpack("!BBHIIII", m)
        tap.eq((kind, code, word, originate), (14, 0, 0x12340001, now))
        assert abs(receive - now) < 2000 and receive == transmit, (now, receive, transmit)
        tap.eq(ask(s, 15), message(16))
        tap.eq(ask(s, 17, bytes(4)), message(18, bytes([255, 255, 255, 0])))
        tap.eq(ask(s, 17, bytes(4), "10.9.0.255"), message(18, bytes([255, 255, 255, 0])))
    fields = [a for f in ("type", "ident", "seq", "originate_timestamp", "receive_timestamp", "address_mask")
              for a in ("-e", f"icmp.{f}")]
    lines = c.tshark("-Y", f"icmp && ip.src == {HOST}", "-T", "fields", "-E", "separator=,", *fields)
    tap.eq(lines[0], f"14,4660,1,{now},{receive},")
    tap.eq(lines[1].split(",")[0], "16")
    assert lines[2].startswith("18,4660,1,,,255.255.255.0"), lines
    c.verdict()


def weft_learns():
    """a weft host learns the mask of its link from a weft agent"""
    with ns.weft_host("--icmp", "mask") as agent, ns.Host(
            "--name", "b", "--link", "tap:iop1", "--address", "10.9.0.6/30", "--icmp", "learn-mask",
            control=ns.SCRATCH / "b.ctl") as h:
        del agent
        sh("ip addr flush dev iop0; ip link add br0 type bridge && ip link set iop0 master br0 up"
           " && ip link set iop1 master br0 up && ip link set br0 up")
        ns.wait_for(lambda: [a["prefix_len"] for a in h.show("addresses") if a["address"] == "10.9.0.6"] == [24], 8)
        h.weft("ping", "-c", "1", HOST)
    sh("ip link del br0")


def weft_asks():
    """weft ping -K: the kernel's clock by a timestamp, and silence where it has no answer"""
    with ns.weft_host() as h:
        out = h.weft("ping", "-K", "timestamp", "-c", "2", "-i", "0.1", "--json", HERE).stdout
        reply = [e for e in map(json.loads, out.splitlines()) if e["event"] == "reply"][0]
        assert abs(reply["receive_ms"] - reply["originate_ms"]) < 2000, reply
        text = h.weft("ping", "-K", "timestamp", "-c", "1", HERE).stdout
        assert re.search(r"originate=\d\d:\d\d:\d\d\.\d{3} receive=\d\d:\d\d", text), text
        tap.eq(h.weft("ping", "-K", "mask", "-c", "1", "-W", "0.2", HERE, check=False).returncode, 1)
        text = h.weft("ping", "-D", "-c", "1", HERE).stdout
        assert re.search(r"^\[\d+\.\d{6}\] 64 bytes from", text, re.M), text
        tap.eq(h.weft("ping", "-l", "4", "-c", "4", "-w", "1", HERE).returncode, 0)


def refused(kind, protocol, size):
    """What the kernel says after a datagram that weft has no use for, as an errno."""
    with socket.socket(socket.AF_INET, kind, protocol) as s:
        s.settimeout(2)
        s.connect((HOST, 9))
        s.send(b"x" * size)
        try:
            s.recv(10)
        except OSError as e:
            return e.errno
    return 0


def errors():
    """what weft says is wrong reaches the kernel's programs: refused, unreachable, too long, time exceeded"""
    with ns.weft_host("--no-offload"), ns.Capture("iop0") as c:
        ns.offloads_off("iop0")
        tap.eq(refused(socket.SOCK_DGRAM, 0, 700), errno.ECONNREFUSED)
        tap.eq(refused(socket.SOCK_RAW, 200, 20), errno.ENOPROTOOPT)
    got = c.tshark("-Y", f"icmp && ip.src == {HOST}", "-T", "fields", "-E", "separator=,", "-E", "occurrence=l", "-e", "icmp.type",
                   "-e", "icmp.code", "-e", "ip.ttl", "-e", "ip.dst", "-e", "udp.dstport")
    assert got[0].startswith("3,3,64,") and got[0].endswith("10.9.0.2,9"), got
    sizes = c.tshark("-Y", f"icmp && ip.src == {HOST}", "-T", "fields", "-E", "occurrence=f", "-e", "ip.len", "-e", "ip.dsfield")
    tap.eq(sizes[0].split("\t"), ["576", "0xc0"])
    c.verdict()


def textbook():
    """with --icmp textbook an error is 56 bytes, and the kernel finds its socket by it all the same"""
    with ns.weft_host("--icmp", "textbook"), ns.Capture("iop0") as c:
        tap.eq(refused(socket.SOCK_DGRAM, 0, 700), errno.ECONNREFUSED)
    tap.eq(c.tshark("-Y", f"icmp && ip.src == {HOST}", "-T", "fields", "-E", "occurrence=f", "-e", "ip.len"), ["56"])


@contextlib.contextmanager
def behind_the_kernel(mtu=1500):
    """weft - the kernel as a router - another kernel host at 10.8.0.1, whose link may be narrow."""
    with ns.Kernel() as far, ns.weft_host("--gateway", HERE) as h:
        sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0; ip link add up0 type veth peer name up1")
        far.take("up1", "10.8.0.1/24", "ip route add default via 10.8.0.254", "sysctl -qw net.ipv4.icmp_ratelimit=0", f"ip link set up1 mtu {mtu}")
        sh(f"ip addr add 10.8.0.254/24 dev up0; ip link set up0 mtu {mtu} up")
        yield h, far


def hops(out):
    return re.findall(r"^ *\d+ +(\S+)", out, re.M)


def weft_traces():
    """weft traceroute by UDP, ICMP and TCP through a kernel router, to open and closed ports; -M finds the MTU"""
    with behind_the_kernel(1300) as (h, far), ns.serving(socket.SOCK_STREAM, 80, ns.echo, kernel=far):
        for way in ([], ["-I"], ["-T"], ["-T", "-p", "81"]):
            r = h.weft("traceroute", "-q", "2", "-w", "2", *way, "10.8.0.1")
            tap.eq((way, hops(r.stdout)), (way, [HERE, "10.8.0.1"]))
            assert "*" not in r.stdout, r.stdout
        out = h.weft("traceroute", "-M", "-q", "1", "-w", "2", "10.8.0.1").stdout
        assert re.search(r"^ 1  10\.9\.0\.1  [\d.]+ ms F=1500$", out, re.M), out
        assert re.search(r"^ 2  10\.8\.0\.1  [\d.]+ ms F=1300$", out, re.M), out
        r = h.weft("ping", "-M", "do", "-s", "1400", "-c", "1", "10.8.0.1", check=False)
        assert "mtu=1300" in r.stderr, r.stdout + r.stderr
        tap.eq(h.weft("ping", "-t", "1", "-c", "1", "10.8.0.1", check=False).returncode, 1)


def kernel_traces():
    """the kernel's traceroute at and through weft, and its search for the MTU"""
    ns.need("traceroute")
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--link", "tap:iop0", "--address", "10.9.0.2/24", "--link", "tap:iop1", "--address",
            "10.2.0.254/24", "--mtu", "1000", control=ns.SCRATCH / "r.ctl"):
        ns.settle("iop0", "10.9.0.1/24")
        sh("ip route add 10.2.0.0/24 via 10.9.0.2")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254", "ip link set iop1 mtu 1000",
                   "sysctl -qw net.ipv4.icmp_ratelimit=0")
        for way in ("", "-I", "-T", "-U -p 53"):
            out = sh(f"traceroute -n -q 1 -w 2 {way} 10.2.0.1").stdout
            tap.eq((way, hops(out)[-2:]), (way, [HOST, "10.2.0.1"]))
        for way in ("", "-I", "-T"):
            tap.eq(hops(sh(f"traceroute -n -q 1 -w 2 {way} {HOST}").stdout)[-1], HOST)
        out = sh("traceroute -n -q 1 -w 2 --mtu 10.2.0.1").stdout
        assert "F=1000" in out, out
        assert "<" not in sh("traceroute -e -n -q 1 -w 2 10.2.0.1").stdout
        r = sh("ping -n -c 1 -W 2 -M do -s 1200 10.2.0.1", check=False)
        assert "mtu = 1000" in r.stdout + r.stderr or "mtu=1000" in r.stdout + r.stderr, r.stdout + r.stderr


def extensions():
    """the kernel's traceroute and tshark read what weft adds to its errors; so does weft"""
    ns.need("traceroute")
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--icmp", "extensions", "--link", "tap:iop0", "--address", "10.9.0.2/24", "--link",
            "tap:iop1", "--address", "10.2.0.254/24", control=ns.SCRATCH / "r.ctl"):
        ns.settle("iop0", "10.9.0.1/24")
        ns.offloads_off("iop0")
        sh("ip route add 10.2.0.0/24 via 10.9.0.2")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254", "sysctl -qw net.ipv4.icmp_ratelimit=0")
        with ns.Capture("iop0") as c:
            for way in ("", "-I", "-T"):
                out = sh(f"traceroute -e -n -q 1 -w 2 {way} 10.2.0.1").stdout
                # Before 2.1.3 it did not know the class: class, type, then the words; 2 is the index, 0x0a090002 the address.
                assert re.search(r"<(2/15:00000002,00010000,0a090002,|INC:2,10\.9\.0\.2,)", out), out
        c.verdict()
        names = c.tshark("-Y", "icmp.ext", "-T", "fields", "-E", "separator=,", "-e", "icmp.type", "-e", "icmp.ext.version", "-e",
                         "icmp.ext.checksum.status", "-e", "icmp.ext.length", "-e", "icmp.int_info.index", "-e",
                         "icmp.int_info.ipv4", "-e", "icmp.int_info.name")
        tap.eq([n.replace("11,8,", "11,") for n in names], 3 * ["11,2,1,28,2,10.9.0.2,eth0"])  # Of ICMP the quote has a type, too.
        sh("ip addr flush dev iop0; ip link add br0 type bridge && ip link set iop0 master br0 && ip link set br0 up && "
           "ip link add v0 type veth peer name v1 && ip link set v0 master br0 up && ip link set v1 up")
        trace = [WEFT, "traceroute", "--link", "packet:v1", "--address", "10.9.0.9/24", "--gateway", HOST, "-q", "1", "10.2.0.1"]
        out = sh([*trace, "-e"]).stdout
        assert re.search(r'^ 1  10\.9\.0\.2  [\d.]+ ms <INC:2,10\.9\.0\.2,"eth0",mtu=1500>$', out, re.M), out
        assert "<" not in sh(trace).stdout
        first = json.loads(sh([*trace, "--json"]).stdout.splitlines()[0])
        sh("ip link del br0; ip link del v0")
        tap.eq(first["extensions"], [{"class": 2, "type": 15, "interface": {
            "role": "incoming", "index": 2, "address": "10.9.0.2", "name": "eth0", "mtu": 1500}}])


@contextlib.contextmanager
def one_link(*args):
    """weft, the kernel and another kernel host (10.9.0.3, with 10.77.0.1 behind it) on one Ethernet."""
    with ns.Kernel() as other, ns.Host("--name", "t", "--link", "tap:iop0", "--address", "10.9.0.2/24", *args,
                                       control=ns.SCRATCH / "one.ctl") as h:
        sh("ip link add br0 type bridge && ip link set iop0 master br0 up && ip link add up0 type veth peer name up1"
           " && ip link set up0 master br0 up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
        sh("ip addr add 10.9.0.1/24 dev br0 && ip link set br0 up")
        other.take("up1", "10.9.0.3/24", "ip addr add 10.77.0.1/32 dev lo")
        yield h, other


def takes_redirects():
    """weft follows the redirect of a kernel router, only when told to"""
    for args, want in (((), 0), (("--icmp", "redirects"), 1)):
        with one_link("--gateway", HERE, *args) as (h, _):
            sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.br0.send_redirects=1"
               " net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.br0.rp_filter=0; ip route add 10.77.0.0/16 via 10.9.0.3")
            h.weft("ping", "-c", "4", "-i", "0.2", "10.77.0.1")
            tap.eq(h.show("counters").get("icmp.redirects_taken", 0), want)
            before = int(sh("cat /proc/net/snmp | awk '/^Ip: [0-9]/ {print $7}'").stdout)
            h.weft("ping", "-c", "4", "-i", "0.1", "10.77.0.1")
            after = int(sh("cat /proc/net/snmp | awk '/^Ip: [0-9]/ {print $7}'").stdout)
            assert (after - before == 0) == (want == 1), (want, before, after)  # Forwarded by the kernel.
            sh("ip link del br0; ip link del up0", check=False)


def sends_redirects():
    """a weft router tells the kernel of the better hop, and the kernel goes there"""
    with one_link("--forward", "--route", "10.77.0.0/16,10.9.0.3") as (h, _), ns.Capture("br0") as c:
        sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.br0.accept_redirects=1"
           " net.ipv4.conf.all.secure_redirects=0 net.ipv4.conf.br0.secure_redirects=0; ip route add 10.77.0.0/16 via 10.9.0.2")
        sh("ping -n -c 4 -i 0.2 -W 2 10.77.0.1")
        route = sh("ip route get 10.77.0.1").stdout
        assert "via 10.9.0.3" in route and "redirected" in route, route
        n = h.show("counters")["icmp.redirects_out"]
        assert 1 <= n <= 2, n
    line = c.tshark("-Y", "icmp.type == 5", "-T", "fields", "-E", "separator=,", "-E", "occurrence=f", "-e", "icmp.code", "-e",
                    "icmp.redir_gw", "-e", "ip.src", "-e", "ip.dst")[0]
    tap.eq(line, "1,10.9.0.3,10.9.0.2,10.9.0.1")


def solicit(h, s):
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
    s.sendto(message(10, word=0), ("224.0.0.2", 0))
    time.sleep(2.5)
    assert h.show("counters")["ip4.out"] > 0


def discovery():
    """a weft router advertises itself and answers a solicitation; a weft host takes it as default router"""
    with ns.weft_host("--forward", "--icmp", "discovery,interval=4,preference=7") as h, raw(2) as s:
        with ns.Capture("iop0") as c:
            solicit(h, s)
        h.__exit__()
        said = []
        with contextlib.suppress(TimeoutError):
            while True:
                said.append(s.recv(2000)[20:])
        assert said[-1][0] == 9 and said[-1][6:8] == bytes(2), said  # It says that it ceases.
    lines = c.tshark("-Y", f"icmp.type == 9 && ip.src == {HOST}", "-T", "fields", "-E", "separator=,", "-e", "icmp.num_addrs", "-e",
                     "icmp.addr_entry_size", "-e", "icmp.lifetime", "-e", "icmp.router_address", "-e", "icmp.pref_level", "-e",
                     "ip.ttl", "-e", "ip.dst")
    assert lines and lines[0] == "1,2,12,10.9.0.2,7,1,224.0.0.1", lines
    c.verdict()
    with ns.weft_host("--icmp", "discovery") as h, raw() as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
        body = socket.inet_aton(HERE) + struct.pack("!i", 5)
        s.sendto(message(9, body, word=0x01020005), ("224.0.0.1", 0))
        ns.wait_for(lambda: any(r.get("gateway", r.get("via")) == HERE for r in h.show("routes")))
        ns.wait_for(lambda: not any(r.get("gateway", r.get("via")) == HERE for r in h.show("routes")), 8)


tap.run([payloads, queries, weft_learns, weft_asks, errors, textbook, weft_traces, kernel_traces, extensions, takes_redirects, sends_redirects, discovery])
