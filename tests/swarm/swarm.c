/* SPDX-License-Identifier: MIT */
/**
 * DOC: The swarm: scenarios from seeds, each run twice; both runs must pass and have equal hashes.
 *
 * usage: swarm [--seeds A-B] [--minutes M] [--once] [--stop] [--verbose] [--out DIR]
 * With --minutes it stops when the time is up, and goes on beyond B until then; with --stop, at the
 * first failure. A failing seed is named with the command that replays it; with --out its
 * description and the frames of all its links go to files, seed-N.txt and seed-N.pcapng. A broken
 * assertion ends the run, and the seed is named as well.
 * The exit code is 0 if every seed passed.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weft/driver.h"
#include "weft/sim.h"

#define LINKS_MAX 64

/** struct options - The command line */
struct options {
    uint64_t first, last;
    uint64_t minutes;
    bool is_once, is_stopping, is_verbose;
    const char *out;
};

/** struct totals - What has been run */
struct totals {
    uint64_t seeds, failed, events, frames, bytes;
    uint64_t hash; /* Over the hashes of all seeds: one number to compare between machines. */
};

static const char *program;
static volatile uint64_t current_seed; /* Read by the signal handler. */

/* Only what may be called in a signal handler: the number is written digit by digit. */
static void on_signal(int number)
{
    static const char before[] = "\nnot ok - seed ", after[] = ": the program was ended\n";
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t seed = current_seed;
    (void)number;
    do {
        digits[--at] = (char)('0' + seed % 10);
        seed /= 10;
    } while (seed > 0);
    ssize_t n = write(STDOUT_FILENO, before, sizeof(before) - 1);
    n += write(STDOUT_FILENO, digits + at, sizeof(digits) - at);
    n += write(STDOUT_FILENO, after, sizeof(after) - 1);
    _exit(n > 0 ? 1 : 2);
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM};
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = on_signal;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        (void)sigaction(numbers[i], &sa, NULL);
}

static void print_line(void *user, const char *line)
{
    FILE *f = user;
    fprintf(f, "# %s\n", line);
}

/** struct record - The files of a failed seed */
struct record {
    FILE *text;
    struct weft_pcapng frames; /* An interface for each end of each link, two to a link. */
    const struct weft_link *link[LINKS_MAX];
    uint32_t links_n;
};

static void record_line(void *user, const char *line)
{
    const struct record *r = user;
    print_line(r->text, line);
}

/* The interface of end 0 of a link; that of end 1 follows it. */
static int interface_of(struct record *r, const struct weft_link *link)
{
    uint32_t i = 0;
    while (i < r->links_n && r->link[i] != link)
        i++;
    if (i < r->links_n || r->links_n == LINKS_MAX)
        return 2 * (int)i;
    const struct weft_link_config *cfg = weft_link_config_get(link);
    enum weft_if_kind kind = cfg->is_l3 ? WEFT_IF_L3 : WEFT_IF_ETHER;
    char name[WEFT_SIM_NAME_MAX + 2];
    for (int end = 0; end < 2; end++) {
        (void)snprintf(name, sizeof(name), "%s:%d", cfg->name, end);
        (void)weft_pcapng_if(&r->frames, name, kind);
    }
    r->link[r->links_n++] = link;
    return 2 * (int)i;
}

