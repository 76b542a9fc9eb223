/* SPDX-License-Identifier: MIT */
/**
 * DOC: Lab files that are wrong, and the line that says so
 *
 * Each row replaces one line of a good file, or adds one, and names what the first error must say:
 * where, in which field, and what was expected.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/read.h"
#include "t.h"
#include "weft/cc.h"
#include "weft/sock.h"

#define HEAD                                                                                       \
    "name: t\n"                                                                                    \
    "topology:\n"                                                                                  \
    "  nodes:\n"
#define H1 "    h1: {kind: host, interfaces: {eth0: 10.0.1.1/24}, gateway: 10.0.1.2}\n"
#define H2 "    h2: {kind: host, interfaces: {eth0: 10.0.1.2/24}}\n"
#define SW "    sw: {kind: switch}\n"
#define LINKS                                                                                      \
    "  links:\n"                                                                                   \
    "    - {endpoints: [\"h1:eth0\", \"sw:p1\"], rate: 100mbit, delay: 20ms}\n"
#define LAST    "    - {endpoints: [\"h2:eth0\", \"sw:p2\"]}\n"
#define GOOD    HEAD H1 H2 SW LINKS LAST
#define STEP(s) GOOD "scenario:\n  - " s "\n"

/** struct row - A file and its first error, without the file's name; NULL = it is right */
struct row {
    const char *text;
    const char *error;
};

