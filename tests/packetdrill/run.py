#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs packet scripts by the packetdrill program, against weft. Usage: run.py ADAPTER LIST [SCRIPT...]

WEFT_PACKETDRILL is the program, WEFT_PACKETDRILL_SCRIPTS the folder of its scripts (the one that has
common/ in it); without them everything is skipped. LIST has a line "script<TAB>pass|fail<TAB>reason"
for each; with SCRIPTs only these are run, listed or not, and their output is shown. TAP on stdout.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PLACE = {"local_ip": "192.168.0.1", "mtu": "1500"}
ARGS = ("--ip_version=ipv4 --gateway_ip=192.168.0.1 --netmask_ip=255.255.0.0 --remote_ip=192.0.2.1 "
        "-D TFO_COOKIE=3021b9d889017eeb -D CODE=host_unreachable -D CMSG_LEVEL_IP=SOL_IP "
        "-D CMSG_TYPE_RECVERR=IP_RECVERR --send_omit_free").split()
STAND_INS = ("sysctl", "tc", "ip", "nstat", "ethtool", "ifconfig", "modprobe", "iptables")
TIMEOUT_S = 60


def place_of(script):
    """What the script itself says about its end."""
    place = dict(PLACE)
    for name, value in re.findall(r"^--(local_ip|mtu)=(\S+)", script.read_text(), re.M):
        place[name] = value
    return place


def prepare(scripts, work):
    """A copy of the scripts, whose commands go to the stand-ins."""
    copy, bins = work / "net" / "tcp", work / "bin"
    shutil.copytree(scripts, copy)
    beside = pathlib.Path(scripts).resolve().parent / "common"
    if beside.exists():
        shutil.copytree(beside, work / "net" / "common")
    bins.mkdir()
    for name in STAND_INS:
        (bins / name).symlink_to(HERE / "record.sh")
    for direct in work.rglob("set_sysctls.py"):
        direct.unlink()
        direct.symlink_to(HERE / "record.sh")
    return copy, bins


def run(program, adapter, script, bins, work):
    """(whether it passed, what it said)"""
    place, settings = place_of(script), work / "settings"
    settings.write_text("")
    flags = f"ip={place['local_ip']},mtu={place['mtu']},settings={settings}"
    env = dict(os.environ, LD_PRELOAD=str(adapter), WEFT_SETTINGS=str(settings),
               PATH=f"{bins}:{os.environ.get('PATH', '/usr/bin:/bin')}")
    cmd = [program, *ARGS, f"--local_ip={place['local_ip']}", f"--so_filename={adapter}",
           f"--so_flags={flags}", script.name]
    try:
        out = subprocess.run(cmd, cwd=script.parent, env=env, capture_output=True, text=True,
                             errors="replace", timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False, f"not done after {TIMEOUT_S} s"
    said = (out.stdout + out.stderr).strip()
    return out.returncode == 0, said or f"exit code {out.returncode}"


def main():
    adapter, listed = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    program, scripts = (os.environ.get(n) for n in ("WEFT_PACKETDRILL", "WEFT_PACKETDRILL_SCRIPTS"))
    rows = [r.split("\t") for r in listed.read_text().splitlines() if r and not r.startswith("#")]
    for name, value in (("WEFT_PACKETDRILL", program), ("WEFT_PACKETDRILL_SCRIPTS", scripts)):
        if not value or not pathlib.Path(value).exists():
            print(f"1..0 # SKIP {name} does not name {'the program' if value == program else 'a folder'}")
            return 0
    if sys.argv[3:]:
        rows = [[name, "pass", ""] for name in sys.argv[3:]]
    print(f"1..{len(rows)}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weft-packetdrill-") as tmp:
        work = pathlib.Path(tmp)
        copy, bins = prepare(scripts, work)
        for n, (name, expected, why) in enumerate(rows, 1):
            if not (copy / name).exists():
                print(f"ok {n} - {name} # SKIP there is no such script")
                continue
            good, said = run(os.path.abspath(program), adapter, copy / name, bins, work)
            todo = f" # TODO {why}" if expected == "fail" else ""
            print(f"{'ok' if good else 'not ok'} {n} - {name}{todo}", flush=True)
            if not good or sys.argv[3:]:
                print("\n".join(f"# {line}" for line in said.splitlines()[:40]), flush=True)
            failed += not good and expected == "pass"
    return failed > 0


sys.exit(main())
