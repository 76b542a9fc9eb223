# SPDX-License-Identifier: MIT
"""Namespaces for the interop tests: a private world of network, mounts and processes for one test
file, kernel hosts in it, and the programs that stand beside them. Whatever way the test ends, all of
it goes with its first process.

The files of tests/cli/ (tap.py, net.py) are shared; meson puts them into PYTHONPATH."""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import tap
from net import Host, need, sh, wait_for  # Shared with the test files that import this one.

SOAK = os.environ.get("WEFT_SOAK") == "1"
BIG = SOAK or os.environ.get("CI") == "true"  # The large transfers.
SCRATCH = pathlib.Path("/mnt")  # A tmpfs of our own while inside.
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def tun_node():
    """Where the kernel has tun but /dev has no node for it, make one that only we see."""
    if os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return
    with open("/proc/misc", encoding="ascii") as f:
        if " tun\n" not in f.read():
            tap.skip_all("this kernel has no tun (modprobe tun?)")
    for name in ("dev/net", "work"):
        os.makedirs(SCRATCH / name)
    sh(f"mknod {SCRATCH}/dev/net/tun c 10 200 && mount -t overlay overlay "
       f"-o lowerdir=/dev,upperdir={SCRATCH}/dev,workdir={SCRATCH}/work /dev")


def enter():
    """Go on as the first process of namespaces of our own, or skip the file."""
    if os.environ.get("WEFT_TEST_INSIDE") == "1":
        os.umask(0o022)  # The hosts become nobody and have to read what the cases write.
        sh("ip link set lo up && mount -t tmpfs -o mode=755 none /mnt")
        tun_node()
        os.environ["TMPDIR"] = str(SCRATCH)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # As the first process we have to ask for it.
        return
    if os.geteuid() != 0:
        tap.skip_all("needs root")
    new = ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*new, "true"], capture_output=True, check=False).returncode != 0:
        tap.skip_all("namespaces of network, mounts and processes are not allowed here")
    os.environ["WEFT_TEST_INSIDE"] = "1"
    os.execvp("unshare", [*new, sys.executable, *sys.argv])


class Kernel:
    """A kernel host in a network namespace of its own."""

    def __init__(self):
        self.proc = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up; echo; exec sleep inf"],
                                     stdout=subprocess.PIPE)
        self.proc.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()

    def sh(self, command, check=True, timeout=60):
        return sh(["nsenter", "-t", str(self.proc.pid), "-n", "sh", "-c", command], check, timeout)

    def take(self, iface, cidr, *more):
        """Move an interface here and give it an address."""
        sh(f"ip link set {iface} netns {self.proc.pid}")
        self.sh(f"ip addr add {cidr} dev {iface} && ip link set {iface} up")
        for command in more:
            self.sh(command)

    @contextlib.contextmanager
    def inside(self):
        """This thread makes its sockets there."""
        with open("/proc/self/ns/net", "rb") as home, open(f"/proc/{self.proc.pid}/ns/net", "rb") as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), CLONE_NEWNET) == 0


def settle(iface, cidr):
    """The kernel's end of a wire: an address, no IPv6 chatter."""
    sh(f"sysctl -qw net.ipv6.conf.{iface}.disable_ipv6=1; ip addr add {cidr} dev {iface} && ip link set {iface} up")


