# SPDX-License-Identifier: MIT
"""IEEE 802.1Q on a TAP: tags made by hand and read by tshark, and beside the kernel's own VLANs.
Usage: vlan_test.py WEFT PEER"""
import contextlib
import socket
import struct

import ns
import tap
from ns import sh

ns.enter()
PEER = bytes.fromhex("020000000001")


@contextlib.contextmanager
def host():
    """VLANs 7 (10.7.0.2) and 8 (10.8.0.2, MTU 900) of eth0 (10.9.0.2), the kernel at 10.9.0.1."""
    with ns.weft_host("--link", "v7=vlan:eth0,7", "--address", "10.7.0.2/24", "--link", "vlan:eth0,8", "--mtu", "900",
                      "--address", "10.8.0.2/24", "--serve", "echo") as h:
        yield h


def tagged(mac, tci, kind, body):
    return mac + PEER + struct.pack("!HHH", 0x8100, tci, kind) + body


def arp(net, op=1):
    return struct.pack("!HHBBH", 1, 0x800, 6, 4, op) + PEER + socket.inet_aton(f"10.{net}.0.1") + bytes(6) + \
        socket.inet_aton(f"10.{net}.0.2") + bytes(18)


def csum(data):
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return struct.pack("!H", 0xFFFF ^ s)


def echo(net, size):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + bytes(i % 251 for i in range(size))
    icmp = icmp[:2] + csum(icmp) + icmp[4:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0) + socket.inet_aton(f"10.{net}.0.1") + \
        socket.inet_aton(f"10.{net}.0.2")
    return ip[:10] + csum(ip) + ip[12:] + icmp


# proves: CAP-LINK-04
def by_hand():
    """ARP and echo with tags are answered with the same tag; unknown numbers are dropped by name"""
    with host() as h, ns.Capture("iop0") as c, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
        s.bind(("iop0", 0))
        mac = bytes.fromhex(h.ready["links"][0]["mac"].replace(":", ""))
        for vlan in (7, 8):
            s.send(tagged(b"\xff" * 6, vlan, 0x806, arp(vlan)))
            s.send(tagged(mac, vlan, 0x800, echo(vlan, 1400)))
        s.send(tagged(mac, 0x6000, 0x800, echo(9, 100)))
        s.send(tagged(mac, 9, 0x800, echo(9, 100)))
        ns.wait_for(lambda: h.show("drops")["link.vlan_unknown"] == 1)
        rows = {r["name"]: r for r in h.show("links")}
        tap.eq((rows["v7"]["mtu"], rows["eth2"]["mtu"], rows["v7"]["rx_frames"]), (1500, 900, 2))
        ns.wait_for(lambda: h.show("counters")["icmp.echo_replies_out"] == 3)
    c.verdict()
    fields = ("-T", "fields", "-e", "vlan.id", "-e", "arp.opcode", "-e", "ip.src", "-e", "ip.len", "-e", "icmp.type")
    own = ("-Y", f"eth.src == {h.ready['links'][0]['mac']} && vlan && !arp.isgratuitous")
    tap.eq(c.tshark(*own, *fields),
           ["7\t2\t\t\t", "7\t\t10.7.0.2\t1428\t0", "8\t2\t\t\t", "8\t\t10.8.0.2\t900\t", "8\t\t10.8.0.2\t548\t0"])


# proves: CAP-LINK-04
def beside_the_kernel():
    """The kernel's VLAN interfaces reach the VLANs of weft"""
    with host() as h:
        if sh("ip link add link iop0 name iop0.7 type vlan id 7", check=False).returncode != 0:
            raise tap.Skip("this kernel has no VLAN interfaces (8021q)")
        ns.settle("iop0.7", "10.7.0.1/24")
        for size in (0, 100, 1472, 4000):
            sh(["ping", "-n", "-c", "1", "-W", "2", "-s", str(size), "10.7.0.2"])
        h.weft("ping", "-c", "1", "10.7.0.1")
        with socket.create_connection(("10.7.0.2", 7), timeout=5) as s:
            data = bytes(range(256)) * 1000
            s.sendall(data)
            got = b""
            while len(got) < len(data):
                got += s.recv(65536)
            tap.eq(got, data)


tap.run([by_hand, beside_the_kernel])
