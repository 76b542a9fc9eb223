# SPDX-License-Identifier: MIT
"""A network namespace for one test file, and weft hosts in it. What is made there goes with it."""
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import tap

WEFT = os.path.abspath(sys.argv[1])


def enter():
    """Go on in a network namespace of our own, or skip the file."""
    os.umask(0o022)  # The hosts become nobody and have to read what the cases write.
    if os.environ.get("WEFT_TEST_INSIDE") == "1":
        sh("ip link set lo up")
        return
    if os.geteuid() != 0:
        tap.skip_all("needs root")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0:
        tap.skip_all("network namespaces are not allowed here")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        tap.skip_all("/dev/net/tun cannot be opened")
    os.environ["WEFT_TEST_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


def sh(command, check=True, timeout=60):
    r = subprocess.run(command, shell=isinstance(command, str), capture_output=True, text=True,
                       timeout=timeout, check=False)
    assert not check or r.returncode == 0, f"{command}: {r.returncode}\n{r.stdout}{r.stderr}"
    return r


def need(tool):
    if shutil.which(tool) is None:
        raise tap.Skip(f"{tool} is not installed")


def is_open_to_all(path):
    return all(os.stat(p).st_mode & stat.S_IXOTH for p in (path, *path.parents))


def open_place():
    """A place for temporary files that every user can walk to: TMPDIR may lie in somebody's own folder."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if os.path.isdir(place) and is_open_to_all(pathlib.Path(place).resolve()):
            return place
    raise tap.Skip("no folder for temporary files is open to all users")


@contextlib.contextmanager
def folder():
    """A folder that everybody may look into, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="weft-cli-", dir=open_place()) as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def wait_for(what, seconds=5.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Host:
    """A running `weft host`, started and ready; stopped on exit."""

    def __init__(self, *args, control):
        self.control = str(control)
        self.proc = subprocess.Popen([WEFT, "host", "--json", "--control", self.control, *args],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.proc.stdout], [], [], 10)
        line = self.proc.stdout.readline() if ready else ""
        if not line:
            self.proc.kill()
            raise AssertionError(f"not ready: {self.proc.stderr.read()}")
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        try:
            self.proc.wait(10)
        finally:
            self.proc.kill()
            self.proc.stdout.close()
            self.proc.stderr.close()

    def weft(self, command, *args, check=True, timeout=60):
        """Run a command through this host."""
        return sh([WEFT, command, "--control", self.control, *args], check=check, timeout=timeout)

    def show(self, table):
        return json.loads(self.weft("show", table, "--json").stdout)


@contextlib.contextmanager
def pair(*args):
    """A host at 10.9.0.2 on a TAP, the kernel at 10.9.0.1."""
    with folder() as tmp, Host("--name", "t", "--link", "tap:wcli0", "--address", "10.9.0.2/24",
                               *args, control=tmp / "t.ctl") as host:
        sh("ip addr add 10.9.0.1/24 dev wcli0 && ip link set wcli0 up")
        host.tmp = tmp
        yield host
