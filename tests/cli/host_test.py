# SPDX-License-Identifier: MIT
"""weft host: ready line, privileges, control socket, nothing left behind. Usage: host_test.py WEFT"""
import os
import shutil
import signal
import stat
import subprocess

import net
import tap
from net import sh

net.enter()


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def links():
    return {line.split(":")[1].strip() for line in sh("ip -o link").stdout.splitlines()}


def ready_line():
    """The ready line names pid, control socket, links and addresses, and all is there by then"""
    with net.folder() as tmp, net.Host("--name", "r", "--link", "lan=tap:wcli0", "--address",
                                       "10.9.0.2/24", control=tmp / "r.ctl") as h:
        tap.eq((h.ready["event"], h.ready["name"], h.ready["pid"]), ("ready", "r", h.proc.pid))
        tap.eq(h.ready["links"][0]["name"], "lan")
        tap.eq(h.ready["addresses"][-1]["address"], "10.9.0.2")
        assert "wcli0" in links()
        assert os.path.exists(h.ready["control"])


def privileges():
    """Once it is ready it is nobody: no groups, no capabilities, no way to new ones"""
    with net.pair() as h:
        s = status(h.proc.pid)
        nobody = sh("id -u nobody").stdout.strip()
        tap.eq(s["Uid"].split(), [nobody] * 4)
        tap.eq(s["Groups"].split(), [])
        tap.eq([int(s[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapAmb")], [0] * 4)
        tap.eq(s["NoNewPrivs"], "1")


def chosen_user():
    """--user names who it becomes, and one that does not exist is refused"""
    with net.pair("--user", "daemon") as h:
        tap.eq(status(h.proc.pid)["Uid"].split()[0], sh("id -u daemon").stdout.strip())
    with net.folder() as tmp:
        r = sh([net.WEFT, "host", "--link", "tap:wcli0", "--address", "10.9.0.2/24", "--control",
                str(tmp / "c"), "--user", "no-such-user"], check=False)
        tap.eq((r.returncode, r.stdout), (2, ""))
        assert "there is no user 'no-such-user'" in r.stderr, r.stderr
        tap.eq(os.listdir(tmp), [])


def control_mode():
    """The control socket has mode 0600 and its owner is who started the host"""
    with net.pair() as h:
        s = os.stat(h.control)
        assert stat.S_ISSOCK(s.st_mode)
        tap.eq((stat.S_IMODE(s.st_mode), s.st_uid), (0o600, os.geteuid()))
        weft = h.tmp / "weft"  # Nobody may have no way to where it was built.
        shutil.copy(net.WEFT, weft)
        r = sh(["setpriv", "--reuid", "nobody", "--clear-groups", str(weft), "show", "links",
                "--control", h.control], check=False)
        tap.eq(r.returncode, 3)
        assert "Permission denied" in r.stderr, r.stderr


def ends_clean(number):
    def case():
        with net.folder() as tmp:
            with net.Host("--link", "tap:wcli0", "--address", "10.9.0.2/24", "--pid-file",
                          str(tmp / "pid"), "--link", f"unix-listen:{tmp}/wire",
                          control=tmp / "c") as h:
                tap.eq((tmp / "pid").read_text(), f"{h.proc.pid}\n")
                janitors = children(h.proc.pid)
                h.proc.send_signal(number)
                tap.eq(h.proc.wait(10), 0)
            tap.eq(os.listdir(tmp), [])
            assert "wcli0" not in links()
            net.wait_for(lambda: not any(os.path.exists(f"/proc/{j}") for j in janitors))
    case.__doc__ = f"{number.name} ends it with 0; no TAP, no socket, no pid file, no process is left"
    return case


def ends_early():
    """SIGTERM before it is ready ends it in good order, too: what was made by then is removed"""
    with net.folder() as tmp:
        os.mkfifo(tmp / "pid")  # Holds it after the control socket was made.
        with subprocess.Popen([net.WEFT, "host", "--link", "tap:wcli0", "--address", "10.9.0.2/24",
                               "--control", str(tmp / "c"), "--pid-file", str(tmp / "pid")],
                              stdout=subprocess.DEVNULL) as p:
            net.wait_for((tmp / "c").exists)
            p.send_signal(signal.SIGTERM)
            with open(os.open(tmp / "pid", os.O_RDONLY | os.O_NONBLOCK), "rb"):
                tap.eq(p.wait(10), 0)
        tap.eq(os.listdir(tmp), [])


def stop_command():
    """The control socket's stop ends it as well"""
    with net.folder() as tmp, net.Host("--link", "tap:wcli0", "--address", "10.9.0.2/24",
                                       control=tmp / "c") as h:
        r = subprocess.run(["python3", "-c", "import socket,sys\ns=socket.socket(socket.AF_UNIX)\n"
                            "s.connect(sys.argv[1])\ns.send(b'{\"cmd\":\"stop\"}\\n')\n"
                            "print(s.recv(100).decode(),end='')", h.control],
                           capture_output=True, text=True, check=True)
        tap.eq((r.stdout, h.proc.wait(10), os.listdir(tmp)), ('{"ok":true}\n', 0, []))


def killed():
    """After SIGKILL the TAP is gone at once, and the janitor removes the files"""
    with net.folder() as tmp:
        with net.Host("--link", "tap:wcli0", "--address", "10.9.0.2/24", "--pid-file",
                      str(tmp / "pid"), control=tmp / "c") as h:
            h.proc.kill()
            h.proc.wait(10)
        net.wait_for(lambda: not os.listdir(tmp))
        assert "wcli0" not in links()


def killed_all():
    """What is left when the janitor is killed, too, is cleared by the next start"""
    with net.folder() as tmp:
        args = ["--link", "tap:wcli0", "--address", "10.9.0.2/24", "--pid-file", str(tmp / "pid")]
        with net.Host(*args, control=tmp / "c") as h:
            for pid in [*children(h.proc.pid), h.proc.pid]:
                os.kill(pid, signal.SIGKILL)
            h.proc.wait(10)
        tap.eq(sorted(os.listdir(tmp)), ["c", "pid"])
        with net.Host(*args, control=tmp / "c") as h:
            tap.eq((tmp / "pid").read_text(), f"{h.proc.pid}\n")
            tap.eq(h.show("links")[0]["device"], "wcli0")
        tap.eq(os.listdir(tmp), [])


def second_host():
    """A second host with the same control socket is refused, and does not disturb the first"""
    with net.pair() as h:
        r = sh([net.WEFT, "host", "--link", "tap:wcli1", "--address", "10.9.1.2/24", "--control",
                h.control], check=False)
        tap.eq((r.returncode, r.stderr.count("\n")), (3, 1))
        assert "a running host has it" in r.stderr, r.stderr
        assert "wcli1" not in links()
        tap.eq(h.show("links")[0]["up"], True)


def no_socket():
    """A file in the place of the control socket stays; where no socket can be made, it says what to try"""
    with net.folder() as tmp:
        (tmp / "c").write_text("precious")
        for path, text in ((tmp / "c", "there is a file that is no socket"),
                           (tmp / "none" / "c", "try --control in a folder of yours")):
            r = sh([net.WEFT, "host", "--link", "tap:wcli0", "--address", "10.9.0.2/24", "--control",
                    str(path)], check=False, timeout=10)
            tap.eq((r.returncode, r.stdout, r.stderr.count("\n")), (3, "", 1))
            assert text in r.stderr, r.stderr
        tap.eq((os.listdir(tmp), (tmp / "c").read_text()), (["c"], "precious"))


def bad_links():
    """A link that cannot be opened ends with 3 and one line; nothing is left"""
    for spec in ("packet:nosuchif", "nonsense:x", "pcap:/nonexistent", "dgram:/x", "fd:x",
                 "unix:"):
        with net.folder() as tmp:
            r = sh([net.WEFT, "host", "--link", "tap:wcli0", "--address", "10.9.0.2/24", "--link",
                    spec, "--control", str(tmp / "c")], check=False, timeout=10)
            tap.eq((spec, r.returncode, r.stdout, r.stderr.count("\n")), (spec, 3, "", 1))
            tap.eq(os.listdir(tmp), [])
            assert "wcli0" not in links()


def bad_routes():
    """A route or gateway that cannot be is refused"""
    for args, code, text in ((["--gateway", "10.8.0.1"], 3, "gateway 10.8.0.1"),
                             (["--route", "10.1.0.0/16,10.8.0.1"], 3, "--route"),
                             (["--route", "10.1.0.1/16,10.9.0.1"], 2, "bits beyond the prefix"),
                             (["--route", "10.1.0.0"], 2, "is not like 10.1.0.0/16,10.0.0.1")):
        with net.folder() as tmp:
            r = sh([net.WEFT, "host", "--link", "tap:wcli0", "--address", "10.9.0.2/24", "--control",
                    str(tmp / "c"), *args], check=False, timeout=10)
            tap.eq((args, r.returncode, r.stderr.count("\n")), (args, code, 1))
            assert text in r.stderr, r.stderr


tap.run([ready_line, privileges, chosen_user, control_mode, ends_clean(signal.SIGTERM),
         ends_clean(signal.SIGINT), ends_clean(signal.SIGHUP), ends_early, stop_command, killed, killed_all,
         second_host, no_socket, bad_links, bad_routes])
