# SPDX-License-Identifier: MIT
"""The other kinds of links: AF_PACKET on a veth, TUN, QEMU's framing over stream and datagram
sockets. Usage: link_test.py WEFT PEER"""
import contextlib
import fcntl
import hashlib
import os
import socket
import struct
import sys
import threading

import ns
import tap
from ns import sh

ns.enter()
PEER = os.path.abspath(sys.argv[2])
BYTES = 1_000_000_000 if ns.SOAK else 50_000_000
LIMIT_S = 300 if ns.SOAK else 30
SIZES = (0, 1, 7, 8, 1471, 1472, 1473, 1474, 2952, 65507)
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000


def random_file(path, n):
    digest = hashlib.sha256()
    with open(path, "wb") as f:
        for _ in range(n // 1_000_000):
            data = os.urandom(1_000_000)
            digest.update(data)
            f.write(data)
    return digest.hexdigest()


@contextlib.contextmanager
def host(spec, *args):
    with ns.Host("--name", "t", "--link", spec, "--address", "10.9.0.2/24", "--serve",
                 f"echo,http={ns.SCRATCH}/www,put", *args, control=ns.SCRATCH / "t.ctl") as h:
        yield h


def use(h, n=BYTES):
    """ping of all sizes, UDP echo, GET and PUT; nothing was dropped for being wrong."""
    for size in SIZES:
        sh(["ping", "-n", "-c", "1", "-W", "2", "-s", str(size), "10.9.0.2"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("10.9.0.2", 7))
        s.settimeout(3)
        for size in SIZES:
            data = os.urandom(size)
            s.send(data)
            assert s.recv(65535) == data, size
    want = random_file(ns.SCRATCH / "www/get", n)
    tap.eq(sh("curl -sS --fail http://10.9.0.2/get | sha256sum", timeout=LIMIT_S).stdout.split()[0], want)
    sh(f"curl -sS --fail -T {ns.SCRATCH}/www/get http://10.9.0.2/put", timeout=LIMIT_S)
    tap.eq(sh(f"sha256sum {ns.SCRATCH}/www/put").stdout.split()[0], want)
    h.weft("ping", "-c", "1", "-W", "2", "-s", "3000", "10.9.0.1")
    wrong = {k: c for k, c in h.show("drops").items()
             if c and any(w in k for w in ("bad_", "truncated", "giant", "runt", "mem."))}
    assert not wrong, wrong


def packet(mtu, offload):
    def case():
        sh(f"ip link add iopv0 mtu {mtu} type veth peer name iopv1 mtu {mtu} && ip link set iopv1 up")
        try:
            ns.settle("iopv0", "10.9.0.1/24")
            if not offload:
                ns.offloads_off("iopv0")
            with host("packet:iopv1", *([] if offload else ["--no-offload"])) as h:
                use(h)
        finally:
            sh("ip link del iopv0")
    case.__doc__ = f"AF_PACKET on a veth: MTU {mtu}, offloads {'on' if offload else 'off'}"
    return case


def tun(mtu, offload):
    def case():
        with host("tun:iop0", "--mtu", str(mtu), *([] if offload else ["--no-offload"])) as h:
            ns.settle("iop0", "10.9.0.1/24")
            use(h)
    case.__doc__ = f"TUN, no link layer: MTU {mtu}, offloads {'on' if offload else 'off'}"
    return case


@contextlib.contextmanager
def kernel_tap(name):
    """A TAP of our own, read and written here; the kernel's end has 10.9.0.1."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    ns.settle(name, "10.9.0.1/24")
    try:
        yield fd
    finally:
        sh(f"ip link del {name}")  # Wakes the reader.
        os.close(fd)


def exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def frames_to_tap(receive, fd):
    with contextlib.suppress(EOFError, OSError):
        while True:
            os.write(fd, receive())


def frames_from_tap(fd, send):
    with contextlib.suppress(OSError):
        while True:
            send(os.read(fd, 65535))


@contextlib.contextmanager
def relay(receive, send):
    """Frames between a TAP and a framing, written here on its own: what QEMU would do."""
    with kernel_tap("iop0") as fd:
        threading.Thread(target=frames_to_tap, args=(receive, fd), daemon=True).start()
        threading.Thread(target=frames_from_tap, args=(fd, send), daemon=True).start()
        yield


def stream(listens):
    def case():
        path = str(ns.SCRATCH / "wire")
        with socket.socket(socket.AF_UNIX) as s, contextlib.ExitStack() as stack:
            if listens:
                h = stack.enter_context(host(f"unix-listen:{path}"))
                s.connect(path)
            else:
                s.bind(path)
                os.chmod(path, 0o777)
                s.listen()
                h = stack.enter_context(host(f"unix:{path}"))
                s = stack.enter_context(s.accept()[0])
            stack.enter_context(relay(lambda: exactly(s, struct.unpack(">I", exactly(s, 4))[0]),
                                      lambda frame: s.sendall(struct.pack(">I", len(frame)) + frame)))
            use(h, 20_000_000)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    case.__doc__ = f"QEMU's stream framing, weft {'listens' if listens else 'connects'}"
    return case


def datagrams():
    """QEMU's datagram framing"""
    ours, theirs = str(ns.SCRATCH / "ours"), str(ns.SCRATCH / "theirs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(ours)
        os.chmod(ours, 0o777)
        with host(f"dgram:{theirs},{ours}") as h:
            def send(frame):
                with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                    s.sendto(frame, theirs)
            with relay(lambda: s.recv(65535), send):
                use(h, 20_000_000)


def peer_over_packet():
    """weft as the active side on AF_PACKET: half-close and 200 connections at once"""
    sh("ip link add iopv0 type veth peer name iopv1 && ip link set iopv1 up")
    try:
        ns.settle("iopv0", "10.9.0.1/24")
        for handler, args, want in (
                (ns.echo_at_end, ("half", "10.9.0.1", 7, 1000000), "sent 1000000 got 1000000 after 1000000"),
                (ns.echo, ("conns", "10.9.0.1", 7, 200, 200), "done 200 at-once 200")):
            with ns.serving(socket.SOCK_STREAM, 7, handler), \
                    ns.Program(PEER, "packet:iopv1", "10.9.0.2/24", 0, "offload", *args) as p:
                tap.eq(p.go(60), want)
    finally:
        sh("ip link del iopv0")


os.makedirs(ns.SCRATCH / "www")
os.chmod(ns.SCRATCH / "www", 0o777)
os.chmod(ns.SCRATCH, 0o777)
tap.run([*[packet(m, o) for m in (1500, 9000, 576) for o in (True, False)],
         *[tun(m, o) for m in (1500, 9000, 576) for o in (True, False)],
         stream(True), stream(False), datagrams, peer_over_packet])