static const struct row rows[] = {
    {GOOD, NULL},
    {STEP("wait: 5s"), NULL},
    {"", "1:1: the file is empty, expected a lab (name, topology)"},
    {"name: [a\n",
     "2:1: not YAML: while parsing a flow sequence: did not find expected ',' or ']'"},
    {"- 1\n", "1:1: expected a mapping (key: value), got a list"},
    {"name: t\n", "1:1: key \"topology\" is missing"},
    {"topology: {nodes: {}}\n", "1:1: key \"name\" is missing"},
    {GOOD "seeds: 3\n", "10:1: unknown key \"seeds\", did you mean \"seed\"?"},
    {GOOD "colour: red\n",
     "10:1: unknown key \"colour\" (there are: name, title, description, seed, "
     "capture, limits, topology, scenario, expect, ladder, compare)"},
    {GOOD "seed: -1\n", "10:7: seed: expected a count such as 100 or 10k (k, M, G), got \"-1\""},
    {GOOD "seed: 1\nseed: 2\n", "11:1: key \"seed\" is there twice"},
    {"name: a b\ntopology: {nodes: {}}\n",
     "1:7: name: expected a name of letters, digits, - _ and ., got \"a b\""},
    {HEAD "    h1: {}\n",
     "4:9: topology.nodes.h1: key \"kind\" is missing (host, router, switch or hub)"},
    {HEAD "    h1: {kind: hots}\n",
     "4:16: topology.nodes.h1.kind: unknown value \"hots\", did you mean \"host\"?"},
    {HEAD "    averylongname1: {kind: host}\n",
     "4:5: topology.nodes: \"averylongname1\" is no name for a node (at most 12 letters)"},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 10.0.1.300/24}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: expected an address with its prefix such as "
     "10.0.1.10/24, got \"10.0.1.300/24\""},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 10.0.1.3}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: expected an address with its prefix such as "
     "10.0.1.10/24, got \"10.0.1.3\""},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 10.0.1.3/33}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: expected an address with its prefix such as "
     "10.0.1.10/24, got \"10.0.1.3/33\""},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 10.0.1.0/24}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: no address of a host: it is the network, its "
     "broadcast, loopback, multicast or reserved"},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 10.0.1.127/25}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: no address of a host: it is the network, its "
     "broadcast, loopback, multicast or reserved"},
    {HEAD "    h1: {kind: host, interfaces: {eth0: 224.0.0.1/24}}\n",
     "4:41: topology.nodes.h1.interfaces.eth0: no address of a host: it is the network, its "
     "broadcast, loopback, multicast or reserved"},
    {GOOD "---\nname: u\n", "11:1: a second document; a lab is one"},
    {HEAD "    h1: {kind: host, interfaces: {eth0: {mac: 03:00:00:00:00:01}}}\n",
     "4:47: topology.nodes.h1.interfaces.eth0.mac: expected a unicast hardware address such as "
     "02:00:00:00:00:0a, got \"03:00:00:00:00:01\""},
    {HEAD "    h1: {kind: host, interfaces: {eth0: {mtu: 60}}}\n",
     "4:47: topology.nodes.h1.interfaces.eth0.mtu: must be between 68 B and 65535 B, got \"60\""},
    {HEAD "    s: {kind: switch, interfaces: {p1: 10.0.0.1/24}}\n",
     "4:35: topology.nodes.s.interfaces: a switch has ports without addresses: they come with its "
     "links"},
    {HEAD H1 "    h2: {kind: host, interfaces: {eth0: 10.0.1.1/24}}\n",
     "5:41: topology.nodes.h2.interfaces.eth0: another interface has this address already"},
    {HEAD H1, "4:35: interface eth0 of h1 is on no link"},
    {HEAD "    h1: {kind: host, gateway: nowhere}\n",
     "4:31: topology.nodes.h1.gateway: expected an address such as 10.0.1.1, got \"nowhere\""},
    {HEAD "    h1: {kind: host, tcp: {cc: cobra}}\n",
     "4:32: topology.nodes.h1.tcp.cc: unknown value \"cobra\" (there are: cubic, reno, "
     "newreno, tahoe, vegas, aimd, mimd, bbr)"},
    {HEAD "    h1: {kind: host, tcp: {cc: aimd, cc-parameters: {c: 1}}}\n",
     "4:54: topology.nodes.h1.tcp.cc-parameters: unknown parameter \"c\" (there are: a, b, "
     "ssthresh, limit, inflate, alpha, beta, gamma)"},
    {HEAD "    h1: {kind: host, tcp: {cc: aimd, cc-parameters: {b: 1.5}}}\n",
     "4:57: topology.nodes.h1.tcp.cc-parameters.b: aimd has no such parameter, or not with this "
     "value"},
    {HEAD "    h1: {kind: host, tcp: {cc-parameters: {a: 1}}}\n",
     "4:47: topology.nodes.h1.tcp.cc-parameters.a: cubic has no such parameter, or not with this "
     "value"},
    {HEAD "    h1: {kind: host, tcp: {cc: aimd, cc-parameters: {b: 0.7501}}}\n",
     "4:57: topology.nodes.h1.tcp.cc-parameters.b: expected a number such as 0.5, with at most "
     "three places, got \"0.7501\""},
    {HEAD "    h1: {kind: host, routes: [{to: default}]}\n",
     "4:31: topology.nodes.h1.routes[0]: key \"via\" is missing"},
    {"name: t\ntopology: {kinds: {hosts: {}}, nodes: {}}\n",
     "2:20: topology.kinds: unknown kind \"hosts\", did you mean \"host\"?"},
    {GOOD "    - {endpoints: [\"h1:eth0\"]}\n",
     "10:19: topology.links[2].endpoints: a link has two endpoints, such as [\"h1:eth0\", "
     "\"sw1:p1\"]"},
    {GOOD "    - {endpoints: [\"h1:eth0\", \"h2:eth1\"]}\n",
     "10:20: topology.links[2].endpoints[0]: h1:eth0 is on another link already"},
    {GOOD "    - {endpoints: [\"h9:eth0\", \"h2:eth1\"]}\n",
     "10:20: topology.links[2].endpoints[0]: unknown node \"h9\" (there are: h1, h2, sw)"},
    {GOOD "    - {endpoints: [h1, \"h2:eth1\"]}\n",
     "10:20: topology.links[2].endpoints[0]: expected an endpoint such as \"h1:eth0\", got \"h1\""},
    {GOOD "    - {endpoints: [\"h1:a\", \"h1:b\"]}\n",
     "10:19: topology.links[2].endpoints: a link cannot join a node to itself"},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], rate: 100}\n",
     "10:43: topology.links[2].rate: expected a rate such as 100mbit (bit, kbit, mbit, gbit), got "
     "\"100\""},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], dely: 1ms}\n",
     "10:37: topology.links[2]: unknown key \"dely\", did you mean \"delay\"?"},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], loss: 1}\n",
     "10:43: topology.links[2].loss: expected a share such as 1% or 50ppm (0% to 100%), got \"1\""},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], reorder: {share: 1%}}\n",
     "10:46: topology.links[2].reorder: key \"extra\" is missing"},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], a-to-b: {delay: 5}}\n",
     "10:53: topology.links[2].a-to-b.delay: expected a time such as 20ms (ns, us, ms, s, m, h), "
     "got "
     "\"5\""},
    {GOOD "    - {endpoints: [\"h1:a\", \"h2:a\"], lose: [3, 2]}\n",
     "10:47: topology.links[2].lose[1]: frame numbers must ascend"},
    {STEP("pong: {from: h1, to: h2}"),
     "11:5: scenario[0]: unknown key \"pong\", did you mean \"ping\"?"},
    {STEP("{name: idle}"),
     "11:5: scenario[0]: a step does exactly one thing (ping, traceroute, arp, udp, tcp-transfer, "
     "tcp-requests, tcp-simultaneous, connect-refused, syn-flood, link, node, group, "
     "broadcast, neigh, arp-forge, "
     "wait, measure, show "
     "or parallel)"},
    {STEP("ping: {from: h1}"), "11:11: scenario[0].ping: key \"to\" is missing"},
    {STEP("ping: {from: h1, to: h3}"),
     "11:26: scenario[0].ping.to: unknown node \"h3\" (there are: h1, h2, sw)"},
    {STEP("ping: {from: sw, to: h1}"),
     "11:18: scenario[0].ping.from: sw is a switch: a host or router is needed here"},
    {STEP("ping: {from: h1, to: h2, count: 0}"),
     "11:37: scenario[0].ping.count: must be between 1 and 65535, got \"0\""},
    {STEP("ping: {from: h1, to: h2}\n    expect: {los: 0%}"),
     "12:14: scenario[0].expect.los: unknown expectation \"los\", did you mean \"loss\"?"},
    {STEP("ping: {from: h1, to: h2}\n    expect: {loss: 0}"),
     "12:20: scenario[0].expect.loss: expected a share such as 1% or 50ppm (0% to 100%), with <, "
     "<=, "
     ">, >=, = or != before it or as LOW..HIGH, got \"0\""},
    {STEP("ping: {from: h1, to: h2}\n    expect: {received: > 3}"),
     "12:24: not YAML: while scanning for the next token: found character that cannot start any "
     "token; a value that begins with > or % or @ must stand in quotes: \"> 0\""},
    {STEP("ping: {from: h1, to: h2}\n    expect: {error: refuse}"),
     "12:21: scenario[0].expect.error: unknown value \"refuse\", did you mean \"refused\"?"},
    {STEP("ping: {from: h1, to: h2}\n    expect: {error: \"< refused\"}"),
     "12:21: scenario[0].expect.error: a word compares with = and != only"},
    {STEP("wait: 1s\n    expect: {counter h1 ip4.out_of: 3}"),
     "12:14: scenario[0].expect.counter h1 ip4.out_of: unknown counter \"ip4.out_of\""},
    {STEP("wait: 1s\n    expect: {counter h1: 3}"),
     "12:14: scenario[0].expect.counter h1: expected \"counter NODE NAME\""},
    {STEP("wait: 1s\n    expect: {neighbour h1 10.0.1.2: fine}"),
     "12:37: scenario[0].expect.neighbour h1 10.0.1.2: unknown value \"fine\" (there are: none, "
     "incomplete, reachable, stale, probe, failed, permanent)"},
    {STEP("wait: 1s\n    expect: {link h7:eth0 lost: 1}"),
     "12:14: scenario[0].expect.link h7:eth0 lost: there is no link \"h7:eth0\" (its name or one "
     "of "
     "its ends, such as h1:eth0)"},
    {STEP("tcp-transfer: {from: h1, to: 10.9.9.9, bytes: 1M}"),
     "11:34: scenario[0].tcp-transfer.to: no node has the address 10.9.9.9"},
    {STEP("tcp-transfer: {from: h1, to: h2}"),
     "11:19: scenario[0].tcp-transfer: either \"bytes\" or \"for\" is needed: how much, or how "
     "long"},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, initial-window: 0}"),
     "11:64: scenario[0].tcp-transfer.initial-window: must be between 1 and 100, got \"0\""},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, delayed-ack: 1s}"),
     "11:61: scenario[0].tcp-transfer.delayed-ack: must be between 1 ms and 500 ms, got \"1s\""},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, syn-cookies: maybe}"),
     "11:61: scenario[0].tcp-transfer.syn-cookies: unknown value \"maybe\" (there are: never, "
     "when-full, always)"},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, keepalive: {idle: 1s}}"),
     "11:59: scenario[0].tcp-transfer.keepalive: key \"interval\" is missing"},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, sack: 3}"),
     "11:54: scenario[0].tcp-transfer.sack: expected true or false, got \"3\""},
    {STEP("tcp-transfer: {from: h1, to: h2, bytes: 1, write: {bytes: 1}}"),
     "11:55: scenario[0].tcp-transfer.write: key \"every\" is missing"},
    {STEP("tcp-requests: {from: h1, to: h2, bytes: 1}"),
     "11:19: scenario[0].tcp-requests: key \"reply\" is missing"},
    {STEP("tcp-simultaneous: {from: h1, to: 10.9.9.9, bytes: 1}"),
     "11:38: scenario[0].tcp-simultaneous.to: no node has the address 10.9.9.9"},
    {STEP("syn-flood: {from: h1, to: h2, source: 10.1.0.0/31}"),
     "11:43: scenario[0].syn-flood.source: expected a network of 8 to 30 bits, such as "
     "10.66.0.0/16"},
    {STEP("syn-flood: {from: h1, to: h2, source: 10.1.0.1/16}"),
     "11:43: scenario[0].syn-flood.source: expected a network of 8 to 30 bits, such as "
     "10.66.0.0/16"},
    {STEP("node: {which: h1, do: burn}"),
     "11:27: scenario[0].node.do: unknown value \"burn\" (there are: crash, boot, reboot)"},
    {STEP("node: {which: sw, do: crash}"),
     "11:19: scenario[0].node.which: sw is a switch: a host or router is needed here"},
    {STEP("measure: 3"),
     "11:14: scenario[0].measure: expected a time such as 20ms (ns, us, ms, s, m, h), got \"3\""},
    {STEP("link: {which: \"h1:eth0\", set: {late: {frames: [3, 2], extra: 1s}}}"),
     "11:55: scenario[0].link.set.late.frames[1]: frame numbers must ascend"},
    {STEP("wait: 1s\n    expect: {tcp h1 80: 3}"),
     "12:14: scenario[0].expect.tcp h1 80: expected \"tcp NODE PORT FIELD\""},
    {STEP("wait: 1s\n    expect: {tcp h1 80 cwnd more: 3}"),
     "12:14: scenario[0].expect.tcp h1 80 cwnd more: expected \"tcp NODE PORT FIELD\""},
    {STEP("wait: 1s\n    expect: {tcp h1 http cwnd: 3}"),
     "12:14: scenario[0].expect.tcp h1 http cwnd: expected a port, got \"http\""},
    {STEP("wait: 1s\n    expect: {tcp h1 80 cwd: 3}"),
     "12:14: scenario[0].expect.tcp h1 80 cwd: unknown field \"cwd\", did you mean \"cwnd\"?"},
    {STEP("wait: 1s\n    expect: {tcp h1 80 state: OPEN}"),
     "12:31: scenario[0].expect.tcp h1 80 state: unknown value \"OPEN\" (there are: none, CLOSED"},
    {GOOD "compare: [{title: t, what: rate, ports: [80]}]\n",
     "10:42: compare[0].ports[0]: no step moves data by TCP to port 80"},
    {GOOD "compare: [{title: t, what: colour, ports: []}]\n",
     "10:28: compare[0].what: unknown value \"colour\" (there are: cwnd, flight, rate, rtt, "
     "acknowledged)"},
    {STEP("link: {which: \"h1:eth0\"}"),
     "11:11: scenario[0].link: expected either \"do: cut\", \"do: heal\" or \"set: {...}\""},
    {STEP("link: {which: \"h1:eth7\", do: cut}"), "11:19: scenario[0].link.which: there is no link "
                                                  "\"h1:eth7\" (its name or one of its ends, such "
                                                  "as \"h1:eth0\")"},
    {STEP("parallel: [{parallel: []}]"), "11:16: scenario[0].parallel[0]: inside \"parallel\" a "
                                         "step has no \"at\" and no \"parallel\""},
    {STEP("arp: {node: h1, clear: some}"),
     "11:28: scenario[0].arp.clear: expected \"all\" or an address, got \"some\""},
    {STEP("show: {node: h1, what: [routs]}"),
     "11:29: scenario[0].show.what[0]: unknown value \"routs\", did you mean \"routes\"?"},
    {GOOD "ladder: [{nodes: [h1]}]\n", "10:18: ladder[0].nodes: a ladder needs at least two nodes"},
    {GOOD "ladder: [{nodes: [h1, h2], step: nope}]\n",
     "10:10: ladder[0]: unknown step \"nope\" (there are: none)"},
    {GOOD "    - {endpoints: [\"h1:x\", \"r:x\"]}\n",
     "10:28: topology.links[2].endpoints[1]: unknown "
     "node \"r\" (there are: h1, h2, sw)"},
    {HEAD H1 H2 "    r: {kind: router}\n  links:\n    - {endpoints: [\"h1:eth0\", \"r:a\"]}\n    - "
                "{endpoints: [\"h2:eth0\", \"r:b\"]}\nladder: [{nodes: [h1, h2]}]\n",
     "10:10: ladder[0]: no link joins h1 to another of the nodes: name the router in between, too"},
    {GOOD "expect: {loss: 0%}\n", "10:10: expect.loss: unknown expectation \"loss\""},
};

