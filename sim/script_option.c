/* SPDX-License-Identifier: MIT */
/** DOC: sim script option - "--name=value" lines: the script's settings and the stack's limits */
#include <stddef.h>
#include <string.h>

#include "script.h"
#include "weft/cc.h"

#define REMOTE_ISN 0xfffff000U /* So that numbers soon pass 2^32. */

void wf_sx_defaults(struct sx *s)
{
    static const uint8_t local[4] = {192, 168, 0, 1}, remote[4] = {192, 0, 2, 1};
    memcpy(s->local_ip, local, 4);
    memcpy(s->remote_ip, remote, 4);
    memset(s->gateway, 0, 4);
    s->set_n = 0;
    s->ip_switches = 0;
    s->is_fo_client_off = s->is_fo_server_off = false;
    s->cc[0] = '\0';
    s->has_limits = false;
    s->bind_port = s->connect_port = 8080;
    s->remote_port = 34567;
    s->prefix_len = 16;
    s->mtu = 1500;
    s->remote_isn = REMOTE_ISN;
    s->ts_tick_us = 1000;
    s->tolerance_ns = 4000000;
    s->has_leak_check = true;
    s->is_any_address = true;
    wf_sx_link_defaults(s);
    weft_node_config_default(&s->ncfg, "host");
    s->ncfg.stack.seed[0] = s->cfg->seed;
    s->ncfg.stack.seed[1] = 1;
}

/* Socket options every TCP socket gets. */
static const struct {
    const char *name;
    enum weft_sock_opt opt;
} sets[] = {
    {"rto_min_ms", WEFT_TCP_RTO_MIN_MS},
    {"delack_ms", WEFT_TCP_DELACK_MS},
    {"msl_ms", WEFT_TCP_MSL_MS},
    {"timestamps", WEFT_TCP_TIMESTAMPS},
    {"sack", WEFT_TCP_SACK},
    {"wscale", WEFT_TCP_WSCALE},
    {"initial_window", WEFT_TCP_INITIAL_WINDOW},
    {"ecn", WEFT_TCP_ECN},
    {"syn_cookies", WEFT_TCP_SYN_COOKIES},
    {"fastopen", WEFT_TCP_FASTOPEN},
    {"fastopen_connect", WEFT_TCP_FASTOPEN_CONNECT},
    {"syn_retries", WEFT_TCP_SYN_RETRIES},
    {"user_timeout_ms", WEFT_TCP_USER_TIMEOUT_MS},
    {"uto", WEFT_TCP_UTO},
    {"nodelay", WEFT_TCP_NODELAY},
    {"cork", WEFT_TCP_CORK},
    {"quickack", WEFT_TCP_QUICKACK},
    {"pacing", WEFT_TCP_PACING},
    {"mtu_probing", WEFT_TCP_MTU_PROBING},
    {"max_pacing_rate", WEFT_TCP_MAX_PACING_RATE},
    {"recovery", WEFT_TCP_RECOVERY},
    {"maxseg", WEFT_TCP_MAXSEG},
    {"sndbuf", WEFT_SO_SNDBUF},
    {"rcvbuf", WEFT_SO_RCVBUF},
    {"ttl", WEFT_IP_TTL},
    {"tos", WEFT_IP_TOS},
    {"df", WEFT_IP_DF},
    {"recverr", WEFT_IP_RECVERR},
};

static bool option_set(struct sx *s)
{
    char word[24];
    int64_t v;
    do {
        if (!wf_sx_word(s, word, sizeof(word)) || !wf_sx_need(s, ":") || !wf_sx_number(s, &v))
            return false;
        size_t i = 0;
        while (i < sizeof(sets) / sizeof(sets[0]) && strcmp(sets[i].name, word) != 0)
            i++;
        if (i == sizeof(sets) / sizeof(sets[0]) || s->set_n == sizeof(s->set) / sizeof(s->set[0]))
            return false;
        s->set[s->set_n].opt = sets[i].opt;
        s->set[s->set_n++].value = v;
    } while (wf_sx_take(s, ","));
    return true;
}

