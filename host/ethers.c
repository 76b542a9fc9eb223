/* SPDX-License-Identifier: MIT */
#include "weft/ethers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host.h"

#define BLANKS " \t\r\n"

/* Cuts a comment off and the first word out; NULL = there is none. */
static char *first_word(char *line, char **rest)
{
    line[strcspn(line, "#")] = '\0';
    return strtok_r(line, BLANKS, rest);
}

static bool has_name(char **rest, const char *name)
{
    for (const char *w = strtok_r(NULL, BLANKS, rest); w != NULL; w = strtok_r(NULL, BLANKS, rest))
        if (strcasecmp(w, name) == 0)
            return true;
    return false;
}

/* The first IPv4 address of a name. */
static bool look_up(const char *hosts, const char *name, struct weft_addr *out)
{
    FILE *f = fopen(hosts, "re");
    char *line = NULL;
    size_t cap = 0;
    bool is_found = false;
    while (f != NULL && !is_found && getline(&line, &cap, f) >= 0) {
        char *rest, *addr = first_word(line, &rest);
        is_found = addr != NULL && weft_addr_parse(out, addr) == 0 && has_name(&rest, name);
    }
    free(line);
    if (f != NULL)
        (void)fclose(f);
    return is_found;
}

/** struct where - What is being read, for errors */
struct where {
    const char *ethers, *hosts;
    unsigned line;
    char *err;
    size_t err_cap;
};

static int one_pair(struct weft_rarp_server *s, const struct where *at, const char *mac_text,
                    char **rest)
{
    uint8_t mac[6];
    struct weft_addr addr;
    const char *who = strtok_r(NULL, BLANKS, rest);
    if (!weft_mac_parse(mac, mac_text))
        return wf_host_fail(at->err, at->err_cap,
                            "%s:%u: '%.40s' is no hardware address such as "
                            "02:00:00:00:00:01",
                            at->ethers, at->line, mac_text);
    if (who == NULL)
        return wf_host_fail(at->err, at->err_cap, "%s:%u: no address or name follows '%s'",
                            at->ethers, at->line, mac_text);
    if (weft_addr_parse(&addr, who) != 0 && !look_up(at->hosts, who, &addr))
        return wf_host_fail(at->err, at->err_cap,
                            "%s:%u: '%.60s' is neither an IPv4 address nor a "
                            "name in %s",
                            at->ethers, at->line, who, at->hosts);
    int e = weft_rarp_server_set(s, mac, &addr);
    if (e == -WEFT_ENOMEM)
        return wf_host_fail(at->err, at->err_cap, "%s:%u: more than %u pairs", at->ethers, at->line,
                            s->max);
    return e == 0 ? 0
                  : wf_host_fail(at->err, at->err_cap,
                                 "%s:%u: %s and %.60s: not both are those of one host", at->ethers,
                                 at->line, mac_text, who);
}

int weft_ethers_read(struct weft_rarp_server *s, const char *ethers, const char *hosts, char *err,
                     size_t err_cap)
{
    struct where at = {.ethers = ethers, .hosts = hosts, .err = err, .err_cap = err_cap};
    FILE *f = fopen(ethers, "re");
    char *line = NULL;
    size_t cap = 0;
    int n = 0;
    if (f == NULL)
        return wf_host_fail(err, err_cap, "%s: %s", ethers, wf_host_errno(errno));
    while (n >= 0 && getline(&line, &cap, f) >= 0) {
        char *rest, *mac = first_word(line, &rest);
        at.line++;
        if (mac != NULL)
            n = one_pair(s, &at, mac, &rest) == 0 ? n + 1 : -1;
    }
    if (n >= 0 && ferror(f) != 0)
        n = wf_host_fail(err, err_cap, "%s: %s", ethers, wf_host_errno(errno));
    free(line);
    (void)fclose(f);
    return n;
}
