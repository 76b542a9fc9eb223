/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script command - lines between backquotes: what they set, in weft's terms
 *
 * Scripts set up a kernel by shell commands. "sysctl -w NAME=VALUE" and packetdrill's
 * "set_sysctls.py /proc/sys/...=VALUE" are looked up in a table: a setting becomes a socket option
 * of every later socket, a limit or a congestion control; is what weft does anyway; has no effect
 * on what passes over the wire; or makes the script not applicable. A new setting is a new row.
 */
#include <stddef.h>
#include <string.h>

#include "script.h"
#include "weft/cc.h"

#define VALUE_BYTES 64U

/** enum rule - What a setting is here */
enum rule {
    RULE_OPTION,   /* A socket option, with the same unit. */
    RULE_SWITCH,   /* A socket option: 0 off, everything else on. */
    RULE_THOUSAND, /* A socket option in a unit a thousand times as large. */
    RULE_MIDDLE,   /* A socket option: the second of three numbers. */
    RULE_LIMIT,    /* A limit of the stack. */
    RULE_MODE,     /* A socket option with the same values, as many as weft has. */
    RULE_FASTOPEN, /* Bits: 1 clients, 2 servers; more is not applicable. */
    RULE_CC,       /* The name of a congestion control. */
    RULE_FIXED,    /* weft does what value .at says; another one is not applicable. */
    RULE_IGNORED,  /* Of no consequence here. */
};

