#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""BAD-FAULT-15: the echo example serves under ten thousand signals a second, with the kernel as its peer.

Usage: storm_test.py ECHO STORM SECONDS. Prints TAP."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

INSIDE = "WEFT_TEST_INSIDE"
results = []


def check(name, is_ok, why=""):
    results.append(bool(is_ok))
    print(f"{'' if is_ok else 'not '}ok {len(results)} - {name}" + (f"\n# {why}" if why and not is_ok else ""))


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, timeout=60)


def enter():
    """Start again inside a network namespace, or skip."""
    if os.environ.get(INSIDE):
        return
    flags = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
    why = "no unshare, ip or ping here" if not all(map(shutil.which, ("unshare", "ip", "ping"))) else ""
    if not why and run("unshare", *flags, "true").returncode != 0:
        why = "no network namespace is allowed here"
    if why:
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def start(exe, storm):
    """The example under the storm, on a TAP or, where there is none, on a veth pair."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        spec = "tap:echo0"
    except OSError:
        run("ip", "link", "add", "echo0", "type", "veth", "peer", "name", "echo1")
        run("ip", "link", "set", "echo1", "up")
        spec = "packet:echo1"
    daemon = subprocess.Popen([exe, spec, "10.9.0.2/24"], stdout=subprocess.DEVNULL,
                              env={**os.environ, "LD_PRELOAD": storm})
    for _ in range(200):
        if run("ip", "link", "set", "echo0", "up").returncode == 0:
            break
        time.sleep(0.02)
    run("ip", "addr", "add", "10.9.0.1/24", "dev", "echo0")
    return daemon


def conversation(data):
    """What comes back for data, with the sending side shut down behind it."""
    got = bytearray()
    with socket.create_connection(("10.9.0.2", 7), timeout=20) as s:
        def send():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        while part := s.recv(65536):
            got += part
        sender.join()
    return bytes(got)


def shoot(daemon, stop, sent):
    while not stop.is_set():
        daemon.send_signal(signal.SIGUSR1)
        sent[0] += 1
        time.sleep(0.0005)


def main(exe, storm, seconds):
    enter()
    daemon = start(os.path.abspath(exe), os.path.abspath(storm))
    until, sent, stop = time.monotonic() + seconds, [0], threading.Event()
    shooter = threading.Thread(target=shoot, args=(daemon, stop, sent))
    shooter.start()
    rounds, bad = 0, ""
    while time.monotonic() < until and not bad and daemon.poll() is None:
        data = os.urandom(300_000)
        try:
            bad = "" if conversation(data) == data else "other bytes came back"
        except OSError as e:
            bad = str(e)
        rounds += 1
    check(f"BAD-FAULT-15: conversations go on for {seconds} s under the storm", not bad and rounds > 1, bad)
    check("ping is answered under it", run("ping", "-n", "-c", "3", "-W", "3", "10.9.0.2").returncode == 0)
    stop.set()
    shooter.join()
    print(f"# {rounds} conversations, {sent[0]} SIGUSR1 besides the timer's signals")
    check("the program still runs", daemon.poll() is None, f"exit code {daemon.poll()}")
    daemon.send_signal(signal.SIGTERM)
    try:
        check("and ends when it is told to", daemon.wait(10) == 0, f"exit code {daemon.returncode}")
    except subprocess.TimeoutExpired:
        daemon.kill()
        check("and ends when it is told to", False, "it does not end")
    print(f"1..{len(results)}")
    return not all(results)


sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
