# SPDX-License-Identifier: MIT
"""weft script: verdicts, what a failure shows, errors of the language. Usage: script_test.py WEFT SCRIPTS"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

WEFT, SCRIPTS = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])

HANDSHAKE = """\
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+.1 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
"""


def weft(*args, cwd=None):
    return subprocess.run([WEFT, "script", *map(str, args)], capture_output=True, text=True, timeout=60,
                          check=False, cwd=cwd)


def script(text, *args):
    """Runs one script; what the program answered, its file called x.pkt."""
    with tempfile.TemporaryDirectory() as tmp:
        pathlib.Path(tmp, "x.pkt").write_text(text)
        return weft(*args, "x.pkt", cwd=tmp)


def all_pass():
    """A folder stands for its scripts; all pass, and the last line has the sums and the rate"""
    r = weft(SCRIPTS / "udp")
    files = sorted((SCRIPTS / "udp").glob("*.pkt"))
    tap.eq((r.returncode, r.stderr), (0, ""))
    lines = r.stdout.splitlines()
    tap.eq(lines[0], f"1..{len(files)}")
    tap.eq(lines[1:-1], [f"ok {i} - {f}" for i, f in enumerate(files, 1)])
    assert re.fullmatch(rf"# {len(files)} scripts: {len(files)} passed, 0 failed, 0 not applicable; "
                        r"\d+\.\d{3} s, \d+ scripts a second", lines[-1]), lines[-1]


def side_by_side():
    """A failure shows file:line and both packets field by field, those that differ with a star"""
    r = script(HANDSHAKE + "+0 write(4, ..., 1000) = 1000\n+.5 > P. 1:901(900) ack 2 win 5\n")
    tap.eq(r.returncode, 1)
    assert "not ok 1 - x.pkt\n# x.pkt:9: " in r.stdout, r.stdout
    rows = dict(re.findall(r"^#   ([ *] \S+) +(.*)$", r.stdout, re.M))
    for name, values in {"* time": "0.700000 0.200000", "  flags": "P. P.",
                         "* seq": "1:901(900) 1:1001(1000)", "* ack": "2 1"}.items():
        tap.eq((name, rows[name].split()), (name, values.split()))
    assert "* win" in rows, rows


def missing_and_more_options():
    """Options are shown one a row: the missing one, the one too many, the one of another value"""
    r = script(HANDSHAKE.replace("<...>", "<mss 1400,nop,nop,TS val 1 ecr 2>"))
    rows = dict(re.findall(r"^#   ([ *] \S+) +(.*)$", r.stdout, re.M))
    tap.eq((rows["* mss"].split(), "* TS" in rows, "* sackOK" in rows, "* wscale" in rows),
           (["1400", "1460"], True, True, True))


def as_json():
    """--json has a line for each script and one with the sums; fields as rows"""
    r = script(HANDSHAKE + "+0 > . 1:1(0) ack 7\n+0 < F. 1:1(0) ack 1 win 257\n", "--json")
    one = script(HANDSHAKE + "+.1 < F. 1:1(0) ack 1 win 257\n+0~+.1 > . 1:1(0) ack 7\n", "--json")
    events = [json.loads(line) for line in one.stdout.splitlines()]
    tap.eq([e["event"] for e in events], ["script", "done"])
    e = events[0]
    tap.eq((e["file"], e["verdict"], e["line"], one.returncode), ("x.pkt", "failed", 9, 1))
    tap.eq([(f["expected"], f["actual"], f["different"]) for f in e["fields"] if f["name"] == "ack"],
           [("7", "2", True)])
    tap.eq((events[1]["failed"], events[1]["passed"], events[1]["not_applicable"]), (1, 0, 0))
    tap.eq(json.loads(r.stdout.splitlines()[0])["actual"], None)


def out_folder():
    """--out writes a pcapng of the script that failed, and none of one that passed"""
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp, "a")
        folder.mkdir()
        (folder / "good.pkt").write_text(HANDSHAKE)
        (folder / "bad.pkt").write_text(HANDSHAKE + "+0 > . 1:1(0) ack 7\n")
        r = weft("--out", f"{tmp}/out", folder)
        tap.eq(r.returncode, 1)
        tap.eq([p.name for p in pathlib.Path(tmp, "out").iterdir()], ["a_bad.pcapng"])
        data = pathlib.Path(tmp, "out", "a_bad.pcapng").read_bytes()
        tap.eq(data[:4], b"\x0a\x0d\x0d\x0a")
        tap.eq(data.count(bytes([192, 0, 2, 1, 192, 168, 0, 1])), 2)  # SYN and ACK from the peer.


def overrides():
    """--set and --tolerance_usecs win over what the script says"""
    text = "--set=sack:1\n" + HANDSHAKE.replace("<...>", "<mss 1460,sackOK,...>")
    tap.eq(script(text).returncode, 0)
    r = script(text, "--set", "sack:0")
    assert "* sackOK" in r.stdout, r.stdout
    late = HANDSHAKE + "+.1 < F. 1:1(0) ack 1 win 257\n+.030 > . 1:1(0) ack 2\n"
    tap.eq((script(late).returncode, script(late, "--tolerance_usecs", "40000").returncode), (1, 0))


def no_bursts_of_short_segments():
    """A line of one segment is one segment, and one of several is made of full ones"""
    text = HANDSHAKE + "+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n"
    text += "+0 write(4, ..., 500) = 500\n+0 write(4, ..., 1000) = 1000\n"
    for line in ("+0 > P. 1:1001(1000) ack 1\n", "+0 > P. 1:1501(1500) ack 1\n"):
        r = script(text + line)
        tap.eq(r.returncode, 1)
        assert "payload bytes: expected" in r.stdout or "flags: expected" in r.stdout, r.stdout


def not_applicable():
    """What the stack does not have is counted apart, with the reason, and is no failure"""
    r = script(HANDSHAKE + "+0 splice(4, ..., 5) = 0\n")
    tap.eq(r.returncode, 0)
    assert "ok 1 - x.pkt # SKIP not applicable: weft has no splice()\n" in r.stdout, r.stdout
    assert "0 passed, 0 failed, 1 not applicable" in r.stdout, r.stdout
    e = json.loads(script(HANDSHAKE + "+0 splice(4) = 0\n", "--json").stdout.splitlines()[0])
    tap.eq((e["verdict"], e["line"]), ("not applicable", 8))


# A line behind the handshake, the column of the fault, and what is said to be expected there.
ERRORS = [
    ("+0 < S 0:0(0) win 32792 <mss x>", 30, "a number up to 4294967295 is expected here"),
    ("+0 < S 0:0(0) win 32792 <mas 5>", 26, "a TCP option is expected here"),
    ("+0 < S 0:5(0)", 14, "0:5 is not 0 bytes"),
    ("+0 < [ttl 5, blue] S 0:0(0)", 14, "a word about the IP header"),
    ("+0 < ? 0:0(0)", 6, "TCP flags, 'udp', 'udplite', 'icmp', 'hex' or 'none' is expected here"),
    ("+x < S 0:0(0)", 2, "a time is expected here"),
    ("+2~1 > . 1:1(0) ack 1", 5, "a later time is expected after '~'"),
    ("+0 read(4, ..., 5", 18, "')' is missing"),
    ("+0 close(4)", 12, "'=' is expected here"),
    ("+0 close(4) = x", 15, "a result is expected after '='"),
    ("+0 %{ assert 1 == }%", 19, "a number or a name is expected here"),
    ("+0 %{ frob 1 }%", 7, "'assert' is expected here"),
    ("+0 %{ assert (1 == 1 }%", 22, "an operator or ')' is expected here"),
    ("+0 clse(4) = 0", 4, "a call is expected here; unknown call 'clse'"),
    ("+0", 3, "an event is expected here"),
]


def error_case(line, column, why):
    def case():
        r = script(HANDSHAKE + line + "\n")
        at = re.search(r"^# x\.pkt:(\d+):(\d+): (.*)$", r.stdout, re.M)
        assert at is not None, r.stdout
        tap.eq((r.returncode, at[1], at[2]), (1, "8", str(column)))
        assert why in at[3], at[3]
        assert "(1 of those that failed cannot be read)" in r.stdout, r.stdout
    case.__doc__ = f"'{line}' is wrong at column {column}"
    return case


# A line before everything or behind the handshake, and what weft is said not to have.
FOREIGN = [
    ("--ip_version=ipv6", "weft has no IPv6 (--ip_version=ipv6)"),
    ("--wire_client", "weft has no --wire_client"),
    ("`sysctl -q net.ipv4.tcp_early_retrans=0`", "weft has no switch for tail loss probes"),
    ("`sysctl -w net.ipv4.tcp_congestion_control=bbr3`", "weft has no congestion control 'bbr3'"),
    ("`sysctl -w net.ipv4.tcp_ecn=4`", "weft has no such mode (net.ipv4.tcp_ecn=4)"),
    ("`sysctl -w net.ipv4.tcp_fastopen=0x403`", "weft has no Fast Open without cookies (net.ipv4.tcp_fastopen=0x403)"),
    ("+0 setsockopt(4, SOL_TCP, TCP_CONGESTION, \"bbr3\", 4) = 0", "weft has no congestion control 'bbr3'"),
    ("`sysctl -w net.ipv4.tcp_nonsense=1`", "weft has no setting like net.ipv4.tcp_nonsense"),
    ("`ip route change default via 192.0.2.1 initcwnd 5`", "weft runs no command 'ip'"),
    ("+0 < [flowlabel 0x1] . 1:1(0) ack 1", "weft has no IPv6, which flow labels belong to"),
    ("+0 < ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0) ack 1", "weft has no encapsulation in ipv4"),
    ("+0 < . 1:1(0) ack 1 <md5 000102030405060708090a0b0c0d0e0f>", "weft has no TCP option 'md5'"),
    ("+0 setsockopt(4, SOL_TCP, TCP_DEFER_ACCEPT, [1], 4) = 0", "weft has no socket option TCP_DEFER_ACCEPT"),
    ("+0 ioctl(4, SIOCATMARK, [1]) = 0", "weft has no ioctl SIOCATMARK"),
    ("+0 fcntl(4, F_SETOWN, 1) = 0", "weft has no fcntl F_SETOWN"),
    ("+0 send(4, ..., 5, MSG_ZEROCOPY) = 5", "weft has no MSG_ZEROCOPY"),
    ("+0 %{ assert tcpi_pacing_rate > 0 }%", "weft has no tcpi_pacing_rate"),
    ("+0 %{ assert abs(1) == 1 }%", "weft has no Python: abs("),
    ("+0 %{ assert tcpi_rtt < 1.5 }%", "weft's assertions have no fractions"),
]


def foreign_case(line, why):
    def case():
        r = script(f"{line}\n{HANDSHAKE}" if line[0] in "-`" else f"{HANDSHAKE}{line}\n")
        assert f"# SKIP not applicable: {why}" in r.stdout, r.stdout
        tap.eq(r.returncode, 0)
    case.__doc__ = f"'{line}' is not applicable"
    return case


def known_options():
    """Options of packetdrill that change nothing here are taken; unknown ones are refused by name"""
    text = "--ip_version=ipv4\n--init_scripts=../a/b.sh --gateway_ip=192.168.0.2\n--dry_run\n--mtu=1500\n"
    tap.eq(script(text + HANDSHAKE).returncode, 0)
    assert "x.pkt:1:8: an option of scripts" in script("--frob=1\n" + HANDSHAKE).stdout


def false_assertion():
    """A false assertion shows the comparison with its numbers"""
    r = script(HANDSHAKE + "+0 %{\nassert tcpi_snd_cwnd == 10\nassert 2 * tcpi_snd_cwnd < 5, 'x'\n}%\n")
    assert "# x.pkt:10: not true: 20 < 5\n" in r.stdout, r.stdout


tap.run([all_pass, known_options, false_assertion, *(foreign_case(*row) for row in FOREIGN), side_by_side, missing_and_more_options, as_json, out_folder, overrides, no_bursts_of_short_segments,
         not_applicable,
         *(error_case(*row) for row in ERRORS)])
