# SPDX-License-Identifier: MIT
"""ping, traceroute, fetch, show and capture, through a running host and on links of their own.
Usage: use_test.py WEFT"""
import contextlib
import hashlib
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import net
import tap
from net import sh

net.enter()
ABBREVIATIONS = {"links": "l", "addresses": "addr", "routes": "r", "neighbours": "neighbor",
                 "sockets": "so", "counters": "count", "drops": "d"}


def events(text):
    return [json.loads(line) for line in text.splitlines()]


@contextlib.contextmanager
def web(folder):
    """The kernel's side serves files on 10.9.0.1:8000."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_):
            pass

        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / self.path[1:]).write_bytes(body)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("10.9.0.1", 8000), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def own_link():
    """Options for a command with a link of its own: a TAP that is there already."""
    sh("ip tuntap add wcli1 mode tap && ip addr add 10.9.1.1/24 dev wcli1 && ip link set wcli1 up")
    try:
        yield ["--link", "tap:wcli1", "--address", "10.9.1.2/24"]
    finally:
        sh("ip link del wcli1", check=False)


def ping_both_ways():
    """The kernel pings the host, and weft ping through the host reaches the kernel"""
    with net.pair() as h:
        sh("ping -n -c 2 -i 0.2 10.9.0.2")
        out = h.weft("ping", "-c", "3", "-i", "0.1", "10.9.0.1").stdout
        assert out.startswith("PING 10.9.0.1 (10.9.0.1) 56(84) bytes of data.\n"), out
        tap.eq(len(re.findall(r"^64 bytes from 10\.9\.0\.1: icmp_seq=[123] ttl=64 time=[\d.]+ ms$", out,
                              re.M)), 3)
        assert "3 packets transmitted, 3 received, 0% packet loss, time " in out, out
        assert re.search(r"rtt min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms\n$", out), out


def ping_json():
    """weft ping --json gives an event a line, and figures that agree with them"""
    with net.pair() as h:
        ev = events(h.weft("ping", "--json", "-c", "4", "-i", "0.05", "-s", "3000", "10.9.0.1").stdout)
        rtts = [e["rtt_ns"] for e in ev if e["event"] == "reply"]
        done = ev[-1]
        tap.eq((done["event"], done["transmitted"], done["received"], len(rtts)), ("done", 4, 4, 4))
        mean = sum(rtts) // 4
        tap.eq((done["rtt_min_ns"], done["rtt_max_ns"], done["rtt_avg_ns"]),
               (min(rtts), max(rtts), mean))
        deviation = (sum(r * r for r in rtts) / 4 - (sum(rtts) / 4) ** 2) ** 0.5
        assert abs(done["rtt_mdev_ns"] - deviation) <= 1, (done, deviation)


def ping_nobody():
    """Nobody answers: exit code 1, with the host's own word for it; no route is said as such"""
    with net.pair() as h:
        r = h.weft("ping", "-c", "1", "-W", "4", "10.9.0.77", check=False)
        tap.eq(r.returncode, 1)
        assert "From 10.9.0.2 icmp_seq=1 Destination Host Unreachable\n" in r.stdout, r.stdout
        assert "1 packets transmitted, 0 received, +1 errors, 100% packet loss" in r.stdout, r.stdout
        r = h.weft("ping", "-c", "1", "10.200.0.1", check=False)
        tap.eq((r.returncode, r.stderr.count("\n")), (1, 1))
        assert "10.200.0.1: icmp_seq=1: " in r.stderr, r.stderr


def ping_df():
    """-M do with more than the MTU is refused, without it fragments go both ways"""
    with net.pair() as h:
        r = h.weft("ping", "-c", "1", "-s", "1473", "-M", "do", "10.9.0.1", check=False)
        tap.eq(r.returncode, 1)
        h.weft("ping", "-c", "1", "-s", "1472", "-M", "do", "10.9.0.1")
        h.weft("ping", "-c", "1", "-s", "65507", "10.9.0.1")


def ping_interrupted():
    """SIGINT ends a ping through a host and one of its own with the summary"""
    with net.pair() as h, own_link() as own:
        for where, to in ((["--control", h.control], "10.9.0.1"), (own, "10.9.1.1")):
            p = subprocess.Popen([net.WEFT, "ping", *where, "-i", "0.05", to], text=True,
                                 stdout=subprocess.PIPE)
            while " bytes from " not in p.stdout.readline():
                assert p.poll() is None
            p.send_signal(signal.SIGINT)
            out, _ = p.communicate(timeout=10)
            tap.eq(p.returncode, 0)
            assert "packets transmitted" in out, out


def ping_own_link():
    """weft ping with a link of its own works without any running host"""
    with own_link() as own:
        out = sh([net.WEFT, "ping", *own, "-c", "2", "-i", "0.1", "10.9.1.1"]).stdout
        assert "2 packets transmitted, 2 received" in out, out


