# SPDX-License-Identifier: MIT
"""A weft router between two kernel hosts, and tables that must agree. Usage: route_test.py WEFT"""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import ns
import tap
from ns import sh

ns.enter()
MBYTES = 1000 if ns.SOAK else 50


@contextlib.contextmanager
def routed(kind="tap", near=(), far=()):
    """Two kernel hosts, 10.1.0.1 here and 10.2.0.1 in a namespace of its own, and weft between them."""
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--link", f"{kind}:iop0", "--address", "10.1.0.254/24", *near, "--link",
            f"{kind}:iop1", "--address", "10.2.0.254/24", *far, control=ns.SCRATCH / "r.ctl") as router:
        ns.settle("iop0", "10.1.0.1/24")
        sh("ip route add default via 10.1.0.254")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254")
        yield router, there


def hops(text):
    return re.findall(r"^ *\d+ +(\S+)", text, re.M)


def traceroutes():
    """traceroute through the weft router by UDP, ICMP and TCP shows it, then the far host"""
    ns.need("traceroute")
    with routed() as (router, far):
        for way in ("", "-I", "-T"):
            out = sh(f"traceroute -n -q 2 -w 2 {way} 10.2.0.1").stdout
            tap.eq((way, hops(out)[1 if "traceroute" in hops(out) else 0:]), (way, ["10.1.0.254", "10.2.0.1"]))
        out = far.sh("traceroute -n -q 1 -w 2 10.1.0.1").stdout
        tap.eq(hops(out), ["10.2.0.254", "10.1.0.1"])
        assert router.show("drops").get("ip4.ttl_exceeded", 0) >= 4, router.show("drops")


def pings():
    """ping crosses the router with all sizes, and TTL and sums stay right"""
    with routed() as (_, far), ns.Capture("iop0") as c:
        for n in (0, 1, 7, 8, 1471, 1472, 1473, 1474, 2952, 65507):
            sh(["ping", "-n", "-c", "1", "-W", "2", "-s", str(n), "10.2.0.1"])
        assert "ttl=63" in far.sh("ping -n -c 1 -W 2 10.1.0.1").stdout
    assert c.verdict() > 20


def transfers(kind, near, far):
    def case():
        data = os.urandom(1 << 20) * MBYTES
        got = {}

        def sink(c):
            with c:
                got["bytes"] = everything(c)
                c.sendall(data)
        with routed(kind, near, far) as (router, there), ns.serving(socket.SOCK_STREAM, 5001, sink, kernel=there):
            for n in (2891, 64 * 1448 - 5):  # Sizes at the edge of what an offload cuts.
                with socket.create_connection(("10.2.0.1", 5001), timeout=30) as s:
                    s.sendall(data[:n])
                    s.shutdown(socket.SHUT_WR)
                    assert everything(s) == data and got["bytes"] == data[:n], n
            start = time.monotonic()
            with socket.create_connection(("10.2.0.1", 5001), timeout=120) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                assert everything(s) == data and got["bytes"] == data
            print(f"# {2 * MBYTES / (time.monotonic() - start):.0f} MB/s through the router")
            wrong = {k: n for k, n in router.show("drops").items() if n and k.split(".")[0] in ("mem", "tx")}
            assert not wrong, wrong
    case.__doc__ = (f"{MBYTES} MB by TCP between two kernels through the router, both ways: {kind}, "
                    f"{' '.join(near) or 'offloads'} - {' '.join(far) or 'offloads'}")
    return case


def everything(s):
    parts = []
    while more := s.recv(1 << 18):
        parts.append(more)
    return b"".join(parts)


