/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script sockopt - setsockopt() and getsockopt() of a script
 */
#include <string.h>

#include "script_call.h"
#include "weft/cc.h"

/** struct opt_name - A socket option as scripts name it */
static const struct opt_name {
    const char *name;
    enum weft_sock_opt opt;
} opts[] = {
    {"SO_SNDBUF", WEFT_SO_SNDBUF},
    {"SO_RCVBUF", WEFT_SO_RCVBUF},
    {"SO_REUSEADDR", WEFT_SO_REUSEADDR},
    {"SO_BROADCAST", WEFT_SO_BROADCAST},
    {"SO_USER", WEFT_SO_USER},
    {"SO_LINGER_MS", WEFT_SO_LINGER_MS},
    {"SO_KEEPALIVE", WEFT_SO_KEEPALIVE},
    {"TCP_KEEPIDLE", WEFT_TCP_KEEPIDLE_S},
    {"TCP_KEEPINTVL", WEFT_TCP_KEEPINTVL_S},
    {"TCP_KEEPCNT", WEFT_TCP_KEEPCNT},
    {"TCP_PROBE_OCTET", WEFT_TCP_PROBE_OCTET},
    {"TCP_SOFT_ERRORS", WEFT_TCP_SOFT_ERRORS},
    {"TCP_UTO", WEFT_TCP_UTO},
    {"SO_OOBINLINE", WEFT_SO_OOBINLINE},
    {"TCP_STDURG", WEFT_TCP_STDURG},
    {"TCP_PERSIST_FIXED", WEFT_TCP_PERSIST_FIXED},
    {"SO_ERROR", WEFT_SO_ERROR},
    {"IP_TTL", WEFT_IP_TTL},
    {"IP_TOS", WEFT_IP_TOS},
    {"IP_DF", WEFT_IP_DF},
    {"IP_RECVERR", WEFT_IP_RECVERR},
    {"IP_MULTICAST_TTL", WEFT_IP_MULTICAST_TTL},
    {"IP_MULTICAST_LOOP", WEFT_IP_MULTICAST_LOOP},
    {"IP_MTU", WEFT_IP_MTU},
    {"UDP_CSUM", WEFT_UDP_CSUM},
    {"UDP_NEED_CSUM", WEFT_UDP_NEED_CSUM},
    {"UDPLITE_SEND_CSCOV", WEFT_UDPLITE_SEND_COV},
    {"UDPLITE_RECV_CSCOV", WEFT_UDPLITE_RECV_COV},
    {"TCP_NODELAY", WEFT_TCP_NODELAY},
    {"TCP_ECN", WEFT_TCP_ECN},
    {"TCP_MTU_PROBING", WEFT_TCP_MTU_PROBING},
    {"TCP_CORK", WEFT_TCP_CORK},
    {"TCP_MAXSEG", WEFT_TCP_MAXSEG},
    {"TCP_QUICKACK", WEFT_TCP_QUICKACK},
    {"TCP_USER_TIMEOUT", WEFT_TCP_USER_TIMEOUT_MS},
    {"TCP_SYNCNT", WEFT_TCP_SYN_RETRIES},
    {"TCP_DELACK_MS", WEFT_TCP_DELACK_MS},
    {"TCP_RTO_MIN_MS", WEFT_TCP_RTO_MIN_MS},
    {"TCP_MSL_MS", WEFT_TCP_MSL_MS},
    {"TCP_SYN_COOKIES", WEFT_TCP_SYN_COOKIES},
    {"TCP_RECOVERY", WEFT_TCP_RECOVERY},
    {"TCP_FASTOPEN", WEFT_TCP_FASTOPEN},
    {"TCP_FASTOPEN_CONNECT", WEFT_TCP_FASTOPEN_CONNECT},
};

static const struct opt_name *find_opt(const struct sx_call *c)
{
    for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
        if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], opts[i].name))
            return &opts[i];
    return NULL;
}

/* Parameters of congestion control by name; the enum's name without its prefix. */
static const struct {
    const char *name;
    enum weft_cc_param param;
} cc_params[] = {
    {"TCP_CC_A", WEFT_CC_PARAM_A},
    {"TCP_CC_B", WEFT_CC_PARAM_B},
    {"TCP_CC_SSTHRESH", WEFT_CC_PARAM_SSTHRESH},
    {"TCP_CC_LIMIT", WEFT_CC_PARAM_LIMIT},
    {"TCP_CC_INFLATE", WEFT_CC_PARAM_INFLATE},
    {"TCP_CC_ALPHA", WEFT_CC_PARAM_ALPHA},
    {"TCP_CC_BETA", WEFT_CC_PARAM_BETA},
    {"TCP_CC_GAMMA", WEFT_CC_PARAM_GAMMA},
};

/* TCP_CC_...; false if it is something else. */
static bool set_cc_param(struct sx *s, const struct sx_call *c, const struct sx_fd *f,
                         struct sx_result *r)
{
    int64_t v = 0;
    for (size_t i = 0; i < sizeof(cc_params) / sizeof(cc_params[0]); i++) {
        if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], cc_params[i].name)) {
            (void)wf_sx_arg_number(c, 3, &v);
            *r = wf_sx_result_of(
                wf_sx_sock_set_cc_param(s, f->sock, (int)cc_params[i].param, (uint32_t)v));
            return true;
        }
    }
    return false;
}

