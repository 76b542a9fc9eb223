# SPDX-License-Identifier: MIT
"""Benchmarks, one table: each line is the median of several rounds with its minimum and maximum. The
rounds of all lines are interleaved, so that a slow minute of the machine falls on all of them.

  in one process   two stacks on one core, joined by a link in memory (inproc.c), and lwIP beside it; by
                   CPU time, so that other work on the machine counts less
  over a TAP       weft against the kernel's TCP, next to kernel against kernel over a veth; each in
                   namespaces of its own, needs root
  callgrind        instructions, of a long run minus those of a short one
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = "2"
SEGMENT = 1448
CALLGRIND_MB = (8, 24)
FORWARD_PACKETS = (6400, 70400)
TARGETS = {  # What is to be reached: line, least value (or greatest, where it is negative).
    "instructions per 1,448-byte segment": -2000, "bulk, of its limit": 50, "super-frames, of their limit": 60,
    "forward: instructions per packet": -300, "SYNs of strangers": 1000000, "idle connection": -1024, "TAP: weft sends, of kernel to kernel": 50,
    "TAP: weft receives, of kernel to kernel": 50, "vec copy, of memcpy": 60, "vec sum, of memcpy": 60,
    "vec copy with sum, of memcpy": 60}


class Unavailable(Exception):
    """A line that cannot be measured here; the text says why."""


class Bench:
    """Samples by line, in the order the lines first appear."""

    def __init__(self, build):
        self.programs = pathlib.Path(build).resolve() / "bench"
        self.unit, self.samples, self.skipped, self.notes = {}, {}, {}, {}

    def add(self, line, unit, value):
        self.unit[line] = unit
        self.samples.setdefault(line, []).append(value)

    def note(self, line, text):
        self.notes[line] = text

    def inproc(self, *args, cpu=0):
        return run_json([self.programs / "inproc", *args], cpu)


def pin(cpus):
    return lambda: os.sched_setaffinity(0, cpus)


def run_json(command, cpu):
    r = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, check=False,
                       preexec_fn=pin({cpu}))
    if r.returncode != 0:
        raise RuntimeError(f"{command}: {r.stderr.strip() or r.returncode}")
    return json.loads(r.stdout)


# ---- in one process ----

def bulk(b):
    limit = b.inproc("limit")
    one, big = b.inproc("bulk", "1024"), b.inproc("super", "2048")
    b.add("bulk, frames of 1,514 bytes", "GB/s", one["gbytes_per_s"])
    b.note("bulk, frames of 1,514 bytes", f"{one['bytes_per_frame']:.0f} bytes a frame, largest "
           f"{one['largest_frame']}, {one['acks']} ACKs for {one['frames']} frames")
    b.add("bulk, of its limit", "%", 100 * one["gbytes_per_s"] / limit["bulk_limit"])
    b.add("super-frames, no checksums", "GB/s", big["gbytes_per_s"])
    b.add("super-frames, of their limit", "%", 100 * big["gbytes_per_s"] / limit["super_limit"])
    for name, key in (("memcpy", "memcpy"), ("limit of bulk", "bulk_limit"), ("limit of super-frames", "super_limit")):
        b.add(name, "GB/s", limit[key])
    for name, key in (("copy", "copy"), ("sum", "sum"), ("copy with sum", "copy_sum")):
        b.add(f"vec {name}, of memcpy", "%", 100 * limit[key] / limit["memcpy"])


def small(b):
    b.add("64-byte request and response", "1/s", b.inproc("rr", "100000")["per_s"])
    b.add("connect, send, close", "1/s", b.inproc("conn", "20000")["per_s"])
    syns = b.inproc("flood", "2000000")
    b.add("SYNs of strangers", "1/s", syns["per_s"])
    b.note("SYNs of strangers", f"{syns['cookies']:,} of {syns['count']:,} answered by a cookie")


def idle(b):
    few, many = b.inproc("idle", "100000"), b.inproc("idle", "200000")
    footprint, resident = ((many[k] - few[k]) / 100000 for k in ("footprint", "resident"))
    b.add("idle connection", "bytes", max(footprint, resident))
    b.note("idle connection", f"an endpoint, after 3 echoes of 64 KiB and 10 s; footprint {footprint:.0f}, "
           f"resident {resident:.0f}")


def collected(b, mbytes):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(b.programs / "inproc"), "bulk",
               str(mbytes)]
    r = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return int(re.search(r"Collected : (\d+)", r.stderr)[1]), json.loads(r.stdout)["bytes"]


def instructions(b):
    if shutil.which("valgrind") is None:
        raise Unavailable("valgrind is not installed")
    (short, short_bytes), (long, long_bytes) = (collected(b, n) for n in CALLGRIND_MB)
    b.add("instructions per 1,448-byte segment", "instr", (long - short) / ((long_bytes - short_bytes) / SEGMENT))
    b.note("instructions per 1,448-byte segment", "both ends, their ACKs and the link: whole process, checksums on")


def forward(b):
    """64 bytes among a million routes; the instructions are of a long run minus a short one."""
    program = b.programs / "forward"
    one = run_json([program, "4000000"], 0)
    b.add("forward: packets of 64 bytes", "1/s", one["per_s"])
    b.note("forward: packets of 64 bytes", f"{one['routes']:,} routes, random destinations, the stack's memory is "
           f"{one['bytes_a_route']:.0f} bytes a route")
    if shutil.which("valgrind") is None:
        raise Unavailable("valgrind is not installed")
    counts = []
    for packets in FORWARD_PACKETS:
        r = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), str(packets)],
                           capture_output=True, text=True, timeout=300, check=True)
        counts.append(int(re.search(r"Collected : (\d+)", r.stderr)[1]))
    b.add("forward: instructions per packet", "instr", (counts[1] - counts[0]) / (FORWARD_PACKETS[1] - FORWARD_PACKETS[0]))


def lwip(b):
    program = b.programs.parent / "lwip" / "lwip_bulk"
    r = subprocess.run(["sh", str(HERE / "lwip" / "build.sh"), str(program.parent)], capture_output=True, text=True,
                       timeout=300, check=False)
    if r.returncode != 0:
        raise Unavailable((r.stdout + r.stderr).strip().splitlines()[-1])
    b.add("lwIP, bulk over its loopback", "GB/s", run_json([program, "512"], 0)["gbytes_per_s"])
    b.note("lwIP, bulk over its loopback", "Debian's source, bench/lwip/lwipopts.h: checksums on")


# ---- over a TAP ----

def ns_run(pid, *command):
    subprocess.run(["nsenter", "-t", str(pid), "-n", *command], check=True, capture_output=True, timeout=20)


class Net:
    """A network namespace with a process that holds it."""

    def __enter__(self):
        self.proc = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up; echo; exec sleep inf"],
                                     stdout=subprocess.PIPE)
        if not self.proc.stdout.readline():
            raise Unavailable("network namespaces are not allowed here")
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()

    def start(self, command, cpus):
        return subprocess.Popen(["nsenter", "-t", str(self.proc.pid), "-n", *map(str, command)], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=pin(cpus))

    def settle(self, iface, cidr):
        ns_run(self.proc.pid, "sh", "-c", f"ip addr add {cidr} dev {iface} && ip link set {iface} up")


def finish(procs):
    """What the receiver, the first one, measured; both ends' CPU seconds."""
    outs = []
    for p in procs:
        out, _ = p.communicate(timeout=30)
        if p.returncode != 0:
            raise RuntimeError(f"tcp_bulk ended with {p.returncode}")
        outs.append(json.loads(out.splitlines()[-1]))
    return outs[0]["bytes"] / outs[0]["seconds"] / 1e9, outs


