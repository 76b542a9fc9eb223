/* SPDX-License-Identifier: MIT */
/** DOC: The services on a pair of stacks in virtual time: echo, discard, chargen, HTTP, fetch. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pair.h"
#include "t.h"

#define SEC       1000000000ULL
#define BIG_BYTES 3000000U
#define MID_BYTES 200000U

static struct pair p;
static char folder[] = "/tmp/weft-serve-XXXXXX";

/** struct talk - What is sent on a connection of side 1, and what comes back */
struct talk {
    uint64_t sock;
    const char *out;
    size_t out_at, out_n;
    char *in;
    size_t in_n, in_cap;
    bool is_shutting; /* Shut down the sending side when everything is sent. */
    bool is_ended;
    int64_t error;
};

static bool pump(void *arg)
{
    struct talk *t = arg;
    int64_t r = 0;
    while (t->out_at < t->out_n &&
           (r = weft_sock_send(p.st[1], t->sock, t->out + t->out_at, t->out_n - t->out_at)) > 0)
        t->out_at += (size_t)r;
    if (t->out_at == t->out_n && t->is_shutting) {
        T_EQ(weft_sock_shutdown(p.st[1], t->sock, false, true), 0);
        t->is_shutting = false;
    }
    while (t->in_n < t->in_cap &&
           (r = weft_sock_recv(p.st[1], t->sock, t->in + t->in_n, t->in_cap - t->in_n)) > 0)
        t->in_n += (size_t)r;
    if (t->in_n < t->in_cap) {
        t->is_ended = t->is_ended || r == 0;
        t->error = r < 0 && r != -WEFT_EAGAIN ? r : 0;
    }
    return t->is_ended || t->error != 0 || t->in_n == t->in_cap;
}

static void converse(struct talk *t, uint16_t port, uint64_t ns)
{
    t->sock = pair_connect(&p, port);
    pair_run(&p, ns, pump, t);
    (void)weft_sock_close(p.st[1], t->sock);
}