def client_gone():
    """A ping whose client is killed leaves no socket in the host"""
    with net.pair() as h:
        p = subprocess.Popen([net.WEFT, "ping", "--control", h.control, "-i", "0.01", "10.9.0.1"],
                             stdout=subprocess.DEVNULL)
        net.wait_for(lambda: any(s["type"] == "ping" for s in h.show("sockets")))
        p.kill()
        p.wait(10)
        net.wait_for(lambda: not any(s["type"] == "ping" for s in h.show("sockets")))


def traceroute():
    """weft traceroute finds the kernel one hop away, by UDP and by ICMP; the kernel's finds weft"""
    with net.pair() as h:
        for more in ([], ["-I"]):
            out = h.weft("traceroute", *more, "10.9.0.1").stdout.splitlines()
            tap.eq(out[0], "traceroute to 10.9.0.1 (10.9.0.1), 30 hops max, 60 byte packets")
            tap.eq(len(out), 2)
            assert re.fullmatch(r" 1  10\.9\.0\.1(  [\d.]+ ms){3}", out[1]), out
        net.need("traceroute")
        out = sh("traceroute -n -q 1 10.9.0.2").stdout
        assert re.search(r"^ 1  10\.9\.0\.2  ", out, re.M), out


def traceroute_lost():
    """Nobody there: stars or !H, exit code 1"""
    with net.pair() as h:
        r = h.weft("traceroute", "-m", "2", "-q", "1", "-w", "1", "10.9.0.77", check=False)
        tap.eq(r.returncode, 1)
        assert re.search(r"^ 1 ( \*| 10\.9\.0\.2  [\d.]+ ms !H)$", r.stdout, re.M), r.stdout


def fetch_get():
    """weft fetch gets a file whole, through a host and on a link of its own; 404 is exit code 1"""
    with net.pair("--gateway", "10.9.0.1") as h, own_link() as own, web(h.tmp):
        data = os.urandom(3000001)
        (h.tmp / "data").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        for where in (["--control", h.control], [*own, "--gateway", "10.9.1.1"]):
            out = h.tmp / "got"
            r = sh([net.WEFT, "fetch", *where, "-o", str(out), "http://10.9.0.1:8000/data"])
            tap.eq(hashlib.sha256(out.read_bytes()).hexdigest(), digest)
            assert re.search(r"^3\.0 MB in [\d.]+ ms, .*/s\n$", r.stderr), r.stderr
            r = sh([net.WEFT, "fetch", *where, "-s", "http://10.9.0.1:8000/nothing"], check=False)
            tap.eq((r.returncode, r.stdout), (1, ""))
            assert "the server answered 404" in r.stderr, r.stderr
        r = h.weft("fetch", "-o", "/dev/null", "http://10.9.0.1:9/", check=False)
        tap.eq((r.returncode, r.stderr.count("\n"), "refused" in r.stderr), (1, 1, True))


def fetch_output():
    """-o leaves a file as it was if nothing comes, makes none for nothing, and leaves no old rest"""
    with net.pair("--gateway", "10.9.0.1") as h, own_link() as own, web(h.tmp):
        (h.tmp / "five").write_text("short")
        os.chmod(h.tmp, 0o777)  # With a link of its own, it is nobody by the time it cleans up.
        for where in (["--control", h.control], [*own, "--gateway", "10.9.1.1"]):
            out = h.tmp / "out"
            out.write_text("older and longer")
            get = [net.WEFT, "fetch", *where, "-o", str(out)]
            tap.eq(sh([*get, "http://10.9.0.1:8000/nothing"], check=False).returncode, 1)
            tap.eq(sh([*get, "http://10.9.0.1:9/"], check=False).returncode, 1)
            tap.eq(out.read_text(), "older and longer")
            r = sh([*get, "http://10.9.0.1:8000/five"])
            tap.eq(out.read_text(), "short")
            ms, rate = re.fullmatch(r"5 bytes in ([\d.]+) ms, (.*)/s\n", r.stderr).groups()
            value, unit = rate.split()
            per_s = float(value) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[unit]
            least, most = 5e3 / (float(ms) + 0.06), 5e3 / max(float(ms) - 0.06, 1e-3)
            assert 0.9 * least - 1 <= per_s <= 1.1 * most + 1, r.stderr  # Both are rounded.
            out.unlink()
            tap.eq(sh([*get, "http://10.9.0.1:9/"], check=False).returncode, 1)
        tap.eq(sorted(os.listdir(h.tmp)), ["five", "t.ctl"])


def fetch_put():
    """weft fetch -T puts a file; --json tells how it went"""
    with net.pair() as h, own_link() as own, web(h.tmp):
        data = os.urandom(1000003)
        (h.tmp / "up").write_bytes(data)
        r = sh([net.WEFT, "fetch", *own, "--gateway", "10.9.1.1", "--json", "-T", str(h.tmp / "up"),
                "http://10.9.0.1:8000/there"])
        tap.eq((h.tmp / "there").read_bytes() == data, True)
        done = json.loads(r.stdout)
        tap.eq((done["is_ok"], done["status"]), (True, 201))


