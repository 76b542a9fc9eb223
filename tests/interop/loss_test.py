# SPDX-License-Identifier: MIT
"""100 MB each way through 1 % loss, reordering and duplication at 2 ms, made by a simulated link in
real time: weft against the kernel, and kernel against kernel as the reference.
Usage: loss_test.py WEFT PEER WIRE"""
import contextlib
import os
import socket
import sys
import time

import ns
import tap
from ns import sh

ns.enter()
WIRE = os.path.abspath(sys.argv[3])
BYTES = 100_000_000
FAULTS = ["delay_us=1000", "loss_ppm=10000", "dup_ppm=5000", "reorder_ppm=10000", "reorder_us=500"]
LIMIT_S = 100
data = os.urandom(1 << 20) * (BYTES >> 20)
took = {}


@contextlib.contextmanager
def wired(second, *faults):
    """The kernel here at 10.9.0.1 on the near TAP; what stands at the far end is the caller's."""
    with ns.Program(WIRE, "tap:iopa", second, *faults) as w:
        ns.settle("iopa", "10.9.0.1/24")
        yield w
        fates = w.stop()
        print(f"# {[{k: v for k, v in d.items() if v} for d in fates['dir']]}", flush=True)
        for d in fates["dir"]:
            assert d["lost"] > 0 and d["duplicated"] > 0 and d["reordered"] > 0, d


def cubic(s):
    """On this socket alone: the machine's default may be another one, which knows no loss."""
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    return s


@contextlib.contextmanager
def weft_end():
    """A weft host at the far end, over a QEMU-framed socket: 10.9.0.2."""
    with wired(f"unix-listen:{ns.SCRATCH}/far", *FAULTS) as _, ns.Host(
            "--name", "t", "--link", f"unix:{ns.SCRATCH}/far", "--address", "10.9.0.2/24", "--serve",
            f"http={ns.SCRATCH}/www,put,discard", control=ns.SCRATCH / "t.ctl") as h:
        yield h


@contextlib.contextmanager
def timed(what):
    start = time.monotonic()
    yield
    took[what] = time.monotonic() - start
    print(f"# {what}: {BYTES / 1e6:.0f} MB in {took[what]:.1f} s, {BYTES / 1e6 / took[what]:.1f} MB/s", flush=True)


def drops(h):
    print(f"# drops: { {k: n for k, n in h.show('drops').items() if n} }", flush=True)


def weft_sends():
    """the kernel GETs from weft through the faults, every byte right"""
    with weft_end() as h:
        (ns.SCRATCH / "www/data").write_bytes(data)
        with timed("weft to kernel"):
            sh(f"curl -sS --fail -o {ns.SCRATCH}/got http://10.9.0.2/data", timeout=LIMIT_S)
        assert (ns.SCRATCH / "got").read_bytes() == data
        drops(h)


def weft_receives():
    """the kernel PUTs to weft through the faults, every byte right"""
    with weft_end() as h, cubic(socket.create_connection(("10.9.0.2", 80), timeout=LIMIT_S)) as s:
        with timed("kernel to weft"):
            s.sendall(b"PUT /put HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % len(data))
            s.sendall(data)
            tap.eq(s.recv(100).split()[1], b"201")
        assert (ns.SCRATCH / "www/put").read_bytes() == data
        drops(h)


def reference():
    """the kernel to the kernel through the same faults; weft takes at most 3 times as long"""
    def source(c):
        with cubic(c):
            c.sendall(data)
    with ns.Kernel() as far, wired("tap:iopb", *FAULTS):
        far.take("iopb", "10.9.0.2/24")
        with ns.serving(socket.SOCK_STREAM, 5001, source, kernel=far), \
                socket.create_connection(("10.9.0.2", 5001), timeout=LIMIT_S) as s, timed("kernel to kernel"):
            got = bytearray()
            while more := s.recv(1 << 18):
                got += more
        assert got == data
    for what in ("weft to kernel", "kernel to weft"):
        assert took.get(what, 0) < 3 * took["kernel to kernel"] + 5, took


os.makedirs(ns.SCRATCH / "www")
os.chmod(ns.SCRATCH / "www", 0o777)
tap.run([weft_sends, weft_receives, reference])