def start_ready(net, command, cpus):
    p = net.start(command, cpus)
    if p.stdout.readline() != "ready\n":
        raise RuntimeError(f"{command}: not ready")
    return p


def kernel_to_kernel(b, cpus):
    exe = b.programs / "tcp_bulk"
    with Net() as near, Net() as far:
        ns_run(near.proc.pid, "ip", "link", "add", "wb0", "type", "veth", "peer", "name", "wb1", "netns",
               str(far.proc.pid))
        near.settle("wb0", "10.9.0.1/24")
        far.settle("wb1", "10.9.0.2/24")
        receiver = start_ready(far, [exe, "kernel", "recv", 5001], cpus[0])
        return finish([receiver, near.start([exe, "kernel", "send", "10.9.0.2", 5001, SECONDS], cpus[1])])


def weft_receives(b, cpus):
    exe = b.programs / "tcp_bulk"
    with Net() as net:
        receiver = start_ready(net, [exe, "weft", "recv", "tap:wb0", "10.9.0.2/24", 5001], cpus[0])
        net.settle("wb0", "10.9.0.1/24")
        return finish([receiver, net.start([exe, "kernel", "send", "10.9.0.2", 5001, SECONDS], cpus[1])])


def weft_sends(b, cpus):
    exe = b.programs / "tcp_bulk"
    with Net() as net:
        receiver = start_ready(net, [exe, "kernel", "recv", 5001], cpus[0])
        sender = start_ready(net, [exe, "weft", "send", "tap:wb0", "10.9.0.2/24", "10.9.0.1", 5001, SECONDS], cpus[1])
        net.settle("wb0", "10.9.0.1/24")
        sender.stdin.write("\n")
        sender.stdin.flush()
        return finish([receiver, sender])


