/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script command - lines between backquotes: what they set, in weft's terms
 *
 * Scripts set up a kernel by shell commands. "sysctl -w NAME=VALUE" and packetdrill's
 * "set_sysctls.py /proc/sys/...=VALUE" are looked up in a table: a setting becomes a socket option
 * of every later socket, a limit or a congestion control; is what weft does anyway; has no effect
 * on what passes over the wire; or makes the script not applicable. A new setting is a new row.
 */
#include <string.h>

#include "script.h"

/* Programs that show or tidy up, or set up what a simulated wire does not have. */
static const char *const cosmetic[] = {
    "true", ":", "echo", "nstat", "ss", "netstat", "rm", "cat", "ethtool", "tc", "modprobe", "sync",
};

static void add_option(struct sx *s, int64_t opt, int64_t value)
{
    if (s->set_n == sizeof(s->set) / sizeof(s->set[0])) {
        wf_sx_bad(s, "fewer settings are expected here");
        return;
    }
    s->set[s->set_n].opt = (enum weft_sock_opt)opt;
    s->set[s->set_n++].value = value;
}

static void apply(struct sx *s, const char *name, const char *value)
{
    struct weft_script_setting e;
    weft_script_setting(name, value, &e);
    switch (e.kind) {
    case WEFT_SETTING_OPTION:
        add_option(s, e.opt, e.value);
        break;
    case WEFT_SETTING_LIMIT:
        memcpy((uint8_t *)&s->ncfg.stack + e.limit_at, &(uint32_t){(uint32_t)e.value}, 4);
        break;
    case WEFT_SETTING_CC:
        memcpy(s->cc, e.cc, sizeof(s->cc));
        break;
    case WEFT_SETTING_FASTOPEN:
        s->is_fo_client_off = (e.value & 1) == 0;
        s->is_fo_server_off = (e.value & 2) == 0;
        break;
    case WEFT_SETTING_IGNORED:
        break;
    case WEFT_SETTING_FOREIGN:
        wf_sx_na(s, "%s", e.why);
        break;
    case WEFT_SETTING_BAD:
        wf_sx_bad(s, "%s", e.why);
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
    apply(s, name, value);
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