def offloads_off(iface):
    """What `ethtool -K IFACE tx off tso off gso off` does: whole frames, sums filled in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in (0x17, 0x1F, 0x24):  # ETHTOOL_STXCSUM, STSO, SGSO
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            fcntl.ioctl(s, 0x8946, struct.pack("16sP16x", iface.encode(), ctypes.addressof(value)))  # SIOCETHTOOL


@contextlib.contextmanager
def weft_host(*args, mtu=1500, iface="iop0"):
    """A weft host at 10.9.0.2 on a TAP of this MTU, the kernel at 10.9.0.1. Its files are in .tmp."""
    tmp = pathlib.Path(sh(["mktemp", "-d"]).stdout.strip())
    tmp.chmod(0o777)
    with Host("--name", "t", "--link", f"tap:{iface}", "--address", "10.9.0.2/24", "--mtu", str(mtu),
              *args, control=tmp / "t.ctl") as host:
        settle(iface, "10.9.0.1/24")
        host.tmp = tmp
        yield host
    sh(["rm", "-r", str(tmp)])


class Program:
    """A program of this folder: it says that it is ready, and is asked to end."""

    def __init__(self, *args):
        self.proc = subprocess.Popen([str(a) for a in args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True)
        self.ready = self.proc.stdout.readline().split()
        assert self.ready[:1] == ["ready"], self.proc.stderr.read()

    def go(self, timeout=120):
        """Let it begin, wait, and give what it printed."""
        out, err = self.proc.communicate("\n", timeout=timeout)
        assert self.proc.returncode == 0, f"{out}{err}"
        return out.strip()

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        out, err = self.proc.communicate(timeout=20)
        assert self.proc.returncode == 0, f"{out}{err}"
        return json.loads(out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.wait()
        for f in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            f.close()


def backlog_drops():
    """Frames that the kernel dropped between a driver and its stack, because it was busy."""
    return sum(int(line.split()[1], 16) for line in open("/proc/net/softnet_stat"))


class Capture:
    """tcpdump on an interface while the block runs; then tshark says what it thinks of it. Super-frames
    are cut off: whole ones would leave room for few frames in tcpdump's ring."""

    def __init__(self, iface, path=None):
        self.iface = iface
        self.path = path or SCRATCH / f"{iface}.pcap"

    def __enter__(self):
        self.drops = backlog_drops()
        self.proc = subprocess.Popen(["tcpdump", "-U", "--immediate-mode", "-B", "65536", "-Z", "root", "-i", self.iface, "-s1600", "-w",
                                      str(self.path)], stderr=subprocess.PIPE, text=True)
        for line in self.proc.stderr:
            if "listening on" in line:
                break
        return self

    def __exit__(self, *_):
        time.sleep(0.3)  # For what still is in tcpdump's buffer.
        self.proc.send_signal(signal.SIGINT)
        said = self.proc.communicate(timeout=10)[1]
        self.lost = int(re.search(r"(\d+) packets? dropped by kernel", said)[1])  # Too fast for tcpdump.
        self.lost += backlog_drops() - self.drops

    def tshark(self, *args):
        checks = [w for name in ("ip", "tcp", "udp") for w in ("-o", f"{name}.check_checksum:TRUE")]
        r = sh(["tshark", "-n", "-r", str(self.path), *checks, *args], timeout=120)
        return [line for line in r.stdout.splitlines() if line]

    def verdict(self):
        """Frames in all; every frame that is malformed or whose sum is bad is a failure."""
        bad = self.tshark("-Y", "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || "
                          "udp.checksum.status == 0 || icmp.checksum.status == 0 || igmp.checksum.status == 0")
        assert not bad, "\n".join(bad[:10])
        return len(self.tshark())


@contextlib.contextmanager
def serving(kind, port, handler, kernel=None, backlog=512):
    """A kernel socket on a port, served by threads: handler(connection), or handler(socket) for UDP."""
    with kernel.inside() if kernel else contextlib.nullcontext():
        s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    ending = threading.Event()

    def accept():
        while not ending.is_set():
            with contextlib.suppress(OSError):
                c, _ = s.accept()
                threading.Thread(target=handler, args=(c,), daemon=True).start()

    if kind == socket.SOCK_STREAM:
        s.listen(backlog)
    threading.Thread(target=accept if kind == socket.SOCK_STREAM else handler,
                     args=() if kind == socket.SOCK_STREAM else (s,), daemon=True).start()
    try:
        yield
    finally:
        ending.set()
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)
        s.close()


def echo(c):
    """Send back what comes, as it comes."""
    with c:
        while data := c.recv(65536):
            c.sendall(data)


def echo_datagrams(s):
    with contextlib.suppress(OSError):
        while (got := s.recvfrom(65535))[1] is not None:
            s.sendto(*got)


def echo_at_end(c):
    """Read to the end, then send all of it back."""
    with c:
        parts = []
        while data := c.recv(65536):
            parts.append(data)
        c.sendall(b"".join(parts))
