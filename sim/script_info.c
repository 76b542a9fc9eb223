/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script info - a connection in the names, units and numbers of Linux's struct tcp_info
 */
#include <string.h>

#include "script.h"

/* States have Linux's numbers, so that "tcpi_state == 1" means what it means there. */
static const struct {
    const char *name, *linux;
    int64_t number;
} states[WEFT_TCP_STATE_COUNT] = {
    [WEFT_TCP_CLOSED] = {"CLOSED", "CLOSE", 7},
    [WEFT_TCP_LISTEN] = {"LISTEN", "LISTEN", 10},
    [WEFT_TCP_SYN_SENT] = {"SYN_SENT", "SYN_SENT", 2},
    [WEFT_TCP_SYN_RECEIVED] = {"SYN_RECEIVED", "SYN_RECV", 3},
    [WEFT_TCP_ESTABLISHED] = {"ESTABLISHED", "ESTABLISHED", 1},
    [WEFT_TCP_FIN_WAIT_1] = {"FIN_WAIT_1", "FIN_WAIT1", 4},
    [WEFT_TCP_FIN_WAIT_2] = {"FIN_WAIT_2", "FIN_WAIT2", 5},
    [WEFT_TCP_CLOSE_WAIT] = {"CLOSE_WAIT", "CLOSE_WAIT", 8},
    [WEFT_TCP_CLOSING] = {"CLOSING", "CLOSING", 11},
    [WEFT_TCP_LAST_ACK] = {"LAST_ACK", "LAST_ACK", 9},
    [WEFT_TCP_TIME_WAIT] = {"TIME_WAIT", "TIME_WAIT", 6},
};

/* Other names of <linux/tcp.h>, and Python's. */
static const struct {
    const char *name;
    int64_t value;
} constants[] = {
    {"True", 1},
    {"False", 0},
    {"TCP_CA_Open", 0},
    {"TCP_CA_Disorder", 1},
    {"TCP_CA_CWR", 2},
    {"TCP_CA_Recovery", 3},
    {"TCP_CA_Loss", 4},
    {"TCPI_OPT_TIMESTAMPS", 1},
    {"TCPI_OPT_SACK", 2},
    {"TCPI_OPT_WSCALE", 4},
    {"TCPI_OPT_ECN", 8},
    {"TCPI_OPT_ECN_SEEN", 16},
    {"TCPI_OPT_SYN_DATA", 32},
    {"TCP_INFINITE_SSTHRESH", 0x7fffffff},
};

int64_t wf_sx_state_number(enum weft_tcp_state state)
{
    return states[state].number;
}