static char path[] = "/tmp/weft-read-test-XXXXXX";

/* Reads a text as a lab file; what was told goes to buf. */
static bool read_text(const char *text, char *buf, size_t cap, struct lab *lab)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return false;
    (void)fputs(text, f);
    (void)fclose(f);
    FILE *err = tmpfile();
    bool is_ok = wf_lab_read(lab, path, err);
    rewind(err);
    size_t n = fread(buf, 1, cap - 1, err);
    buf[n] = '\0';
    (void)fclose(err);
    return is_ok;
}

static void check_row(const struct row *row)
{
    char buf[8192];
    struct lab lab = {0};
    bool is_ok = read_text(row->text, buf, sizeof(buf), &lab);
    size_t skip = strlen(path) + 1;
    bool is_right = row->error == NULL
                        ? is_ok && buf[0] == '\0'
                        : !is_ok && strlen(buf) > skip &&
                              strncmp(buf + skip, row->error, strlen(row->error)) == 0;
    if (!is_right)
        printf("# got:    %s# wanted: %s\n", strlen(buf) > skip ? buf + skip : "nothing\n",
               row->error != NULL ? row->error : "no error");
    T_CHECK(is_right);
    wf_lab_free(&lab);
}

static void every_mistake_is_named(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void all_mistakes_of_a_file_are_told(void)
{
    char buf[8192];
    struct lab lab = {0};
    T_CHECK(!read_text(HEAD "    h1: {kind: hots, gatway: 1.2.3.4, echo-silent: 3}\n", buf,
                       sizeof(buf), &lab));
    unsigned lines = 0;
    for (const char *c = buf; *c != '\0'; c++)
        lines += *c == '\n';
    T_EQ(lines, 3);
    wf_lab_free(&lab);
}

static void properties_of_both_ways_and_of_one(void)
{
    char buf[8192];
    struct lab lab = {0};
    T_CHECK(read_text(HEAD H1 H2
                      "  links:\n    - {endpoints: [\"h1:eth0\", \"h2:eth0\"], a-to-b: {loss: "
                      "2%}, delay: 7ms, loss: 1%}\n",
                      buf, sizeof(buf), &lab));
    T_EQ(lab.links.n, 1);
    if (lab.links.n == 1) {
        const struct lab_link *link = wf_lab_link(&lab, 0);
        T_EQ(link->q[0].delay, 7000000);
        T_EQ(link->q[1].delay, 7000000);
        T_EQ(link->q[0].loss, 20000);
        T_EQ(link->q[1].loss, 10000);
        T_CHECK(strcmp(link->name, "h1:eth0--h2:eth0") == 0);
    }
    wf_lab_free(&lab);
}

static void settings_go_from_defaults_over_kinds_to_nodes(void)
{
    char buf[8192];
    struct lab lab = {0};
    T_CHECK(read_text("name: t\ntopology:\n"
                      "  defaults: {kind: host, tcp: {cc: reno, send-buffer: 64KiB, "
                      "cc-parameters: {ssthresh: 64KiB, limit: 1}, recovery: newreno}}\n"
                      "  kinds: {router: {tcp: {send-buffer: 128KiB, cc-parameters: {limit: 2}, "
                      "recovery: sack}}}\n"
                      "  nodes: {a: {}, b: {kind: router}, c: {kind: router, tcp: {cc: cubic}, "
                      "forwarding: no}}\n",
                      buf, sizeof(buf), &lab));
    T_EQ(lab.nodes.n, 3);
    if (lab.nodes.n == 3) {
        const struct lab_settings *a = &wf_lab_node(&lab, 0)->set, *b = &wf_lab_node(&lab, 1)->set,
                                  *c = &wf_lab_node(&lab, 2)->set;
        T_EQ(a->tcp.cc, 1);
        T_CHECK(a->tcp.cc_params.n == 2 && b->tcp.cc_params.n == 2 && c->tcp.cc_params.n == 0);
        T_EQ(a->tcp.cc_params.set[0].param, WEFT_CC_PARAM_SSTHRESH);
        T_EQ(a->tcp.cc_params.set[0].value, 65536);
        T_EQ(b->tcp.cc_params.set[1].param, WEFT_CC_PARAM_LIMIT);
        T_EQ(a->tcp.cc_params.set[1].value, 1);
        T_EQ(b->tcp.cc_params.set[1].value, 2);
        T_EQ(a->tcp.recovery, WEFT_TCP_RECOVERY_NEWRENO);
        T_EQ(b->tcp.recovery, WEFT_TCP_RECOVERY_SACK);
        T_EQ(a->tcp.send_buffer, 65536);
        T_EQ(b->tcp.cc, 1);
        T_EQ(b->tcp.send_buffer, 131072);
        T_EQ(c->tcp.cc, 0);
        T_CHECK(!a->is_forwarding && b->is_forwarding && !c->is_forwarding);
    }
    wf_lab_free(&lab);
}

static void a_missing_file_is_one_line(void)
{
    char buf[512];
    struct lab lab = {0};
    FILE *err = tmpfile();
    T_CHECK(!wf_lab_read(&lab, "/nonexistent/lab.yaml", err));
    T_CHECK(!wf_lab_read(&lab, "/", err));
    rewind(err);
    size_t n = fread(buf, 1, sizeof(buf) - 1, err);
    buf[n] = '\0';
    T_CHECK(strcmp(buf, "/nonexistent/lab.yaml: cannot be opened: No such file or directory\n"
                        "/: cannot be read: Is a directory\n") == 0);
    (void)fclose(err);
    wf_lab_free(&lab);
}

static const struct t_case cases[] = {
    {"every mistake is named with its place", every_mistake_is_named},
    {"all mistakes of a file are told", all_mistakes_of_a_file_are_told},
    {"properties of both ways and of one", properties_of_both_ways_and_of_one},
    {"settings go from defaults over kinds to nodes",
     settings_go_from_defaults_over_kinds_to_nodes},
    {"a missing file is one line", a_missing_file_is_one_line},
};

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    (void)close(fd);
    int r = t_main(cases, (int)(sizeof(cases) / sizeof(cases[0])));
    (void)unlink(path);
    return r;
}