/** struct setting - A name below net., and what it is */
static const struct setting {
    const char *name;
    enum rule rule;
    int64_t at;      /* An enum weft_sock_opt, an offset in struct weft_config, or the one value. */
    const char *why; /* RULE_FIXED: what weft does not have. */
} settings[] = {
    {"ipv4.tcp_sack", RULE_SWITCH, WEFT_TCP_SACK, NULL},
    {"ipv4.tcp_timestamps", RULE_SWITCH, WEFT_TCP_TIMESTAMPS, NULL},
    {"ipv4.tcp_window_scaling", RULE_SWITCH, WEFT_TCP_WSCALE, NULL},
    {"ipv4.tcp_syn_retries", RULE_OPTION, WEFT_TCP_SYN_RETRIES, NULL},
    {"ipv4.tcp_rto_min_us", RULE_THOUSAND, WEFT_TCP_RTO_MIN_MS, NULL},
    {"ipv4.tcp_rmem", RULE_MIDDLE, WEFT_SO_RCVBUF, NULL},
    {"ipv4.tcp_wmem", RULE_MIDDLE, WEFT_SO_SNDBUF, NULL},
    {"ipv4.ip_default_ttl", RULE_OPTION, WEFT_IP_TTL, NULL},
    {"ipv4.tcp_max_syn_backlog", RULE_LIMIT, offsetof(struct weft_config, tcp_synrcvd_max), NULL},
    {"ipv4.tcp_congestion_control", RULE_CC, 0, NULL},
    {"ipv4.tcp_ecn", RULE_MODE, WEFT_TCP_ECN, NULL},
    {"ipv4.tcp_ecn_fallback", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_fastopen", RULE_FASTOPEN, 0, NULL},
    {"ipv4.tcp_dsack", RULE_FIXED, 1, "switch for duplicate SACK"},
    {"ipv4.tcp_recovery", RULE_FIXED, 1, "switch for RACK"},
    {"ipv4.tcp_early_retrans", RULE_FIXED, 3, "switch for tail loss probes"},
    {"ipv4.tcp_slow_start_after_idle", RULE_FIXED, 1, "window that outlives idle times"},
    {"ipv4.tcp_mtu_probing", RULE_MODE, WEFT_TCP_MTU_PROBING, NULL},
    {"ipv4.tcp_thin_linear_timeouts", RULE_FIXED, 0, "linear timeouts"},
    {"ipv4.tcp_syncookies", RULE_MODE, WEFT_TCP_SYN_COOKIES, NULL},
    {"ipv4.tcp_abort_on_overflow", RULE_FIXED, 0, "resets on overflow of the accept queue"},
    {"ipv4.ip_no_pmtu_disc", RULE_FIXED, 0, "switch for path MTU discovery"},
    {"ipv4.tcp_frto", RULE_FIXED, 2, "switch for F-RTO"},
    {"ipv4.tcp_fin_timeout", RULE_FIXED, 60, "other time in FIN-WAIT-2 than 60 s"},
    {"ipv4.tcp_tw_reuse", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_fack", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_no_metrics_save", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_no_ssthresh_metrics_save", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_moderate_rcvbuf", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_reordering", RULE_FIXED, 3, "other reordering threshold than 3"},
    {"ipv4.tcp_max_reordering", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_min_tso_segs", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_tso_win_divisor", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_tso_rtt_log", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_pacing_ss_ratio", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_pacing_ca_ratio", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_autocorking", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_limit_output_bytes", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_invalid_ratelimit", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_challenge_ack_limit", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_min_rtt_wlen", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_low_latency", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_mem", RULE_IGNORED, 0, NULL},
    {"ipv4.tcp_max_tw_buckets", RULE_IGNORED, 0, NULL},
    {"ipv4.ip_local_port_range", RULE_IGNORED, 0, NULL},
    {"core.somaxconn", RULE_IGNORED, 0, NULL},
    {"core.rmem_max", RULE_IGNORED, 0, NULL},
    {"core.wmem_max", RULE_IGNORED, 0, NULL},
    {"core.optmem_max", RULE_IGNORED, 0, NULL},
    {"core.default_qdisc", RULE_IGNORED, 0, NULL},
    {"core.netdev_max_backlog", RULE_IGNORED, 0, NULL},
};

/* Programs that show or tidy up, or set up what a simulated wire does not have. */
static const char *const cosmetic[] = {
    "true", ":", "echo", "nstat", "ss", "netstat", "rm", "cat", "ethtool", "tc", "modprobe", "sync",
};

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

static int digit_of(char c, bool is_hex)
{
    return c >= '0' && c <= '9'             ? c - '0'
           : is_hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
           : is_hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : -1;
}

/* The @which-th number of a value; false if there is none. */
static bool number_in(const char *value, unsigned which, int64_t *out)
{
    for (;;) {
        int64_t v = 0;
        while (*value == ' ' || *value == '\t' || *value == '"' || *value == '\'')
            value++;
        if (*value < '0' || *value > '9')
            return false;
        bool is_hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
        for (value += is_hex ? 2 : 0; v < INT64_MAX / 32; value++) {
            int digit = digit_of(*value, is_hex);
            if (digit < 0)
                break;
            v = v * (is_hex ? 16 : 10) + digit;
        }
        *out = v;
        if (which-- == 0)
            return true;
    }
}

static void add_option(struct sx *s, int64_t opt, int64_t value)
{
    if (s->set_n == sizeof(s->set) / sizeof(s->set[0])) {
        wf_sx_bad(s, "fewer settings are expected here");
        return;
    }
    s->set[s->set_n].opt = (enum weft_sock_opt)opt;
    s->set[s->set_n++].value = value;
}

static void set_limit(struct sx *s, size_t at, int64_t v)
{
    uint32_t n = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    memcpy((uint8_t *)&s->ncfg.stack + at, &n, sizeof(n));
}

static void set_cc(struct sx *s, const char *name)
{
    if (weft_cc_find(name) == NULL || strlen(name) >= sizeof(s->cc))
        wf_sx_na(s, "weft has no congestion control '%s'", name);
    else
        memcpy(s->cc, name, strlen(name) + 1);
}

static void set_fastopen(struct sx *s, int64_t v)
{
    if ((v & ~INT64_C(3)) != 0)
        wf_sx_na(s, "weft has no Fast Open without cookies (net.ipv4.tcp_fastopen=%lld)",
                 (long long)v);
    s->is_fo_client_off = (v & 1) == 0;
    s->is_fo_server_off = (v & 2) == 0;
}

static void apply(struct sx *s, const struct setting *p, const char *name, const char *value)
{
    int64_t v = 0;
    bool is_number = number_in(value, p->rule == RULE_MIDDLE ? 1 : 0, &v);
    if (!is_number && p->rule != RULE_CC && p->rule != RULE_IGNORED) {
        wf_sx_bad(s, "a number is expected as value of net.%s", name);
        return;
    }
    switch (p->rule) {
    case RULE_OPTION:
    case RULE_MIDDLE:
        add_option(s, p->at, v);
        break;
    case RULE_SWITCH:
        add_option(s, p->at, v != 0);
        break;
    case RULE_THOUSAND:
        add_option(s, p->at, v / 1000);
        break;
    case RULE_MODE:
        if (v > (p->at == WEFT_TCP_ECN ? 3 : 2))
            wf_sx_na(s, "weft has no such mode (net.%s=%s)", name, value);
        add_option(s, p->at, v);
        break;
    case RULE_FASTOPEN:
        set_fastopen(s, v);
        break;
    case RULE_LIMIT:
        set_limit(s, (size_t)p->at, v);
        break;
    case RULE_CC:
        set_cc(s, value);
        break;
    case RULE_FIXED:
        if (v != p->at)
            wf_sx_na(s, "weft has no %s (net.%s=%s)", p->why, name, value);
        break;
    case RULE_IGNORED:
        break;
    }
}

/* "net.ipv4.tcp_sack" or "/proc/sys/net/ipv4/tcp_sack", with its value. */
static void set(struct sx *s, char *name, const char *value)
{
    static const char proc[] = "/proc/sys/";
    if (strncmp(name, proc, sizeof(proc) - 1) == 0)
        name += sizeof(proc) - 1;
    for (char *p = name; *p != '\0'; p++)
        *p = (char)(*p == '/' ? '.' : *p);
    if (s->cfg->target != NULL) {
        wf_sx_target_setting(s, name, value);
        return;
    }
    const struct setting *p = strncmp(name, "net.", 4) == 0 ? find(name + 4) : NULL;
    if (p == NULL)
        wf_sx_na(s, "weft has no setting like %s", name);
    else
        apply(s, p, name + 4, value);
}

static bool ends_command(char c)
{
    return c == ';' || c == '&' || c == '|' || c == '\n';
}

/* A word, which may be quoted; the quotes are left out. False at the end of a command. */
static bool next_word(const char **at, const char *end, char *out, size_t cap)
{
    const char *p = *at;
    char quote = '\0';
    size_t n = 0;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\\'))
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    bool is_any = p < end && !ends_command(*p);
    for (; p < end; p++) {
        bool is_blank = *p == ' ' || *p == '\t' || *p == '\r';
        if (quote == '\0' && (is_blank || ends_command(*p)))
            break;
        if (quote == '\0' && *p == '\\' && p + 1 < end && p[1] == '\n')
            break;
        if (*p == '"' || *p == '\'')
            quote = (char)(quote == '\0' ? *p : *p == quote ? '\0' : quote);
        else if (n + 1 < cap)
            out[n++] = *p;
    }
    out[n] = '\0';
    *at = p;
    return is_any;
}

static void set_all(struct sx *s, const char **at, const char *end)
{
    char word[160];
    while (!s->has_failed && next_word(at, end, word, sizeof(word))) {
        char *value = strchr(word, '=');
        if (value == NULL)
            continue; /* -w, -q, or a redirection. */
        *value++ = '\0';
        set(s, word, value);
    }
}

/* A comment; packetdrill's own scripts that set Linux's defaults, before and after. */
static bool is_cosmetic(const char *word)
{
    if (word[0] == '#' || strcmp(word, "defaults.sh") == 0 ||
        strncmp(word, "sysctl_restore", 14) == 0)
        return true;
    for (size_t i = 0; i < sizeof(cosmetic) / sizeof(cosmetic[0]); i++)
        if (strcmp(word, cosmetic[i]) == 0)
            return true;
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void run_line(struct sx *s, const char *p, const char *end)
{
    char word[160];
    while (p < end && !s->has_failed) {
        if (!next_word(&p, end, word, sizeof(word))) {
            p += p < end;
            continue;
        }
        const char *name = base_name(word);
        if (strcmp(name, "sysctl") == 0 || strcmp(name, "set_sysctls.py") == 0) {
            set_all(s, &p, end);
        } else if (is_cosmetic(name)) {
            while (next_word(&p, end, word, sizeof(word)))
                ;
        } else {
            wf_sx_na(s, "weft runs no command '%s'", name);
        }
    }
}

bool wf_sx_command(struct sx *s)
{
    if (!wf_sx_need(s, "`"))
        return false;
    const char *from = s->text.p;
    for (; s->text.p < s->text.end && *s->text.p != '`'; s->text.p++)
        s->text.line += *s->text.p == '\n';
    const char *to = s->text.p;
    if (!wf_sx_need(s, "`"))
        return false;
    run_line(s, from, to);
    return !s->has_failed;
}
