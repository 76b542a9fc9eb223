# SPDX-License-Identifier: MIT
"""IP options beside the kernel: ping -R and -T of both through and at the other, read the same way.
Usage: ipopt_test.py WEFT PEER WIRE"""
import json
import re

import ns
import tap
from ns import sh

ns.enter()
HOST, HERE, FAR = "10.9.0.2", "10.9.0.1", "10.8.0.1"


def block(out, name):
    """Lines behind RR: or TS:, without what differs from run to run."""
    m = re.search(rf"^{name}: (.*?)\n\n", out, re.M | re.S)
    return [line.split("\t")[1:] for line in m[1].split("\n")] if m else None


def behind():
    """A kernel host behind this one: weft - here - far."""
    far = ns.Kernel()
    sh("ip link add f0 type veth peer name f1")
    far.take("f1", FAR + "/24", "ip route add default via 10.8.0.254")
    sh("ip addr add 10.8.0.254/24 dev f0 && ip link set f0 up && sysctl -qw net.ipv4.ip_forward=1")
    return far


def records():
    """ping -R: the kernels write their addresses, and what weft prints is what ping prints"""
    with behind() as far, ns.weft_host("--gateway", HERE) as h:
        out = h.weft("ping", "-R", "-c", "2", "-i", "0.2", FAR).stdout
        tap.eq(block(out, "RR"), [["10.8.0.254"], [FAR], [FAR], [HERE]])
        assert "\t(same route)\n" in out and "56(124) bytes" in out, out
        theirs = far.sh(f"ping -n -R -c 2 -i 0.2 {HOST}").stdout
        tap.eq(block(theirs, "RR"), [[FAR], [HERE], [HOST], ["10.8.0.254"], [FAR]])
        assert "\t(same route)" in theirs, theirs
        ev = [json.loads(x) for x in h.weft("ping", "-R", "-c", "1", FAR, "--json").stdout.splitlines()]
        tap.eq([e["record_route"] for e in ev if e["event"] == "reply"], [["10.8.0.254", FAR, FAR, HERE]])


def stamps():
    """ping -T: times with and without addresses, of those that were named, and who found no room"""
    with behind() as far, ns.weft_host("--gateway", HERE) as h:
        out = h.weft("ping", "-T", "tsandaddr", "-c", "1", FAR).stdout
        tap.eq([x[0] for x in block(out, "TS")[:4]], [HOST, HERE, FAR, FAR])
        assert block(out, "TS")[0][1].endswith(" absolute") and "Unrecorded hops: 2\n" in out, out
        assert all(abs(int(x[1])) < 2000 for x in block(out, "TS")[1:4]), out  # One clock, all in UT.
        theirs = far.sh(f"ping -n -T tsandaddr -c 1 {HOST}").stdout
        tap.eq([x[0] for x in block(theirs, "TS")[:4]], [FAR, "10.8.0.254", HOST, HERE])
        assert all(abs(int(x[1])) < 2000 for x in block(theirs, "TS")[1:4]), theirs
        assert len(block(h.weft("ping", "-T", "tsonly", "-c", "1", FAR).stdout, "TS")) >= 5
        assert len(block(far.sh(f"ping -n -T tsonly -c 1 {HOST}").stdout, "TS")) >= 5
        tap.eq([x[0] for x in block(h.weft("ping", "-T", "tsprespec", "-c", "1", HERE, FAR, FAR).stdout, "TS")], [HERE, FAR])
        tap.eq([x[0] for x in block(far.sh(f"ping -n -T tsprespec -c 1 10.8.0.254 {HOST} {HOST}").stdout, "TS")],
               ["10.8.0.254", HOST])
        ev = [json.loads(x) for x in h.weft("ping", "-T", "tsandaddr", "-c", "1", FAR, "--json").stdout.splitlines()]
        ts = next(e["ip_timestamps"] for e in ev if e["event"] == "reply")
        tap.eq((ts["kind"], ts["overflow"], [s["address"] for s in ts["stamps"]]), ("tsandaddr", 2, [HOST, HERE, FAR, FAR]))


def routes():
    """hops make a source route that the kernel follows, and reverses for its answer"""
    with behind() as far, ns.weft_host("--gateway", HERE, "--ip", "source-routes=end") as h:
        sh("sysctl -qw net.ipv4.conf.all.accept_source_route=1; sysctl -qw net.ipv4.conf.f0.accept_source_route=1;"
           "sysctl -qw net.ipv4.conf.iop0.accept_source_route=1")
        far.sh("sysctl -qw net.ipv4.conf.all.accept_source_route=1; sysctl -qw net.ipv4.conf.f1.accept_source_route=1")
        with ns.Capture("iop0") as c:
            out = h.weft("ping", "-c", "1", HERE, FAR).stdout
        assert "1 received" in out and "LSRR: \t10.9.0.1\n" in out, out
        tap.eq(c.tshark("-Y", "icmp.type == 8", "-T", "fields", "-e", "ip.cur_rt", "-e", "ip.opt.type"), [f"{HERE}\t1,131"])
        for bad in (["-R", "-T", "tsonly"], ["-R", HERE], ["-T", "tsprespec"], ["-T", "never"], ["-T", "tsonly", HERE], ["nobody"]):
            r = h.weft("ping", "-c", "1", *bad, FAR, check=False)
            tap.eq((bad, r.returncode, len(r.stderr.splitlines())), (bad, 2, 1))


tap.run([records, stamps, routes])