def tap(b):
    if os.geteuid() != 0:
        raise Unavailable("needs root")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Unavailable("/dev/net/tun cannot be opened")
    own = sorted(os.sched_getaffinity(0))
    one, two = ({own[0]}, {own[0]}), ({own[0]}, {own[-1]})
    for cpus, where in ((one, "one CPU"), (two, "two CPUs")) if len(own) > 1 else ((one, "one CPU"),):
        values = {}
        for name, run in (("kernel to kernel, veth", kernel_to_kernel), ("weft sends to the kernel", weft_sends),
                          ("weft receives from the kernel", weft_receives)):
            values[name], outs = run(b, cpus)
            b.add(f"TAP: {name}, {where}", "GB/s", values[name])
            b.note(f"TAP: {name}, {where}", "CPU s, receiver and sender: " + ", ".join(
                f"{o['user']:.1f}+{o['system']:.1f}" for o in outs))
        if where == "one CPU":
            for what in ("sends", "receives"):
                weft = next(v for k, v in values.items() if k.startswith(f"weft {what}"))
                b.add(f"TAP: weft {what}, of kernel to kernel", "%", 100 * weft / values["kernel to kernel, veth"])


# ---- the table ----

GROUPS = {"bulk": bulk, "lwip": lwip, "small": small, "instructions": instructions, "forward": forward, "idle": idle, "tap": tap}


def number(x):
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.1f}" if abs(x) >= 100 else f"{x:.2f}"


def verdict(line, median):
    want = TARGETS.get(line)
    if want is None:
        return ""
    is_met = median >= want if want >= 0 else median <= -want
    return f"{'ok' if is_met else 'MISSED'}: {'at least' if want >= 0 else 'at most'} {abs(want):,}"


def table(b):
    print(f"{'':42} {'median':>10} {'min':>10} {'max':>10}")
    for line, values in b.samples.items():
        median = statistics.median(values)
        print(f"{line:42} {number(median):>10} {number(min(values)):>10} {number(max(values)):>10} "
              f"{b.unit[line]:5} {verdict(line, median)}".rstrip())
        if line in b.notes:
            print(f"    {b.notes[line]}")
    for group, why in b.skipped.items():
        print(f"skipped: {group}: {why}")


def as_json(b, rounds):
    lines = [{"line": line, "unit": b.unit[line], "median": statistics.median(v), "min": min(v), "max": max(v),
              "samples": v, "target": TARGETS.get(line), "note": b.notes.get(line)} for line, v in b.samples.items()]
    print(json.dumps({"rounds": rounds, "cpu": cpu_name(), "lines": lines, "skipped": b.skipped}, indent=1))


def cpu_name():
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="ascii") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown")
    return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=GROUPS, action="append", help="these groups of lines only")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    b = Bench(args.build)
    for n in range(args.rounds):
        print(f"round {n + 1} of {args.rounds}", file=sys.stderr, flush=True)
        for name in args.only or GROUPS:
            if name in b.skipped:
                continue
            try:
                GROUPS[name](b)
            except Unavailable as why:
                b.skipped[name] = str(why)
    if args.json:
        as_json(b, args.rounds)
    else:
        print(f"{cpu_name()}; {args.rounds} rounds\n")
        table(b)


main()
