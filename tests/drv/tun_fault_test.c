/* SPDX-License-Identifier: MIT */
/** DOC: Faults of a TAP (BAD-FAULT-08, -09, -11): every errno at every call, on a device in memory.
 */
#include <errno.h>
#include <limits.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "fake.h"
#include "t.h"

#define MSEC 1000000ULL
#define SEC  (1000 * MSEC)

static uint64_t now;

static struct weft_driver *fresh(void)
{
    struct weft_driver *d = NULL;
    struct weft_driver_config cfg = {.sys = &fake_sys, .small_slots = 8, .large_slots = 4};
    char err[WEFT_ERRTEXT_BYTES];
    fake_reset();
    now = 1 * SEC;
    T_CHECK(weft_driver_open(&d, "tap:t0", &cfg, err, sizeof(err)) == 0);
    T_CHECK(d->info.is_up && d->info.mtu == 1500);
    return d;
}

static uint32_t serve(struct weft_driver *d)
{
    uint32_t changes;
    uint64_t at = d->ops->service(d, now, &changes);
    T_CHECK(at > now); /* What is never due in the past cannot spin. */
    return changes;
}

static uint32_t rx(struct weft_driver *d)
{
    struct weft_frame f[64];
    uint32_t n = d->ops->rx(d, f, 64, now);
    for (uint32_t i = 0; i < n; i++)
        d->ops->rx_release(d, &f[i].cookie, 1);
    return n;
}

static uint32_t tx(struct weft_driver *d)
{
    static uint8_t bytes[60] = {2, 0, 0, 0, 0, 1};
    struct weft_frame f = {.iov = {{bytes, 20}, {bytes + 20, 40}}, .iov_n = 2, .len = 60};
    return d->ops->tx(d, &f, 1, now);
}

static bool wants_in(struct weft_driver *d)
{
    uint32_t want;
    int fd = d->ops->poll(d, &want);
    return fd >= 0 && (want & WEFT_DRIVER_POLL_IN) != 0;
}

static void frames_pass_both_ways(void)
{
    struct weft_driver *d = fresh();
    fake_push("hello, these are some bytes", 27);
    struct weft_frame f[4];
    T_EQ(d->ops->rx(d, f, 4, now), 1);
    T_EQ(f[0].len, 27);
    T_EQ(f[0].pinned_bytes, 2048);
    T_CHECK(f[0].iov_n == 1 && memcmp(f[0].iov[0].base, "hello", 5) == 0);
    d->ops->rx_release(d, &f[0].cookie, 1);
    T_EQ(tx(d), 1);
    T_EQ(fake.out_len[0], 60 + sizeof(struct virtio_net_hdr));
    T_CHECK(d->stats.tx_frames == 1 && d->stats.tx_bytes == 60 && d->stats.rx_frames == 1);
    weft_driver_close(d);
    T_EQ(fake.closes, 1);
}

static void an_interrupted_call_is_begun_again(void)
{
    struct weft_driver *d = fresh();
    fake_push("bytes", 5);
    fake.eintr_left = 3;
    T_EQ(rx(d), 1);
    fake.eintr_left = 3;
    T_EQ(tx(d), 1);
    T_EQ(d->stats.interrupted, 6);
    weft_driver_close(d);
}

static void a_full_device_keeps_the_frame_for_later(void)
{
    struct weft_driver *d = fresh();
    fake.write_error = EAGAIN;
    fake.write_errors_left = 1;
    T_EQ(tx(d), 0);
    T_EQ(tx(d), 1);
    T_CHECK(d->stats.tx_full == 1 && d->stats.tx_frames == 1);
    weft_driver_close(d);
}

static void no_memory_or_a_refusal_costs_one_frame(void)
{
    static const int errors[] = {ENOBUFS, ENOMEM, EINVAL, EMSGSIZE};
    struct weft_driver *d = fresh();
    for (size_t i = 0; i < 4; i++) {
        fake.write_error = errors[i];
        fake.write_errors_left = 1;
        T_EQ(tx(d), 1);
        T_EQ(tx(d), 1);
    }
    T_CHECK(d->stats.tx_dropped == 2 && d->stats.tx_errors == 2 && d->stats.tx_frames == 4);
    T_CHECK(d->info.is_up);
    weft_driver_close(d);
}

static void a_short_write_is_counted_and_not_repeated(void)
{
    struct weft_driver *d = fresh();
    fake.is_write_short = true;
    T_EQ(tx(d), 1);
    T_CHECK(d->stats.tx_short == 1 && d->stats.tx_frames == 0 && fake.writes == 1);
    weft_driver_close(d);
}

