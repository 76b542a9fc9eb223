# SPDX-License-Identifier: MIT
"""Help, usage errors and manual pages. Usage: help_test.py WEFT MAN-FOLDER"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import tap

WEFT, MAN = sys.argv[1], pathlib.Path(sys.argv[2])
COMMANDS = ["lab", "host", "ping", "traceroute", "fetch", "show", "capture", "script", "ipcalc", "neigh", "arp", "route"]


def weft(*args):
    return subprocess.run([WEFT, *args], capture_output=True, text=True, timeout=20, check=False)


# Arguments, exit code, what the line on standard error says. None of these opens a link.
BAD = [
    ("frobnicate", 2, r"weft: there is no command 'frobnicate'; try 'weft --help'"),
    ("help frobnicate", 2, r"there is no command 'frobnicate'"),
    ("version now", 2, r"'version' takes no operand, not 'now'"),
    ("lab", 2, r"do what\? the only action is 'run'"),
    ("lab run", 2, r"run which lab\? give a file"),
    ("lab run a b", 2, r"one lab file, not 2"),
    ("lab run a --seed x", 2, r"--seed 'x' is not a number"),
    ("lab run /nonexistent.yaml", 2, r"/nonexistent.yaml"),
    ("host", 2, r"a host needs a --link, such as tap:weft0"),
    ("host --link", 2, r"option '--link' needs a value"),
    ("host --address 10.0.0.2/24", 2, r"comes after the --link it belongs to"),
    ("host --link tap:x --address 10.0.0", 2, r"'10.0.0' is not an address such as 10.0.0.2/24"),
    ("host --link tap:x --address 10.0.0.1/33", 2, r"'10.0.0.1/33' is not an address"),
    ("host --link tap:x --address 10.0.0.1/24@y", 2, r"no --link before it is named 'y'"),
    ("host --link tap:x --address 10.0.0.0/24", 2, r"'10.0.0.0/24' is no address of a host"),
    ("host --link tap:x --address 10.0.0.255/24", 2, r"'10.0.0.255/24' is no address of a host"),
    ("host --link tap:x --address 224.0.0.1/24", 2, r"'224.0.0.1/24' is no address of a host"),
    ("host --link a=tap:x --link a=tap:y", 2, r"two links with the name 'a'"),
    ("host --link tap:x --name a/b", 2, r"'a/b' is not the name of a host"),
    ("host --link tap:x --mac 00:00:00:00:00:00", 2, r"is not a unicast address"),
    ("host --link tap:x --mtu 67", 2, r"--mtu '67' is not a number from 68 to 65535"),
    ("host --link tap:x --mac 01:00:00:00:00:01", 2, r"is not a unicast address"),
    ("host --link tap:x --serve gopher", 2, r"--serve 'gopher' is none of echo, discard"),
    ("host --link tap:x --serve put", 2, r"--serve 'put' is none of"),
    ("host --queue red", 2, r"--queue comes after the --link"),
    ("host --link tap:x --queue blue", 2, r"--queue 'blue' is none of drop-tail, red, codel"),
    ("host --link tap:x --queue red,", 2, r"--queue '' is none of"),
    ("host --link tap:x --rpf some", 2, r"--rpf 'some' is none of strict, loose, off"),
    ("host --link tap:x --max-routes 0", 2, r"--max-routes '0' is not a number from 1 to"),
    ("host --link tap:x extra", 2, r"unexpected 'extra'"),
    ("host --rarp", 2, r"--rarp comes after the --link it belongs to"),
    ("host --link tap:x --rarp-prefix 24", 2, r"--rarp-prefix comes after the --rarp it belongs to"),
    ("host --link tap:x --rarp --rarp-prefix 0", 2, r"--rarp-prefix '0' is not a number from 1 to 32"),
    ("host --link tap:x --rarp-server a,third", 2, r"after the comma primary, delayed or repeated"),
    ("host --link vlan:eth0,4095", 3, r"vlan:eth0,4095: not like vlan:eth0,7, with a number from 1 to 4094"),
    ("host --link vlan:eth9,7", 3, r"vlan:eth9,7: no link before it is named 'eth9'"),
    ("host --gateway 10.0.0.300", 2, r"--gateway '10.0.0.300' is not an IPv4 address"),
    ("ping", 2, r"ping whom\? give an address"),
    ("ping -R 10.0.0.1 10.0.0.2", 2, r"hops are"),
    ("ping example.org", 2, r"'example.org' is not an IPv4 address .* names are not looked up"),
    ("ping -c 0 10.0.0.1", 2, r"--count '0' is not a number from 1 to 4294967295"),
    ("ping -c 10.0.0.1", 2, r"--count '10.0.0.1' is not a number"),
    ("ping -i soon 10.0.0.1", 2, r"--interval 'soon' is not a time such as 2, 0.5 or 200ms"),
    ("ping -s 65508 10.0.0.1", 2, r"--size '65508' is not a number from 0 to 65507"),
    ("ping -M maybe 10.0.0.1", 2, r"-M 'maybe' is neither do, dont nor want"),
    ("ping -p xyz 10.0.0.1", 2, r"-p 'xyz' is not 1 to 16 bytes in hexadecimal"),
    ("ping -X 10.0.0.1", 2, r"unknown option '-X'"),
    ("ping --t 5 10.0.0.1", 2, r"unknown or ambiguous option '--t'"),
    ("ping --host a --control b 10.0.0.1", 2, r"--host and --control exclude each other"),
    ("ping --host a --link tap:b 10.0.0.1", 2, r"--link opens links of its own"),
    ("ping --gateway 10.0.0.1 10.0.0.1", 2, r"--gateway and --route need a --link"),
    ("ping --host no/name 10.0.0.1", 2, r"'no/name' is not the name of a host"),
    ("ping --control /nonexistent.ctl 10.0.0.1", 3, r"no host is running there; try: weft host"),
    ("traceroute", 2, r"one address"),
    ("traceroute --control /nonexistent.ctl 10.0.0.1", 3, r"no host is running there"),
    ("ping --link nonsense:x 10.0.0.1", 3, r"link 'nonsense:x': not one of tap:"),
    ("traceroute -f 9 -m 3 10.0.0.1", 2, r"the first hop is beyond the last: -f 9 -m 3"),
    ("traceroute 10.0.0.1 20", 2, r"size '20' is not a number from 28 to 65535"),
    ("fetch", 2, r"fetch what\? give a URL"),
    ("fetch ftp://10.0.0.1/", 2, r"is not a URL such as http://10.0.0.1/index.html"),
    ("fetch --json http://10.0.0.1/", 2, r"would mix on standard output: give -o FILE"),
    ("fetch -T x http://10.0.0.1/", 2, r"-T sends a file over links of its own"),
    ("neigh weather", 2, r"neigh what\? show, add, .* not 'weather'"),
    ("neigh add 10.0.0.9", 2, r"'add' needs a hardware address: lladdr 02:00:00:00:00:01"),
    ("neigh add house lladdr 02:00:00:00:00:01", 2, r"'house' is not an address"),
    ("neigh show dev", 2, r"'dev' needs a value"),
    ("neigh set dev eth0 strict", 2, r"'strict' is not like policy=strict"),
    ("neigh add proxy 10.0.2.0/24", 2, r"a proxy needs a prefix and a link"),
    ("neigh --control /nonexistent.ctl", 3, r"no host is running there"),
    ("arp -a -d 10.0.0.9", 2, r"one of -a, -s and -d"),
    ("arp -s 10.0.0.9", 2, r"arp -s ADDRESS MAC"),
    ("arp -d house", 2, r"'house' is not an address"),
    ("arp --control /nonexistent.ctl", 3, r"no host is running there"),
    ("host --arp policy=strict", 2, r"--arp comes after the --link it belongs to"),
    ("host --link tap:x --arp policy=lenient", 2, r"--arp 'policy=lenient': no such option or value"),
    ("show", 2, r"show what\? links, addresses, routes"),
    ("show weather", 2, r"show what\? .* not 'weather'"),
    ("show links --control /nonexistent.ctl", 3, r"no host is running there"),
    ("route frob", 2, r"'frob' is none of show, add, del, get"),
    ("route add", 2, r"add which route\? give a prefix"),
    ("route add 10.0.0.0/33", 2, r"'10.0.0.0/33' is no prefix such as 10.0.0.0/8 or default"),
    ("route add 10.0.0.1/8", 2, r"'10.0.0.1/8' has bits behind its prefix"),
    ("route add 10.0.0.0/8 via", 2, r"'via' needs a value"),
    ("route add 10.0.0.0/8 over 1", 2, r"unexpected 'over'"),
    ("route add 10.0.0.0/8 metric x", 2, r"metric 'x' is not a number"),
    ("route add 10.0.0.0/8 nexthop weight 0", 2, r"weight '0' is not a number from 1 to 255"),
    ("route get 10.0.0.0/8", 2, r"'10.0.0.0/8' is not an IPv4 address"),
    ("route show --control /nonexistent.ctl", 3, r"no host is running there"),
    ("script", 2, r"run which scripts\? give files or folders"),
    ("script --set sack=0 a.pkt", 2, r"--set 'sack=0' is not like NAME:NUMBER,NAME:NUMBER"),
    ("script --tolerance_usecs x a.pkt", 2, r"--tolerance_usecs 'x' is not a number"),
    ("script /nonexistent.pkt", 3, r"/nonexistent.pkt: No such file"),
    ("capture nonsense", 2, r"filter: 'nonsense' is none of host, port, arp, icmp, tcp, udp"),
    ("capture host", 2, r"'host' is followed by an IPv4 address, not ''"),
    ("capture tcp and", 2, r"filter: 'and' stands between two conditions"),
    ("capture and tcp", 2, r"filter: 'and' stands between two conditions"),
    ("capture tcp udp", 2, r"filter: one host, one port and one protocol at most"),
    ("capture port 0", 2, r"'port' is followed by a number, not '0'"),
    ("capture --control /nonexistent.ctl", 3, r"no host is running there"),
]


def bad_case(args, code, text):
    def case():
        r = weft(*args.split())
        tap.eq((r.returncode, r.stdout, r.stderr.count("\n")), (code, "", 1))
        assert re.search(text, r.stderr), r.stderr
        assert r.stderr.startswith(("weft", "/nonexistent")), r.stderr
    case.__doc__ = f"`weft {args}` ends with {code} and one line that says why"
    return case


def check_example(line):
    """Its options are understood: with --help behind them the command stops before it acts."""
    words = shlex.split(line.split("|")[0].rstrip(" &"))
    tap.eq(words[0], "weft")
    r = weft(*words[1:], "--help")
    tap.eq((line, r.returncode, r.stderr), (line, 0, ""))


def joined(lines):
    """Lines with those that end in a backslash put together."""
    return re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()


def help_case(command):
    def case():
        r = weft(command, "--help")
        tap.eq((r.returncode, r.stderr), (0, ""))
        assert f"usage: weft {command} " in r.stdout
        assert "exit codes:" in r.stdout
        examples = r.stdout.split("examples:\n")[1].split("\n\n")[0]
        lines = [line.strip() for line in joined(examples.splitlines())]
        assert lines
        for line in lines:
            check_example(line)
        tap.eq(weft("help", command).stdout, r.stdout)
    case.__doc__ = f"weft {command} --help has examples whose options are understood"
    return case


def general_help():
    """weft without a command, with --help and with help lists every command"""
    r = weft()
    tap.eq((r.returncode, weft("--help").stdout, weft("help").stdout), (2, r.stdout, r.stdout))
    for command in COMMANDS:
        assert f"\n  {command} " in r.stdout, command


def version():
    """weft version, --version and version --json agree"""
    text = weft("version").stdout
    assert re.fullmatch(r"weft \d+\.\d+\.\d+\n", text), text
    tap.eq(weft("--version").stdout, text)
    tap.eq(weft("version", "--json").stdout, '{"version":"%s"}\n' % text.split()[1])


def pages_lint():
    """The manual pages pass mandoc's lint"""
    if shutil.which("mandoc") is None:
        raise tap.Skip("mandoc is not installed")
    r = subprocess.run(["mandoc", "-T", "lint", *sorted(map(str, MAN.glob("*.1")))],
                       capture_output=True, text=True, check=False)
    known = ("mandoc.db", "referenced manual not found")  # What else is installed here.
    complaints = [line for line in r.stdout.splitlines() if not any(k in line for k in known)]
    tap.eq(complaints, [])


def page_case(command):
    def case():
        page = (MAN / f"weft-{command}.1").read_text()
        options = set(re.findall(r"--([a-z-]+)", weft(command, "--help").stdout.split("examples:")[0]))
        described = set(re.findall(r"^\.It .*?Fl Fl ([a-z-]+)", page, re.M)) | {"help"}
        tap.eq(options - described, set())
        tap.eq(described - options, set())
        examples = [line[4:] for line in page.splitlines() if line.startswith(".Dl weft ")]
        assert examples
        for line in examples:
            check_example(line)
    case.__doc__ = f"weft-{command}.1 describes the options that there are, and its examples work"
    return case


tap.run([general_help, version, *map(help_case, COMMANDS), *(bad_case(*row) for row in BAD),
         pages_lint, *map(page_case, COMMANDS)])
