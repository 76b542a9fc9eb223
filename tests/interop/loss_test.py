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
BYTES = 100_000_000 if ns.BIG else 25_000_000
FAULTS = ["delay_us=1000", "loss_ppm=10000", "dup_ppm=5000", "reorder_ppm=10000", "reorder_us=500"]
LIMIT_S = 100
data = os.urandom(1 << 20) * (BYTES >> 20)
took = {}


@contextlib.contextmanager
def wired(second, *faults):
    """The kernel here at 10.9.0.1 on the near TAP; what stands at the far end is the caller's."""
    with ns.Program(WIRE, "tap:iopa", second, *faults) as w:
        ns.settle("iopa", "10.9.0.1/24")
        cubic()
        yield w
        fates = w.stop()
        print(f"# {[{k: v for k, v in d.items() if v} for d in fates['dir']]}", flush=True)
        for d in fates["dir"]:
            assert d["lost"] > 0 and d["duplicated"] > 0 and d["reordered"] > 0, d


def cubic():
    """The namespace's own default, not the machine's: sockets made by curl-like tools have it, too."""
    sh("sysctl -qw net.ipv4.tcp_congestion_control=cubic", check=False)


@contextlib.contextmanager
def weft_end():
    """A weft host at the far end, over a QEMU-framed socket: 10.9.0.2."""
    with wired(f"unix-listen:{ns.SCRATCH}/far", *FAULTS) as _, ns.Host(
            "--name", "t", "--link", f"unix:{ns.SCRATCH}/far", "--address", "10.9.0.2/24", "--serve",
            f"http={ns.SCRATCH}/www,put,discard", control=ns.SCRATCH / "t.ctl") as h:
        yield h


def transfer(what, command):
    start = time.monotonic()
    sh(["sh", "-c", command], timeout=LIMIT_S)
    took[what] = time.monotonic() - start
    print(f"# {what}: {BYTES / 1e6:.0f} MB in {took[what]:.1f} s, {BYTES / 1e6 / took[what]:.1f} MB/s", flush=True)


def file_is(path):
    with open(path, "rb") as f:
        assert f.read() == data, path
    os.unlink(path)


def weft_sends():
    """the kernel GETs from weft through the faults, every byte right"""
    with weft_end() as h:
        (ns.SCRATCH / "www/data").write_bytes(data)
        transfer("weft to kernel", f"curl -sS --fail -o {ns.SCRATCH}/got http://10.9.0.2/data")
        file_is(ns.SCRATCH / "got")
        print(f"# drops: {h.show('drops')}")


def weft_receives():
    """the kernel PUTs to weft through the faults, every byte right"""
    with weft_end() as h:
        (ns.SCRATCH / "data").write_bytes(data)
        transfer("kernel to weft", f"curl -sS --fail -T {ns.SCRATCH}/data http://10.9.0.2/put")
        file_is(ns.SCRATCH / "www/put")
        print(f"# drops: {h.show('drops')}")


def reference():
    """the kernel to the kernel through the same faults; weft takes at most 3 times as long"""
    def source(c):
        with c:
            c.sendall(data)
    with ns.Kernel() as far, wired("tap:iopb", *FAULTS):
        far.take("iopb", "10.9.0.2/24")
        far.sh("sysctl -qw net.ipv4.tcp_congestion_control=cubic", check=False)
        with ns.serving(socket.SOCK_STREAM, 5001, source, kernel=far), \
                socket.create_connection(("10.9.0.2", 5001), timeout=LIMIT_S) as s:
            start = time.monotonic()
            got = bytearray()
            while more := s.recv(1 << 18):
                got += more
            took["kernel"] = time.monotonic() - start
        assert got == data
    print(f"# kernel to kernel: {took['kernel']:.1f} s, {BYTES / 1e6 / took['kernel']:.1f} MB/s")
    for what in ("weft to kernel", "kernel to weft"):
        assert took.get(what, 0) < 3 * took["kernel"] + 5, took


os.makedirs(ns.SCRATCH / "www")
os.chmod(ns.SCRATCH / "www", 0o777)
tap.run([weft_sends, weft_receives, reference])
