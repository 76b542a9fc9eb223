#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs for the live harness to start from. Usage: live_seeds.py FOLDER

Each is a way through TCP that a mutator would need long to find; live.c says what the bytes mean.
"""
import pathlib
import re
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SEGMENT, TIME, API, STREAM, PULL, DONE, DGRAM, ICMP, NET, FRAG, ARP, LOOK, RAW = range(13)
MORE, USER, TALK, SUPER = range(0xF0, 0xF4)
SERVE, OPEN, ACCEPT, SEND, RECV, SHUT, CLOSE, ABORT, SET, UDP, SENDTO, LEND, AGAIN, CC, SOCK, LISTEN = range(16)
CONNECT_SEND, SEND_URGENT, RECV_URGENT, FO_KEY, CC_NAME, CC_PARAM, SET_WORD, BIND = range(8)
SMALL, FORWARD, CSUM, TSO, MTU576, BY_HAND = 1, 2, 4, 8, 16, 32
MS1, MS10, MS40, MS200, S1, S3, S30, S60, HOUR, DAYS = 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
NEXT = 15
# more of the head's second byte
NO_ARP, FEW_CHUNKS, ACC_ECN, QUIET = 1, 2, 32, 64
CUBIC, RENO, NEWRENO, TAHOE, VEGAS, AIMD, MIMD, BBR = range(8)
CCS = dict(cubic=CUBIC, reno=RENO, newreno=NEWRENO, tahoe=TAHOE, vegas=VEGAS, aimd=AIMD, mimd=MIMD, bbr=BBR)
# live_tcp.c, enum more; live_talk.c: path, receiver, faults
CE, ECT0, ECT1, AE, FO, UTO, ACC, URG, ACE = 3, 2, 1, 4, 8, 16, 32, 64, 128
ECE, CWR = 64, 128
FAST, SLOW20K, SLOW100K, SLOW1M = range(4)
RTT2, RTT20, RTT100, RTT400 = 0, 4, 8, 12
QUEUE32, QUEUE12, QUEUE5, SHORT, REORDER = 16, 32, 48, 64, 128
ACK1, ACK2, ACK4, ACK8, ECN_CLASSIC, ECN_ACC0, ECN_ACC1, NO_SACK, NO_DSACK, NO_TS, SMALL_WINDOW = 0, 1, 2, 3, 4, 8, 12, 16, 32, 64, 128
LOSE40, LOSE13, LOSE7, LOSE3, LOSE_BURST, LOSE_TAIL, LOSE32 = range(1, 8)
MARK_QUEUE, MARK_SOME, MARK_ALL, PAUSE300, PAUSE1500, PAUSE4000, LOSE_REPAIRS = 8, 16, 24, 32, 64, 96, 128

# The numbers of socket options, from the header that has them.
HEADER = (pathlib.Path(__file__).parent.parent / "include/weft/sock.h").read_text()
NAMES = re.findall(r"^    WEFT_(\w+)(?: = 1)?,", HEADER.split("enum weft_sock_opt {")[1].split("};")[0], re.M)
OPT = {name: i + 1 for i, name in enumerate(NAMES) if name != "SOCK_OPT_COUNT"}


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


def more(what, args, *rest, **kw):
    """A segment with @what (enum more), whose values are @args."""
    code, flow, flags, how, *tail = seg(*rest, **kw)
    return [MORE, what, flow, flags, how, *args, *tail]


def user(call, i, b=0, *rest):
    return [USER, call << 4 | i, b, *rest]


def talk(path=FAST | RTT20, receiver=ACK2, faults=0, events=255, sock=1, flow=0):
    return [TALK, flow << 4 | sock, path, receiver, faults, events]


def opt(i, name, value):
    return user(SET_WORD, i, OPT[name], value >> 8 & 255, value & 255)


def time(*steps):
    return [x for s in steps for x in (TIME, s)]


ALL = [1 | 2 | 4 | 8, 5, 0xb4, 7]  # MSS 1460, scale 7, SACK, timestamps.
MINUS = lambda n: 256 - n
passive = api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1)
plain = api(SERVE, 0, 0x74) + seg(SYN, new=True) + seg(ACK) + api(ACCEPT, 0, 1)
active = api(OPEN, 1) + seg(SYN | ACK, opts=ALL)
bulk = api(SEND, 1, 0xff) * 4
# Packets that the driver does not give back: resets for a flow that nobody knows.
held = lambda flow: [SEGMENT, 0xb0, ACK, 0] + ([SEGMENT, flow, ACK, 0] * 6 + [PULL, 0x47, DONE, 0x70]) * 11

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
    "options": head() + active + [x for o in OPT.values() for x in api(SET, 1, o, 1)] + [LOOK, 1] + bulk + api(CC, 1, 1) +
    api(CC, 1, 0) + seg(ACK) + [LOOK, 1, LOOK, 0x81],
    "reno-loss": head() + api(SOCK, 1, 1) + api(CC, 1, 1) + api(AGAIN, 1, 0) + seg(SYN | ACK, opts=ALL) + bulk +
    seg(ACK, opts=[64, 0, 4, 2, 4, 4]) * 2 + time(MS40, MS200, S3) + seg(ACK) + bulk + seg(ACK) * 3,
    "cubic-long": head() + active + (bulk + seg(ACK, wnd=0xffff) + time(MS40)) * 6 + seg(ACK, opts=[64, 0, 4, 2, 4, 4]) +
    time(MS200) + (seg(ACK, wnd=0xffff) + bulk + time(MS200)) * 8,
    "cork": head() + active + api(SET, 1, 14, 1) + api(SEND, 1, 50) + time(MS200, MS200) + seg(ACK) + api(SET, 1, 14, 0),
    "raw": head() + [RAW, 0, 5, 1, 2, 3, 4, 5, RAW, 2, 20, 8, 0, 0x45, RAW, 2, 16, 0x86, 0xdd, 1, 2, RAW, 1, 3, 0x45, 0, 0, RAW, 0, 0,
                     RAW, 0x22, 16, 8, 0, 0x45, 1, 1, 0, 9, 4, 3, 0, 9, 9, 1, 1],
}


def opening(cc=CUBIC, ecn=0, **opts):
    """A connection of socket 1 on flow 0, with options set before it."""
    made = api(SOCK, 1, 1) + user(CC_NAME, 1, cc)
    for name, value in opts.items():
        made += opt(1, name, value)
    if ecn == 1:
        return made + opt(1, "TCP_ECN", 1) + api(AGAIN, 1) + seg(SYN | ACK | ECE, opts=ALL)
    if ecn == 3:
        return made + opt(1, "TCP_ECN", 3) + api(AGAIN, 1) + seg(SYN | ACK | CWR, opts=ALL)
    return made + api(AGAIN, 1) + seg(SYN | ACK, opts=ALL)


def serving(i=0, b=0x74, **opts):
    return api(SERVE, i, b) + [x for name, value in opts.items() for x in opt(i, name, value)]


# Congestion controls over links that lose, mark, pause and reorder.
for name, cc in CCS.items():
    SEEDS[f"cc-{name}-loss"] = (
        head() + opening(cc) + talk(SLOW100K | RTT20, ACK2, 0, 40) + talk(SLOW100K | RTT100 | QUEUE12, ACK2, 0, 120) +
        talk(SLOW1M | RTT20, ACK1, LOSE40) + talk(FAST | RTT20, ACK2, LOSE13, 100) + time(S3) + bulk + talk(FAST, ACK2, 0, 20))
    SEEDS[f"cc-{name}-undo"] = (
        head() + opening(cc) + talk(SLOW100K | RTT20, ACK2, PAUSE1500, 200) + talk(SLOW1M | RTT20 | REORDER, ACK1, 0, 150) +
        talk(SLOW100K | RTT20, ACK1 | NO_TS, PAUSE4000, 200))
    SEEDS[f"cc-{name}-ecn"] = (
        head() + opening(cc, 1) + talk(SLOW100K | RTT20, ACK2 | ECN_CLASSIC, MARK_QUEUE, 100) +
        talk(SLOW1M | RTT20, ACK2 | ECN_CLASSIC, MARK_SOME, 150) + talk(SLOW20K | RTT2, ACK1 | ECN_CLASSIC, MARK_ALL, 60))
    SEEDS[f"cc-{name}-acc"] = (
        head() + opening(cc, 3) + talk(SLOW100K | RTT20, ACK2 | ECN_ACC0, MARK_QUEUE, 100) +
        talk(SLOW1M | RTT20, ACK8 | ECN_ACC1, MARK_SOME | LOSE40, 150) + talk(SLOW100K | RTT2, ACK1 | ECN_ACC0, MARK_ALL, 60))
    SEEDS[f"cc-{name}-plain"] = (
        head() + api(SOCK, 1, 1) + user(CC_NAME, 1, cc) + opt(1, "TCP_SACK", 0) + opt(1, "TCP_TIMESTAMPS", 0) + api(AGAIN, 1) +
        seg(SYN | ACK, opts=ALL) + talk(SLOW100K | RTT20, ACK1 | NO_SACK, LOSE13, 200) + talk(FAST | RTT20, ACK1 | NO_SACK, LOSE7 | LOSE_REPAIRS, 150) +
        talk(SLOW100K | RTT20 | QUEUE5, ACK1 | NO_SACK, PAUSE1500, 150))
    SEEDS[f"cc-{name}-rto"] = (
        head(SMALL, cc << 2) + active + talk(SLOW100K | RTT20, ACK2, LOSE_BURST | LOSE_REPAIRS, 200) + bulk + time(S1, S3) +
        talk(SLOW100K | RTT20 | QUEUE12, ACK2, LOSE3 | LOSE_REPAIRS, 100) + talk(FAST | RTT20, ACK2, 0, 50) + time(S30) + bulk +
        talk(FAST | RTT20, ACK2, LOSE_TAIL, 100))
    SEEDS[f"cc-{name}-params"] = (
        head() + [x for k in range(9) for v in (0, 1, 2, 1500, 60000) for x in user(CC_PARAM, 1, k, v >> 8, v & 255)] +
        api(SOCK, 1, 1) + user(CC_NAME, 1, cc) +
        [x for k in range(9) for v in (0, 1, 2, 3, 500, 1500, 60000) for x in user(CC_PARAM, 1, k, v >> 8, v & 255)] +
        api(AGAIN, 1) + seg(SYN | ACK, opts=ALL) + talk(SLOW100K | RTT20, ACK2, 0, 60) +
        [x for k in range(9) for v in (2, 1500) for x in user(CC_PARAM, 1, k, v >> 8, v & 255)] + talk(SLOW100K | RTT20, ACK2, LOSE40, 60))
SEEDS.update({
    "cc-switch": head() + opening(BBR) + talk(SLOW100K | RTT20, ACK2, 0, 60) +
    sum((user(CC_NAME, 1, cc) + talk(SLOW1M | RTT20, ACK2, LOSE40, 30) for cc in (0, 7, 4, 7, 5, 6, 1, 2, 3, 7, 8)), []),
    "cc-no-room": head() + sum((api(SOCK, i, 1) + user(CC_NAME, i, BBR) + api(AGAIN, i) + seg(SYN | ACK, flow=i - 1, opts=ALL) for i in (1, 2, 3, 4)), []) +
    sum((talk(FAST | RTT20, ACK2, 0, 20, i, i - 1) for i in (1, 2, 3, 4)), []) + user(CC_NAME, 3, RENO) + user(CC_NAME, 3, BBR),
    "bbr-long": head() + opening(BBR) + talk(SLOW100K | RTT20, ACK2) * 2,
    "bbr-probes": head() + opening(BBR) + talk(SLOW20K | RTT100, ACK1) * 2,
    "bbr-rtt400": head() + opening(BBR) + talk(SLOW20K | RTT400, ACK1) * 2,
    "bbr-up-loss": head() + opening(BBR) + talk(SLOW20K | RTT100, ACK1, 0, 200) + talk(SLOW20K | RTT100 | QUEUE12, ACK1, LOSE13),
    "bbr-up-marks": head() + opening(BBR, 1) + talk(SLOW20K | RTT100, ACK1 | ECN_CLASSIC, 0, 200) + talk(SLOW20K | RTT100, ACK1 | ECN_CLASSIC, MARK_QUEUE),
    "bbr-startup-loss": head() + opening(BBR) + talk(SLOW100K | RTT100 | QUEUE5, ACK1, LOSE7),
    "bbr-startup-loss3": head() + opening(BBR) + talk(SLOW1M | RTT100, ACK1, LOSE3),
    "bbr-short": head() + opening(BBR) + talk(SLOW100K | RTT20, ACK2, 0, 100) + talk(SLOW100K | RTT20 | SHORT, ACK2) + time(S3, S3) +
    talk(SLOW100K | RTT20 | SHORT, ACK1, 0, 100) + talk(SLOW100K | RTT100, ACK1, PAUSE1500),
    "bbr-idle-probe-rtt": head() + opening(BBR) + talk(SLOW20K | RTT100, ACK1, 0, 120) + time(S3, S3) + talk(SLOW20K | RTT100, ACK1, 0, 40) + time(S1) + talk(),
    "vegas-queue": head() + opening(VEGAS) + talk(SLOW100K | RTT20, ACK1) + talk(SLOW1M | RTT20, ACK1) + talk(SLOW20K | RTT20, ACK1),
    "cubic-queue": head() + opening(CUBIC) + talk(SLOW20K | RTT100, ACK1) + talk(SLOW1M | RTT100 | QUEUE12, ACK1) + talk(SLOW1M | RTT100, ACK2, LOSE40),
    "paced": head() + opening(CUBIC, TCP_PACING=1) + talk(SLOW1M | RTT100, ACK2, LOSE40) + opt(1, "TCP_MAX_PACING_RATE", 30000) + talk(FAST | RTT20, ACK2, 0, 150) +
    opt(1, "TCP_PACING", 0) + opt(1, "TCP_MAX_PACING_RATE", 0) + talk(FAST | RTT20, ACK2, 0, 20),
    # ECN's handshakes: who asks, who answers, who asks twice.
    "ecn-server": head() + serving(TCP_ECN=1) + more(0, [], SYN | ECE | CWR, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) +
    more(CE, [], PSH | ACK, 3) + more(ECT0, [], ACK | CWR, 3) + more(CE, [], ACK | CWR, 3) + api(SEND, 1, 100) + seg(ACK | ECE) + talk(FAST, ACK2 | ECN_CLASSIC, MARK_SOME, 60),
    "acc-server": head(SMALL, ACC_ECN) + api(SERVE, 0, 0x74) + more(AE | CE, [], SYN | ECE | CWR, new=True, opts=ALL) + more(CE | ACE, [0], ACK) + api(ACCEPT, 0, 1) +
    more(CE, [], PSH | ACK, 3) * 3 + more(ECT1, [], ACK, 3) * 2 + more(ECT0, [], ACK, 3) + more(CE, [], ACK) * 3 + api(SEND, 1, 0xff) +
    more(ACC | ACE, [3, 1], ACK) + more(ACC | ACE, [0xc2, 1, 2, 0, 0], ACK) + talk(FAST, ACK4 | ECN_ACC0, MARK_SOME, 80),
    "acc-server-ects": head(SMALL, ACC_ECN) + api(SERVE, 0, 0x74) + sum((more(AE | e, [], SYN | ECE | CWR, new=True, opts=ALL) + seg(ACK | f, flow=e) for e, f in
                                                                       ((0, CWR), (1, CWR | ECE), (2, 0), (3, CWR))), []) + more(AE, [], SYN | ECE | CWR, new=True) + more(AE, [], ACK, flow=4),
    "acc-synack-lost": head(SMALL, ACC_ECN) + api(SERVE, 0, 0x74) + more(AE, [], SYN | ECE | CWR, new=True, opts=ALL) + time(S1) + more(AE, [], SYN | ECE | CWR, opts=ALL) +
    time(S3, S3) + seg(SYN, opts=ALL) + more(0, [], SYN | ECE | CWR, opts=ALL),
    "acc-mixed": head(SMALL, ACC_ECN) + api(SERVE, 0, 0x74) + more(0, [], SYN | ECE | CWR, new=True, opts=ALL) + more(AE, [], SYN | ECE | CWR, opts=ALL) +
    more(0, [], SYN | ECE | CWR, new=True, opts=ALL) + seg(SYN, flow=1, opts=ALL) + time(S1),
    "acc-client": head(SMALL, ACC_ECN) + sum((api(OPEN, 1) + more(e, [], SYN | ACK | f, flow=i, opts=ALL) + talk(FAST, ACK2 | ECN_ACC1, MARK_SOME, 30, 1, i) for i, (e, f) in
                                              enumerate(((0, CWR), (3, CWR | ECE), (0, ECE), (1, 0), (2, CWR)))), []) + api(OPEN, 1) + more(AE | CE, [], SYN | ACK, flow=5, opts=ALL) +
    more(AE, [], SYN | ACK, flow=5, opts=ALL) + api(SEND, 1, 0xff) + more(AE, [], ACK, flow=5) + more(AE, [], ACK | CWR, flow=5),
    "acc-client-alone": head(SMALL, ACC_ECN) + api(OPEN, 1) + time(S1, S3, S3) + seg(SYN | ACK | ECE, opts=ALL) + talk(FAST, ACK2 | ECN_CLASSIC, MARK_SOME, 60),
    "acc-client-reset": head(SMALL, ACC_ECN) + api(OPEN, 1) + seg(RST | ACK) + seg(RST | ACK) + seg(RST | ACK),
    "acc-simultaneous": head(SMALL, ACC_ECN) + api(OPEN, 1) + more(AE, [], SYN | ECE | CWR, opts=ALL) + seg(SYN | ACK | CWR) + seg(ACK) + api(SEND, 1, 99) + more(CE, [], ACK, 3),
    "acc-handshake-again": head(SMALL, ACC_ECN) + api(OPEN, 1) + more(CE, [], SYN | ACK | CWR, opts=ALL) + more(CE, [], SYN | ACK | CWR, opts=ALL) + stream(4, hole=2) +
    more(CE, [], ACK, 3) + talk(FAST, ACK2 | ECN_ACC0, LOSE13 | MARK_SOME, 80) + stream(4, hole=2) + api(SEND, 1, 200),
    "ecn-reset": head() + api(SOCK, 1, 1) + opt(1, "TCP_ECN", 1) + api(AGAIN, 1) + seg(RST | ACK) + seg(SYN | ACK | ECE, opts=ALL),
    "acc-wrap": head(SMALL) + opening(CUBIC, 3) + talk(FAST | RTT100, ACK8 | ECN_ACC0, MARK_SOME, 80) + bulk + more(ACE, [5], ACK) + bulk + more(ACE, [1], ACK) + bulk +
    more(ACC | ACE, [0x83, 0, 50, 0, 0], ACK) + bulk + more(ACC | ACE, [0x83, 0, 0, 0, 3], ACK) + bulk + more(ACC, [0x83, 0, 90, 0], ACK),
    "ecn-hold": head() + opening(RENO, 1) + talk(FAST | RTT20, ACK1 | ECN_CLASSIC, MARK_ALL, 200) + time(S1, S3) + talk(FAST | RTT20, ACK1 | ECN_CLASSIC, MARK_ALL | LOSE7, 100),
    "ecn-loss": head() + opening(CUBIC, 1) + talk(FAST | RTT20, ACK1 | ECN_CLASSIC, MARK_SOME | LOSE13, 200),
    "ecn-close": head() + opening(CUBIC, 1) + api(CLOSE, 1) + seg(ACK) + seg(FIN | ACK),
    # Cookies instead of records.
    "cookies": head() + serving(TCP_SYN_COOKIES=2) + seg(SYN, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) + seg(PSH | ACK, 3) + api(SEND, 1, 99) + seg(ACK) +
    seg(SYN, new=True) + seg(ACK, flow=1) + seg(SYN, new=True, opts=[9, 2, 0]) + seg(ACK, flow=2, ack=[0, 1]) + seg(ACK, 3, flow=2, ack=[0, 1]) + seg(ACK, flow=2, opts=[32, 6, 100]),
    "cookies-ecn": head() + serving(TCP_SYN_COOKIES=2, TCP_ECN=1) + more(0, [], SYN | ECE | CWR, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) + api(SEND, 1, 99) +
    more(CE, [], ACK, 3) + more(0, [], SYN | ECE | CWR, new=True, opts=[8]) + time(S60, S60, S60) + seg(ACK, flow=1),
    "cookies-pressed": head(0) + serving() + seg(SYN, new=True, opts=ALL) * 4 + sum((seg(ACK, flow=i) for i in range(4)), []) + api(ACCEPT, 0, 1) * 2,
    "cookies-never": head(0) + serving(TCP_SYN_COOKIES=0) + seg(SYN, new=True, opts=ALL) * 4 + time(S1, S3),
    "cookies-full": head() + serving(b=0x04, TCP_SYN_COOKIES=2) + sum(([*seg(SYN, new=True, opts=ALL), *seg(ACK, flow=i)] for i in range(4)), []),
    # Fast Open, as a server and as a client.
    "fo-server": head() + serving(TCP_FASTOPEN=2) + more(FO, [0], SYN, new=True, opts=ALL) + seg(ACK) + more(FO, [1], SYN, 3, new=True, opts=ALL) + api(ACCEPT, 0, 1) +
    api(ACCEPT, 0, 2) + api(RECV, 2, 0x81) + api(SEND, 2, 50) + seg(ACK, flow=1) + seg(ACK, 3, flow=1) + more(FO, [1], SYN, 3, new=True) + seg(RST, flow=2) +
    more(FO, [1], SYN, 3, new=True, opts=ALL) + seg(SYN, flow=3, opts=ALL) + more(FO, [1], SYN, 3, new=True, opts=ALL) + more(FO, [1], SYN, 0, new=True, opts=ALL) + more(FO, [8], SYN, 3, new=True) + time(S60, S60),
    "fo-server-key": head() + serving(TCP_FASTOPEN=9) + more(FO, [0], SYN, new=True, opts=ALL) + user(FO_KEY, 0, 5) + more(FO, [1], SYN, 3, new=True, opts=ALL) + time(S1) +
    seg(ACK, flow=1) + user(FO_KEY, 0, 6) + user(FO_KEY, 0, 0) + more(FO, [1], SYN, 3, new=True, opts=ALL) + more(FO, [1], SYN, 3, new=True) + api(CLOSE, 0) + time(S3, S30, S60),
    "fo-server-close": head() + serving(TCP_FASTOPEN=9) + more(FO, [0], SYN, new=True, opts=ALL) + more(FO, [1], SYN, 3, new=True, opts=ALL) + api(ACCEPT, 0, 2) + api(CLOSE, 0) +
    api(RECV, 2, 0x90) + seg(FIN | ACK, flow=1) + api(CLOSE, 2) + seg(ACK, flow=1),
    "fo-server-acc": head(SMALL, ACC_ECN) + serving(TCP_FASTOPEN=9) + more(FO | AE, [0], SYN | ECE | CWR, new=True, opts=ALL) + more(FO | AE, [1], SYN | ECE | CWR, 3, new=True, opts=[1, 5, 0xb4]) +
    more(ACE | ACC, [1, 3], ACK, flow=1) + api(ACCEPT, 0, 1),
    "fo-client": head() + sum((api(SOCK, 1, 1) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, 0, n) + x + talk(FAST, ACK2, 0, 20, 1, i) for i, (n, x) in enumerate((
        (100, more(FO, [8], SYN | ACK, flow=0, opts=ALL)), (100, seg(SYN | ACK, flow=1, opts=ALL)), (0xff, more(FO, [6], SYN | ACK, flow=2, ack=[2, MINUS(10)], opts=ALL)),
        (100, more(FO, [6], SYN | ACK, flow=3, ack=[0, MINUS(100)], opts=ALL)), (100, seg(SYN | ACK, flow=4, ack=[0, MINUS(100)], opts=ALL)), (9, seg(SYN | ACK, flow=5, opts=ALL))))), []),
    "fo-client-lost": head() + api(SOCK, 1, 1) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, 0, 50) + more(FO, [8], SYN | ACK, opts=ALL) + api(SOCK, 2, 1) + opt(2, "TCP_FASTOPEN_CONNECT", 1) +
    user(CONNECT_SEND, 2, 1, 50) + time(S1, S3) + seg(SYN | ACK, flow=1, opts=ALL) + talk(FAST, ACK2, 0, 20, 2, 1) + api(SOCK, 2, 1) + opt(2, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 2, 1, 50) + time(HOUR) +
    api(SOCK, 3, 1) + opt(3, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 3, 2, 50) + seg(RST | ACK, flow=3),
    "fo-client-many": head() + sum((api(SOCK, 1, 1) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, to, 80) + more(FO, [8], SYN | ACK, flow=i, opts=ALL) for i, to in enumerate((0, 4, 8, 0, 0))), []),
    "fo-simultaneous": head() + api(SOCK, 1, 1) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, 0, 50) + more(FO, [8], SYN | ACK, opts=ALL) + api(SOCK, 2, 1) + opt(2, "TCP_FASTOPEN_CONNECT", 1) +
    user(CONNECT_SEND, 2, 0, 50) + more(FO, [8], SYN, flow=1, opts=ALL) + seg(SYN | ACK, flow=1) + seg(ACK, flow=1),
    # Urgent data in line and apart.
    "urgent-in": head() + passive + more(URG, [0, 50], ACK, 3) + [LOOK, 1] + user(RECV_URGENT, 1) + api(RECV, 1, 0x81) * 3 + user(RECV_URGENT, 1) + opt(1, "SO_OOBINLINE", 0) +
    more(URG, [0, 50], ACK, 3) + user(RECV_URGENT, 1) * 2 + api(RECV, 1, 0xff) + user(RECV_URGENT, 1) + api(RECV, 1, 0xff) + more(URG, [0, 200], ACK, 3) + user(RECV_URGENT, 1) + api(RECV, 1, 0xff) +
    seg(ACK, 3) + user(RECV_URGENT, 1) + api(LEND, 1, 7) + api(RECV, 1, 0xff) + more(URG, [0, 1], ACK, 1) + api(RECV, 1, 9) + user(RECV_URGENT, 1) + opt(1, "TCP_STDURG", 1) + more(URG, [0, 1], ACK, 3) +
    api(LEND, 1, 7) + api(RECV, 1, 1) + user(RECV_URGENT, 1) + more(URG, [0, 100], FIN | ACK, 3) + api(RECV, 1, 0xff) * 2,
    "urgent-out": head() + active + user(SEND_URGENT, 1, 100) + seg(ACK) + user(SEND_URGENT, 1, 0xff) + opt(1, "TCP_STDURG", 1) + user(SEND_URGENT, 1, 9) + talk(FAST, ACK2, 0, 20) + seg(ACK, wnd=0) +
    user(SEND_URGENT, 1, 1) + time(S1) + seg(ACK) + bulk * 20 + user(SEND_URGENT, 1, 1) + talk(FAST, ACK2, LOSE13, 60),
    # Keep-alive, user timeouts, other lives.
    "keep-alive": head() + opening(SO_KEEPALIVE=1, TCP_KEEPIDLE_S=2, TCP_KEEPINTVL_S=1, TCP_KEEPCNT=2) + time(S3) + seg(ACK) + time(S1, S3) + seg(ACK) + opt(1, "TCP_PROBE_OCTET", 1) + time(S3, S1, S1, S1),
    "keep-alive-busy": head() + opening(SO_KEEPALIVE=1, TCP_KEEPIDLE_S=1) + bulk + time(S1, S1) + seg(ACK) + time(HOUR, HOUR),
    "uto": head() + opening(TCP_UTO=3) + more(UTO, [0, 5], ACK) + bulk + time(S60, S60) + more(UTO, [0x80, 2], ACK) + [LOOK, 1] + api(SET, 1, OPT["TCP_USER_TIMEOUT_MS"], 11) + seg(ACK) +
    api(SET, 1, OPT["TCP_USER_TIMEOUT_MS"], 12) + api(SET, 1, OPT["TCP_USER_TIMEOUT_MS"], 14) + seg(ACK),
    "uto-server": head() + serving(TCP_UTO=1, TCP_USER_TIMEOUT_MS=3000) + more(UTO, [0, 9], SYN, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) + api(SEND, 1, 99) + time(S3, S1, S3),
    "uto-adopt": head() + opening(TCP_UTO=2, SO_KEEPALIVE=1, TCP_KEEPIDLE_S=1) + more(UTO, [0x80, 9], ACK) + bulk + time(S60, S60, S60, S60, S60, S60) + time(S60, S60, S60, S60, S60),
    "user-timeout": head() + opening(TCP_USER_TIMEOUT_MS=2000) + bulk + time(S1, S1, S1) + api(OPEN, 2) + seg(SYN | ACK, flow=1, wnd=0, opts=ALL),
    "persist-fixed": head() + opening(TCP_PERSIST_FIXED=1, TCP_PROBE_OCTET=1) + seg(ACK, wnd=0) + bulk + time(S30) + seg(ACK, wnd=0) + time(S60, S60, S60) + seg(ACK, wnd=0) + time(S60, S60),
    "linger": head() + opening(SO_LINGER_MS=1000) + bulk + api(CLOSE, 1) + time(S1, S1),
    "quiet": head(SMALL, QUIET) + api(OPEN, 1) + api(SERVE, 0, 0x74) + seg(SYN, new=True) + seg(ACK, new=True) + time(MS200, MS200, MS200) + seg(SYN | ACK),
    "bound": head() + api(SOCK, 1, 1) + user(BIND, 1, 4) + api(LISTEN, 1, 3) + seg(SYN, new=True, opts=ALL) + seg(ACK) + api(SOCK, 2, 1) + user(BIND, 2, 0x0c) + api(LISTEN, 2, 3) + seg(SYN, new=True, l3=True) +
    seg(ACK, flow=1) + api(SOCK, 3, 1) + user(BIND, 3, 0x41) + api(AGAIN, 3) + api(SOCK, 4, 1) + user(BIND, 4, 0x34) + user(BIND, 4, 1) + api(AGAIN, 4) + api(SOCK, 5, 1) + user(BIND, 5, 1) + api(AGAIN, 5),
    # Undo of reductions that were mistakes.
    "eifel": head() + opening() + talk(SLOW1M | RTT20, ACK1, PAUSE300, 250) + talk(FAST | RTT20 | REORDER, ACK1, 0, 200),
    "dsack": head() + opening(TCP_TIMESTAMPS=0) + talk(FAST | RTT20 | REORDER, ACK1 | NO_TS, PAUSE1500, 250),
    "frto": head() + opening(TCP_SACK=0, TCP_TIMESTAMPS=0) + talk(SLOW1M | RTT20, ACK1 | NO_SACK | NO_TS, PAUSE1500, 250),
    "frto-sack": head() + opening(TCP_TIMESTAMPS=0) + talk(SLOW1M | RTT20, ACK1 | NO_TS | NO_DSACK, PAUSE1500 | LOSE13, 250) + talk(SLOW1M | RTT20, ACK1 | NO_TS | SMALL_WINDOW, PAUSE1500 | LOSE_TAIL, 250),
    "small-window": head() + opening() + talk(SLOW1M | RTT20, ACK1 | SMALL_WINDOW, LOSE13, 200) + talk(SLOW1M | RTT20 | SHORT, ACK2 | SMALL_WINDOW, LOSE_TAIL, 200),
    # TIME-WAIT
    "time-wait-syn": head() + passive + api(CLOSE, 1) + seg(ACK) + seg(FIN | ACK) + time(S1) + seg(SYN, opts=[9, 1, 1]) + seg(SYN, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) +
    api(CLOSE, 1) + seg(ACK) + seg(FIN | ACK) + seg(SYN, seq=[6, 1], opts=[8]) + plain + api(CLOSE, 1) + seg(ACK, flow=1) + seg(FIN | ACK, flow=1) + seg(SYN, flow=1, seq=[6, 1]) + seg(ACK, flow=1),
    "time-wait-full": head(0) + sum((api(OPEN, 1, 0) + seg(SYN | ACK, flow=i, opts=ALL) + api(CLOSE, 1) + seg(ACK, flow=i) + seg(FIN | ACK, flow=i) for i in range(4)), []),
    # Super-frames, and packets for others.
    "super-in": head() + passive + [SUPER, 0, 7, SUPER, 0, 15, SUPER, 0, 0x27, SUPER, 0, 0x4f, 0, SUPER, 0, 0x87] + api(RECV, 1, 0xff),
    "super-through": head(SMALL | FORWARD | MTU576) + passive + [SUPER, 0x80, 6, SUPER, 0x80, 14, SUPER, 0x80, 0x1e, SUPER, 0x80, 0x2e, SUPER, 0x80, 0x26, SUPER, 0x80, 0x20, SUPER, 0x80, 0x46, 16, 2, 7, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0] +
    [SUPER, 0xc0, 14, SUPER, 0xc0, 0x2e, SUPER, 0xc0, 0x30, SUPER, 0x80, 0x0c, SUPER, 0x80, 0x2c] + time(S1),
    "super-through-tso": head(SMALL | FORWARD | MTU576 | CSUM | TSO) + passive + [SUPER, 0x80, 6, SUPER, 0x80, 14, SUPER, 0xc0, 14, SUPER, 0xc0, 0x2e],
    "forward-options": head(SMALL | FORWARD | MTU576) + [DGRAM, 40, 0, 0xe0, 16, 1, 148, 4, 0, 0, 7, 3, 4, 0, DGRAM, 40, 0, 0xe0, 16, 0, 148, 4, 0, 0, DGRAM, 40, 0, 0xe0, 16, 2, 148, 4, 0, 0, 136, 4, 0, 1, 1, 1, 1, 1] +
    [DGRAM, 40, 0, 0xe0, 16, 1, 148, 4, 0, 0, 130, 3, 0, 0, DGRAM, 40, 0, 9, 4, 0xe1, 1, 2, 3, DGRAM, 40, 0, 0xe0, 2, DGRAM, 40, 0, 9, 12, 10, 3, 0, 9, 10, 0, 0, 2],
    "forward-no-route": head(SMALL | FORWARD) + [NET, 4, 16] * 2 + [DGRAM, 8, 0, 9] + [NET, 3, 1] + [DGRAM, 8, 0, 9, DGRAM, 40, 0, 9, 4, 9, 9, 9, 9],
    "no-pkts": head(BY_HAND) + held(0) + api(SERVE, 0, 0x74) + seg(SYN, new=True, opts=ALL) * 3 + [DGRAM, 9, 0, 40] * 2 + [DONE, 3] + api(UDP, 1, 0) + api(SENDTO, 1, 9, 0) * 3,
    "no-pkts-forward": head(BY_HAND | FORWARD | MTU576) + held(0) + [DGRAM, 8, 0, 0xe0] * 2 + [DONE, 2, DGRAM, 8, 0, 0xe0, DGRAM, 12, 0, 9, DGRAM, 40, 0, 9, 1, 1],
    "no-pkts-tcp": head(BY_HAND) + api(OPEN, 1) + [PULL, 7, PULL, 7] + seg(SYN | ACK, opts=ALL) + bulk + held(1) + bulk + seg(ACK) + [PULL, 0x47] * 2 + [DONE, 2, PULL, 0x47] + time(S1) + [DONE, 15] * 5 + bulk + [PULL, 7] * 9,
    "no-pkts-in": head(BY_HAND) + passive[:-3] + [PULL, 7, PULL, 7] + seg(ACK) + api(ACCEPT, 0, 1) + held(1) + stream(8) * 3 + stream(4, hole=2) + [FRAG, 8, 0, 0x40, 0x90, FRAG, 0x10, 25, 0x80 + 17] + time(S1) + [DONE, 15] * 5,
    "syn-no-pkts": head(BY_HAND) + api(UDP, 3, 0) + held(0) + api(OPEN, 1) + api(SERVE, 0, 0x74) + [PULL, 7] + time(S1) + [DONE, 1, PULL, 0x47, PULL, 0x47] + time(S1, S3),
    "no-blocks": head(0) + passive + stream(8, False) * 20 + api(OPEN, 2) + seg(SYN | ACK, flow=1, opts=ALL) + api(SEND, 2, 0xff) * 3 + talk(FAST | RTT400, ACK8, 0, 60, 2, 1),
    "no-records": head(0) + opening() + (api(SEND, 1, 9) * 4 + time(MS200)) * 6 + opt(1, "TCP_NODELAY", 1) + api(SEND, 1, 9) * 30 + seg(ACK),
    "rcvbuf-pinned": head(0) + serving(SO_RCVBUF=2048) + seg(SYN, new=True, opts=ALL) + seg(ACK) + api(ACCEPT, 0, 1) + stream(8, hole=1) + stream(8, hole=2) + stream(8, False, hole=3) + stream(8) * 8 +
    api(RECV, 1, 0xff) * 3 + stream(8) + api(SHUT, 1, 1) + stream(2),
    "route-gone": head() + api(OPEN, 1, 8) + seg(SYN | ACK, opts=ALL) + bulk + [NET, 3, 0] + time(S1, S3) + [NET, 4, 32] + time(S3) + bulk + [NET, 5, 7 << 2] + time(S1) + [NET, 0, 0] + time(S3, S30) + seg(ACK),
    "route-moves": head() + api(OPEN, 1, 8) + seg(SYN | ACK, opts=ALL) + bulk + [NET, 5, 4] + time(S1, S3) + seg(ACK) + bulk + [NET, 6, 4] + time(S1) + [NET, 5, 1 | 4] + bulk + time(S3),
    "syn-no-arp": head(SMALL, NO_ARP) + api(OPEN, 1) + time(S1, S1, S1, S1, S3) + api(OPEN, 1, 8) + time(S1, S3) + api(CLOSE, 1) + time(S3, S30),
    "arp-table-full": head(0, NO_ARP) + api(UDP, 0, 0) + [x for i in range(8) for x in (NET, 7, i << 2)] + api(OPEN, 1) + api(OPEN, 2, 8) + time(S1, S1, S3),
    "addr-gone": head() + opening() + bulk + [NET, 3, 0] + time(S1) + [NET, 4, 32] + active + api(CLOSE, 1) + seg(ACK, flow=1) + seg(FIN | ACK, flow=1) + [NET, 3, 0] + time(S1),
    "odd-connects": head() + api(SOCK, 1, 1) + [API, 0xc1, 16 + 8] + [NET, 6, 0, NET, 3, 0, NET, 3, 1] + api(SOCK, 2, 1) + api(AGAIN, 2, 8) + api(SOCK, 3, 1) + api(AGAIN, 3, 0) + api(UDP, 4, 17) + api(SENDTO, 4, 9, 0),
    "reuse": head() + api(SOCK, 1, 1) + user(BIND, 1, 1) + api(AGAIN, 1) + seg(SYN | ACK, opts=ALL) + api(SOCK, 2, 1) + user(BIND, 2, 1) + opt(2, "SO_REUSEADDR", 1) + user(BIND, 2, 1) + api(AGAIN, 2) +
    api(CLOSE, 1) + seg(ACK) + seg(FIN | ACK) + api(SOCK, 3, 1) + user(BIND, 3, 1) + time(S3) + opt(3, "SO_REUSEADDR", 1) + user(BIND, 3, 1) + api(AGAIN, 3),
    "early-words": head() + api(SOCK, 1, 1) + opt(1, "TCP_INITIAL_WINDOW", 3) + opt(1, "TCP_UTO", 1) + api(SET, 1, OPT["TCP_USER_TIMEOUT_MS"], 13) + api(AGAIN, 1) + user(CC_NAME, 1, BBR) + seg(SYN | ACK, opts=ALL) +
    talk(FAST | RTT20, ACK2, 0, 20) + api(SET, 1, OPT["TCP_USER_TIMEOUT_MS"], 12),
    "wide-synack": head(SMALL, ACC_ECN) + serving(TCP_UTO=1, TCP_USER_TIMEOUT_MS=5000, TCP_FASTOPEN=3) + more(FO | AE, [0], SYN | ECE | CWR, new=True, opts=ALL) + more(FO, [0], SYN, new=True, opts=ALL) + seg(ACK, flow=1),
    "wide-syn": head(SMALL, ACC_ECN) + api(SOCK, 1, 1) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, 0, 50) + more(FO, [16], SYN | ACK, opts=ALL) + api(SOCK, 1, 1) + opt(1, "TCP_UTO", 1) +
    opt(1, "TCP_USER_TIMEOUT_MS", 9000) + opt(1, "TCP_FASTOPEN_CONNECT", 1) + user(CONNECT_SEND, 1, 0, 50) + more(FO, [16], SYN | ACK, flow=1, opts=ALL),
    "synrcvd-lasts": head() + serving(b=0x04) + seg(SYN, new=True, opts=ALL) + seg(SYN, new=True, opts=ALL) + time(S1, S3, S3) + seg(SYN, opts=ALL) + time(S3, S3, S30),
    "accept-many": head() + serving(b=0x04, TCP_FASTOPEN=9) + more(FO, [0], SYN, new=True, opts=ALL) + sum((more(FO, [1], SYN, 3, new=True) for i in range(3)), []) + seg(SYN, new=True),
    "eifel-exact": head() + active + bulk + time(S1) + seg(ACK, ack=[5, MINUS(1)], opts=[32, 7, 0]) + seg(ACK),
    "late-dsack": head() + opening(TCP_TIMESTAMPS=0) + api(SEND, 1, 0xff) + time(S1, MS200) + seg(ACK) + seg(ACK, opts=[64, 0, 0, 0, 4, 1]) + seg(ACK, opts=[64, 0, 5, MINUS(6), 5, 1]),
    "synack-again": head() + api(OPEN, 1) + seg(SYN, opts=ALL) + seg(SYN, opts=ALL) + seg(SYN | ACK) + seg(SYN | ACK),
    "port-zero": head() + [RAW, 35, 0, 0] + [RAW, 3, 40, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0x66, 0xcc, 10, 1, 0, 2, 10, 1, 0, 1] + [0] * 12 + [0x50, 2, 0, 0, 0, 0, 0, 0],
    "vegas-idle": head() + opening(VEGAS) + talk(SLOW100K | RTT20, ACK1, 0, 60) + talk(FAST | RTT2 | SHORT, ACK1, 0, 60) + time(S3, S3) + api(SEND, 1, 0xff) + talk(FAST | RTT20, ACK1, 0, 30),
    "tahoe-loss": head() + opening(TAHOE) + talk(FAST | RTT20, ACK1, LOSE40, 150),
    "ts-none-reopened": head() + opening(TCP_TIMESTAMPS=0) + api(SERVE, 0, 0x74) + plain + api(CLOSE, 1) + seg(ACK, flow=1) + seg(FIN | ACK, flow=1) + seg(SYN, flow=1, opts=[8]),
    "short-headers": head() + [DGRAM, 2, 6, 0, 5, DGRAM, 2, 6, 0, 30, DGRAM, 6, 6, 0, 5] + seg(ACK, new=True, more=[6, 3, 0x50]) +
    [RAW, 2, 30, 0x81, 0, 0x20, 5, 8, 0] + [0x45] * 12 + [RAW, 2, 15, 0x81, 0, 0, RAW, 2, 20, 8, 6, 0, 1, 8, 0, 6, 4, RAW, 2, 20, 8, 0, 0x45, 0, 0, 20, 0, 0, RAW, 2, 20, 0, 9, 1, 1, 1, 1, 1, 1, RAW, 1, 19] + [0x45] * 19,
    "reassembled": head() + api(UDP, 0, 8) + [FRAG, 8, 0, 0x40, 0x90, FRAG, 0x10, 25, 0x80 + 17] + [FRAG, 0x90, 25, 0x80 + 17, FRAG, 0x88, 0, 0x40, 0x90] + api(RECV, 0, 0xfe) +
    [FRAG, 8 + 1, 0, 8, 0x90, FRAG, 16 + 1, 25, 0x90, FRAG, 0x48, 0, 0x40, 0xff, FRAG, 0x18 + 0x40, 192, 0x90, FRAG, 0x50, 216, 9],
    "group-frames": head(SMALL | FORWARD) + [RAW, 6, 60, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0x65, 0xb9, 10, 0, 0, 2, 10, 1, 0, 2] + [0] * 26,
    "icmp-short": head() + [DGRAM, 1, 0x80, 3, 0, DGRAM, 1, 0x80, 3, 20, DGRAM, 1, 0x80, 11, 27, DGRAM, 1, 0x80, 3, 28],
})


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, program in SEEDS.items():
        (folder / name).write_bytes(bytes(program))


main()