static char *random_bytes(size_t n)
{
    char *b = malloc(n);
    if (b == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        b[i] = (char)t_random();
    return b;
}

static struct weft_service *simple(enum weft_simple kind)
{
    struct weft_service *s = NULL;
    struct weft_endpoint any = {.port = 0};
    T_EQ(weft_serve_simple(p.d[0], kind, &any, &s), 0);
    return s;
}

static void echo_returns_every_byte_and_ends_after_the_peer(void)
{
    pair_open(&p);
    struct weft_service *s = simple(WEFT_SERVE_ECHO);
    struct talk t = {.out = random_bytes(BIG_BYTES),
                     .out_n = BIG_BYTES,
                     .in = malloc(BIG_BYTES + 1),
                     .in_cap = BIG_BYTES + 1,
                     .is_shutting = true};
    converse(&t, 7, 60 * SEC);
    T_CHECK(t.is_ended && t.in_n == BIG_BYTES && memcmp(t.in, t.out, BIG_BYTES) == 0);
    pair_run(&p, SEC, NULL, NULL);
    T_CHECK(s->conns == 1 && s->open_conns == 0 && s->bytes_in == BIG_BYTES);
    weft_service_close(s);
    pair_close(&p);
    free(t.in);
    free((void *)(uintptr_t)t.out);
}

static void discard_takes_everything_and_says_nothing(void)
{
    pair_open(&p);
    struct weft_service *s = simple(WEFT_SERVE_DISCARD);
    char in[8];
    struct talk t = {.out = random_bytes(BIG_BYTES),
                     .out_n = BIG_BYTES,
                     .in = in,
                     .in_cap = sizeof(in),
                     .is_shutting = true};
    converse(&t, 9, 60 * SEC);
    T_CHECK(t.is_ended && t.in_n == 0 && s->bytes_in == BIG_BYTES);
    weft_service_close(s);
    pair_close(&p);
    free((void *)(uintptr_t)t.out);
}

static void chargen_turns_its_lines(void)
{
    pair_open(&p);
    struct weft_service *s = simple(WEFT_SERVE_CHARGEN);
    static char in[74 * 200];
    struct talk t = {.in = in, .in_cap = sizeof(in)};
    converse(&t, 19, 10 * SEC);
    T_EQ(t.in_n, sizeof(in));
    for (unsigned i = 0; i < 200; i++) {
        T_EQ(in[i * 74], ' ' + i % 95);
        T_EQ(memcmp(in + i * 74 + 72, "\r\n", 2), 0);
    }
    pair_run(&p, SEC, NULL, NULL);
    T_EQ(s->open_conns, 0);
    weft_service_close(s);
    pair_close(&p);
}

static int64_t ask_udp(uint16_t from, uint16_t port, const void *out, size_t n, void *in,
                       size_t cap)
{
    uint64_t sock;
    struct weft_endpoint any = {.port = from}, to = pair_endpoint(0, port);
    T_EQ(weft_sock_open(p.st[1], WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_bind(p.st[1], sock, &any), 0);
    T_EQ(weft_sock_sendto(p.st[1], sock, out, n, &to), n);
    pair_run(&p, SEC, NULL, NULL);
    int64_t r = weft_sock_recv(p.st[1], sock, in, cap);
    (void)weft_sock_close(p.st[1], sock);
    return r;
}

static void datagrams_are_answered_but_not_reserved_ports(void)
{
    static char in[65536];
    pair_open(&p);
    struct weft_service *e = simple(WEFT_SERVE_ECHO), *g = simple(WEFT_SERVE_CHARGEN),
                        *d = simple(WEFT_SERVE_DISCARD);
    static const size_t sizes[] = {0, 1, 1000, 1472, 1473, 9000, 65507};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *out = random_bytes(sizes[i] + 1);
        T_EQ(ask_udp(5000, 7, out, sizes[i], in, sizeof(in)), sizes[i]);
        T_EQ(memcmp(in, out, sizes[i]), 0);
        free(out);
    }
    T_EQ(ask_udp(7, 7, "x", 1, in, sizeof(in)), -WEFT_EAGAIN);
    T_EQ(ask_udp(5000, 9, "x", 1, in, sizeof(in)), -WEFT_EAGAIN);
    int64_t r = 0;
    for (int i = 0; i < 3; i++)
        r = ask_udp(5000, 19, "x", 1, in, sizeof(in));
    T_CHECK(r > 0 && r <= 512 && in[0] == ' ' && in[1] == '!');
    weft_service_close(e);
    weft_service_close(g);
    weft_service_close(d);
    pair_close(&p);
}

/* Answers to @n datagrams of one octet to @to, all at one time. */
static unsigned answers(struct weft_endpoint to, uint16_t from, unsigned n)
{
    uint64_t sock;
    struct weft_endpoint any = {.port = from};
    char octet;
    unsigned got = 0;
    T_EQ(weft_sock_open(p.st[1], WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_set(p.st[1], sock, WEFT_SO_BROADCAST, 1), 0);
    T_EQ(weft_sock_bind(p.st[1], sock, &any), 0);
    for (unsigned i = 0; i < n; i++) {
        T_EQ(weft_sock_sendto(p.st[1], sock, "x", 1, &to), 1);
        pair_run(&p, 100000, NULL, NULL);
        while (weft_sock_recv(p.st[1], sock, &octet, 1) > 0)
            got++;
    }
    (void)weft_sock_close(p.st[1], sock);
    return got;
}

/* proves: BAD-UDP-08 BAD-UDP-15 */
/* Not from a reserved port or the service's own, not to a broadcast, and not for ever. */
static void datagram_services_are_no_amplifiers(void)
{
    struct weft_service *s;
    pair_open(&p);
    struct weft_endpoint at = {.port = 7007}, all = pair_endpoint(0, 7007);
    T_EQ(weft_serve_simple(p.d[0], WEFT_SERVE_ECHO, &at, &s), 0);
    struct weft_endpoint to = pair_endpoint(0, 7007);
    all.addr = weft_ip4(255, 255, 255, 255);
    T_EQ(answers(to, 5000, 1), 1);
    T_EQ(answers(to, 1023, 1), 0);
    T_EQ(answers(to, 7007, 1), 0);
    T_EQ(answers(all, 5000, 1), 0);
    all.addr.b[12] = 10, all.addr.b[13] = all.addr.b[14] = 0;
    T_EQ(answers(all, 5000, 1), 0);
    uint64_t begin = p.now_ns;
    unsigned got = answers(to, 5000, 3000);
    T_CHECK(got >= 900 && got <= 1001 + (p.now_ns - begin) / 1000000);
    p.now_ns += 2 * SEC; /* Then it answers again. */
    T_EQ(answers(to, 5000, 100), 100);
    weft_service_close(s);
    pair_close(&p);
}

/* ---- HTTP ---- */

static void write_file(const char *name, const void *bytes, size_t n)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    T_CHECK(f != NULL && fwrite(bytes, 1, n, f) == n);
    if (f != NULL)
        (void)fclose(f);
}

static bool file_equals(const char *name, const void *bytes, size_t n)
{
    char path[200], *got = malloc(n + 1);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    bool is_equal = f != NULL && fread(got, 1, n + 1, f) == n && memcmp(got, bytes, n) == 0;
    if (f != NULL)
        (void)fclose(f);
    free(got);
    return is_equal;
}

static char *big;

static struct weft_service *http(bool may_put)
{
    static bool has_folder;
    if (!has_folder) {
        char path[200], target[200];
        has_folder = mkdtemp(folder) != NULL;
        big = random_bytes(BIG_BYTES);
        write_file("hello.txt", "hello\n", 6);
        write_file("empty", "", 0);
        write_file("big.bin", big, BIG_BYTES);
        write_file("mid.bin", big, MID_BYTES);
        write_file(".hidden", "x", 1);
        write_file("a <b>.txt", "y", 1);
        (void)snprintf(path, sizeof(path), "%s/sub", folder);
        T_EQ(mkdir(path, 0755), 0);
        write_file("sub/in.html", "<p>", 3);
        (void)snprintf(path, sizeof(path), "%s/out", folder);
        T_EQ(symlink("/etc/passwd", path), 0);
        (void)snprintf(path, sizeof(path), "%s/outdir", folder);
        T_EQ(symlink("/etc", path), 0);
        (void)snprintf(path, sizeof(path), "%s/up", folder);
        T_EQ(symlink("../", path), 0);
        (void)snprintf(path, sizeof(path), "%s/inside", folder);
        (void)snprintf(target, sizeof(target), "sub/in.html");
        T_EQ(symlink(target, path), 0);
        (void)snprintf(path, sizeof(path), "%s/pipe", folder);
        T_EQ(mkfifo(path, 0644), 0);
    }
    struct weft_service *s = NULL;
    struct weft_http_config cfg = {.root = folder, .may_put = may_put, .put_max_bytes = 4000000};
    char err[WEFT_ERRTEXT_BYTES] = "";
    T_EQ(weft_serve_http(p.d[0], &cfg, &s, err, sizeof(err)), 0);
    return s;
}

/* Sends text and reads until the server closes; the answer, terminated. */
static char answer[100000];
static size_t answer_n;

static const char *ask(const char *text, size_t n)
{
    struct talk t = {.out = text, .out_n = n, .in = answer, .in_cap = sizeof(answer) - 1};
    converse(&t, 80, 90 * SEC);
    answer[t.in_n] = '\0';
    answer_n = t.in_n;
    T_EQ(t.error, 0);
    return answer;
}

static int status_of(const char *text)
{
    const char *a = ask(text, strlen(text));
    return strncmp(a, "HTTP/1.1 ", 9) == 0 ? (int)strtol(a + 9, NULL, 10) : -1;
}

#define END  " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
#define HEAD " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"

static void files_are_served_and_nothing_outside(void)
{
    static const struct {
        int status;
        const char *text, *has;
    } rows[] = {
        {200, "GET /hello.txt" END, "\r\n\r\nhello\n"},
        {200, "GET /hello.txt?x=y" END, "Content-Length: 6\r\n"},
        {200, "GET /hello.txt" END, "Content-Type: text/plain"},
        {200, "GET /empty" END, "Content-Length: 0\r\n"},
        {200, "GET /sub/in.html" END, "<p>"},
        {200, "GET /inside" END, "<p>"},
        {200, "GET /sub/" END, "href=\"in.html\""},
        {301, "GET /sub" END, "Location: sub/\r\n"},
        {200, "GET /" END, "a &lt;b&gt;.txt"},
        {200, "GET /" END, "a%20%3Cb%3E.txt"},
        {200, "GET /a%20%3Cb%3E.txt" END, "\r\n\r\ny"},
        {404, "GET /nothing" END, "404"},
        {404, "GET /hello.txt/" END, "404"},
        {404, "GET /.hidden" END, "404"},
        {404, "GET /../etc/passwd" END, "404"},
        {404, "GET /%2e%2e/etc/passwd" END, "404"},
        {404, "GET /sub/../../etc/passwd" END, "404"},
        {404, "GET //etc/passwd" END, "404"},
        {404, "GET /out" END, "404"},
        {404, "GET /outdir/passwd" END, "404"},
        {404, "GET /up/" END, "404"},
        {404, "GET /pipe" END, "404"},
        {400, "GET nothing" END, "400"},
        {400, "nonsense\r\n\r\n", "400"},
        {405, "POST /hello.txt" END, "Allow: "},
        {405, "PUT /x" HEAD "Content-Length: 1\r\n\r\nx", "Allow: GET, HEAD"},
        {501, "BREW /pot" END, "501"},
        {505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n", "505"},
    };
    pair_open(&p);
    struct weft_service *s = http(false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int got = status_of(rows[i].text);
        bool has = strstr(answer, rows[i].has) != NULL;
        if (got != rows[i].status || !has)
            printf("# row %zu: %d, %.60s\n", i, got, rows[i].text);
        T_EQ(got, rows[i].status);
        T_CHECK(has);
        T_CHECK(strstr(answer, "root:") == NULL);
    }
    T_CHECK(strstr(ask("GET /" END, strlen("GET /" END)), ".hidden") == NULL);
    pair_run(&p, SEC, NULL, NULL);
    T_EQ(s->open_conns, 0);
    weft_service_close(s);
    pair_close(&p);
}

static void heads_that_are_too_long_are_refused(void)
{
    static char text[40000];
    pair_open(&p);
    struct weft_service *s = http(false);
    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    T_CHECK(strncmp(ask(text, sizeof(text)), "HTTP/1.1 414", 12) == 0);
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    T_CHECK(strncmp(ask(text, sizeof(text)), "HTTP/1.1 431", 12) == 0);
    weft_service_close(s);
    pair_close(&p);
}

static void one_connection_serves_many_requests(void)
{
    static const char text[] = "GET /hello.txt HTTP/1.1\r\nHost: h\r\n\r\n"
                               "HEAD /big.bin HTTP/1.1\r\nHost: h\r\n\r\n"
                               "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
                               "GET /hello.txt HTTP/1.0\r\n\r\n";
    pair_open(&p);
    struct weft_service *s = http(false);
    const char *at = ask(text, sizeof(text) - 1);
    static const char *const wants[] = {"HTTP/1.1 200",
                                        "\r\n\r\nhello\nHTTP/1.1 200",
                                        "Content-Length: 3000000",
                                        "\r\n\r\nHTTP/1.1 404",
                                        "Connection: keep-alive",
                                        "HTTP/1.1 200",
                                        "Connection: close",
                                        "\r\n\r\nhello\n"};
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        at = strstr(at, wants[i]);
        T_CHECK(at != NULL);
        if (at == NULL)
            break;
    }
    T_EQ(s->conns, 1);
    weft_service_close(s);
    pair_close(&p);
}

static void put_writes_whole_files_or_none(void)
{
    pair_open(&p);
    struct weft_service *s = http(true);
    T_EQ(status_of("PUT /new.txt" HEAD "Content-Length: 5\r\n\r\nhello"), 201);
    T_CHECK(file_equals("new.txt", "hello", 5));
    T_EQ(status_of("PUT /new.txt" HEAD "Content-Length: 3\r\n\r\nbye"), 204);
    T_CHECK(file_equals("new.txt", "bye", 3));
    T_EQ(status_of("PUT /sub/c" HEAD "Transfer-Encoding: chunked\r\n\r\n"
                   "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"),
         201);
    T_CHECK(file_equals("sub/c", "hello world", 11));
    T_EQ(status_of("PUT /e" HEAD "Content-Length: 0\r\n\r\n"), 201);
    T_CHECK(file_equals("e", "", 0));
    T_EQ(status_of("PUT /w" HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok"), 100);
    T_CHECK(strstr(answer, "HTTP/1.1 201") != NULL && file_equals("w", "ok", 2));

    T_EQ(status_of("PUT /new.txt" HEAD "\r\nhello"), 411);
    T_EQ(status_of("PUT /new.txt" HEAD "Content-Length: 4000001\r\n\r\n"), 413);
    T_EQ(status_of("PUT /new.txt" HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
    T_EQ(status_of("PUT /sub" HEAD "Content-Length: 1\r\n\r\nx"), 405);
    T_EQ(status_of("PUT /no/x" HEAD "Content-Length: 1\r\n\r\nx"), 404);
    T_EQ(status_of("PUT /../x" HEAD "Content-Length: 1\r\n\r\nx"), 405);
    T_EQ(status_of("PUT /outdir/x" HEAD "Content-Length: 1\r\n\r\nx"), 404);
    T_EQ(status_of("PUT /out" HEAD "Content-Length: 1\r\n\r\nx"), 204); /* The link goes. */
    T_CHECK(file_equals("out", "x", 1));
    T_CHECK(file_equals("new.txt", "bye", 3));

    /* A peer that leaves in the middle leaves nothing behind. */
    static const char half[] = "PUT /new.txt" HEAD "Content-Length: 9\r\n\r\nhalf";
    struct talk t = {.out = half, .out_n = sizeof(half) - 1, .in = answer, .in_cap = 10};
    t.is_shutting = true;
    converse(&t, 80, 10 * SEC);
    pair_run(&p, SEC, NULL, NULL);
    T_EQ(s->open_conns, 0);
    T_CHECK(file_equals("new.txt", "bye", 3));
    char command[200];
    (void)snprintf(command, sizeof(command), "ls -A %s %s/sub | grep -q weft-put", folder, folder);
    T_CHECK(system(command) != 0);
    weft_service_close(s);
    pair_close(&p);
}

/* ---- fetch ---- */

static bool is_done(void *arg)
{
    return weft_fetch_result(arg)->is_done;
}

static struct weft_fetch_result fetch(const char *url, int out_fd, int put_fd, bool is_following)
{
    struct weft_fetch *f = NULL;
    struct weft_fetch_config cfg = {
        .out_fd = out_fd, .put_fd = put_fd, .is_following = is_following};
    T_EQ(weft_url_parse(&cfg.url, url), 0);
    T_EQ(weft_fetch_start(p.d[1], &cfg, &f), 0);
    pair_run(&p, 300 * SEC, is_done, f);
    struct weft_fetch_result r = *weft_fetch_result(f);
    weft_fetch_free(f);
    return r;
}

static int temp_file(const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static void fetch_gets_and_puts_large_files(void)
{
    pair_open(&p);
    struct weft_service *s = http(true);
    int fd = temp_file("got");
    struct weft_fetch_result r = fetch("http://10.0.0.1/big.bin", fd, -1, false);
    T_CHECK(r.is_ok && r.status == 200 && r.bytes == BIG_BYTES && r.total == BIG_BYTES);
    T_CHECK(file_equals("got", big, BIG_BYTES));
    r = fetch("http://10.0.0.1:80/back.bin", -1, fd, false);
    T_CHECK(r.is_ok && r.status == 201 && file_equals("back.bin", big, BIG_BYTES));
    (void)close(fd);
    r = fetch("http://10.0.0.1/sub", -1, -1, false);
    T_CHECK(!r.is_ok && r.status == 301);
    r = fetch("http://10.0.0.1/sub", -1, -1, true);
    T_CHECK(r.is_ok && r.status == 200);
    r = fetch("http://10.0.0.1/nothing", -1, -1, true);
    T_CHECK(!r.is_ok && r.status == 404 && strcmp(r.text, "Not Found") == 0);
    r = fetch("http://10.0.0.1:81/", -1, -1, true);
    T_EQ(r.err, WEFT_ECONNREFUSED);
    T_CHECK(!r.is_ok && r.status == 0);
    r = fetch("http://10.0.0.9/", -1, -1, true);
    T_EQ(r.err, WEFT_EHOSTUNREACH);
    T_CHECK(!r.is_ok);
    weft_service_close(s);
    pair_close(&p);
}

static bool are_done(void *arg)
{
    struct weft_fetch **f = arg;
    for (int i = 0; i < 200; i++)
        if (!weft_fetch_result(f[i])->is_done)
            return false;
    return true;
}

static void two_hundred_connections_at_once_are_served(void)
{
    static struct weft_fetch *f[200];
    pair_open(&p);
    struct weft_service *s = http(false);
    struct weft_fetch_config cfg = {.out_fd = -1, .put_fd = -1};
    T_EQ(weft_url_parse(&cfg.url, "http://10.0.0.1/mid.bin"), 0);
    for (int i = 0; i < 200; i++)
        T_EQ(weft_fetch_start(p.d[1], &cfg, &f[i]), 0);
    pair_run(&p, 300 * SEC, are_done, f);
    unsigned good = 0;
    for (int i = 0; i < 200; i++) {
        const struct weft_fetch_result *r = weft_fetch_result(f[i]);
        good += r->is_ok && r->bytes == MID_BYTES;
        if (!r->is_ok)
            printf("# %d: %s\n", i, r->text);
        weft_fetch_free(f[i]);
    }
    T_EQ(good, 200);
    T_EQ(s->conns, 200);
    weft_service_close(s);
    pair_close(&p);
}

static void urls_are_read_or_refused(void)
{
    static const char *const bad[] = {"",
                                      "ftp://10.0.0.1/",
                                      "http://",
                                      "http:///x",
                                      "http://host/",
                                      "http://10.0.0.1:0/",
                                      "http://10.0.0.1:65536/",
                                      "http://10.0.0.1:x/",
                                      "http://10.0.0.1/a b",
                                      "http://10.0.0.1/\n"};
    struct weft_url u;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        T_EQ(weft_url_parse(&u, bad[i]), -WEFT_EINVAL);
    T_EQ(weft_url_parse(&u, "HTTP://10.0.0.1:8080/a?b#c"), 0);
    T_CHECK(u.to.port == 8080 && strcmp(u.path, "/a?b") == 0 &&
            strcmp(u.host, "10.0.0.1:8080") == 0);
    T_EQ(weft_url_parse(&u, "http://10.0.0.1"), 0);
    T_CHECK(u.to.port == 80 && strcmp(u.path, "/") == 0);
    T_EQ(weft_url_parse(&u, "http://10.0.0.1?q"), 0);
    T_EQ(strcmp(u.path, "/?q"), 0);

    char command[200]; /* The last case: the folder goes. */
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    T_EQ(system(command), 0);
    free(big);
}

static const struct t_case cases[] = {
    {"echo returns every byte and ends after the peer",
     echo_returns_every_byte_and_ends_after_the_peer},
    {"discard takes everything and says nothing", discard_takes_everything_and_says_nothing},
    {"chargen turns its lines", chargen_turns_its_lines},
    {"datagrams are answered, but not those of reserved ports",
     datagrams_are_answered_but_not_reserved_ports},
    {"datagram services are no amplifiers", datagram_services_are_no_amplifiers},
    {"files are served, and nothing outside", files_are_served_and_nothing_outside},
    {"heads that are too long are refused", heads_that_are_too_long_are_refused},
    {"one connection serves many requests", one_connection_serves_many_requests},
    {"PUT writes whole files or none", put_writes_whole_files_or_none},
    {"fetch gets and puts large files", fetch_gets_and_puts_large_files},
    {"two hundred connections at once are served", two_hundred_connections_at_once_are_served},
    {"URLs are read or refused", urls_are_read_or_refused},
};
T_MAIN(cases)