/* What leaves one end, what reaches the other, and with a word what never does. */
static void record_frame(void *user, const struct weft_tap *tap)
{
    struct record *r = user;
    int end0 = interface_of(r, tap->link);
    if (r->links_n == LINKS_MAX)
        return;
    bool has_arrived = tap->fate == WEFT_FATE_DELIVERED;
    bool is_plain = has_arrived || tap->fate == WEFT_FATE_SENT;
    (void)weft_pcapng_frame(&r->frames, end0 + (has_arrived ? !tap->dir : tap->dir), tap->time_ns,
                            has_arrived ? WEFT_DIR_IN : WEFT_DIR_OUT, tap->frame,
                            is_plain ? NULL : weft_fate_name(tap->fate));
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        return 0;
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static FILE *create(const struct options *o, uint64_t seed, const char *ending)
{
    char path[512];
    int n = snprintf(path, sizeof(path), "%s/seed-%" PRIu64 ".%s", o->out, seed, ending);
    FILE *f = n < (int)sizeof(path) ? fopen(path, "wb") : NULL;
    if (f == NULL)
        fprintf(stderr, "swarm: %s cannot be written\n", path);
    return f;
}

static void describe(const struct options *o, uint64_t seed, const char *failure)
{
    printf("not ok - seed %" PRIu64 ": %s\n", seed, failure);
    printf("# replay: %s --seeds %" PRIu64 "-%" PRIu64 " --verbose --out .\n", program, seed, seed);
    if (o->out == NULL)
        return;
    struct record record = {.text = create(o, seed, "txt")};
    FILE *frames = create(o, seed, "pcapng");
    if (record.text != NULL && frames != NULL) {
        struct weft_swarm_watch watch = {record_line, record_frame, &record};
        struct weft_swarm_result again;
        fprintf(record.text, "# seed %" PRIu64 ": %s\n", seed, failure);
        (void)weft_pcapng_begin_file(&record.frames, frames);
        if (weft_swarm_run(seed, &watch, &again) == 0)
            fprintf(record.text, "# it passed this time\n");
    }
    if (record.text != NULL)
        fclose(record.text);
    if (frames != NULL)
        fclose(frames);
}

static bool run_seed(const struct options *o, uint64_t seed, struct totals *t)
{
    struct weft_swarm_result a, b;
    current_seed = seed;
    struct weft_swarm_watch watch = {.print = o->is_verbose ? print_line : NULL, .user = stdout};
    int r = weft_swarm_run(seed, &watch, &a);
    t->seeds++;
    t->events += a.events;
    t->frames += a.frames;
    t->bytes += a.bytes;
    t->hash = (t->hash ^ a.hash) * UINT64_C(0x9fb21c651e98df25);
    if (r == 0 && !o->is_once) {
        r = weft_swarm_run(seed, NULL, &b);
        if (a.hash != b.hash)
            (void)snprintf(a.failure, sizeof(a.failure),
                           "two runs differ: %016" PRIx64 " %016" PRIx64, a.hash, b.hash);
        else if (r != 0)
            memcpy(a.failure, b.failure, sizeof(a.failure));
        r = a.hash != b.hash ? -1 : r;
    }
    if (o->is_verbose)
        printf("# seed %" PRIu64 ": hash %016" PRIx64 ", %" PRIu64 " events, %" PRIu64
               " frames, %" PRIu64 " bytes, %" PRIu64 " ms of virtual time\n",
               seed, a.hash, a.events, a.frames, a.bytes, a.virtual_ns / 1000000);
    if (r == 0)
        return true;
    t->failed++;
    describe(o, seed, a.failure);
    return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--verbose") == 0) {
            o->is_verbose = true;
        } else if (strcmp(argv[i], "--once") == 0) {
            o->is_once = true;
        } else if (strcmp(argv[i], "--stop") == 0) {
            o->is_stopping = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && has_value) {
            char *end;
            o->first = strtoull(argv[++i], &end, 10);
            o->last = *end == '-' ? strtoull(end + 1, &end, 10) : o->first;
            if (*end != '\0' || o->last < o->first)
                return false;
        } else if (strcmp(argv[i], "--minutes") == 0 && has_value) {
            o->minutes = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--out") == 0 && has_value) {
            o->out = argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {.first = 1, .last = 100};
    struct totals t = {0};
    program = argv[0];
    if (!parse(&o, argc, argv)) {
        fprintf(
            stderr,
            "usage: swarm [--seeds A-B] [--minutes M] [--once] [--stop] [--verbose] [--out DIR]\n");
        return 2;
    }
    catch_signals();
    uint64_t begin = now_ms(), spent = 0;
    for (uint64_t seed = o.first;; seed++) {
        if (o.minutes == 0 ? seed > o.last : spent >= o.minutes * 60000)
            break;
        bool has_passed = run_seed(&o, seed, &t);
        spent = now_ms() - begin;
        fflush(stdout);
        if (!has_passed && o.is_stopping)
            break;
    }
    printf("%sok - %" PRIu64 " seeds, %" PRIu64 " failed\n", t.failed != 0 ? "not " : "", t.seeds,
           t.failed);
    printf("# %" PRIu64 " seeds a minute, %" PRIu64 " events, %" PRIu64 " frames, %" PRIu64
           " bytes, hash of all %016" PRIx64 "\n",
           t.seeds * 60000 / (spent == 0 ? 1 : spent), t.events, t.frames, t.bytes, t.hash);
    return t.failed != 0;
}
