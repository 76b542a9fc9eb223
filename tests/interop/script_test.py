# SPDX-License-Identifier: MIT
"""weft script --against linux: scripts on which weft and the kernel agree, settings of a namespace,
differences. Usage: script_test.py WEFT PEER WIRE"""
import json
import os
import pathlib
import subprocess
import sys

WEFT = os.path.abspath(sys.argv[1])
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "script"

import ns  # noqa: E402
import tap  # noqa: E402

ns.enter()

# docs/script-against-linux.md has those that differ. Short ones, that hang on no clock of the kernel.
AGREE = """tcp/abort tcp/ack-beyond tcp/bad-checksum tcp/close-with-unread-data tcp/closed-port
tcp/data-after-close tcp/dsack-below tcp/dsack-inside tcp/fin-after-data tcp/handshake-blocking
tcp/handshake-no-options tcp/handshake-only-what-was-offered tcp/handshake-passive tcp/linger-zero
tcp/mss-advertised tcp/mss-less-options tcp/mss-of-the-peer tcp/nagle tcp/nodelay tcp/options-unknown
tcp/rst-exact tcp/rst-in-window tcp/rst-outside-window tcp/sack-receiver tcp/sequence-wrap
tcp/simultaneous-open tcp/synsent-refused tcp/timestamps-echo tcp/trim-left ip/bad-headers ip/fragments-out
ip/options-ignored icmp/echo icmp/protocol-unreachable udp/empty udp/port-unreachable udp/refused
udp/send-and-receive udp/checksum-zero-sent-as-ones udp/in-use udplite/plain-calls""".split()

LISTEN = """0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+.1 < S 0:0(0) win 32792 <mss 1000,sackOK,TS val 5 ecr 0>
"""


def weft(*args):
    r = subprocess.run([WEFT, "script", "--against", "linux", "--json", *map(str, args)], capture_output=True,
                       text=True, timeout=150, check=False)
    return r.returncode, [json.loads(line) for line in r.stdout.splitlines()], r.stderr


def run(text, *args):
    path = ns.SCRATCH / "x.pkt"
    path.write_text(text)
    return weft(*args, path)


def agree():
    """weft and the kernel agree on a fixed list of scripts"""
    code, events, err = weft("--jobs", "4", *(SCRIPTS / f"{name}.pkt" for name in AGREE))
    differ = [(e["file"], e.get("line"), e.get("why")) for e in events[:-1] if e["verdict"] != "passed"]
    tap.eq((code, differ, err), (0, [], ""))
    tap.eq(events[-1]["passed"], len(AGREE))


def settings():
    """Settings of a script are those of its namespace, and of no other"""
    path = pathlib.Path("/proc/sys/net/ipv4/tcp_sack")
    before = path.read_text()
    for value, options in ((0, "<mss 1460,TS val 1 ecr 5>"), (1, "<mss 1460,sackOK,TS val 1 ecr 5>")):
        code, events, _ = run(f"`sysctl -w net.ipv4.tcp_sack={value}`\n{LISTEN}+0 > S. 0:0(0) ack 1 {options}\n")
        tap.eq((code, events[0]["verdict"]), (0, "passed"))
    tap.eq(path.read_text(), before)
    code, events, _ = run("--set=sack:0\n" + LISTEN + "+0 > S. 0:0(0) ack 1 <mss 1460,TS val 1 ecr 5>\n")
    tap.eq((code, events[0]["verdict"]), (0, "passed"))


def difference():
    """What the kernel does otherwise is shown field by field, with script and line"""
    code, events, _ = run(LISTEN + "+0 > S. 0:0(0) ack 7 <...>\n")
    e = events[0]
    rows = {f["name"]: (f["expected"], f["actual"]) for f in e["fields"] if f["different"]}
    tap.eq((code, e["verdict"], e["line"], rows), (1, "failed", 5, {"ack": ("7", "1")}))


def not_applicable():
    """What only weft has makes a script not applicable; assertions about it are left out"""
    code, events, _ = run("--config=reasm_max:2\n" + LISTEN + "+0 > S. 0:0(0) ack 1 <...>\n")
    tap.eq((code, events[0]["why"]), (0, "Linux has no limits of weft's stack"))
    code, events, _ = run("--set=msl_ms:5\n" + LISTEN + "+0 > S. 0:0(0) ack 1 <...>\n")
    tap.eq((code, events[0]["why"]), (0, "Linux has no setting like msl_ms"))
    code, events, _ = run(LISTEN + "+0 > S. 0:0(0) ack 1 <...>\n+0 %{ assert usage.conns == 77 }%\n")
    tap.eq((code, events[0]["verdict"], events[0]["left_out"]), (0, "passed", 1))


def fields():
    """tcpi_ fields and the state are the kernel's"""
    text = LISTEN + """+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 5>
+.1 < . 1:1(0) ack 1 win 32792 <nop,nop,TS val 105 ecr 1>
+0 accept(3, ..., ...) = 4
+0 %{ assert tcpi_state == TCP_ESTABLISHED and tcpi_snd_mss == 988 and tcpi_snd_cwnd == 10 and tcpi_options == 3 }%
+0 close(4) = 0
+0 > F. 1:1(0) ack 1 <...>
+0 %{ assert state == FIN_WAIT_1 }%
"""
    code, events, _ = run(text)
    tap.eq((code, events[0]["verdict"], events[0].get("why")), (0, "passed", None))
    code, events, _ = run(text.replace("== 988", "== 989"))
    tap.eq((code, events[0]["why"]), (1, "not true: 988 == 989"))


def too_long():
    """A script that lasts longer than --limit is not begun"""
    code, events, _ = run(LISTEN + "+0 > S. 0:0(0) ack 1 <...>\n+.1 < R 1:1(0)\n+100 close(3) = 0\n", "--limit", "5s")
    tap.eq((code, events[0]["why"]), (0, "it lasts 100 s of real time (--limit)"))


tap.run([agree, settings, difference, not_applicable, fields, too_long])
