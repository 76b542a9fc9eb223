# SPDX-License-Identifier: MIT
"""ping and UDP echo of all sizes, both ways, over links with and without offloads and of several MTUs.
Usage: size_test.py WEFT PEER"""
import os
import random
import socket
import sys

import ns
import tap
from ns import sh

ns.enter()
PEER = os.path.abspath(sys.argv[2])
SIZES = [0, 1, 7, 8, 1471, 1472, 1473, 1474, 2952, 65507]
LINKS = [(1500, True), (1500, False), (9000, True), (576, False)]
WRONG = ("bad_", "truncated", "frag.", "giant", "runt", "malformed", "mem.")  # Drops that tell of a defect.
rng = random.Random(os.environ.get("WEFT_SEED", "interop"))


def sizes():
    return SIZES + [rng.randrange(65508) for _ in range(100)]


def options(offload):
    return [] if offload else ["--no-offload"]


def name(mtu, offload):
    return f"MTU {mtu}, offloads {'on' if offload else 'off'}"


def kernel_pings(mtu, offload):
    def case():
        with ns.weft_host(*options(offload), mtu=mtu) as h:
            for n in sizes():
                r = sh(["ping", "-n", "-c", "1", "-W", "2", "-s", str(n), "10.9.0.2"], check=False)
                assert r.returncode == 0 and "wrong data" not in r.stdout, f"{n} bytes: {r.stdout}{r.stderr}"
            drops(h)
    case.__doc__ = f"the kernel's ping of 110 sizes is answered: {name(mtu, offload)}"
    return case


def weft_pings(mtu, offload):
    def case():
        with ns.weft_host(*options(offload), mtu=mtu) as h:
            for n in SIZES + [rng.randrange(65508) for _ in range(10)]:
                h.weft("ping", "-c", "1", "-W", "2", "-s", str(n), "10.9.0.1")
            drops(h)
    case.__doc__ = f"weft ping of 20 sizes is answered by the kernel: {name(mtu, offload)}"
    return case


def drops(h):
    """On a wire without faults the host has nothing to drop for being wrong."""
    wrong = {k: n for k, n in h.show("drops").items() if n and any(w in k for w in WRONG)}
    assert not wrong, wrong


def kernel_udp(mtu, offload):
    def case():
        with ns.weft_host("--serve", "echo", *options(offload), mtu=mtu) as h, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("10.9.0.2", 7))
            s.settimeout(3)
            for n in sizes():
                data = rng.randbytes(n)
                s.send(data)
                assert s.recv(65535) == data, f"{n} bytes"
            drops(h)
    case.__doc__ = f"UDP echo by weft, 110 sizes: {name(mtu, offload)}"
    return case


def weft_udp(mtu, offload):
    def case():
        mode = "offload" if offload else "plain"
        with ns.serving(socket.SOCK_DGRAM, 7, ns.echo_datagrams), \
                ns.Program(PEER, "tap:iop0", "10.9.0.2/24", mtu, mode, "udp", "10.9.0.1", "7", *sizes()) as p:
            ns.settle("iop0", "10.9.0.1/24")
            tap.eq(p.go(), "echoed 110")
    case.__doc__ = f"UDP echo by the kernel, 110 sizes sent by weft: {name(mtu, offload)}"
    return case


tap.run([make(*link) for link in LINKS for make in (kernel_pings, weft_pings, kernel_udp, weft_udp)])