def small_mtu(*plain):
    def case():
        with routed(near=plain, far=("--mtu", "900", *plain)) as (_, there):
            r = sh("ping -n -c 2 -i 0.2 -W 1 -M do -s 1200 10.2.0.1", check=False)
            assert re.search(r"mtu ?= ?900", r.stdout + r.stderr), r.stdout + r.stderr
            sh("ping -n -c 1 -W 2 -M dont -s 3000 10.2.0.1")
            data = os.urandom(2_000_000)
            with ns.serving(socket.SOCK_STREAM, 7, ns.echo_at_end, kernel=there), \
                    socket.create_connection(("10.2.0.1", 7), timeout=10) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                assert everything(s) == data
    case.__doc__ = ("a smaller MTU behind the router is told, fragments and path MTU discovery carry on: "
                    f"{' '.join(plain) or 'offloads'}")
    return case


def neighbours():
    """the kernel's neighbour table and weft's name each other's address"""
    with ns.weft_host() as h:
        sh("ping -n -c 1 -W 2 10.9.0.2")
        kernel = json.loads(sh("ip -j neigh show dev iop0").stdout)
        mine = json.loads(sh("ip -j link show dev iop0").stdout)[0]["address"]
        weft = h.show("neighbours")
        mac = next(x for x in h.show("links") if x["name"] == "eth0")["mac"]
        tap.eq([n["lladdr"] for n in kernel if n["dst"] == "10.9.0.2"], [mac])
        assert any(n["address"] == "10.9.0.1" and n["mac"] == mine for n in weft), weft
        sh("ip link set iop0 address 02:11:22:33:44:55 && arping -c 2 -U -I iop0 -s 10.9.0.1 10.9.0.1", check=False)
        sh("ping -n -c 3 -i 0.3 -W 2 10.9.0.2", check=False)
        ns.wait_for(lambda: any(n["mac"] == "02:11:22:33:44:55" for n in h.show("neighbours")))
        sh("arping -c 2 -I iop0 10.9.0.2")


def captures():
    """weft capture and tcpdump on the same wire list the same frames; tshark finds both sound"""
    with ns.weft_host("--no-offload", "--serve", "echo") as h:
        path = ns.SCRATCH / "weft.pcapng"
        with ns.Capture("iop0") as kernel, subprocess.Popen(
                [sys.argv[1], "capture", "--control", h.control, "-w", str(path)]) as weft:
            time.sleep(0.5)
            sh("ping -n -c 3 -i 0.1 -s 3000 10.9.0.2")
            with socket.create_connection(("10.9.0.2", 7), timeout=5) as s:
                s.sendall(b"x" * 10000)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            time.sleep(0.3)
            weft.send_signal(signal.SIGINT)
            weft.wait(10)
        fields = ["-Y", "ip.proto == 1 || tcp", "-T", "fields", "-e", "ip.src", "-e", "ip.id", "-e", "ip.len",
                  "-e", "tcp.seq_raw", "-e", "tcp.ack_raw", "-e", "tcp.flags"]
        own = ns.Capture("iop0", path)
        assert own.verdict() > 20 and kernel.verdict() > 20
        tap.eq(sorted(own.tshark(*fields)), sorted(kernel.tshark(*fields)))


def socket_tables():
    """weft show sockets and the kernel's ss agree about a connection's ports and state"""
    with ns.weft_host("--serve", "echo") as h, socket.create_connection(("10.9.0.2", 7), timeout=5) as s:
        s.sendall(b"hello")
        tap.eq(s.recv(10), b"hello")
        port = s.getsockname()[1]
        weft = [x for x in h.show("sockets") if str(port) in json.dumps(x)]
        tap.eq([x["state"] for x in weft], ["ESTABLISHED"])
        assert f"10.9.0.1:{port}" in sh("ss -Htn state established dst 10.9.0.2").stdout


PLAIN = ("--no-offload",)
tap.run([traceroutes, pings, transfers("tap", (), ()), transfers("tap", (), PLAIN), transfers("tap", PLAIN, ()),
         transfers("tap", PLAIN, PLAIN), transfers("tun", (), ()), transfers("tun", (), PLAIN),
         transfers("tun", PLAIN, ()), small_mtu(), small_mtu(*PLAIN), neighbours, captures, socket_tables])
