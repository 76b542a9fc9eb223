#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs for the live harness to start from. Usage: live_seeds.py FOLDER

Each is a way through TCP that a mutator would need long to find; live.c says what the bytes mean.
"""
import pathlib
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SEGMENT, TIME, API, STREAM, PULL, DONE, DGRAM, ICMP, NET, FRAG, ARP, LOOK, RAW = range(13)
SERVE, OPEN, ACCEPT, SEND, RECV, SHUT, CLOSE, ABORT, SET, UDP, SENDTO, LEND, AGAIN, CC, SOCK, LISTEN = range(16)
SMALL, FORWARD, CSUM, TSO, MTU576, BY_HAND = 1, 2, 4, 8, 16, 32
MS1, MS10, MS40, MS200, S1, S3, S30, S60, HOUR, DAYS = 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
NEXT = 15


def head(flags=SMALL, more=0):
    return [flags, more]


def api(call, i, b=0, *rest):
    return [API, call << 4 | i, b, *rest]


def seg(flags, size=0, flow=0, *, new=False, l3=False, opts=None, seq=None, ack=None, wnd=None, more=None):
    how = size
    tail = []
    if seq is not None:
        how |= 8
        tail += seq
    if ack is not None:
        how |= 16
        tail += ack
    if wnd is not None:
        how |= 32
        tail += [wnd >> 8, wnd & 255]
    if opts is not None:
        how |= 64
        tail += opts
    if more is not None:
        how |= 128
        tail += more
    return [SEGMENT, flow | (0x80 if new else 0) | (8 if l3 else 0), flags, how, *tail]


def stream(n, big=True, psh=True, hole=0, flow=0):
    return [STREAM, flow, n - 1 | 8 * big | 16 * psh | hole << 5]


def time(*steps):
    return [x for s in steps for x in (TIME, s)]


ALL = [1 | 2 | 4 | 8, 5, 0xb4, 7]  # MSS 1460, scale 7, SACK, timestamps.
MINUS = lambda n: 256 - n
passive = api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1)
plain = api(SERVE, 0, 0x74) + seg(SYN, new=True) + seg(ACK) + api(ACCEPT, 0, 1)
active = api(OPEN, 1) + seg(SYN | ACK, opts=ALL)
bulk = api(SEND, 1, 0xff) * 4

SEEDS = {
    "passive-close": head() + passive + seg(PSH | ACK, 3) + api(RECV, 1, 0x81) + seg(FIN | ACK) +
    api(CLOSE, 1) + seg(ACK) + time(S1),
    "active-close": head() + active + api(SEND, 1, 100) + seg(ACK) + api(CLOSE, 1) + seg(ACK) + time(MS200) +
    seg(FIN | ACK) + time(S1) + seg(FIN | ACK, seq=[0, MINUS(1)]) + time(S60) + time(S60),
    "closing": head() + active + api(CLOSE, 1) + seg(FIN | ACK, ack=[0, MINUS(1)]) + seg(ACK) + time(S60),
    "fin-acks-fin": head() + active + api(CLOSE, 1) + seg(FIN | ACK) + time(S60) + time(S60),
    "half-close": head() + active + api(SHUT, 1, 2) + seg(ACK) + seg(ACK, 5) + stream(4) + api(RECV, 1, 0xff) +
    seg(FIN | ACK) + api(RECV, 1, 0xff),
    "simultaneous": head() + api(OPEN, 1) + seg(SYN, opts=ALL) + seg(SYN | ACK) + api(SEND, 1, 0x90) + seg(ACK),
    "simultaneous-data": head() + api(OPEN, 1) + seg(SYN) + time(S1, S3) + seg(ACK, 4) + api(RECV, 1, 0xff),
    "refused": head() + api(OPEN, 1) + seg(RST | ACK) + [LOOK, 1],
    "reset": head() + passive + seg(RST) + api(RECV, 1, 0x81) + [LOOK, 1],
    "challenge": head() + passive + seg(RST, seq=[0, 5]) + seg(SYN, seq=[0, 100]) + seg(ACK, 3, ack=[6, 100]) +
    seg(PSH, 3) + seg(ACK, 3, ack=[0, 100]),
    "refused-later": head() + api(OPEN, 1) + time(S1, S3, S3, S30, S60, S60, S60, S60),
    "synrcvd-retries": head() + api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) + time(S1, S3, S30, S60, S60, S60),
    "synrcvd-events": head() + api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) + seg(SYN, opts=ALL) +
    seg(ACK, ack=[0, 9]) + seg(RST, seq=[0, 3]) + seg(SYN, seq=[0, 3]) + seg(FIN) + seg(RST),
    "synrcvd-fin": head() + api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) + seg(FIN | ACK, 3) +
    api(ACCEPT, 0, 1) + api(SEND, 1, 9) + api(CLOSE, 1),
    "listen-odd": head() + api(SERVE, 0, 0x04) + seg(RST, new=True) + seg(ACK) + seg(FIN) + seg(SYN | FIN) +
    seg(SYN, new=True) + seg(SYN, new=True) + seg(SYN, new=True) + seg(SYN, new=True),
    "backlog": head() + api(SERVE, 0, 0x04) + sum(([*seg(SYN, new=True), *seg(ACK, flow=i)] for i in range(4)), []) +
    api(ABORT, 0),
    "bulk-out": head() + active + (bulk + seg(ACK, wnd=0xffff) * 4) * 4 + api(CLOSE, 1) + seg(ACK) + seg(FIN | ACK),
    "bulk-out-tso": head(SMALL | CSUM | TSO) + active + (bulk + seg(ACK, wnd=0xffff) * 4) * 4,
    "bulk-l3": head(SMALL | MTU576) + api(OPEN, 1, 4) + seg(SYN | ACK, opts=ALL) + (bulk + seg(ACK, wnd=0xffff)) * 4,
    "bulk-in": head() + passive + (stream(8) + api(LEND, 1, 7)) * 6 + seg(FIN | ACK) + api(RECV, 1, 0x81),
    "bulk-in-l3": head() + api(SERVE, 0, 0x74) + seg(SYN, new=True, l3=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) +
    (stream(8) + api(RECV, 1, 0xff)) * 4,
    "reassembly": head() + passive + stream(6, hole=1) + stream(6, hole=3) + stream(7, False, hole=2) + stream(1) +
    stream(1) + seg(ACK, 6, seq=[2, 3]) + seg(ACK, 6, seq=[1, 7]) + seg(FIN | ACK, 3, seq=[3, 2]) + stream(4) * 3 +
    api(RECV, 1, 0xff) * 3,
    "sack": head() + active + bulk + seg(ACK, opts=[64, 1, 4, 1, 4, 4]) + time(MS10, MS40) +
    seg(ACK, opts=[64, 2, 4, 1, 4, 2, 4, 3, 4, 2]) + time(MS200, S1) + seg(ACK, wnd=9000) + time(S3),
    "dupacks": head() + plain.copy() + bulk + seg(ACK, ack=[0, MINUS(100)]) * 5 + time(MS10, MS200, S1, S3, S3) + seg(ACK),
    "rto": head() + active + bulk + time(MS200, S1, S3, S3, S30, S60, S60, S60, S60, S60, HOUR),
    "tlp": head() + active + api(SEND, 1, 200) + time(NEXT, NEXT, NEXT, NEXT) + seg(ACK),
    "tlp-dsack": head() + active + api(SEND, 1, 0xff) + time(NEXT, NEXT) + seg(ACK, opts=[64, 1, 0, 0, 0, 100]),
    "zero-window": head() + active + seg(ACK, wnd=0) + bulk + time(S1, S3, S30, S60) + seg(ACK, wnd=0) + time(S60) +
    seg(ACK, wnd=100) + time(S1) + seg(ACK, wnd=4000) + time(S3),
    "zero-window-close": head() + active + seg(ACK, wnd=0) + bulk + api(CLOSE, 1) + time(S1, S3, S30, S60, S60, HOUR),
    "close-unread": head() + passive + stream(3) + api(CLOSE, 1),
    "fin-wait-2-timeout": head() + active + api(CLOSE, 1) + seg(ACK) + time(S60, S60),
    "data-after-close": head() + active + api(CLOSE, 1) + seg(ACK) + seg(ACK, 3),
    "linger-reset": head() + active + api(SET, 1, 7, 1) + api(CLOSE, 1),
    "time-wait-reopen": head() + active + api(CLOSE, 1) + seg(FIN | ACK) + seg(RST) + seg(ACK, 3) +
    seg(SYN, opts=ALL) + api(OPEN, 2) + time(S3) + seg(SYN, opts=[9, 1, 1], seq=[6, 1]) + api(AGAIN, 1),
    "icmp-mtu": head() + active + bulk + [ICMP, 0, 0x34, 2, 0x40] + seg(ACK) + [ICMP, 0, 0x34, 0, 0] +
    [ICMP, 0, 0x34, 0, 0x44] + bulk + seg(ACK) + time(S1, S60, HOUR),
    "icmp-syn-sent": head() + api(OPEN, 1) + [ICMP, 0, 0x33, 0, 0] + [LOOK, 1] + api(OPEN, 1) + [ICMP, 0, 0x32, 0, 0],
    "icmp-soft": head() + active + [ICMP, 0, 0x30, 0, 0, ICMP, 0, 0x33, 0, 0, ICMP, 0, 0xb0, 0, 0, ICMP, 0, 0xc0, 0, 4,
                                    ICMP, 0, 0x40, 0, 0, ICMP, 0, 0x51, 0, 3, ICMP, 0x80, 0x33, 0, 0, 6, 100],
    "icmp-others": head() + [DGRAM, 1, 1, 40, DGRAM, 1, 0x80, 13, 20, DGRAM, 1, 0x80, 17, 8, DGRAM, 1, 0x80, 0, 9,
                             DGRAM, 17, 1, 40, DGRAM, 1, 0x41, 9, DGRAM, 2, 2, 9, DGRAM, 2, 99, 9],
    "udp": head() + api(UDP, 0, 8) + api(UDP, 1, 1) + api(UDP, 2, 12) + [DGRAM, 0, 0, 40, DGRAM, 0, 12, 0xff] +
    api(RECV, 0, 0xfe) + api(SENDTO, 0, 0xf0, 0) + api(SENDTO, 0, 0x80, 4) + [ICMP, 0x40, 0x33, 0, 0, 0, 20] +
    api(SENDTO, 2, 0x20, 0) + [DGRAM, 1, 0, 40] + api(RECV, 2, 0xfe) + api(SENDTO, 1, 0x21, 0),
    "udp-big": head(SMALL | BY_HAND) + api(UDP, 0, 16) + api(SENDTO, 0, 0xfe, 0) * 4 + [PULL, 7, PULL, 7, PULL, 0x47, DONE, 0xff],
    "fragments": head() + api(UDP, 0, 8) + [FRAG, 8, 0, 0, 0x90, FRAG, 24, 50, 0x90, FRAG, 0x50, 25, 0x80 + 17] +
    [FRAG, 8, 0, 0, 0x90, FRAG, 0x10, 24, 64, FRAG, 8, 255, 64, FRAG, 24, 20, 0x90, FRAG, 0x98, 1, 8, FRAG, 0xd8, 0, 0, 5] +
    time(S30, S30) + [FRAG, 8 + 1, 0, 8, 0x90, FRAG, 16 + 1, 18, 0x90] + time(S60),
    "forward": head(SMALL | FORWARD | MTU576) + [DGRAM, 8, 0, 0x90, DGRAM, 8, 0, 0xff, DGRAM, 8 + 32, 0, 0xff, 2, DGRAM, 12, 0, 40] +
    [DGRAM, 40, 0, 9, 1, 1, DGRAM, 40, 0, 9, 4, 1, 2, 3, 4, DGRAM, 9, 0, 0xff, DGRAM, 40, 0, 9, 16, 3, 7, 11, 4] + time(S3),
    "forward-arp-fails": head(SMALL | FORWARD, 1) + [DGRAM, 12, 0, 40] * 4 + time(S1, S1, S1, S3) + [ARP, 1, 8] + time(S60),
    "ip-options": head() + [DGRAM, 33, 0, 40, 16, 1, 7, 7, 4, 0, 0, 0, 0, 0, DGRAM, 33, 0, 40, 16, 1, 131, 7, 4, 1, 2, 3, 4, 0,
                            DGRAM, 33, 0, 40, 16, 0, 68, 99, 1, 1, DGRAM, 32, 0, 40, 8, 127, 0, 0, 1, DGRAM, 32, 0, 9, 4, 224, 0, 0, 1],
    "arp": head(SMALL, 1) + api(UDP, 0, 0) + api(SENDTO, 0, 9, 0) * 3 + [ARP, 0, 8, ARP, 1, 8, ARP, 1, 9, ARP, 4, 10, ARP, 0x11, 8,
                                                                       ARP, 9, 8, 7, 1, ARP, 0x40, 8] + time(S30, S1, S1, S60),
    "tcp-options": head() + api(SERVE, 0, 0x74) + seg(SYN, new=True, more=[1, 0, 2, 4, 5, 0xb4]) +
    seg(SYN, new=True, more=[1, 0, 2, 1, 5, 0xb4]) + seg(SYN, new=True, more=[1, 1, 8, 9, 3, 3, 3, 1, 254, 0]) +
    seg(SYN, new=True, more=[2, 13, 0xf0]) + seg(SYN, new=True, more=[2, 16, 1]) + seg(SYN, new=True, more=[0xe0]),
    "paws": head() + passive + seg(ACK, 3, opts=[16, 6, MINUS(100)]) + seg(ACK, 3, opts=[8]) + time(DAYS) + seg(ACK, 3),
    "ts-ecr": head() + active + bulk + seg(ACK, opts=[32, 0, 5]) + seg(ACK),
    "loopback": head() + api(SERVE, 0, 0x74) + api(OPEN, 1, 16) + time(MS1, MS1, MS1) + api(ACCEPT, 0, 2) + bulk +
    time(MS1, MS1) + api(RECV, 2, 0xff) * 3 + api(CLOSE, 1) + time(MS1, MS1) + api(RECV, 2, 0xff) * 4 + api(CLOSE, 2) + time(MS1, MS1, S1),
    "starved": head(0, 2) + active + bulk * 3 + stream(8) * 4 + time(S1, S3) + api(RECV, 1, 0xff) + seg(ACK),
    "by-hand": head(BY_HAND) + api(OPEN, 1) + [PULL, 7, PULL, 7] + seg(SYN | ACK, opts=ALL) + bulk + [PULL, 0x47] * 4 +
    seg(ACK, wnd=0xffff) + [DONE, 0x73] + time(S1) + [PULL, 0x42, DONE, 0x8f] + seg(RST) + [DONE, 15],
    "interfaces": head() + active + bulk + [NET, 0, 0] + time(S3) + [NET, 0, 2, NET, 1, 2, NET, 1, 4, NET, 1, 8, NET, 2, 2] +
    seg(ACK) + time(S1) + [NET, 9, 6] + time(S1) + [NET, 9, 2, NET, 3, 0] + time(S1) + [NET, 4, 32, NET, 5, 4, NET, 6, 4, NET, 7, 8, NET, 8, 8],
    "options": head() + active + [x for o in range(1, 26) for x in api(SET, 1, o, 1)] + [LOOK, 1] + bulk + api(CC, 1, 1) +
    api(CC, 1, 0) + seg(ACK) + [LOOK, 1, LOOK, 0x81],
    "reno-loss": head() + api(SOCK, 1, 1) + api(CC, 1, 1) + api(AGAIN, 1, 0) + seg(SYN | ACK, opts=ALL) + bulk +
    seg(ACK, opts=[64, 0, 4, 2, 4, 4]) * 2 + time(MS40, MS200, S3) + seg(ACK) + bulk + seg(ACK) * 3,
    "cubic-long": head() + active + (bulk + seg(ACK, wnd=0xffff) + time(MS40)) * 6 + seg(ACK, opts=[64, 0, 4, 2, 4, 4]) +
    time(MS200) + (seg(ACK, wnd=0xffff) + bulk + time(MS200)) * 8,
    "cork": head() + active + api(SET, 1, 14, 1) + api(SEND, 1, 50) + time(MS200, MS200) + seg(ACK) + api(SET, 1, 14, 0),
    "raw": head() + [RAW, 0, 5, 1, 2, 3, 4, 5, RAW, 2, 20, 8, 0, 0x45, RAW, 2, 16, 0x86, 0xdd, 1, 2, RAW, 1, 3, 0x45, 0, 0, RAW, 0, 0,
                     RAW, 0x22, 16, 8, 0, 0x45, 1, 1, 0, 9, 4, 3, 0, 9, 9, 1, 1],
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, program in SEEDS.items():
        (folder / name).write_bytes(bytes(program))


main()
