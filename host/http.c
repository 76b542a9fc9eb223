/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 256U  /* Of a chunk's size line, extensions included. */
#define TRAILER_MAX    4096U /* Of all trailer lines together. */

/** struct span - Some bytes of a head */
struct span {
    const char *s;
    size_t n;
};

size_t wf_http_head_bytes(const char *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (in[i] != '\n')
            continue;
        if (i + 1 < n && in[i + 1] == '\n')
            return i + 2;
        if (i + 2 < n && in[i + 1] == '\r' && in[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

/* Takes the next line, without its end, off the front. */
static struct span next_line(struct span *rest)
{
    const char *end = rest->n > 0 ? memchr(rest->s, '\n', rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->s) : rest->n;
    struct span line = {rest->s, n};
    size_t skip = end != NULL ? n + 1 : n;
    rest->s += skip;
    rest->n -= skip;
    if (line.n > 0 && line.s[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Takes bytes up to a blank off the front, and the blank. */
static struct span next_word(struct span *rest)
{
    const char *end = rest->n > 0 ? memchr(rest->s, ' ', rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->s) : rest->n;
    struct span word = {rest->s, n};
    size_t skip = end != NULL ? n + 1 : n;
    rest->s += skip;
    rest->n -= skip;
    return word;
}

static bool equals(struct span a, const char *text)
{
    return a.n == strlen(text) && strncasecmp(a.s, text, a.n) == 0;
}

static bool is_exactly(struct span a, const char *text)
{
    return a.n == strlen(text) && memcmp(a.s, text, a.n) == 0;
}

static bool is_token(struct span t)
{
    for (size_t i = 0; i < t.n; i++) {
        char c = t.s[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return t.n > 0;
}

static bool has_control(struct span t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.s[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return true;
    }
    return false;
}

static struct span trim(struct span t)
{
    while (t.n > 0 && (t.s[0] == ' ' || t.s[0] == '\t')) {
        t.s++;
        t.n--;
    }
    while (t.n > 0 && (t.s[t.n - 1] == ' ' || t.s[t.n - 1] == '\t'))
        t.n--;
    return t;
}

/* A decimal number of digits only; false if it is not one or too large. */
static bool number(struct span t, uint64_t *out)
{
    uint64_t v = 0;
    if (t.n == 0 || t.n > 18)
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(t.s[i] - '0');
    }
    *out = v;
    return true;
}

/* Whether a comma-separated list names a word. */
static bool lists(struct span value, const char *word)
{
    while (value.n > 0) {
        const char *comma = memchr(value.s, ',', value.n);
        size_t n = comma != NULL ? (size_t)(comma - value.s) : value.n;
        if (equals(trim((struct span){value.s, n}), word))
            return true;
        size_t skip = comma != NULL ? n + 1 : n;
        value.s += skip;
        value.n -= skip;
    }
    return false;
}

static bool take_length(struct wf_http_fields *f, struct span value)
{
    uint64_t v;
    if (!number(value, &v) || (f->length != WF_HTTP_NO_LENGTH && f->length != v))
        return false;
    f->length = v;
    return true;
}

/* One field; false if the message cannot be trusted any more. */
static bool take_field(struct wf_http_fields *f, struct span name, struct span value)
{
    if (equals(name, "content-length"))
        return take_length(f, value);
    if (equals(name, "transfer-encoding")) {
        if (f->is_chunked || f->has_unknown_coding)
            return false;
        f->is_chunked = equals(value, "chunked");
        f->has_unknown_coding = !f->is_chunked;
    } else if (equals(name, "connection")) {
        f->is_close = f->is_close || lists(value, "close");
        f->is_keep_alive = f->is_keep_alive || lists(value, "keep-alive");
    } else if (equals(name, "expect")) {
        f->expects_continue = equals(value, "100-continue");
    } else if (equals(name, "host")) {
        f->hosts++;
    } else if (equals(name, "location") && value.n < sizeof(f->location)) {
        memcpy(f->location, value.s, value.n);
        f->location[value.n] = '\0';
    }
    return true;
}

/* All fields up to the empty line; false if one is malformed. */
static bool parse_fields(struct wf_http_fields *f, struct span rest)
{
    memset(f, 0, sizeof(*f));
    f->length = WF_HTTP_NO_LENGTH;
    while (rest.n > 0) {
        struct span line = next_line(&rest);
        if (line.n == 0)
            return !(f->is_chunked && f->length != WF_HTTP_NO_LENGTH);
        const char *colon = memchr(line.s, ':', line.n);
        if (colon == NULL)
            return false;
        struct span name = {line.s, (size_t)(colon - line.s)};
        struct span value = {colon + 1, line.n - name.n - 1};
        /* A name with a blank in front or behind is no token: folding and smuggling end here. */
        if (!is_token(name) || has_control(value) || !take_field(f, name, trim(value)))
            return false;
    }
    return false;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes a path; 0 or a status code. */
static int decode(char *out, size_t cap, struct span t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n && t.s[i] != '?'; i++) {
        int c = (unsigned char)t.s[i];
        if (c == '#')
            return 400;
        if (c == '%') {
            int hi = t.n - i > 2 ? hex(t.s[i + 1]) : -1;
            int lo = t.n - i > 2 ? hex(t.s[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return 400;
            c = hi * 16 + lo;
            i += 2;
        }
        if (c < ' ' || c == 127)
            return 400;
        if (n + 1 >= cap)
            return 414;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return 0;
}

/* Origin form, or absolute form with its scheme and authority taken off; 0 or a status code. */
static int parse_target(struct wf_http_request *out, struct span target)
{
    static const char scheme[] = "http://";
    if (has_control(target))
        return 400;
    if (target.n > sizeof(scheme) - 1 && strncasecmp(target.s, scheme, sizeof(scheme) - 1) == 0) {
        target.s += sizeof(scheme) - 1;
        target.n -= sizeof(scheme) - 1;
        const char *slash = memchr(target.s, '/', target.n);
        if (slash == NULL) {
            memcpy(out->path, "/", 2);
            return 0;
        }
        target.n -= (size_t)(slash - target.s);
        target.s = slash;
    }
    if (target.n == 0 || target.s[0] != '/')
        return 400;
    return decode(out->path, sizeof(out->path), target);
}

static int parse_method(struct wf_http_request *out, struct span m)
{
    static const char *const others[] = {"POST", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"};
    out->method = WF_HTTP_OTHER;
    if (!is_token(m))
        return 400;
    if (is_exactly(m, "GET"))
        out->method = WF_HTTP_GET;
    else if (is_exactly(m, "HEAD"))
        out->method = WF_HTTP_HEAD;
    else if (is_exactly(m, "PUT"))
        out->method = WF_HTTP_PUT;
    if (out->method != WF_HTTP_OTHER)
        return 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (is_exactly(m, others[i]))
            return 405;
    return 501;
}

/* "HTTP/1.x"; 0 or a status code. */
static int parse_version(struct span v, bool *is_http10)
{
    if (v.n != 8 || memcmp(v.s, "HTTP/", 5) != 0 || v.s[5] < '0' || v.s[5] > '9' || v.s[6] != '.' ||
        v.s[7] < '0' || v.s[7] > '9')
        return 400;
    *is_http10 = v.s[7] == '0';
    return v.s[5] == '1' ? 0 : 505;
}

int wf_http_parse_request(struct wf_http_request *out, const char *in, size_t n)
{
    struct span rest = {in, n};
    memset(out, 0, sizeof(*out));
    struct span line = next_line(&rest);
    if (line.n == 0) /* RFC 9112, 2.2: an empty line before the request is forgiven. */
        line = next_line(&rest);
    struct span method = next_word(&line), target = next_word(&line);
    int r = parse_version(line, &out->is_http10);
    if (r == 0 && !parse_fields(&out->fields, rest))
        r = 400;
    if (r == 0)
        r = parse_method(out, method);
    if (r == 0)
        r = parse_target(out, target);
    if (r != 0)
        return r;
    const struct wf_http_fields *f = &out->fields;
    if (f->hosts > 1 || (f->hosts == 0 && !out->is_http10))
        return 400;
    if (out->is_http10 && (f->is_chunked || f->has_unknown_coding))
        return 400;
    return f->has_unknown_coding ? 501 : 0;
}

int wf_http_parse_response(struct wf_http_response *out, const char *in, size_t n)
{
    struct span rest = {in, n};
    uint64_t status;
    memset(out, 0, sizeof(*out));
    struct span line = next_line(&rest);
    struct span version = next_word(&line), code = next_word(&line);
    if (parse_version(version, &out->is_http10) != 0 || code.n != 3 || !number(code, &status) ||
        status < 100)
        return -1;
    if (!parse_fields(&out->fields, rest) || out->fields.has_unknown_coding || has_control(line))
        return -1;
    out->status = (int)status;
    size_t k = line.n < sizeof(out->reason) ? line.n : sizeof(out->reason) - 1;
    memcpy(out->reason, line.s, k);
    return 0;
}

enum { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };

/* One byte of a size line; false if it cannot be there. */
static bool size_byte(struct wf_http_chunks *c, char b)
{
    int digit = hex(b);
    if (++c->line_n > LINE_MAX_BYTES)
        return false;
    if (b == '\n') {
        bool is_last = c->left == 0;
        if (!c->has_digits)
            return false;
        c->state = is_last ? CHUNK_TRAILER : CHUNK_DATA;
        c->line_n = 0;
        c->has_digits = false;
        return true;
    }
    if (c->state == CHUNK_EXTENSION || b == '\r')
        return true;
    if (digit >= 0) {
        if (c->left >> 59 != 0)
            return false;
        c->left = c->left * 16 + (uint64_t)digit;
        c->has_digits = true;
        return true;
    }
    c->state = CHUNK_EXTENSION;
    return b == ';' || b == ' ' || b == '\t';
}

/* One byte of the lines after the last chunk; an empty line ends the body. */
static bool trailer_byte(struct wf_http_chunks *c, char b)
{
    if (++c->trailer_n > TRAILER_MAX)
        return false;
    if (b == '\n') {
        c->is_done = c->line_n == 0;
        c->line_n = 0;
    } else if (b != '\r') {
        c->line_n++;
    }
    return true;
}

int64_t wf_http_chunks_next(struct wf_http_chunks *c, const char *in, size_t n, const char **data,
                            size_t *data_n)
{
    size_t i = 0;
    *data_n = 0;
    while (i < n && !c->is_done) {
        char b = in[i];
        bool is_good = true;
        switch (c->state) {
        case CHUNK_DATA:
            *data = in + i;
            *data_n = n - i < c->left ? n - i : (size_t)c->left;
            c->left -= *data_n;
            if (c->left == 0)
                c->state = CHUNK_DATA_END;
            return (int64_t)(i + *data_n);
        case CHUNK_DATA_END:
            is_good = b == '\r' || b == '\n';
            if (b == '\n')
                c->state = CHUNK_SIZE;
            break;
        case CHUNK_TRAILER:
            is_good = trailer_byte(c, b);
            break;
        default:
            is_good = size_byte(c, b);
            break;
        }
        if (!is_good)
            return -1;
        i++;
    }
    return (int64_t)i;
}

const char *wf_http_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "";
}

const char *wf_http_type(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".pdf", "application/pdf"},
        {".xml", "application/xml"},
        {".yaml", "application/yaml"},
        {".gz", "application/gzip"},
    };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t k = strlen(types[i].end);
        if (n > k && strcasecmp(name + n - k, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}
