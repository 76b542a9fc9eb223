/* SPDX-License-Identifier: MIT */
/** DOC: sock life - the options of a connection's life: keep-alive, probes, timeouts, its end */
#include "sock/sock.h"

void wf_sock_set_life(struct tcp_user *u, enum weft_sock_opt opt, int64_t v)
{
    if (opt == WEFT_SO_LINGER_MS)
        u->linger_ms = (int32_t)v;
    else if (opt == WEFT_SO_KEEPALIVE)
        u->is_keepalive = v != 0;
    else if (opt == WEFT_TCP_KEEPIDLE_S)
        u->keepidle_s = (uint16_t)v;
    else if (opt == WEFT_TCP_KEEPINTVL_S)
        u->keepintvl_s = (uint16_t)v;
    else if (opt == WEFT_TCP_KEEPCNT)
        u->keepcnt = (uint8_t)v;
    else if (opt == WEFT_TCP_PROBE_OCTET)
        u->is_probe_octet = v != 0;
    else if (opt == WEFT_TCP_USER_TIMEOUT_MS)
        u->user_timeout_ms = (uint32_t)v; /* -1 becomes TCP_TIMEOUT_NEVER. */
    else if (opt == WEFT_TCP_SOFT_ERRORS)
        u->is_soft_quiet = v == 0;
    else if (opt == WEFT_TCP_UTO)
        u->uto = (uint8_t)v;
    else if (opt == WEFT_TCP_PERSIST_FIXED)
        u->is_persist_fixed = v != 0;
}

int64_t wf_sock_get_life(const struct tcp_user *u, enum weft_sock_opt opt)
{
    if (opt == WEFT_SO_LINGER_MS)
        return u->linger_ms;
    if (opt == WEFT_SO_KEEPALIVE)
        return u->is_keepalive;
    if (opt == WEFT_TCP_KEEPIDLE_S)
        return u->keepidle_s;
    if (opt == WEFT_TCP_KEEPINTVL_S)
        return u->keepintvl_s;
    if (opt == WEFT_TCP_KEEPCNT)
        return u->keepcnt;
    if (opt == WEFT_TCP_PROBE_OCTET)
        return u->is_probe_octet;
    if (opt == WEFT_TCP_USER_TIMEOUT_MS)
        return u->user_timeout_ms == TCP_TIMEOUT_NEVER ? -1 : (int64_t)u->user_timeout_ms;
    if (opt == WEFT_TCP_SOFT_ERRORS)
        return !u->is_soft_quiet;
    if (opt == WEFT_TCP_UTO)
        return u->uto;
    return u->is_persist_fixed;
}