bool wf_sx_constant(const char *name, int64_t *out)
{
    const char *word = strncmp(name, "TCP_", 4) == 0 ? name + 4 : name;
    for (unsigned i = 0; i < WEFT_TCP_STATE_COUNT; i++) {
        if (strcmp(states[i].name, word) == 0 || strcmp(states[i].linux, word) == 0) {
            *out = states[i].number;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        if (strcmp(constants[i].name, name) == 0) {
            *out = constants[i].value;
            return true;
        }
    }
    return false;
}

static int64_t in_segments(uint32_t bytes, uint32_t mss)
{
    return mss == 0 ? 0 : (int64_t)(bytes / mss);
}

bool weft_script_info(const struct weft_tcp_info *t, const char *name, int64_t *out)
{
    uint32_t mss = t->mss;
    const struct {
        const char *name;
        int64_t value;
    } list[] = {
        {"tcpi_state", wf_sx_state_number(t->state)},
        {"tcpi_ca_state", t->is_in_loss       ? 4
                          : t->is_in_recovery ? 3
                          : t->sacked > 0     ? 1
                                              : 0},
        {"tcpi_options", t->has_timestamps | t->has_sack << 1 | t->has_wscale << 2 |
                             (t->ecn != WEFT_TCP_ECN_OFF) << 3 | t->is_fastopen << 5},
        {"tcpi_retransmits", t->backoff},
        {"tcpi_rtt", t->srtt_us},
        {"tcpi_rttvar", t->rttvar_us},
        {"tcpi_rto", t->rto_us},
        {"tcpi_min_rtt", t->min_rtt_us == 0 ? UINT32_MAX : t->min_rtt_us},
        {"tcpi_backoff", t->backoff},
        {"tcpi_snd_mss", t->mss},
        {"tcpi_snd_cwnd", in_segments(t->cwnd, mss)},
        {"tcpi_snd_ssthresh", t->ssthresh >= INT32_MAX ? INT32_MAX : in_segments(t->ssthresh, mss)},
        {"tcpi_snd_wnd", t->snd_wnd},
        {"tcpi_rcv_wnd", t->rcv_wnd},
        {"tcpi_unacked", in_segments(t->flight + mss - 1, mss)},
        {"tcpi_sacked", in_segments(t->sacked + mss - 1, mss)},
        {"tcpi_lost", in_segments(t->lost + mss - 1, mss)},
        {"tcpi_advmss", t->local_mss},
        {"tcpi_snd_wscale", t->snd_wscale},
        {"tcpi_rcv_wscale", t->rcv_wscale},
        {"tcpi_total_retrans", (int64_t)t->retrans_segs},
        {"tcpi_bytes_acked", (int64_t)t->bytes_acked},
        {"tcpi_bytes_received", (int64_t)t->bytes_received},
        {"tcpi_bytes_sent", (int64_t)t->bytes_sent},
        {"tcpi_bytes_retrans", (int64_t)t->bytes_retrans},
        {"tcpi_segs_out", (int64_t)t->segs_out},
        {"tcpi_segs_in", (int64_t)t->segs_in},
        {"tcpi_notsent_bytes", t->unsent},
        {"has_timestamps", t->has_timestamps},
        {"has_sack", t->has_sack},
        {"has_wscale", t->has_wscale},
        {"is_in_recovery", t->is_in_recovery},
        {"is_in_loss", t->is_in_loss},
        {"is_syn_cookie", t->is_syn_cookie},
        {"is_fastopen", t->is_fastopen},
        {"mss", t->mss},
        {"tcpi_pmtu", t->path_mtu},
        {"mtu_search_max", t->mtu_search_max},
        {"mtu_probe", t->mtu_probe},
        {"peer_mss", t->peer_mss},
        {"srtt_us", t->srtt_us},
        {"rttvar_us", t->rttvar_us},
        {"rto_us", t->rto_us},
        {"cwnd", t->cwnd},
        {"ssthresh", t->ssthresh},
        {"flight", t->flight},
        {"snd_wnd", t->snd_wnd},
        {"rcv_wnd", t->rcv_wnd},
        {"sendq", t->sendq},
        {"unsent", t->unsent},
        {"recvq", t->recvq},
        {"ooo", t->ooo},
        {"rtos", t->rtos},
        {"recoveries", t->recoveries},
        {"recovery", t->recovery},
        {"tlps", t->tlps},
        {"undos", t->undos},
        {"reorder_seen", t->reorder_seen},
        {"ecn", t->ecn},
        {"tcpi_delivered_ce", t->delivered_ce},
        {"tcpi_received_ce", t->received_ce},
        {"tcpi_received_ce_bytes", t->received_ce_bytes},
        {"tcpi_received_e0_bytes", t->received_e0_bytes},
        {"tcpi_received_e1_bytes", t->received_e1_bytes},
        {"tcpi_delivered_ce_bytes", t->delivered_ce_bytes},
        {"urgent", t->urgent},
        {"soft_err", t->soft_err},
        {"user_timeout_ms", t->user_timeout_ms},
        {"silent_ms", t->silent_ms},
        {"keep_probes", t->keep_probes},
        {"why", t->why},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].name, name) == 0) {
            *out = list[i].value;
            return true;
        }
    }
    return false;
}
