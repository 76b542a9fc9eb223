# SPDX-License-Identifier: MIT
"""weft neigh and weft arp: what they print, in text and JSON, and what they change. Usage: neigh_test.py WEFT"""
import json

import net
import tap
from net import sh

net.enter()
MAC = "02:00:00:00:00:09"


def rows(h, *args):
    return json.loads(h.weft("neigh", *args, "--json", check=False).stdout)


# proves: CAP-ARP-09 ARP-SEED-12
def listed():
    """A static entry is added, shown in the form of ip and arp, replaced, changed and deleted"""
    with net.pair() as h:
        h.weft("neigh", "add", "10.9.0.9", "lladdr", MAC)
        tap.eq(h.weft("neigh").stdout, f"10.9.0.9 dev eth0 lladdr {MAC} PERMANENT\n")
        tap.eq(h.weft("arp", "-a").stdout, f"? 10.9.0.9 at {MAC} [ether] PERM on eth0\n")
        row = rows(h, "show", "10.9.0.9")[0]
        tap.eq((row["address"], row["dev"], row["mac"], row["state"], row["expires_s"]),
               ("10.9.0.9", "eth0", MAC, "PERMANENT", None))
        tap.eq(h.weft("neigh", "add", "10.9.0.9", "lladdr", MAC, check=False).returncode, 3)
        h.weft("neigh", "replace", "10.9.0.9", "lladdr", "02:00:00:00:00:0a", "dev", "eth0")
        h.weft("neigh", "change", "10.9.0.9", "lladdr", "02:00:00:00:00:0b")
        tap.eq(rows(h, "show", "10.9.0.9")[0]["mac"], "02:00:00:00:00:0b")
        h.weft("neigh", "del", "10.9.0.9")
        tap.eq(rows(h), [])
        tap.eq(h.weft("neigh", "change", "10.9.0.9", "lladdr", MAC, check=False).returncode, 1)
        tap.eq(h.weft("arp", "-d", "10.9.0.9", check=False).returncode, 1)
        tap.eq(h.weft("neigh", "show", "10.9.0.9", check=False).returncode, 1)


# proves: CAP-ARP-02
def learned():
    """What was learned shows how long it lives, by state and link, and is flushed; static entries stay"""
    with net.pair() as h:
        h.weft("arp", "-s", "10.9.0.9", MAC)
        sh("ping -n -c 1 -W 2 10.9.0.2")
        row = rows(h, "show", "10.9.0.1")[0]
        assert 1190 <= row["expires_s"] <= 1200, row
        assert f"expires {row['expires_s'] // 100}" in h.weft("neigh", "show", "10.9.0.1").stdout
        tap.eq([r["address"] for r in rows(h, "show", "nud", "permanent")], ["10.9.0.9"])
        tap.eq(rows(h, "show", "dev", "eth9"), [])
        h.weft("neigh", "flush", "dev", "eth0")
        tap.eq([r["address"] for r in rows(h)], ["10.9.0.9"])


def options():
    """Options of a link are listed and set, all or none"""
    with net.pair("--arp", "policy=strict,tries=5") as h:
        text = h.weft("neigh", "set", "dev", "eth0").stdout
        assert "policy=strict\n" in text and "tries=5\n" in text and "complete_ms=1200000\n" in text, text
        h.weft("neigh", "set", "dev", "eth0", "policy=trusting", "defend=once")
        tap.eq(rows(h, "set", "dev", "eth0")["defend"], "once")
        r = h.weft("neigh", "set", "dev", "eth0", "tries=2", "policy=lenient", check=False)
        tap.eq((r.returncode, rows(h, "set", "dev", "eth0")["tries"]), (3, 5))
        h.weft("neigh", "set", "dev", "eth0", "ask=02:00:00:00:00:51", "ask=02:00:00:00:00:52")
        tap.eq(h.weft("neigh", "set", "dev", "eth0", "ask=02:00:00:00:00:53", check=False).returncode, 3)  # Room for 2.


def proxies():
    """Proxied prefixes are added, shown and deleted"""
    with net.pair("--forward") as h:
        h.weft("neigh", "add", "proxy", "10.20.0.0/16", "dev", "eth0", "any")
        tap.eq(h.weft("neigh", "show", "proxy").stdout, "10.20.0.0/16 dev eth0 proxy any\n")
        tap.eq(rows(h, "show", "proxy")[0], {"prefix": "10.20.0.0", "prefix_len": 16, "dev": "eth0", "any": True})
        h.weft("neigh", "del", "proxy", "10.20.0.0/16", "dev", "eth0")
        tap.eq(rows(h, "show", "proxy"), [])


# proves: CAP-ARP-07
def told():
    """A duplicate address is told on standard error and listed, with the other's hardware address"""
    with net.pair() as h:
        mac = json.loads(sh("ip -j link show wcli0").stdout)[0]["address"]
        sh("sysctl -qw net.ipv4.conf.wcli0.arp_notify=1; ip link set wcli0 down; "
           "ip addr add 10.9.0.2/24 dev wcli0; ip link set wcli0 up")
        net.wait_for(lambda: rows(h, "events"))
        line = f"duplicate address 10.9.0.2 from {mac} on eth0"
        tap.eq(rows(h, "events")[0]["text"], line)
        assert line in h.weft("neigh", "events").stdout
        tap.eq(h.proc.stderr.readline().strip(), f"weft host: {line}")


tap.run([listed, learned, options, proxies, told])
