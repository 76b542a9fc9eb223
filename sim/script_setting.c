/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script setting - settings of a kernel in weft's terms
 *
 * A new setting is a new row of the table.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "weft/cc.h"
#include "weft/sim.h"

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

static void say(struct weft_script_setting *out, const char *what, const char *name,
                const char *value)
{
    out->kind = WEFT_SETTING_FOREIGN;
    (void)snprintf(out->why, sizeof(out->why), "weft has no %s (net.%s=%s)", what, name, value);
}

static void set_cc(struct weft_script_setting *out, const char *name)
{
    out->kind = WEFT_SETTING_CC;
    if (weft_cc_find(name) != NULL && strlen(name) < sizeof(out->cc)) {
        memcpy(out->cc, name, strlen(name) + 1);
        return;
    }
    out->kind = WEFT_SETTING_FOREIGN;
    (void)snprintf(out->why, sizeof(out->why), "weft has no congestion control '%s'", name);
}

static void set_option(struct weft_script_setting *out, int64_t opt, int64_t value)
{
    out->kind = WEFT_SETTING_OPTION;
    out->opt = (enum weft_sock_opt)opt;
    out->value = value;
}

static void apply(struct weft_script_setting *out, const struct setting *p, const char *value,
                  int64_t v)
{
    switch (p->rule) {
    case RULE_OPTION:
    case RULE_MIDDLE:
        set_option(out, p->at, v);
        break;
    case RULE_SWITCH:
        set_option(out, p->at, v != 0);
        break;
    case RULE_THOUSAND:
        set_option(out, p->at, v / 1000);
        break;
    case RULE_MODE:
        set_option(out, p->at, v);
        if (v > (p->at == WEFT_TCP_ECN ? 3 : 2))
            say(out, "such mode", p->name, value);
        break;
    case RULE_FASTOPEN:
        out->kind = WEFT_SETTING_FASTOPEN;
        out->value = v;
        if ((v & ~INT64_C(3)) != 0)
            say(out, "Fast Open without cookies", p->name, value);
        break;
    case RULE_LIMIT:
        out->kind = WEFT_SETTING_LIMIT;
        out->limit_at = (size_t)p->at;
        out->value = v > UINT32_MAX ? UINT32_MAX : v;
        break;
    case RULE_CC:
        set_cc(out, value);
        break;
    case RULE_FIXED:
        if (v != p->at)
            say(out, p->why, p->name, value);
        break;
    case RULE_IGNORED:
        break;
    }
}

void weft_script_setting(const char *name, const char *value, struct weft_script_setting *out)
{
    const struct setting *p = strncmp(name, "net.", 4) == 0 ? find(name + 4) : NULL;
    int64_t v = 0;
    memset(out, 0, sizeof(*out));
    if (p == NULL) {
        out->kind = WEFT_SETTING_FOREIGN;
        (void)snprintf(out->why, sizeof(out->why), "weft has no setting like %s", name);
        return;
    }
    bool is_number = number_in(value, p->rule == RULE_MIDDLE ? 1 : 0, &v);
    if (!is_number && p->rule != RULE_CC && p->rule != RULE_IGNORED) {
        out->kind = WEFT_SETTING_BAD;
        (void)snprintf(out->why, sizeof(out->why), "a number is expected as value of %s", name);
        return;
    }
    apply(out, p, value, v);
}
