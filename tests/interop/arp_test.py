# SPDX-License-Identifier: MIT
"""ARP beside the Linux kernel and its tools: ip neigh, arping, a duplicate address, a proxy, forged
messages. Usage: arp_test.py WEFT PEER"""
import json
import re
import socket
import struct

import ns
import tap
from ns import sh

ns.enter()
IFACE = "iop0"


def mac_of(iface):
    return json.loads(sh(f"ip -j link show {iface}").stdout)[0]["address"]


def weft_mac(h):
    return h.show("links")[0]["mac"]


def kernel_neigh(address):
    rows = [r for r in json.loads(sh(f"ip -j neigh show dev {IFACE}").stdout) if r["dst"] == address]
    return rows[0] if rows else {}


def neigh(h, address):
    rows = json.loads(h.weft("neigh", "show", address, "--json", check=False).stdout)
    return rows[0] if rows else {}


def events(h, kind):
    return [e for e in json.loads(h.weft("neigh", "events", "--json").stdout) if e["event"] == kind]


def forge(op, sha, spa, tha, tpa, dst):
    """One ARP message on the wire, whoever it says it is from."""
    def raw(text):
        return bytes.fromhex(text.replace(":", "")) if ":" in text else socket.inet_aton(text)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((IFACE, 0))
        s.send(raw(dst) + raw(sha) + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, op) +
               raw(sha) + raw(spa) + raw(tha) + raw(tpa))


def resolved_both_ways():
    """Each learns the other's address: ip neigh and weft arp -a agree with the interfaces"""
    with ns.weft_host() as h:
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")
        tap.eq(neigh(h, "10.9.0.1")["mac"], mac_of(IFACE))
        tap.eq(h.weft("arp", "-a").stdout, f"? 10.9.0.1 at {mac_of(IFACE)} [ether] on eth0\n")
        sh(f"ip neigh flush dev {IFACE}; ping -n -c 1 -W 2 10.9.0.2")
        tap.eq(kernel_neigh("10.9.0.2")["lladdr"], weft_mac(h))


def asked_by_arping():
    """arping gets one answer to each request, by unicast"""
    ns.need("arping")
    with ns.weft_host() as h:
        out = sh(f"arping -c 2 -w 5 -I {IFACE} 10.9.0.2", check=False).stdout.lower()
        assert out.count(weft_mac(h)) >= 2, out


def followed():
    """The kernel announces another hardware address: the cache follows, and it is reported"""
    with ns.weft_host() as h:
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")
        sh(f"sysctl -qw net.ipv4.conf.{IFACE}.arp_notify=1; ip link set {IFACE} address 02:00:00:00:00:99")
        ns.wait_for(lambda: neigh(h, "10.9.0.1")["mac"] == "02:00:00:00:00:99")
        tap.eq(events(h, "neighbour-changed")[0]["mac"], "02:00:00:00:00:99")
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")


def duplicate_not_taken():
    """weft probes for an address that the kernel has: it is not taken, and both are named"""
    tmp = ns.SCRATCH / "dup.ctl"
    with ns.Host("--name", "t", "--link", f"tap:{IFACE}", "--arp", "detect=probe", "--address",
                 "10.9.0.2/24", control=tmp) as h:
        ns.settle(IFACE, "10.9.0.2/24")
        ns.wait_for(lambda: events(h, "address-not-taken"), 10)
        tap.eq(events(h, "address-not-taken")[0]["mac"], mac_of(IFACE))
        assert "10.9.0.2" not in [a["address"] for a in h.show("addresses")]
        sh(f"ip addr flush dev {IFACE} && ip addr add 10.9.0.1/24 dev {IFACE}")
        ns.wait_for(lambda: "10.9.0.2" in [a["address"] for a in h.show("addresses")], 20)
        sh("ping -n -c 1 -W 2 10.9.0.2")


def duplicate_detected_by_arping():
    """arping -D finds weft's address taken; weft reports who asked"""
    ns.need("arping")
    with ns.weft_host() as h:
        if "iputils" not in sh("arping -V", check=False).stdout:
            raise tap.Skip("arping is not the one of iputils: no -D")
        tap.eq(sh(f"arping -D -c 2 -w 5 -I {IFACE} 10.9.0.2", check=False).returncode, 1)
        tap.eq(events(h, "address-conflict")[0]["mac"], mac_of(IFACE))


def duplicate_in_use():
    """The kernel takes weft's address: weft reports it with the hardware address, and stays"""
    with ns.weft_host() as h:
        sh(f"sysctl -qw net.ipv4.conf.{IFACE}.arp_notify=1; ip link set {IFACE} down; "
           f"ip addr add 10.9.0.2/24 dev {IFACE}; ip link set {IFACE} up")
        ns.wait_for(lambda: events(h, "address-conflict"))
        tap.eq(events(h, "address-conflict")[0]["text"],
               f"duplicate address 10.9.0.2 from {mac_of(IFACE)} on eth0")


