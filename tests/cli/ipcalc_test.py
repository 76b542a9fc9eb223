# SPDX-License-Identifier: MIT
"""weft ipcalc against Python's ipaddress module. Usage: ipcalc_test.py WEFT"""
import ipaddress as ip
import json
import random
import subprocess
import sys

import tap

WEFT = sys.argv[1]
rng = random.Random(4)

# Python's module follows the registry, but for these: it calls all of 192.0.0.0/24 and 240/4 what
# they mostly are, and older versions do not know the anycast addresses.
VAGUE = [ip.ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10")]
BORDERS = """0.0.0.0 0.255.255.255 1.0.0.0 9.255.255.255 10.0.0.0 10.255.255.255 11.0.0.0 100.63.255.255
100.64.0.0 100.127.255.255 100.128.0.0 126.255.255.255 127.0.0.1 128.0.0.0 169.253.255.255 169.254.0.0
169.254.255.255 172.15.255.255 172.16.0.0 172.31.255.255 172.32.0.0 191.255.255.255 192.0.2.0 192.0.3.0
192.167.255.255 192.168.0.0 192.168.255.255 192.169.0.0 198.17.255.255 198.18.0.0 198.19.255.255 198.20.0.0
198.51.100.7 203.0.113.9 223.255.255.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254
255.255.255.255""".split()


def weft(*args):
    r = subprocess.run([WEFT, "ipcalc", *map(str, args)], capture_output=True, text=True, timeout=20, check=False)
    return r.returncode, r.stdout, r.stderr


def events(*args):
    code, out, err = weft("--json", *args)
    tap.eq((code, err), (0, ""))
    return [json.loads(line) for line in out.splitlines()]


def networks(*args):
    return [ip.ip_network((e["address"], e["prefix"])) for e in events(*args)]


def anywhere():
    return ip.ip_address(rng.getrandbits(32))


def interfaces():
    """Network, host part, mask, broadcast, number of hosts: as Python has them, by length and by mask"""
    asked = [f"{anywhere()}/{rng.randrange(33)}" for _ in range(1500)]
    for given in (asked, [ip.ip_interface(a).with_netmask for a in asked]):
        for text, e in zip(asked, events(*given), strict=True):
            i = ip.ip_interface(text)
            net, size = i.network, i.network.num_addresses
            tap.eq((e["address"], e["prefix"], e["mask"]), (str(i.ip), net.prefixlen, str(net.netmask)))
            tap.eq((e["network"], e["wildcard"]), (str(net.network_address), str(net.hostmask)))
            tap.eq(e["host_part"], str(ip.ip_address(int(i.ip) - int(net.network_address))))
            tap.eq(e.get("broadcast"), str(net.broadcast_address) if size > 2 else None)
            tap.eq(e["hosts"], size - 2 if size > 2 else size)
            tap.eq(e["first_host"], str(net[1] if size > 2 else net[0]))
            tap.eq(e["last_host"], str(net[-2] if size > 2 else net[-1]))


def kinds():
    """What addresses are set aside for: as Python has it"""
    asked = [*BORDERS, *(str(anywhere()) for _ in range(1500))]
    for text, e in zip(asked, events(*asked), strict=True):
        a = ip.ip_address(text)
        assert a in ip.ip_network(e["kind_block"]), e
        tap.eq((text, "multicast" in e["kind"]), (text, a.is_multicast))
        tap.eq((text, e["kind"] == "loopback"), (text, a.is_loopback))
        tap.eq((text, e["kind"] == "link-local"), (text, a.is_link_local))
        tap.eq((text, e["kind"] in ("reserved", "limited broadcast")), (text, a.is_reserved))
        if not a.is_multicast and not any(a in n for n in VAGUE):
            tap.eq((text, e["global"]), (text, a.is_global))
        rfc1918 = any(a in ip.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
        tap.eq((text, e["kind"] == "private"), (text, rfc1918))
        tap.eq((text, e["class"]), (text, "A" if int(a) < 2**31 else "BCDE"[f"{int(a):032b}0".index("0", 1) - 1]
                                    if int(a) >> 28 != 15 else "E"))
        tap.eq(e["prefix"], {"A": 8, "B": 16, "C": 24}.get(e["class"], 32))


def lists():
    """Split, aggregate and range: as Python has them"""
    for _ in range(25):
        net = ip.ip_network((anywhere(), rng.randrange(1, 29)), strict=False)
        length = min(32, net.prefixlen + rng.randrange(7))
        tap.eq(networks("--split", length, net), list(net.subnets(new_prefix=length)))
        some = [ip.ip_network((ip.ip_address(0xC0A80000 | rng.getrandbits(10)), rng.randrange(22, 33)), strict=False)
                for _ in range(rng.randrange(1, 60))]
        tap.eq(networks("--aggregate", *some), list(ip.collapse_addresses(some)))
        ends = sorted((anywhere(), anywhere()))
        tap.eq(networks("--range", *ends), list(ip.summarize_address_range(*ends)))


def plans():
    """Masks from a number of subnets or of hosts; local or remote is in text and exit code"""
    e = events("--subnets", 30, "172.16.0.0/16")[0]
    tap.eq((e["mask"], e["subnets"], e["hosts"]), ("255.255.248.0", 32, 2046))
    tap.eq((e["first_subnet"], e["last_subnet"]), ("172.16.0.0/21", "172.16.248.0/21"))
    tap.eq(events("--subnets", 16, "172.16.0.0/16")[0]["subnet_bits"], 4)
    tap.eq(events("--hosts", 500, "172.16.0.0/16")[0]["mask"], "255.255.254.0")
    tap.eq(weft("--local", "10.0.1.7", "10.0.0.5/255.255.254.0")[:2], (0, "10.0.1.7 is local: in 10.0.0.0/23\n"))
    tap.eq(weft("--local", "10.0.2.7", "10.0.0.5/23")[:2], (1, "10.0.2.7 is remote: not in 10.0.0.0/23\n"))
    tap.eq(weft("--hosts", 255, "10.0.0.0/24")[0], 1)
    tap.eq(weft("--subnets", 257, "10.0.0.0/24")[0], 1)


def text():
    """The text says the same, with the bits"""
    code, out, _ = weft("192.168.10.77/26")
    tap.eq(code, 0)
    for line in ("bits         11000000.10101000.00001010.01|001101", "mask         255.255.255.192 = /26",
                 "host part    0.0.0.13", "broadcast    192.168.10.127",
                 "class        C, leading bits 110, classic network 192.168.10.0/24"):
        assert line + "\n" in out, out
    assert "B  10     128 to 191, /16, 16382 networks of 65534 hosts\n" in weft("--classes")[1]


def refused():
    """What is no address, no mask, or too much, is refused with one line"""
    for args in ("10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/255.0.255.0", "10.0.0.1/", "1.2.3.4.5", "01234.1.1.1",
                 "", "--range 10.0.0.2 10.0.0.1", "--range 10.0.0.1", "--split 8 10.0.0.0/9", "--split 32 10.0.0.0/8",
                 "--local x 10.0.0.1/8", "--classes 10.0.0.1", "--range --aggregate 10.0.0.1", "--hosts 0 10.0.0.0/8"):
        code, out, err = weft(*args.split())
        tap.eq((args, code, out, err.count("\n")), (args, 2, "", 1))


tap.run([interfaces, kinds, lists, plans, text, refused])
