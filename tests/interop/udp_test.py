# SPDX-License-Identifier: MIT
"""Datagrams between weft and the kernel: UDP-Lite with coverage, checksums left out, IP options, ports
that nobody listens on, broadcasts, answers from the address that was asked, and what tshark thinks of
the frames. Usage: udp_test.py WEFT PEER"""
import contextlib
import errno
import os
import socket
import sys
import threading

import ns
import tap

ns.enter()
PEER = os.path.abspath(sys.argv[2])
LITE, SEND_COV, RECV_COV = 136, 10, 11  # IPPROTO_UDPLITE and its options in Linux.
SO_NO_CHECK = 11
SIZES = [0, 1, 12, 13, 100, 1471, 1472, 1473, 4000, 65507]
ROUTER_ALERT = bytes.fromhex("94040000")


def udplite():
    """A UDP-Lite socket of the kernel, or the case is skipped."""
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM, LITE)
    except OSError as e:
        if e.errno == errno.EPROTONOSUPPORT:
            raise tap.Skip("this kernel has no UDP-Lite") from e
        raise


@contextlib.contextmanager
def lite_echo(send_cov, recv_cov):
    with udplite() as s:
        if send_cov:
            s.setsockopt(LITE, SEND_COV, send_cov)
        if recv_cov:
            s.setsockopt(LITE, RECV_COV, recv_cov)
        s.bind(("0.0.0.0", 7))
        s.settimeout(0.1)
        ending = threading.Event()

        def serve():
            while not ending.is_set():
                with contextlib.suppress(TimeoutError):
                    s.sendto(*s.recvfrom(65535))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def lite(send, demanded, kernel_send, kernel_demands, offload):
    def case():
        mode = "offload" if offload else "plain"
        with lite_echo(kernel_send, kernel_demands), \
                ns.Program(PEER, "tap:iop0", "10.9.0.2/24", 1500, mode, "lite", "10.9.0.1", "7", send, demanded,
                           *SIZES) as p:
            ns.settle("iop0", "10.9.0.1/24")
            with ns.Capture("iop0") as capture:
                tap.eq(p.go(), f"echoed {len(SIZES)}")
            coverage = {int(c) for c in capture.tshark("-Y", "udplite && ip.src == 10.9.0.2", "-T", "fields", "-e",
                                                       "udp.checksum_coverage")}
            assert coverage and (send == 0 or max(coverage) == send), coverage
            capture.verdict()
    case.__doc__ = (f"UDP-Lite of ten sizes echoed by the kernel: {send or 'all'} bytes covered, the kernel "
                    f"demands {kernel_demands or 'any number'}, sends {kernel_send or 'all'}: "
                    f"offloads {'on' if offload else 'off'}")
    return case


def lite_too_little():
    """The kernel gets nothing that covers less than it demands"""
    with udplite() as s:
        s.setsockopt(LITE, RECV_COV, 40)
        s.bind(("0.0.0.0", 9))
        s.settimeout(1)
        with ns.Program(PEER, "tap:iop0", "10.9.0.2/24", 1500, "plain", "lite", "10.9.0.1", "9", 20, -1, 100) as p:
            ns.settle("iop0", "10.9.0.1/24")
            out, err = p.proc.communicate("\n", timeout=30)
            tap.eq((p.proc.returncode, out), (1, ""))
            with contextlib.suppress(TimeoutError):
                raise AssertionError(s.recv(1000))


def asked(s, data, to):
    s.sendto(data, to)
    return s.recvfrom(65535)


def echo_of_weft():
    """weft echoes datagrams without checksums and with IP options, from the address that was asked"""
    with ns.weft_host("--address", "10.9.0.77/24", "--serve", "echo") as h, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        for address in ("10.9.0.2", "10.9.0.77"):
            tap.eq(asked(s, b"plain", (address, 7)), (b"plain", (address, 7)))
        s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        tap.eq(asked(s, b"no sum", ("10.9.0.2", 7))[0], b"no sum")
        s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 0)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, ROUTER_ALERT)
        tap.eq(asked(s, b"options", ("10.9.0.2", 7))[0], b"options")
        tap.eq(h.show("drops").get("udp.bad_checksum", 0), 0)


def nobody_listens():
    """A kernel socket learns that nobody listens, of UDP and of UDP-Lite; broadcasts stay unanswered"""
    with ns.weft_host("--serve", "echo") as h:
        makers = [lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM), udplite]
        for make in makers:
            with make() as s:
                s.settimeout(3)
                s.connect(("10.9.0.2", 4444))
                s.send(b"x")
                with contextlib.suppress(ConnectionRefusedError):
                    raise AssertionError(s.recv(100))
        before = h.show("drops").get("udp.no_socket", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.bind(("10.9.0.1", 0))
            for to in (("10.9.0.255", 7), ("255.255.255.255", 7), ("10.9.0.255", 4444)):
                with contextlib.suppress(TimeoutError):
                    raise AssertionError(asked(s, b"x", to))
        assert h.show("drops").get("udp.no_socket", 0) == before + 1


tap.run([lite(0, -1, 0, 0, True), lite(20, -1, 20, 20, True), lite(8, 8, 12, 8, False), lite(12, 0, 0, 9, False),
         lite_too_little, echo_of_weft, nobody_listens])