def static_entry():
    """A static entry wins over the kernel's answers until it is deleted"""
    with ns.weft_host() as h:
        h.weft("arp", "-s", "10.9.0.1", "02:00:00:00:00:55")
        tap.eq(h.weft("arp", "-a").stdout, "? 10.9.0.1 at 02:00:00:00:00:55 [ether] PERM on eth0\n")
        tap.eq(h.weft("ping", "-c", "1", "-W", "1", "10.9.0.1", check=False).returncode, 1)
        h.weft("arp", "-d", "10.9.0.1")
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")


def unanswered():
    """Nobody there: [incomplete], then FAILED; the sender hears of it"""
    with ns.weft_host() as h:
        r = h.weft("ping", "-c", "1", "-W", "5", "10.9.0.77", check=False)
        assert r.returncode == 1 and "nreachable" in r.stdout + r.stderr, r
        tap.eq(h.weft("arp", "-a", "10.9.0.77").stdout, "? 10.9.0.77 at [incomplete] on eth0\n")
        tap.eq(neigh(h, "10.9.0.77")["state"], "FAILED")


def link_local():
    """Without an address weft takes one of 169.254/16 that the kernel reaches"""
    with ns.Host("--name", "t", "--link", f"tap:{IFACE}", "--arp", "link_local=on",
                 control=ns.SCRATCH / "ll.ctl") as h:
        ns.settle(IFACE, "169.254.1.1/16")
        ns.wait_for(lambda: [a for a in h.show("addresses") if a["dev"] == "eth0"], 12)
        mine = [a["address"] for a in h.show("addresses") if a["dev"] == "eth0"][0]
        assert re.match(r"169\.254\.\d+\.\d+$", mine), mine
        sh(f"ping -n -c 1 -W 2 {mine}")
        h.weft("ping", "-c", "1", "-W", "2", "169.254.1.1")


def proxy():
    """A kernel host that believes everything on link reaches another network through weft's proxy"""
    with ns.Kernel() as left, ns.Kernel() as right, \
            ns.Host("--name", "t", "--forward", "--link", "tap:ioa", "--address", "10.20.1.1/24", "--link",
                    "tap:iob", "--address", "10.20.2.1/24", control=ns.SCRATCH / "proxy.ctl") as h:
        left.take("ioa", "10.20.1.9/16")
        right.take("iob", "10.20.2.9/24", "ip route add default via 10.20.2.1")
        tap.eq(left.sh("ping -n -c 1 -W 1 10.20.2.9", check=False).returncode, 1)
        h.weft("neigh", "add", "proxy", "10.20.2.0/24", "dev", "eth0")
        tap.eq(h.weft("neigh", "show", "proxy").stdout, "10.20.2.0/24 dev eth0 proxy\n")
        left.sh("ip neigh flush all; ping -n -c 1 -W 2 10.20.2.9")
        out = left.sh("ip neigh show 10.20.2.9").stdout
        assert weft_mac(h) in out, out


def not_poisoned():
    """Strict policy: forged replies do not move the gateway's entry while the kernel answers"""
    with ns.weft_host() as h:
        h.weft("neigh", "set", "dev", "eth0", "policy=strict")
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")
        forge(2, "02:00:00:00:00:66", "10.9.0.1", weft_mac(h), "10.9.0.2", weft_mac(h))
        ns.wait_for(lambda: events(h, "claim-refused"))
        tap.eq(neigh(h, "10.9.0.1")["mac"], mac_of(IFACE))
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")


def poisoned():
    """Trusting policy: the same forged reply is believed"""
    with ns.weft_host() as h:
        h.weft("neigh", "set", "dev", "eth0", "policy=trusting")
        h.weft("ping", "-c", "1", "-W", "2", "10.9.0.1")
        forge(2, "02:00:00:00:00:66", "10.9.0.1", weft_mac(h), "10.9.0.2", weft_mac(h))
        ns.wait_for(lambda: neigh(h, "10.9.0.1")["mac"] == "02:00:00:00:00:66")


def log_is_bounded():
    """A station that changes its hardware address with each frame makes ten lines, then one a second"""
    with ns.weft_host() as h:
        for i in range(200):
            sha = f"02:00:00:00:01:{i:02x}"
            forge(1, sha, "10.9.0.2", "00:00:00:00:00:00", "10.9.0.2", "ff:ff:ff:ff:ff:ff")
        ns.wait_for(lambda: h.show("counters")["arp.conflicts"] >= 200)
        h.proc.terminate()
        h.proc.wait(timeout=10)
        lines = [x for x in h.proc.stderr.read().splitlines() if "duplicate address" in x]
        assert 10 <= len(lines) <= 20, lines


tap.run([log_is_bounded, resolved_both_ways, asked_by_arping, followed, duplicate_not_taken, duplicate_detected_by_arping,
         duplicate_in_use, static_entry, unanswered, link_local, proxy, not_poisoned, poisoned])