def served():
    """curl gets a file of a host, puts one, cannot leave the folder; echo echoes"""
    net.need("curl")
    with net.folder() as www:
        data = os.urandom(2000003)
        (www / "data").write_bytes(data)
        os.chmod(www, 0o777)
        with net.pair("--serve", f"echo,http={www},put") as h:
            sh(f"curl -sS -f -o {h.tmp}/got http://10.9.0.2/data")
            tap.eq((h.tmp / "got").read_bytes() == data, True)
            sh(f"curl -sS -f -T {h.tmp}/got http://10.9.0.2/put")
            tap.eq((www / "put").read_bytes() == data, True)
            r = sh("curl -sS -o /dev/null -w %{http_code} --path-as-is "
                   "http://10.9.0.2/../../etc/passwd")
            assert r.stdout in ("400", "403", "404"), r.stdout
            with socket.create_connection(("10.9.0.2", 7), 5) as s:
                s.sendall(b"hello")
                tap.eq(s.recv(100), b"hello")


def head(text):
    """The first line, without numbers that go on counting."""
    return re.sub(r" \d+(sec)?\b", "", text.split("\n")[0])


def show_tables():
    """Every table shows in text what it says in JSON, and may be cut short"""
    with net.pair("--gateway", "10.9.0.1", "--route", "10.50.0.0/16,10.9.0.1", "--serve",
                  "echo") as h:
        sh("ping -n -c 1 10.9.0.2")
        with socket.create_connection(("10.9.0.2", 7), 5):
            for table, short in ABBREVIATIONS.items():
                rows, text = h.show(table), h.weft("show", table, "-s").stdout
                check_table(table, rows, text)
                tap.eq(head(h.weft("show", short, "-s").stdout), head(text))


def check_table(table, rows, text):
    if table == "links":
        tap.eq(rows[0]["name"], "eth0")
        assert re.search(r"^\d+: eth0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP qlen \d+ link "
                         r"tap:wcli0\n    link/ether " + rows[0]["mac"], text), text
    elif table == "addresses":
        assert "eth0       inet 10.9.0.2/24 scope global\n" in text, text
    elif table == "routes":
        tap.eq([line for line in text.splitlines() if " dev lo " not in line], [
            "default via 10.9.0.1 dev eth0 proto static",
            "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2",
            "10.50.0.0/16 via 10.9.0.1 dev eth0 proto static"])
    elif table == "neighbours":
        tap.eq(re.sub(r" expires \d+sec", "", text),
               "".join(f"{r['address']} dev {r['dev']} lladdr {r['mac']} {r['state']}\n" for r in rows))
        kernel = json.loads(sh("ip -j link show wcli0").stdout)[0]["address"]
        tap.eq([(r["address"], r["mac"]) for r in rows], [("10.9.0.1", kernel)])
    elif table == "sockets":
        assert re.search(r"^tcp   LISTEN +\d+ +\d+ +0\.0\.0\.0:7 +0\.0\.0\.0:\*$", text, re.M), text
        assert re.search(r"^tcp   ESTAB +0 +0 +10\.9\.0\.2:7 +10\.9\.0\.1:\d+\n\t cubic rto:", text,
                         re.M), text
    else:
        shown = {k: int(v) for k, v in (line.split() for line in text.splitlines())}
        assert set(shown) <= set(rows), text
        assert all(rows[k] <= shown[k] for k in shown), (rows, text)


def captured():
    """weft capture gives what tshark reads as the ICMP that was there; filters hold"""
    net.need("tshark")
    with net.pair() as h:
        out = h.tmp / "c.pcapng"
        p = subprocess.Popen([net.WEFT, "capture", "--control", h.control, "-c", "4", "-w", str(out),
                              "icmp", "and", "host", "10.9.0.1"])
        time.sleep(0.3)
        sh("ping -n -c 2 -i 0.2 10.9.0.2")
        tap.eq(p.wait(10), 0)
        fields = sh(f"tshark -r {out} -T fields -e icmp.type -e frame.interface_name").stdout
        tap.eq(fields.split(), ["8", "eth0", "0", "eth0"] * 2)


def captured_live():
    """A capture into a pipe is flushed frame by frame and ends well on SIGINT"""
    with net.pair() as h:
        p = subprocess.Popen([net.WEFT, "capture", "--control", h.control, "arp"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        head = os.read(p.stdout.fileno(), 65536)
        tap.eq(head[:4], bytes.fromhex("0a0d0d0a"))
        sh("ping -n -c 1 10.9.0.2")
        more = os.read(p.stdout.fileno(), 65536)
        assert len(more) >= 42 + 32, more
        p.send_signal(signal.SIGINT)
        tap.eq(p.wait(10), 0)
        assert p.stderr.read().endswith(b" frames captured\n")
        p.stdout.close()
        p.stderr.close()


def wrong_link():
    """A capture of a link that is not there says so"""
    with net.pair() as h:
        r = h.weft("capture", "-i", "eth9", "-w", "/dev/null", check=False)
        tap.eq((r.returncode, r.stderr),
               (3, "weft capture: there is no link of that name; see: weft show links\n"))


tap.run([ping_both_ways, ping_json, ping_nobody, ping_df, ping_interrupted, ping_own_link, client_gone,
         traceroute, traceroute_lost, fetch_get, fetch_output, fetch_put, served, show_tables, captured,
         captured_live, wrong_link])