static void a_link_that_is_down_discards_until_it_is_up(void)
{
    static const int errors[] = {EIO, ENETDOWN};
    for (size_t i = 0; i < 2; i++) {
        struct weft_driver *d = fresh();
        fake.write_error = errors[i];
        fake.write_errors_left = UINT_MAX;
        fake.is_admin_up = false;
        T_EQ(tx(d), 1);
        T_EQ(serve(d), WEFT_DRIVER_DOWN);
        unsigned before = fake.writes;
        T_EQ(tx(d), 1);
        T_EQ(fake.writes, before); /* Nothing is tried on a cable that is out. */
        now += 300 * MSEC;
        T_EQ(serve(d), 0);
        fake.is_admin_up = true;
        fake.write_error = 0;
        now += 300 * MSEC;
        T_EQ(serve(d), WEFT_DRIVER_UP);
        T_EQ(tx(d), 1);
        T_CHECK(d->stats.tx_dropped == 2 && d->stats.tx_frames == 1);
        weft_driver_close(d);
    }
}

static void a_read_that_keeps_failing_does_not_spin(void)
{
    struct weft_driver *d = fresh();
    fake.read_error = EIO;
    fake.read_errors_left = UINT_MAX;
    unsigned rounds = 0;
    uint64_t end = now + 10 * SEC;
    while (now < end) { /* The loop of a host, in virtual time. */
        uint32_t changes;
        (void)rx(d);
        uint64_t at = d->ops->service(d, now, &changes);
        T_CHECK(at > now);
        now = at;
        rounds++;
    }
    T_CHECK(rounds < 60 && fake.reads < 30);
    fake.read_error = 0;
    fake_push("bytes", 5);
    now += 2 * SEC;
    (void)serve(d);
    T_CHECK(wants_in(d));
    T_EQ(rx(d), 1);
    weft_driver_close(d);
}

static void a_device_that_vanishes_comes_back_a_hundred_times(void)
{
    static const int errors[] = {ENODEV, EBADFD, ENXIO};
    struct weft_driver *d = fresh();
    for (unsigned i = 0; i < 100; i++) {
        bool by_read = i % 2 == 0;
        *(by_read ? &fake.read_error : &fake.write_error) = errors[i % 3];
        fake.read_errors_left = fake.write_errors_left = 1;
        T_EQ(by_read ? rx(d) : tx(d), by_read ? 0 : 1);
        fake.read_error = fake.write_error = 0;
        fake.open_error = ENODEV;
        T_CHECK(!d->info.is_up && !wants_in(d));
        T_EQ(serve(d), WEFT_DRIVER_DOWN);
        now += 300 * MSEC;
        T_EQ(serve(d), 0);
        T_EQ(tx(d), 1);
        fake.open_error = 0;
        now += 300 * MSEC;
        T_EQ(serve(d), WEFT_DRIVER_UP);
        T_CHECK(wants_in(d));
        T_EQ(tx(d), 1);
    }
    T_CHECK(d->stats.lost == 100 && d->stats.reopened == 100 && d->stats.tx_frames == 100);
    weft_driver_close(d);
    T_EQ(fake.closes, 101);
}

static void a_new_mtu_is_reported_once(void)
{
    static const unsigned mtus[] = {576, 68, 9000};
    struct weft_driver *d = fresh();
    for (size_t i = 0; i < 3; i++) {
        fake.mtu = mtus[i];
        now += 2 * SEC;
        T_EQ(serve(d), WEFT_DRIVER_MTU);
        T_EQ(d->info.mtu, mtus[i]);
        now += 2 * SEC;
        T_EQ(serve(d), 0);
    }
    weft_driver_close(d);
}

/* Pushes a frame with these facts; the bytes are an Ethernet, IPv4 and TCP header and payload. */
static void push_facts(uint8_t flags, uint8_t gso, uint16_t size, uint16_t start, uint16_t offset,
                       size_t len, uint8_t doff)
{
    uint8_t b[2000];
    memset(b, 0, sizeof(b));
    b[34 + 12] = (uint8_t)(doff << 4);
    fake_push(b, len);
    struct virtio_net_hdr h = {.flags = flags,
                               .gso_type = gso,
                               .gso_size = size,
                               .csum_start = start,
                               .csum_offset = offset};
    memcpy(fake.in[fake.in_n - 1], &h, sizeof(h));
}

