/* SPDX-License-Identifier: MIT */
/** DOC: A host with a wire that ends nowhere: its control socket, its loop, its end. */
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "t.h"
#include "weft/host.h"

static struct weft_host *host;
static struct weft_ctl *ctl;
static pthread_t thread;
static char dir[] = "/tmp/weft-ctl-XXXXXX";
static char path[100];

static void *run_host(void *arg)
{
    (void)arg;
    (void)weft_host_run(host, NULL, NULL);
    return NULL;
}

/* A command of a program: answers at once, then streams, then ends. */
static void cmd_stream(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    const char *text = arg;
    (void)request;
    weft_ctl_reply(conn,
                   json_pack("{s:b,s:s}", "ok", 1, "host", weft_host_name(weft_ctl_host(conn))));
    T_EQ(weft_ctl_write(conn, text, strlen(text)), 0);
    weft_ctl_finish(conn);
}

static int open_host(char *err, size_t cap)
{
    struct weft_host_config cfg;
    char spec[120];
    weft_host_config_default(&cfg);
    cfg.name = "test";
    (void)snprintf(spec, sizeof(spec), "unix-listen:%s/wire", dir);
    cfg.links[0].spec = spec;
    cfg.links[0].addrs_n = 1;
    cfg.links_n = 1;
    cfg.gateway = weft_ip4(10, 1, 0, 254);
    T_EQ(weft_prefix_parse(&cfg.links[0].addrs[0], "10.1.0.1/24"), 0);
    return weft_host_open(&host, &cfg, err, cap);
}

static void begin(void)
{
    static bool has_dir;
    char err[WEFT_ERRTEXT_BYTES] = "";
    has_dir = has_dir || mkdtemp(dir) != NULL;
    (void)snprintf(path, sizeof(path), "%s/test.ctl", dir);
    if (open_host(err, sizeof(err)) < 0 || weft_ctl_open(&ctl, host, path, err, sizeof(err)) < 0) {
        printf("# %s\n", err);
        abort();
    }
    T_EQ(weft_ctl_command(ctl, "stream", cmd_stream, (void *)(uintptr_t) "raw bytes"), 0);
    T_EQ(weft_ctl_command(ctl, "stream", cmd_stream, NULL), -WEFT_EEXIST);
    T_EQ(pthread_create(&thread, NULL, run_host, NULL), 0);
}

static void end(void)
{
    struct stat st;
    weft_host_stop(host);
    (void)pthread_join(thread, NULL);
    weft_ctl_close(ctl);
    weft_host_close(host);
    T_CHECK(stat(path, &st) != 0);
}

static struct weft_ctl_client *client(void)
{
    struct weft_ctl_client *c = NULL;
    char err[WEFT_ERRTEXT_BYTES] = "";
    T_EQ(weft_ctl_client_open(&c, path, err, sizeof(err)), 0);
    if (c == NULL)
        abort();
    return c;
}

static json_t *request(struct weft_ctl_client *c, const char *text)
{
    T_EQ(weft_ctl_client_send(c, json_loads(text, 0, NULL)), 0);
    json_t *answer = weft_ctl_client_answer(c);
    T_CHECK(answer != NULL);
    return answer;
}

static bool is_ok(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok"));
}

static void every_table_is_shown(void)
{
    static const char *const tables[] = {"links",   "addresses", "routes", "neighbours",
                                         "sockets", "counters",  "drops"};
    begin();
    struct weft_ctl_client *c = client();
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"cmd\":\"show\",\"what\":\"%s\"}", tables[i]);
        json_t *a = request(c, text);
        T_CHECK(is_ok(a) && json_object_get(a, tables[i]) != NULL);
        json_decref(a);
    }
    json_t *a = request(c, "{\"cmd\":\"show\",\"what\":\"addresses\"}");
    bool is_found = false;
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(a, "addresses"), i, row) is_found =
        is_found || (strcmp(json_string_value(json_object_get(row, "address")), "10.1.0.1") == 0 &&
                     json_integer_value(json_object_get(row, "prefix_len")) == 24);
    T_CHECK(is_found);
    json_decref(a);
    a = request(c, "{\"cmd\":\"show\",\"what\":\"routes\"}");
    T_CHECK(json_array_size(json_object_get(a, "routes")) >= 2);
    json_decref(a);
    a = request(c, "{\"cmd\":\"hello\"}");
    T_CHECK(is_ok(a) && strcmp(json_string_value(json_object_get(a, "name")), "test") == 0);
    json_decref(a);
    weft_ctl_client_close(c);
    end();
}