/* Limits of struct weft_config by name; all of these are uint32_t. */
static const struct {
    const char *name;
    size_t at;
} limits[] = {
    {"neighs_max", offsetof(struct weft_config, neighs_max)},
    {"neigh_wait_max", offsetof(struct weft_config, neigh_wait_max)},
    {"arp_proxies_max", offsetof(struct weft_config, arp_proxies_max)},
    {"reasm_max", offsetof(struct weft_config, reasm_max)},
    {"mc_members_max", offsetof(struct weft_config, mc_members_max)},
    {"mc_groups_max", offsetof(struct weft_config, mc_groups_max)},
    {"mc_sources_max", offsetof(struct weft_config, mc_sources_max)},
    {"reasm_frags_max", offsetof(struct weft_config, reasm_frags_max)},
    {"reasm_time_ms", offsetof(struct weft_config, reasm_time_ms)},
    {"pkts_max", offsetof(struct weft_config, pkts_max)},
    {"lent_max", offsetof(struct weft_config, lent_max)},
    {"chunks_max", offsetof(struct weft_config, chunks_max)},
    {"blocks_max", offsetof(struct weft_config, blocks_max)},
    {"socks_max", offsetof(struct weft_config, socks_max)},
    {"tcp_conns_max", offsetof(struct weft_config, tcp_conns_max)},
    {"tcp_listens_max", offsetof(struct weft_config, tcp_listens_max)},
    {"tcp_synrcvd_max", offsetof(struct weft_config, tcp_synrcvd_max)},
    {"tcp_timewait_max", offsetof(struct weft_config, tcp_timewait_max)},
    {"tcp_busy_max", offsetof(struct weft_config, tcp_busy_max)},
    {"tcp_fastopen_max", offsetof(struct weft_config, tcp_fastopen_max)},
    {"tcp_records_max", offsetof(struct weft_config, tcp_records_max)},
    {"tcp_mtu_base", offsetof(struct weft_config, tcp_mtu_base)},
    {"tcp_mtu_min", offsetof(struct weft_config, tcp_mtu_min)},
    {"tcp_mtu_raise_s", offsetof(struct weft_config, tcp_mtu_raise_s)},
    {"tcp_challenges_max", offsetof(struct weft_config, tcp_challenges_max)},
    {"tcp_challenges_in_ms", offsetof(struct weft_config, tcp_challenges_in_ms)},
    {"tcp_uto_min_s", offsetof(struct weft_config, tcp_uto_min_s)},
    {"tcp_uto_max_s", offsetof(struct weft_config, tcp_uto_max_s)},
    {"sndbuf_bytes", offsetof(struct weft_config, sndbuf_bytes)},
    {"rcvbuf_bytes", offsetof(struct weft_config, rcvbuf_bytes)},
};

static bool option_config(struct sx *s)
{
    char word[24];
    int64_t v;
    do {
        if (!wf_sx_word(s, word, sizeof(word)) || !wf_sx_need(s, ":") || !wf_sx_number(s, &v))
            return false;
        size_t i = 0;
        while (i < sizeof(limits) / sizeof(limits[0]) && strcmp(limits[i].name, word) != 0)
            i++;
        if (i == sizeof(limits) / sizeof(limits[0]))
            return false;
        uint32_t n = (uint32_t)v;
        s->has_limits = true;
        memcpy((uint8_t *)&s->ncfg.stack + limits[i].at, &n, sizeof(n));
    } while (wf_sx_take(s, ","));
    return true;
}

static bool option_port(struct sx *s, uint16_t *out)
{
    int64_t v;
    if (!wf_sx_number(s, &v) || v < 0 || v > 65535)
        return false;
    *out = (uint16_t)v;
    return true;
}

/* Options of packetdrill without a counterpart: the first group changes nothing here, the second
 * asks for what there is not. */
static const char *const ignored[] = {
    "init_scripts",    "gateway_ip",        "netmask_ip",     "speed",
    "verbose",         "dry_run",           "debug",          "persistent_tun",
    "strict_segments", "tcp_ts_ecr_scaled", "code_command",   "code_format",
    "code_sockopt",    "tolerance_percent", "send_omit_free", "local_linux_isn",
};
static const char *const foreign[] = {
    "wire_client",
    "wire_server",
    "wire_client_dev",
    "wire_server_dev",
    "wire_server_ip",
    "wire_server_port",
    "so_filename",
    "so_flags",
    "udp_encaps",
    "non_fatal",
    "mss",
    "define",
    "D",
    "local_ipv6",
    "remote_ipv6",
};

