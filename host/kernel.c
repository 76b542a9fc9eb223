/* SPDX-License-Identifier: MIT */
/** DOC: kernel - the kernel's numbers for weft's errors, options and figures of a connection */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "weft/kernel.h"

/* Younger than some installed headers. */
#define LINUX_RTO_MIN_US 45
#define LINUX_DELACK_US  46
/* Of a kernel header that C libraries leave out. */
#define LINUX_UDPLITE_SEND_CSCOV 10
#define LINUX_UDPLITE_RECV_CSCOV 11

/* An error with two numbers stands first with the one it is known by. */
static const struct {
    int number;
    int err;
} errs[] = {
    {EINVAL, WEFT_EINVAL},
    {ENOMEM, WEFT_ENOMEM},
    {ENOBUFS, WEFT_ENOMEM},
    {EAGAIN, WEFT_EAGAIN},
    {EBADF, WEFT_EBADF},
    {ENOTCONN, WEFT_ENOTCONN},
    {EISCONN, WEFT_EISCONN},
    {EADDRINUSE, WEFT_EADDRINUSE},
    {EADDRNOTAVAIL, WEFT_EADDRNOTAVAIL},
    {ENETUNREACH, WEFT_ENETUNREACH},
    {EHOSTUNREACH, WEFT_EHOSTUNREACH},
    {ECONNREFUSED, WEFT_ECONNREFUSED},
    {ECONNRESET, WEFT_ECONNRESET},
    {ETIMEDOUT, WEFT_ETIMEDOUT},
    {EPIPE, WEFT_EPIPE},
    {EMSGSIZE, WEFT_EMSGSIZE},
    {EOPNOTSUPP, WEFT_EOPNOTSUPP},
    {EACCES, WEFT_EACCES},
    {ENETDOWN, WEFT_ENETDOWN},
    {ECONNABORTED, WEFT_ECONNABORTED},
    {EALREADY, WEFT_EALREADY},
};

int weft_kernel_err(int number)
{
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].number == number)
            return errs[i].err;
    return WEFT_EPROTO;
}

int weft_kernel_errno(int err)
{
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].err == err)
            return errs[i].number;
    return EPROTO;
}

static const struct weft_kernel_option options[] = {
    {WEFT_SO_SNDBUF, SOL_SOCKET, SO_SNDBUF, 1},
    {WEFT_SO_RCVBUF, SOL_SOCKET, SO_RCVBUF, 1},
    {WEFT_SO_REUSEADDR, SOL_SOCKET, SO_REUSEADDR, 1},
    {WEFT_SO_BROADCAST, SOL_SOCKET, SO_BROADCAST, 1},
    {WEFT_SO_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, 1},
    {WEFT_SO_OOBINLINE, SOL_SOCKET, SO_OOBINLINE, 1},
    {WEFT_IP_TTL, IPPROTO_IP, IP_TTL, 1},
    {WEFT_IP_TOS, IPPROTO_IP, IP_TOS, 1},
    {WEFT_IP_RECVERR, IPPROTO_IP, IP_RECVERR, 1},
    {WEFT_UDPLITE_SEND_COV, IPPROTO_UDPLITE, LINUX_UDPLITE_SEND_CSCOV, 1},
    {WEFT_UDPLITE_RECV_COV, IPPROTO_UDPLITE, LINUX_UDPLITE_RECV_CSCOV, 1},
    {WEFT_TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY, 1},
    {WEFT_TCP_CORK, IPPROTO_TCP, TCP_CORK, 1},
    {WEFT_TCP_MAXSEG, IPPROTO_TCP, TCP_MAXSEG, 1},
    {WEFT_TCP_QUICKACK, IPPROTO_TCP, TCP_QUICKACK, 1},
    {WEFT_TCP_USER_TIMEOUT_MS, IPPROTO_TCP, TCP_USER_TIMEOUT, 1},
    {WEFT_TCP_FASTOPEN, IPPROTO_TCP, TCP_FASTOPEN, 1},
    {WEFT_TCP_FASTOPEN_CONNECT, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1},
    {WEFT_TCP_SYN_RETRIES, IPPROTO_TCP, TCP_SYNCNT, 1},
    {WEFT_TCP_KEEPIDLE_S, IPPROTO_TCP, TCP_KEEPIDLE, 1},
    {WEFT_TCP_KEEPINTVL_S, IPPROTO_TCP, TCP_KEEPINTVL, 1},
    {WEFT_TCP_KEEPCNT, IPPROTO_TCP, TCP_KEEPCNT, 1},
    {WEFT_TCP_RTO_MIN_MS, IPPROTO_TCP, LINUX_RTO_MIN_US, 1000},
    {WEFT_TCP_DELACK_MS, IPPROTO_TCP, LINUX_DELACK_US, 1000},
};