static void bad_requests_get_an_error_and_the_connection_goes_on(void)
{
    static const char *const bad[] = {"{}",
                                      "[]",
                                      "{\"cmd\":1}",
                                      "{\"cmd\":\"nothing\"}",
                                      "{\"cmd\":\"show\"}",
                                      "{\"cmd\":\"show\",\"what\":\"x\"}"};
    begin();
    struct weft_ctl_client *c = client();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *a = request(c, bad[i]);
        T_CHECK(!is_ok(a) && json_object_get(a, "error") != NULL);
        json_decref(a);
    }
    json_t *a = request(c, "{\"cmd\":\"hello\"}");
    T_CHECK(is_ok(a));
    json_decref(a);
    weft_ctl_client_close(c);
    end();
}

static int raw_client(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    T_EQ(connect(fd, (struct sockaddr *)(void *)&at, sizeof(at)), 0);
    return fd;
}

static void bytes_that_are_no_requests_do_no_harm(void)
{
    static char junk[200000];
    begin();
    int fd = raw_client();
    T_EQ(send(fd, "not json\n\xff\xfe\n", 12, MSG_NOSIGNAL), 12);
    char buf[4096];
    T_CHECK(recv(fd, buf, sizeof(buf), 0) > 0 && strstr(buf, "\"ok\":false") != NULL);
    (void)close(fd);

    fd = raw_client(); /* A line without an end: one error, then the connection closes. */
    memset(junk, 'x', sizeof(junk));
    ssize_t r = send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
    T_CHECK(r > 0);
    size_t n = 0;
    while ((r = recv(fd, buf + n, sizeof(buf) - 1 - n, 0)) > 0)
        n += (size_t)r;
    buf[n] = '\0';
    T_CHECK(strstr(buf, "too long") != NULL);
    (void)close(fd);

    for (int i = 0; i < 100; i++) { /* Clients that come and go, with half a line. */
        fd = raw_client();
        (void)send(fd, "{\"cmd\":", 7, MSG_NOSIGNAL);
        (void)close(fd);
    }
    struct weft_ctl_client *c = client();
    json_t *a = request(c, "{\"cmd\":\"hello\"}");
    T_CHECK(is_ok(a));
    json_decref(a);
    weft_ctl_client_close(c);
    end();
}

static void a_command_of_a_program_streams(void)
{
    begin();
    struct weft_ctl_client *c = client();
    json_t *a = request(c, "{\"cmd\":\"stream\"}");
    T_CHECK(is_ok(a));
    json_decref(a);
    char buf[64];
    size_t n = 0;
    int64_t r;
    while ((r = weft_ctl_client_read(c, buf + n, sizeof(buf) - n)) > 0)
        n += (size_t)r;
    T_CHECK(n == 9 && memcmp(buf, "raw bytes", 9) == 0);
    weft_ctl_client_close(c);
    end();
}

static void only_the_owner_may_connect_and_names_are_not_shared(void)
{
    struct stat st;
    char err[WEFT_ERRTEXT_BYTES] = "";
    begin();
    T_EQ(stat(path, &st), 0);
    T_EQ(st.st_mode & 0777, 0600);
    struct weft_ctl *second = NULL;
    T_EQ(weft_ctl_open(&second, host, path, err, sizeof(err)), -1);
    T_CHECK(strstr(err, "running host") != NULL);
    end();
    struct weft_ctl_client *c = NULL;
    T_EQ(weft_ctl_client_open(&c, path, err, sizeof(err)), -1);
    T_CHECK(strstr(err, "no host is running") != NULL);
}