static bool is_in(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static void pass_value(struct sx *s)
{
    while (s->text.p < s->text.end && *s->text.p != ' ' && *s->text.p != '\n' && *s->text.p != '\t')
        s->text.p++;
}

/* The algorithm of sockets that choose none. */
static bool option_cc(struct sx *s)
{
    char word[sizeof(s->cc)];
    if (!wf_sx_word(s, word, sizeof(word)))
        return false;
    if (s->cfg->target != NULL) {
        memcpy(s->cc, word, sizeof(word));
        return true;
    }
    s->ncfg.stack.cc = weft_cc_find(word);
    return s->ncfg.stack.cc != NULL;
}

static bool ip_version(struct sx *s)
{
    char word[24];
    if (!wf_sx_word(s, word, sizeof(word)))
        return false;
    if (strcmp(word, "ipv4") != 0)
        wf_sx_na(s, "weft has no IPv6 (--ip_version=%s)", word);
    return !s->has_failed;
}

static bool option_second(struct sx *s)
{
    int64_t v;
    s->has_second = wf_sx_ip4(s, s->second_ip) && wf_sx_take(s, "/") && wf_sx_number(s, &v) &&
                    v >= 0 && v <= 32;
    s->second_prefix = (uint8_t)(s->has_second ? v : 0);
    return s->has_second;
}

static bool option_value(struct sx *s, const char *name)
{
    int64_t v = 0;
    if (strcmp(name, "ip_version") == 0)
        return ip_version(s);
    if (strcmp(name, "local_ip") == 0)
        return wf_sx_ip4(s, s->local_ip);
    if (strcmp(name, "remote_ip") == 0)
        return wf_sx_ip4(s, s->remote_ip);
    if (strcmp(name, "gateway") == 0)
        return wf_sx_ip4(s, s->gateway);
    if (strcmp(name, "link") == 0)
        return wf_sx_option_link(s);
    if (strcmp(name, "arp") == 0)
        return wf_sx_option_arp(s);
    if (strcmp(name, "local_mac") == 0)
        return wf_sx_mac(s, s->local_mac);
    if (strcmp(name, "remote_mac") == 0)
        return wf_sx_mac(s, s->remote_mac);
    if (strcmp(name, "second") == 0)
        return option_second(s);
    if (strcmp(name, "bind_port") == 0)
        return option_port(s, &s->bind_port);
    if (strcmp(name, "connect_port") == 0)
        return option_port(s, &s->connect_port);
    if (strcmp(name, "remote_port") == 0)
        return option_port(s, &s->remote_port);
    if (strcmp(name, "set") == 0)
        return option_set(s);
    if (strcmp(name, "config") == 0)
        return option_config(s);
    if (strcmp(name, "ip") == 0)
        return wf_sx_option_ip(s);
    if (strcmp(name, "cc") == 0)
        return option_cc(s);
    if (!wf_sx_number(s, &v) || v < 0 || v > UINT32_MAX)
        return false;
    if (strcmp(name, "tolerance_usecs") == 0)
        s->tolerance_ns = (uint64_t)v * 1000;
    else if (strcmp(name, "mtu") == 0)
        s->mtu = (uint32_t)v;
    else if (strcmp(name, "prefix") == 0 && v <= 32)
        s->prefix_len = (uint8_t)v;
    else if (strcmp(name, "remote_isn") == 0)
        s->remote_isn = (uint32_t)v;
    else if ((strcmp(name, "ts_tick_usecs") == 0 || strcmp(name, "tcp_ts_tick_usecs") == 0) &&
             v > 0)
        s->ts_tick_us = (uint32_t)v;
    else if (strcmp(name, "no_address") == 0)
        s->has_no_addr = v != 0;
    else if (strcmp(name, "leak_check") == 0)
        s->has_leak_check = v != 0;
    else if (strcmp(name, "any_address") == 0)
        s->is_any_address = v != 0;
    else if (strcmp(name, "echo_silent") == 0)
        s->ncfg.stack.is_echo_silent = v != 0;
    else if (strcmp(name, "quiet_ms") == 0)
        s->ncfg.stack.tcp_quiet_until_ns = SX_START_NS + (uint64_t)v * 1000000;
    else if (strcmp(name, "forwarding") == 0)
        s->ncfg.stack.is_forwarding = v != 0;
    else
        return false;
    return true;
}

bool wf_sx_option(struct sx *s)
{
    char name[32];
    s->event_line = s->text.line;
    s->event_p = s->text.p;
    s->text.p += 2;
    const char *at = s->text.p;
    bool is_name = wf_sx_word(s, name, sizeof(name));
    if (is_name && is_in(ignored, sizeof(ignored) / sizeof(ignored[0]), name)) {
        pass_value(s);
        return true;
    }
    if (is_name && is_in(foreign, sizeof(foreign) / sizeof(foreign[0]), name)) {
        wf_sx_na(s, "weft has no --%s", name);
        return false;
    }
    if (is_name && wf_sx_take(s, "=")) {
        at = s->text.p;
        if (option_value(s, name))
            return true;
    }
    s->text.p = at;
    wf_sx_bad(s, "an option of scripts with its value is expected here; unknown option or value");
    return false;
}