const struct weft_kernel_option *weft_kernel_option(enum weft_sock_opt opt)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].opt == opt)
            return &options[i];
    return NULL;
}

const struct weft_kernel_option *weft_kernel_option_at(int level, int name)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].level == level && options[i].name == name)
            return &options[i];
    return NULL;
}

#define FIELD(name)                                                                                \
    {                                                                                              \
#        name, offsetof(struct tcp_info, name), sizeof(((struct tcp_info *)0)->name)               \
    }

static const struct {
    const char *name;
    size_t at, size;
} fields[] = {
    FIELD(tcpi_state),
    FIELD(tcpi_ca_state),
    FIELD(tcpi_retransmits),
    FIELD(tcpi_probes),
    FIELD(tcpi_backoff),
    FIELD(tcpi_options),
    FIELD(tcpi_rto),
    FIELD(tcpi_ato),
    FIELD(tcpi_snd_mss),
    FIELD(tcpi_rcv_mss),
    FIELD(tcpi_unacked),
    FIELD(tcpi_sacked),
    FIELD(tcpi_lost),
    FIELD(tcpi_retrans),
    FIELD(tcpi_fackets),
    FIELD(tcpi_pmtu),
    FIELD(tcpi_rcv_ssthresh),
    FIELD(tcpi_rtt),
    FIELD(tcpi_rttvar),
    FIELD(tcpi_snd_ssthresh),
    FIELD(tcpi_snd_cwnd),
    FIELD(tcpi_advmss),
    FIELD(tcpi_reordering),
    FIELD(tcpi_rcv_rtt),
    FIELD(tcpi_rcv_space),
    FIELD(tcpi_total_retrans),
    FIELD(tcpi_bytes_acked),
    FIELD(tcpi_bytes_received),
    FIELD(tcpi_segs_out),
    FIELD(tcpi_segs_in),
    FIELD(tcpi_notsent_bytes),
    FIELD(tcpi_min_rtt),
    FIELD(tcpi_data_segs_in),
    FIELD(tcpi_data_segs_out),
    FIELD(tcpi_delivery_rate),
    FIELD(tcpi_busy_time),
    FIELD(tcpi_rwnd_limited),
    FIELD(tcpi_sndbuf_limited),
    FIELD(tcpi_delivered),
    FIELD(tcpi_delivered_ce),
    FIELD(tcpi_bytes_sent),
    FIELD(tcpi_bytes_retrans),
    FIELD(tcpi_dsack_dups),
    FIELD(tcpi_reord_seen),
    FIELD(tcpi_rcv_ooopack),
    FIELD(tcpi_snd_wnd),
    FIELD(tcpi_last_data_sent),
    FIELD(tcpi_last_data_recv),
};

/* Fields of 1, 4 and 8 bytes, in the machine's order. */
bool weft_kernel_info_get(const struct tcp_info *info, const char *name, int64_t *value)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const uint8_t *p = (const uint8_t *)info + fields[i].at;
        uint64_t v8 = 0;
        uint32_t v4 = 0;
        if (strcmp(fields[i].name, name) != 0)
            continue;
        if (fields[i].size == 1)
            v8 = *p;
        else if (fields[i].size == 8)
            memcpy(&v8, p, sizeof(v8));
        else
            memcpy(&v4, p, sizeof(v4));
        *value = (int64_t)(v8 + v4);
        return true;
    }
    return false;
}

void weft_kernel_info_fill(struct tcp_info *info,
                           bool (*field)(void *user, const char *name, int64_t *value), void *user)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t *p = (uint8_t *)info + fields[i].at;
        int64_t v = 0;
        if (!field(user, fields[i].name, &v))
            continue;
        uint32_t v4 = (uint32_t)v;
        if (fields[i].size == 1)
            *p = (uint8_t)v;
        else if (fields[i].size == 8)
            memcpy(p, &v, sizeof(v));
        else
            memcpy(p, &v4, sizeof(v4));
    }
}
