/* SPDX-License-Identifier: MIT */
/** DOC: Heads and chunked bodies: what is taken, what is refused, and every way to cut them. */
#include "http.h"

#include <string.h>

#include "t.h"
#include "weft/host.h"

static int parse(struct wf_http_request *r, const char *text)
{
    size_t n = strlen(text);
    T_EQ(wf_http_head_bytes(text, n), n);
    for (size_t i = 0; i < n; i++)
        T_EQ(wf_http_head_bytes(text, i), 0);
    return wf_http_parse_request(r, text, n);
}

static void requests_are_read(void)
{
    struct wf_http_request r;
    T_EQ(parse(&r, "GET /a%20b/c.txt?x=1 HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"),
         0);
    T_CHECK(r.method == WF_HTTP_GET && strcmp(r.path, "/a b/c.txt") == 0);
    T_CHECK(r.fields.is_close && !r.is_http10 && r.fields.length == WF_HTTP_NO_LENGTH);
    T_EQ(parse(&r, "PUT http://h/x HTTP/1.1\nhost:h\ncontent-length:  12 \n\n"), 0);
    T_CHECK(r.method == WF_HTTP_PUT && r.fields.length == 12 && strcmp(r.path, "/x") == 0);
    T_EQ(parse(&r, "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 0);
    T_CHECK(r.method == WF_HTTP_HEAD && r.is_http10 && r.fields.is_keep_alive);
    T_EQ(parse(&r, "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                   "Expect: 100-continue\r\n\r\n"),
         0);
    T_CHECK(r.fields.is_chunked && r.fields.expects_continue);
}

static void bad_requests_get_their_status(void)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        {400, "GET / HTTP/1.1\r\n\r\n"},                        /* No Host. */
        {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},  /* Two. */
        {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},            /* Blank before. */
        {400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"},  /* Folding. */
        {400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"},  /* Control. */
        {400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"}, /* No field. */
        {400, "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"},           /* Half a code. */
        {400, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"},          /* No code. */
        {400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"},          /* A zero byte. */
        {400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},          /* A fragment. */
        {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},             /* No slash. */
        {400, "GET /\r\nHost: a\r\n\r\n"},                      /* HTTP/0.9. */
        {400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},             /* No token. */
        {400, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
        {400, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"},
        {400, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n"},
        {400, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        {400,
         "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {501, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"},
        {405, "POST / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {405, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    };
    struct wf_http_request r;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int got = parse(&r, rows[i].text);
        if (got != rows[i].status)
            printf("# row %zu: %d\n", i, got);
        T_EQ(got, rows[i].status);
    }
    static char longest[8192];
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "GET /", 5);
    memcpy(longest + 4000, " HTTP/1.1\r\nHost: a\r\n\r\n", 22);
    T_EQ(wf_http_parse_request(&r, longest, 4022), 414);
}

/* A chunked body in pieces of @step bytes; what it carries goes to @out. */
static int64_t unchunk(const char *text, size_t step, char *out, bool *is_done)
{
    struct wf_http_chunks c = {0};
    size_t n = strlen(text), at = 0, out_n = 0;
    while (at < n && !c.is_done) {
        size_t k = n - at < step ? n - at : step, data_n;
        const char *data;
        int64_t used = wf_http_chunks_next(&c, text + at, k, &data, &data_n);
        if (used < 0)
            return -1;
        memcpy(out + out_n, data_n > 0 ? data : "", data_n);
        out_n += data_n;
        at += (size_t)used;
    }
    *is_done = c.is_done;
    return (int64_t)out_n;
}

static void chunks_are_read_however_they_are_cut(void)
{
    static const char text[] =
        "5\r\nhello\r\nA;ext=\"x\"\r\n0123456789\r\n00\r\nTrailer: t\r\n\r\n";
    for (size_t step = 1; step < sizeof(text); step++) {
        char out[64];
        bool is_done = false;
        T_EQ(unchunk(text, step, out, &is_done), 15);
        T_CHECK(is_done && memcmp(out, "hello0123456789", 15) == 0);
    }
}

static void malformed_chunks_are_refused(void)
{
    static const char *const bad[] = {"\r\n",           "x\r\n",        "-1\r\n",
                                      "5 5\r\n\r\nh\n", "2\r\nabc\r\n", "fffffffffffffffff\r\n",
                                      ";x\r\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char out[64];
        bool is_done = false;
        int64_t r = unchunk(bad[i], 100, out, &is_done);
        T_CHECK(!is_done && (r == -1 || i == 3));
    }
    struct wf_http_chunks c = {0};
    const char *data;
    size_t data_n;
    int64_t r = 0;
    for (int i = 0; i < 1000 && r >= 0; i++) /* An extension without an end. */
        r = wf_http_chunks_next(&c, i == 0 ? "1;" : "xx", 2, &data, &data_n);
    T_EQ(r, -1);
}

static void responses_are_read(void)
{
    static const char text[] = "HTTP/1.1 301 Moved Permanently\r\nLocation: /x/\r\n"
                               "Content-Length: 0\r\n\r\n";
    struct wf_http_response r;
    T_EQ(wf_http_parse_response(&r, text, sizeof(text) - 1), 0);
    T_CHECK(r.status == 301 && strcmp(r.reason, "Moved Permanently") == 0);
    T_CHECK(strcmp(r.fields.location, "/x/") == 0 && r.fields.length == 0);
    T_EQ(wf_http_parse_response(&r, "HTTP/1.1 99 x\r\n\r\n", 17), -1);
    T_EQ(wf_http_parse_response(&r, "SSH-2.0-x\r\n\r\n", 13), -1);
}

static const struct t_case cases[] = {
    {"requests are read", requests_are_read},
    {"bad requests get their status", bad_requests_get_their_status},
    {"chunks are read however they are cut", chunks_are_read_however_they_are_cut},
    {"malformed chunks are refused", malformed_chunks_are_refused},
    {"responses are read", responses_are_read},
};
T_MAIN(cases)
