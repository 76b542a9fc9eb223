#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The echo example on a TAP (or a veth pair) against the kernel of a private network namespace.

Usage: echo_example.py ECHO. Prints TAP."""
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
    return subprocess.run(args, capture_output=True, text=True, timeout=30)


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def enter():
    """Start again inside a namespace."""
    if os.environ.get(INSIDE):
        return
    for tool in ("unshare", "ip", "ping"):
        if not shutil.which(tool):
            skip(f"no {tool} here")
    flags = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
    if run("unshare", *flags, "true").returncode != 0:
        skip("no network namespace is allowed here")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def wire():
    """The link for the example, and the kernel's interface."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        return "tap:echo0", "echo0"
    except OSError:
        run("ip", "link", "add", "echo0", "type", "veth", "peer", "name", "echo1")
        run("ip", "link", "set", "echo1", "up")
        return "packet:echo1", "echo0"


def start(exe, spec, iface):
    echo = subprocess.Popen([exe, spec, "10.9.0.2/24"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(100):
        if run("ip", "link", "set", iface, "up").returncode == 0:
            break
        time.sleep(0.02)
    run("ip", "addr", "add", "10.9.0.1/24", "dev", iface)
    return echo


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


def test(exe):
    usage = run(exe)
    check("without arguments it tells its usage", usage.returncode == 2 and "example:" in usage.stderr)
    bad = run(exe, "tap:echo0", "nonsense")
    check("a bad address is one line and exit code 1", bad.returncode == 1 and bad.stderr.count("\n") == 1)
    spec, iface = wire()
    echo = start(exe, spec, iface)
    for size in (0, 1, 7, 8, 1471, 1472, 1473, 1474, 2952, 65507):
        r = run("ping", "-n", "-c", "1", "-W", "3", "-s", str(size), "10.9.0.2")
        check(f"the kernel's ping of {size} bytes is answered", r.returncode == 0, r.stdout.strip().replace("\n", "; "))
    for size in (0, 1, 1448, 1449, 100000, 20_000_000):
        data = os.urandom(size)
        try:
            got = conversation(data)
            check(f"{size} bytes come back by TCP, and the end after them", got == data, f"{len(got)} bytes came back")
        except OSError as e:
            check(f"{size} bytes come back by TCP, and the end after them", False, str(e))
    try:
        socket.create_connection(("10.9.0.2", 8), timeout=5).close()
        check("a port without a server refuses", False, "connected")
    except ConnectionRefusedError:
        check("a port without a server refuses", True)
    except OSError as e:
        check("a port without a server refuses", False, str(e))
    neighbour = run("ip", "neigh", "show", "10.9.0.2").stdout
    check("the kernel knows its neighbour", "lladdr" in neighbour, neighbour)
    left = socket.create_connection(("10.9.0.2", 7), timeout=5)
    left.sendall(b"x")
    came = left.recv(1)
    echo.send_signal(signal.SIGTERM)
    try:
        check("a connection that is open then is ended, not left hanging", came == b"x" and left.recv(1) == b"")
    except OSError as e:
        check("a connection that is open then is ended, not left hanging", False, str(e))
    try:
        check("it ends with exit code 0 when it is told to", echo.wait(5) == 0, f"{echo.returncode} {echo.stderr.read()}")
    except subprocess.TimeoutExpired:
        check("it ends with exit code 0 when it is told to", False, "it does not end")
        echo.kill()
    if spec.startswith("tap:"):
        check("its TAP is gone", run("ip", "link", "show", iface).returncode != 0)


enter()
test(os.path.abspath(sys.argv[1]))
print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
