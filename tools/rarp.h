/* SPDX-License-Identifier: MIT */
/** DOC: rarp - the options of weft host that make links RARP clients and servers, and their work */
#ifndef WEFT_TOOLS_RARP_H
#define WEFT_TOOLS_RARP_H

#include "net.h"
#include "weft/rarp.h"

#define WF_RARP_ROWS_MAX 4096

/** struct wf_rarp_opts - What the options say of each link */
struct wf_rarp_opts {
    struct {
        bool is_client;
        uint8_t prefix_len;
        const char *table; /* FILE; NULL = no server. */
        enum weft_rarp_role role;
    } link[WEFT_HOST_LINKS_MAX];
    char specs[WEFT_HOST_LINKS_MAX][1024];
    const char *hosts;
};

struct wf_rarp;

/** wf_rarp_client_opt() - --rarp: the last link asks */
int wf_rarp_client_opt(struct wf_rarp_opts *o, const struct wf_net *net);

/** wf_rarp_prefix_opt() - --rarp-prefix LENGTH of the last link */
int wf_rarp_prefix_opt(struct wf_rarp_opts *o, const struct wf_net *net, const char *arg);

/** wf_rarp_server_opt() - --rarp-server FILE[,ROLE]: the last link answers */
int wf_rarp_server_opt(struct wf_rarp_opts *o, const struct wf_net *net, const char *arg);

/** wf_rarp_is_asked() - Whether some link has to ask for its address */
bool wf_rarp_is_asked(const struct wf_rarp_opts *o);

/** wf_rarp_start() - Read the tables, serve and ask; 0 or an exit code. *@out is to be ended even
 * after an error */
int wf_rarp_start(struct wf_rarp **out, const struct wf_rarp_opts *o, struct weft_host *h);

/** wf_rarp_wait() - Run the host until every client has its address; 0 or an exit code */
int wf_rarp_wait(const struct wf_rarp_opts *o, struct weft_host *h);

/** wf_rarp_end() - Before the host is closed; NULL is allowed */
void wf_rarp_end(struct wf_rarp *r);

#endif /* WEFT_TOOLS_RARP_H */