static void facts_of_super_frames_are_taken_over(void)
{
    struct weft_driver *d = fresh();
    struct weft_frame f;
    push_facts(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 500, 34, 16, 54 + 1600, 5);
    T_EQ(d->ops->rx(d, &f, 1, now), 1);
    T_EQ(f.flags, WEFT_FRAME_NEEDS_CSUM | WEFT_FRAME_CSUM_OK);
    T_CHECK(f.gso_type == WEFT_GSO_TCP4 && f.gso_size == 500 && f.gso_segs == 4);
    T_CHECK(f.hdr_bytes == 54 && f.csum_start == 34 && f.csum_offset == 16);
    d->ops->rx_release(d, &f.cookie, 1);
    push_facts(VIRTIO_NET_HDR_F_DATA_VALID, 0, 0, 0, 0, 100, 5);
    T_EQ(d->ops->rx(d, &f, 1, now), 1);
    T_EQ(f.flags, WEFT_FRAME_CSUM_OK);
    weft_driver_close(d);
}

static void facts_that_lie_cost_the_frame_and_a_count(void)
{
    const uint8_t csum = VIRTIO_NET_HDR_F_NEEDS_CSUM, tcp = VIRTIO_NET_HDR_GSO_TCPV4;
    struct weft_driver *d = fresh();
    push_facts(csum, 0, 0, 99, 0, 100, 5);        /* The sum would stand behind the end. */
    push_facts(csum, 0, 0, 65535, 65535, 100, 5); /* As well. */
    push_facts(0, tcp, 500, 34, 16, 1600, 5);     /* A super-frame without an open sum. */
    push_facts(csum, tcp, 0, 34, 16, 1600, 5);    /* Segments of no bytes. */
    push_facts(csum, tcp, 500, 34, 16, 1600, 4);  /* A header shorter than TCP's. */
    push_facts(csum, tcp, 500, 34, 16, 74, 15);   /* One longer than the frame. */
    push_facts(csum, tcp, 500, 1590, 4, 1600, 5); /* One that is not whole. */
    push_facts(csum, 77, 500, 34, 16, 1600, 5);   /* A kind nobody knows. */
    push_facts(csum, VIRTIO_NET_HDR_GSO_UDP, 500, 34, 6, 1600, 5); /* One that was not asked for. */
    fake_push("x", 0); /* A header and nothing behind it. */
    T_EQ(rx(d), 0);
    T_EQ(d->stats.rx_malformed, 10);
    fake_push("bytes", 5);
    T_EQ(rx(d), 1);
    weft_driver_close(d);
}

static void lent_slots_run_out_without_a_spin_and_come_back(void)
{
    struct weft_driver *d = fresh();
    struct weft_frame f[64];
    for (unsigned i = 0; i < 12; i++)
        fake_push("bytes", 5);
    T_EQ(d->ops->rx(d, f, 64, now), 8);
    T_CHECK(!wants_in(d));
    T_EQ(d->ops->rx(d, f + 8, 56, now), 0);
    T_CHECK(f[7].pinned_bytes > 65536); /* Scarce: the stack is to copy, not to keep. */
    T_CHECK(f[0].pinned_bytes == 2048);
    for (unsigned i = 0; i < 8; i++)
        d->ops->rx_release(d, &f[i].cookie, 1);
    T_CHECK(wants_in(d));
    T_EQ(rx(d), 4);
    weft_driver_close(d);
}

static const struct t_case cases[] = {
    {"frames pass both ways", frames_pass_both_ways},
    {"an interrupted call is begun again", an_interrupted_call_is_begun_again},
    {"a full device keeps the frame for later", a_full_device_keeps_the_frame_for_later},
    {"no memory or a refusal costs one frame", no_memory_or_a_refusal_costs_one_frame},
    {"a short write is counted and not repeated", a_short_write_is_counted_and_not_repeated},
    {"a link that is down discards until it is up", a_link_that_is_down_discards_until_it_is_up},
    {"a read that keeps failing does not spin", a_read_that_keeps_failing_does_not_spin},
    {"a device that vanishes comes back a hundred times",
     a_device_that_vanishes_comes_back_a_hundred_times},
    {"a new MTU is reported once", a_new_mtu_is_reported_once},
    {"facts of super-frames are taken over", facts_of_super_frames_are_taken_over},
    {"facts that lie cost the frame and a count", facts_that_lie_cost_the_frame_and_a_count},
    {"lent slots run out without a spin and come back",
     lent_slots_run_out_without_a_spin_and_come_back},
};
T_MAIN(cases)
