/* SPDX-License-Identifier: MIT */
/**
 * DOC: lwip_bulk - bulk TCP inside lwIP, over its loopback interface; one result, as JSON
 *
 *   lwip_bulk [MBYTES]
 *
 * The counterpart of `inproc bulk`: one thread, every byte copied in by tcp_write() and out by
 * pbuf_copy_partial().
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lwip/init.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#define PORT  5001
#define CHUNK 15928 /* Eleven whole segments. */

static uint8_t out[CHUNK], in[65536];
static uint64_t total, sent, got, segments;
static int is_connected;

u32_t sys_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u32_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "lwip_bulk: %s failed\n", what);
    exit(1);
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    if (p == NULL || err != ERR_OK)
        fail("recv");
    for (struct pbuf *q = p; q != NULL; q = q->next)
        segments++;
    got += pbuf_copy_partial(p, in, p->tot_len, 0);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    if (err == ERR_OK)
        tcp_recv(pcb, on_recv);
    return err;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)pcb;
    is_connected = err == ERR_OK;
    return err;
}

static void turn(void)
{
    netif_poll_all();
    sys_check_timeouts();
}

static void fill(struct tcp_pcb *pcb)
{
    while (sent < total) {
        uint16_t n = tcp_sndbuf(pcb) < CHUNK ? (uint16_t)tcp_sndbuf(pcb) : CHUNK;
        if (n == 0 || tcp_write(pcb, out, n, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        sent += n;
    }
    tcp_output(pcb);
}

int main(int argc, char **argv)
{
    ip_addr_t lo;
    total = (argc > 1 ? strtoull(argv[1], NULL, 10) : 512) << 20;
    lwip_init();
    IP_ADDR4(&lo, 127, 0, 0, 1);
    struct tcp_pcb *server = tcp_new(), *client = tcp_new();
    if (server == NULL || client == NULL || tcp_bind(server, &lo, PORT) != ERR_OK)
        fail("bind");
    server = tcp_listen(server);
    tcp_accept(server, on_accept);
    if (tcp_connect(client, &lo, PORT, on_connected) != ERR_OK)
        fail("connect");
    while (!is_connected)
        turn();
    double start = seconds();
    while (got < total) {
        fill(client);
        turn();
    }
    double t = seconds() - start;
    printf("{\"bench\": \"lwip\", \"bytes\": %llu, \"seconds\": %.6f, \"gbytes_per_s\": %.4f, "
           "\"bytes_per_segment\": %.0f}\n",
           (unsigned long long)got, t, (double)got / t / 1e9, (double)got / (double)segments);
    return 0;
}