/* {onoff=1, linger=5}: seconds. */
static int64_t linger_ms(const struct sx_call *c)
{
    int64_t v = 0;
    const char *p = wf_sx_arg_after(c, 3, "linger=");
    if (p == NULL || !wf_sx_arg_has(c, 3, "onoff=1"))
        return -1;
    for (; *p >= '0' && *p <= '9' && v < INT32_MAX; p++)
        v = v * 10 + (*p - '0');
    return v * 1000;
}

/* An option that is not in the table: one of Linux's, or none at all. */
static struct sx_result no_option(struct sx *s, const struct sx_call *c)
{
    struct sx_slice name = c->args_n > 2 ? c->arg[2] : (struct sx_slice){"", 0};
    bool is_name = name.n > 3 && (memcmp(name.p, "SO_", 3) == 0 || memcmp(name.p, "IP", 2) == 0 ||
                                  memcmp(name.p, "TCP", 3) == 0 || memcmp(name.p, "UDP", 3) == 0);
    if (is_name)
        wf_sx_na(s, "weft has no socket option %.*s", (int)name.n, name.p);
    else
        wf_sx_fail(s, NULL, "unknown socket option");
    return wf_sx_result_of(0);
}

static struct sx_result set_linger(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return wf_sx_result_of(wf_sx_sock_set(s, f->sock, WEFT_SO_LINGER_MS, linger_ms(c)));
}

/* [IP_PMTUDISC_DO] and the like. */
static struct sx_result set_pmtudisc(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    bool is_do = wf_sx_arg_has(c, 3, "IP_PMTUDISC_DO") && !wf_sx_arg_has(c, 3, "IP_PMTUDISC_DONT");
    int64_t df = is_do                                      ? WEFT_IP_DF_ALWAYS
                 : wf_sx_arg_has(c, 3, "IP_PMTUDISC_WANT")  ? WEFT_IP_DF_FITS
                 : wf_sx_arg_has(c, 3, "IP_PMTUDISC_PROBE") ? WEFT_IP_DF_PROBE
                                                            : WEFT_IP_DF_NEVER;
    if (f->type != WEFT_SOCK_TCP)
        return wf_sx_result_of(wf_sx_sock_set(s, f->sock, WEFT_IP_DF, df));
    if (!is_do && !wf_sx_arg_has(c, 3, "IP_PMTUDISC_WANT"))
        wf_sx_na(s, "weft has no TCP without path MTU discovery");
    return wf_sx_result_of(0);
}

static struct sx_result set_congestion(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    char name[24] = "";
    size_t n = 0;
    if (c->args_n > 3)
        for (size_t i = 0; i < c->arg[3].n && n + 1 < sizeof(name); i++)
            if (c->arg[3].p[i] != '"' && c->arg[3].p[i] != '[' && c->arg[3].p[i] != ']')
                name[n++] = c->arg[3].p[i];
    name[n] = '\0';
    /* Unless it is to be refused. */
    if (s->st != NULL && weft_cc_find(name) == NULL && c->want >= 0) {
        wf_sx_na(s, "weft has no congestion control '%s'", name);
        return wf_sx_result_of(0);
    }
    return wf_sx_result_of(wf_sx_sock_set_cc(s, f->sock, name));
}

/* What net.ipv4.tcp_fastopen switches off: a client is told, a listener goes on without. */
static bool is_fastopen_off(const struct sx *s, enum weft_sock_opt opt, struct sx_result *r)
{
    *r = wf_sx_result_of(opt == WEFT_TCP_FASTOPEN_CONNECT ? -WEFT_EOPNOTSUPP : 0);
    return (opt == WEFT_TCP_FASTOPEN_CONNECT && s->is_fo_client_off) ||
           (opt == WEFT_TCP_FASTOPEN && s->is_fo_server_off);
}

struct sx_result wf_sx_call_setsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    const struct opt_name *o = find_opt(c);
    int64_t v = 1;
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "SO_LINGER"))
        return set_linger(s, c, f);
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "IP_MTU_DISCOVER"))
        return set_pmtudisc(s, c, f);
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "TCP_CONGESTION"))
        return set_congestion(s, c, f);
    struct sx_result r;
    if (o == NULL && set_cc_param(s, c, f, &r))
        return r;
    int err = 0;
    if (o == NULL && wf_sx_igmp_option(s, c, f, &err))
        return wf_sx_result_of(err);
    if (o == NULL)
        return no_option(s, c);
    if (is_fastopen_off(s, o->opt, &r))
        return r;
    (void)wf_sx_arg_number(c, 3, &v);
    return wf_sx_result_of(wf_sx_sock_set(s, f->sock, o->opt, v));
}

struct sx_result wf_sx_call_getsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    const struct opt_name *o = find_opt(c);
    struct weft_tcp_info info;
    int64_t v = 0, want;
    /* What it says is compared by assertions. */
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "TCP_INFO"))
        return wf_sx_result_of(s->st == NULL ? 0 : weft_sock_tcp_info(s->st, f->sock, &info));
    if (o == NULL)
        return no_option(s, c);
    int r = wf_sx_sock_get(s, f->sock, o->opt, &v);
    if (r != 0)
        return wf_sx_result_of(r);
    bool is_right = o->opt == WEFT_SO_ERROR ? wf_sx_is_err_value(c, v)
                                            : !wf_sx_arg_number(c, 3, &want) || want == v;
    if (!is_right)
        wf_sx_fail(s, NULL, "the option is %lld %s", (long long)v,
                   o->opt == WEFT_SO_ERROR ? wf_sx_err_text((int)v) : "");
    return wf_sx_result_of(0);
}
