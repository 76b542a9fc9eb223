# SPDX-License-Identifier: MIT
"""IP options between weft and the kernel: ping's record route and timestamps, at a host and through a
router; fragments of both across three MTUs. Usage: option_test.py WEFT"""
import contextlib
import re
import socket

import ns
import tap
from ns import sh

ns.enter()


@contextlib.contextmanager
def routed(near=(), far=()):
    """Two kernel hosts, 10.1.0.1 here and 10.2.0.1 in a namespace of its own, and weft between them."""
    with ns.Kernel() as there, ns.Host(
            "--name", "r", "--forward", "--link", "tap:iop0", "--address", "10.1.0.254/24", *near, "--link",
            "tap:iop1", "--address", "10.2.0.254/24", *far, control=ns.SCRATCH / "r.ctl") as router:
        ns.settle("iop0", "10.1.0.1/24")
        sh("ip route add default via 10.1.0.254")
        there.take("iop1", "10.2.0.1/24", "ip route add default via 10.2.0.254")
        yield router, there


def recorded(text):
    """Addresses of ping's RR."""
    found = re.search(r"RR:((?:\s+\d+\.\d+\.\d+\.\d+\n)+)", text)
    assert found, text
    return found[1].split()


def stamps(text):
    """Lines of ping's TS."""
    found = re.search(r"TS:((?:\s+\S.*\n)+)", text)
    assert found, text
    return [line.split() for line in found[1].strip().splitlines() if line.strip() and "packets" not in line]


def host_records():
    """ping -R: the reply has the route there and back, with weft's address in it"""
    with ns.weft_host() as h:
        out = sh(["ping", "-n", "-R", "-c", "1", "-W", "2", "10.9.0.2"]).stdout
        assert "10.9.0.2" in recorded(out), out
        assert not [k for k, n in h.show("drops").items() if n and "option" in k]


def host_stamps():
    """ping -T: weft stamps what reaches it, alone, with its address, and where it is asked by name"""
    with ns.weft_host() as h:
        out = sh(["ping", "-n", "-T", "tsonly", "-c", "1", "-W", "2", "10.9.0.2"]).stdout
        assert len(stamps(out)) >= 2, out
        out = sh(["ping", "-n", "-T", "tsandaddr", "-c", "1", "-W", "2", "10.9.0.2"]).stdout
        assert "10.9.0.2" in [line[0] for line in stamps(out)], out
        out = sh(["ping", "-n", "-T", "tsprespec", "10.9.0.1", "10.9.0.2", "-c", "1", "-W", "2", "10.9.0.2"],
                 check=False).stdout
        assert "1 received" in out, out
        assert not [k for k, n in h.show("drops").items() if n and "option" in k]


def router_records():
    """ping -R and -T through a weft router between two kernels: both of its addresses are recorded"""
    with routed() as (router, _):
        out = sh(["ping", "-n", "-R", "-c", "1", "-W", "2", "10.2.0.1"]).stdout
        route = recorded(out)
        assert route.index("10.2.0.254") < route.index("10.1.0.254"), out
        out = sh(["ping", "-n", "-T", "tsandaddr", "-c", "1", "-W", "2", "10.2.0.1"]).stdout
        assert "10.2.0.254" in out, out
        assert not [k for k, n in router.show("drops").items() if n and "option" in k]


def three_mtus():
    """datagrams of the kernel are cut by the kernel, again by weft, and put together by the kernel"""
    with routed(near=("--mtu", "1500"), far=("--mtu", "600")) as (router, there):
        there.sh("ip link set iop1 mtu 600")
        for n in (1, 571, 573, 1472, 1473, 4000, 20000):
            sh(["ping", "-n", "-M", "dont", "-c", "1", "-W", "2", "-s", str(n), "10.2.0.1"])
        assert router.show("counters")["ip4.fragments_out"] > 40
        with ns.serving(socket.SOCK_DGRAM, 7, ns.echo_datagrams, kernel=there), \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: never Don't Fragment.
            s.settimeout(3)
            s.connect(("10.2.0.1", 7))
            data = bytes(range(256)) * 40
            s.send(data)
            assert s.recv(65535) == data


def source_routes():
    """a source route of the kernel's ping is dropped by weft in silence, as is the rule"""
    with ns.weft_host() as h, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([131, 7, 4, 10, 9, 0, 2, 0]))
        s.connect(("10.9.0.2", 9))
        s.send(b"x")
        ns.wait_for(lambda: h.show("drops").get("ip4.source_route", 0) == 1)


tap.run([host_records, host_stamps, router_records, three_mtus, source_routes])