static void what_a_killed_host_left_is_cleared(void)
{
    struct stat st;
    pid_t pid = fork();
    if (pid == 0) {
        begin();
        (void)pause();
    }
    for (int i = 0; i < 1000 && stat(path, &st) != 0; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    T_EQ(stat(path, &st), 0);
    begin();
    struct weft_ctl_client *c = client();
    json_t *a = request(c, "{\"cmd\":\"hello\"}");
    T_CHECK(is_ok(a));
    json_decref(a);
    weft_ctl_client_close(c);
    end();
}

static void stop_is_a_command(void)
{
    begin();
    struct weft_ctl_client *c = client();
    json_t *a = request(c, "{\"cmd\":\"stop\"}");
    T_CHECK(is_ok(a));
    json_decref(a);
    (void)pthread_join(thread, NULL);
    T_EQ(weft_host_poll(host, 0), -1);
    weft_ctl_client_close(c);
    weft_ctl_close(ctl);
    weft_host_close(host);
}

static void an_idle_host_sleeps(void)
{
    struct timespec before, after;
    char err[WEFT_ERRTEXT_BYTES];
    T_EQ(open_host(err, sizeof(err)), 0);
    unsigned rounds = 0;
    uint64_t end_ns = weft_host_now() + 500000000;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (; weft_host_now() < end_ns; rounds++)
        T_EQ(weft_host_poll(host, end_ns), 0);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    T_CHECK(rounds < 20);
    T_CHECK(after.tv_sec == before.tv_sec && after.tv_nsec - before.tv_nsec < 50000000);
    weft_host_close(host);
}

static void blocking_calls_end_in_time(void)
{
    char err[WEFT_ERRTEXT_BYTES];
    uint64_t sock, conn, start = weft_host_now();
    struct weft_endpoint any = {.port = 80}, nobody = {weft_ip4(10, 1, 0, 9), 80};
    T_EQ(open_host(err, sizeof(err)), 0);
    T_EQ(weft_host_listen(host, &any, 4, &sock), 0);
    T_EQ(weft_host_accept(host, sock, &conn, NULL, 50000000), -WEFT_ETIMEDOUT);
    T_CHECK(weft_host_connect(host, &nobody, &conn, 50000000) < 0);
    T_CHECK(weft_host_now() - start < 2000000000);
    weft_host_stop(host);
    T_EQ(weft_host_accept(host, sock, &conn, NULL, WEFT_NEVER), -WEFT_ECONNABORTED);
    weft_host_close(host);
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    T_EQ(system(command), 0);
}

static void mistakes_in_a_configuration_are_one_line(void)
{
    static const struct {
        const char *name, *spec, *has;
    } rows[] = {{"a/b", "unix:/x", "host name"},
                {"", "unix:/x", "host name"},
                {"x", "nonsense", "not one of"},
                {"x", "carrier:pigeon", "not one of"},
                {"x", "tap:a name that is far too long", "interface name"},
                {"x", "pcap:/nonexistent", "/nonexistent"},
                {"x", "fd:77777777777", "fd:"},
                {"x", "dgram:/only-one", "dgram:"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct weft_host_config cfg;
        struct weft_host *h = NULL;
        char err[WEFT_ERRTEXT_BYTES] = "";
        weft_host_config_default(&cfg);
        cfg.name = rows[i].name;
        cfg.links[0].spec = rows[i].spec;
        cfg.links_n = 1;
        T_EQ(weft_host_open(&h, &cfg, err, sizeof(err)), -1);
        bool has = strstr(err, rows[i].has) != NULL && strchr(err, '\n') == NULL;
        if (!has)
            printf("# %s\n", err);
        T_CHECK(has);
    }
    struct weft_prefix x;
    static const char *const bad[] = {
        "", "/", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "x/24", "10.0.0.1/024"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        T_EQ(weft_prefix_parse(&x, bad[i]), -WEFT_EINVAL);
    T_CHECK(weft_prefix_parse(&x, "10.0.0.1/8") == 0 && x.len == 8);
    T_CHECK(weft_prefix_parse(&x, "10.0.0.1") == 0 && x.len == 32);
}

static const struct t_case cases[] = {
    {"every table is shown", every_table_is_shown},
    {"bad requests get an error and the connection goes on",
     bad_requests_get_an_error_and_the_connection_goes_on},
    {"bytes that are no requests do no harm", bytes_that_are_no_requests_do_no_harm},
    {"a command of a program streams", a_command_of_a_program_streams},
    {"only the owner may connect, and names are not shared",
     only_the_owner_may_connect_and_names_are_not_shared},
    {"what a killed host left is cleared", what_a_killed_host_left_is_cleared},
    {"stop is a command", stop_is_a_command},
    {"mistakes in a configuration are one line", mistakes_in_a_configuration_are_one_line},
    {"an idle host sleeps", an_idle_host_sleeps},
    {"blocking calls end in time", blocking_calls_end_in_time},
};
T_MAIN(cases)
