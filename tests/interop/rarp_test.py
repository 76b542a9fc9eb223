# SPDX-License-Identifier: MIT
"""RARP beside rarpd(8), and read by tshark. Usage: rarp_test.py WEFT PEER"""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import ns
import tap
from ns import sh

ns.enter()
MAC, OTHER = "02:00:00:00:00:2a", "02:00:00:00:00:2b"
ETHERS, HOSTS = ns.SCRATCH / "ethers", ns.SCRATCH / "hosts"


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


@contextlib.contextmanager
def wire():
    """A TAP that is there before weft, the kernel at 10.9.0.1."""
    sh("ip tuntap add dev iop0 mode tap")
    try:
        ns.settle("iop0", "10.9.0.1/24")
        yield
    finally:
        sh("ip link del iop0")


@contextlib.contextmanager
def rarpd():
    """Debian's server with a table of ours, in place of this machine's."""
    ns.need("rarpd")
    for name in ("etc", "etcwork"):
        os.makedirs(ns.SCRATCH / name, exist_ok=True)
    sh(f"mount -t overlay overlay -o lowerdir=/etc,upperdir={ns.SCRATCH}/etc,workdir={ns.SCRATCH}/etcwork /etc")
    try:
        with open("/etc/ethers", "w", encoding="ascii") as f:
            f.write(f"{MAC} 10.9.0.42\n")
        proc = subprocess.Popen(["rarpd", "-e", "-d", "iop0"], stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            assert proc.poll() is None, "rarpd does not run"
            yield
        finally:
            proc.kill()
            proc.wait()
    finally:
        sh("umount /etc")


def host(*args):
    return ns.Host("--name", "t", "--link", "tap:iop0", *args, control=ns.SCRATCH / "t.ctl")


# proves: CAP-RARP-01
def client():
    """A host gets its address from rarpd, and uses it"""
    with wire(), rarpd(), ns.Capture("iop0") as c:
        with host("--mac", MAC, "--rarp", "--rarp-prefix", "24", "--gateway", "10.9.0.1") as h:
            a = h.ready["addresses"][-1]
            tap.eq((a["address"], a["prefix_len"]), ("10.9.0.42", 24))
            tap.eq([r["gateway"] for r in h.show("routes") if r["prefix_len"] == 0], ["10.9.0.1"])
            sh("ping -n -c 1 -W 2 10.9.0.42")
    c.verdict()
    rows = c.tshark("-Y", "eth.type == 0x8035", "-T", "fields", "-e", "arp.opcode", "-e", "eth.dst",
                    "-e", "arp.src.hw_mac", "-e", "arp.dst.hw_mac", "-e", "arp.dst.proto_ipv4")
    tap.eq(rows[0], f"3\tff:ff:ff:ff:ff:ff\t{MAC}\t{MAC}\t0.0.0.0")
    tap.eq(rows[1].split("\t")[0::4], ["4", "10.9.0.42"])
    tap.eq(len(rows), 2)


def ask(s, mac):
    """A request as rarp clients make it; the answer, or None"""
    m = octets(mac)
    s.send(b"\xff" * 6 + m + bytes.fromhex("8035000108000604") + struct.pack("!H", 3) + m + bytes(4) + m + bytes(22))
    try:
        while True:
            f = s.recv(2000)
            if f[20:22] == b"\0\4":
                return f
    except TimeoutError:
        return None


# proves: CAP-RARP-02
def server():
    """A host answers from ethers and hosts files, silent about others, and reads changes"""
    HOSTS.write_text("::1 box\n10.9.0.77 other box # two names\n")
    ETHERS.write_text(f"# a comment\n\n{MAC} 10.9.0.42 # so it is\n2:0:0:0:0:2C\tBOX\n")
    with wire(), ns.Capture("iop0") as c, host("--address", "10.9.0.2/24", "--rarp-server", str(ETHERS), "--hosts",
                                               str(HOSTS)) as h:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x8035)) as s:
            s.bind(("iop0", 0x8035))
            s.settimeout(1)
            own = octets(h.ready["links"][0]["mac"])
            tap.eq(ask(s, MAC)[:42], octets(MAC) + own + bytes.fromhex("80350001080006040004") + own +
                   socket.inet_aton("10.9.0.2") + octets(MAC) + socket.inet_aton("10.9.0.42"))
            tap.eq(ask(s, "02:00:00:00:00:2c")[38:42], socket.inet_aton("10.9.0.77"))
            tap.eq(ask(s, OTHER), None)
            tap.eq(h.show("drops")["rarp.unknown_address"], 1)
            (ns.SCRATCH / "new").write_text(f"{OTHER} 10.9.0.43\n")
            os.rename(ns.SCRATCH / "new", ETHERS)
            ns.wait_for(lambda: ask(s, OTHER) is not None)
            tap.eq(ask(s, MAC), None)
            ETHERS.write_text("nonsense\n")  # A mistake changes nothing.
            time.sleep(0.3)
            tap.eq(ask(s, OTHER)[38:42], socket.inet_aton("10.9.0.43"))
    c.verdict()
    assert c.tshark("-Y", "arp.opcode == 4"), "no answer"


def mistakes():
    """A table with a mistake is told with its line; a signal ends a host that asks"""
    with wire():
        for text, told in (("02:00:00:00:00:2a\n", "ethers:1: no address or name follows"),
                           ("\n02:00:00:00:00 10.9.0.1\n", "ethers:2: '02:00:00:00:00' is no hardware address"),
                           (f"{MAC} nobody\n", "'nobody' is neither an IPv4 address nor a name in"),
                           ("01:00:00:00:00:01 10.9.0.1\n", "not both are those of one host"),
                           (f"{MAC} 0.0.0.0\n", "not both are those of one host")):
            ETHERS.write_text(text)
            r = sh([os.path.abspath(sys.argv[1]), "host", "--link", "tap:iop0", "--rarp-server", str(ETHERS),
                    "--control", str(ns.SCRATCH / "m.ctl")], check=False)
            tap.eq(r.returncode, 3)
            assert told in r.stderr, r.stderr
        p = subprocess.Popen([os.path.abspath(sys.argv[1]), "host", "--link", "tap:iop0", "--rarp", "--control",
                              str(ns.SCRATCH / "m.ctl")], stderr=subprocess.PIPE, text=True)
        ns.wait_for(lambda: os.path.exists(ns.SCRATCH / "m.ctl"))
        time.sleep(0.3)
        p.send_signal(signal.SIGTERM)
        assert "ended while it asked" in p.communicate(timeout=5)[1]
        tap.eq(p.returncode, 3)


tap.run([client, server, mistakes])
