/* SPDX-License-Identifier: MIT */
/**
 * DOC: The state table of TCP as data: every state, meeting every kind of segment, at every place.
 *
 * 11 states by 8 kinds of segment by 5 sequence numbers by 3 acknowledgement numbers are 1,320
 * cases. Each runs against a stack of its own in virtual time; the oracle says what has to come of
 * it. More cases follow the table: an acknowledgement older than the largest window, SYN-RECEIVED
 * by simultaneous open, and a closed window. At last the oracle is put to the test: each of its
 * mutants (oracle.mutants: one line changed) must find fault with what the stack did.
 *
 * The kinds are what the steps of RFC 9293 3.10.7 look at: RST, SYN and ACK with and without each
 * other, text, FIN. "bare" is text without ACK: step five, and the last step of LISTEN. Without ACK
 * the acknowledgement field carries the same numbers, and must mean nothing.
 *
 * usage: states [--case N] [--verbose] [--engine-only]
 */
/* proves: CAP-TCP-04 MAY-12 TCP-EV-15 TCP-EV-16 TCP-EV-17 TCP-EV-19 TCP-EV-20 TCP-EV-22 TCP-EV-23
 */
/* proves: TCP-EV-24 TCP-EV-25 TCP-EV-26 TCP-EV-28 TCP-EV-29 TCP-EV-31 TCP-EV-32 TCP-EV-33 TCP-EV-34
 */
/* proves: TCP-EV-35 TCP-EV-36 TCP-EV-37 TCP-EV-40 TCP-EV-41 TCP-EV-42 TCP-EV-44 TCP-EV-46 TCP-EV-49
 */
/* proves: TCP-SEC-01 TCP-SEC-02 TCP-SEC-03 TCP-SEC-04 TCP-SEC-05 TCP-SEC-06 TCP-TW-02 TCP-TWA-01 */
#include <stdlib.h>
#include <string.h>

#include "mutants.h"
#include "outcome.h"
#include "t.h"

#define TEXT       100u
#define FAR        (1u << 30)
#define KIND_COUNT 8u
#define SEQ_COUNT  5u
#define ACK_COUNT  3u
#define TABLE_N    (O_STATE_COUNT * KIND_COUNT * SEQ_COUNT * ACK_COUNT)
#define CASES_MAX  (3u * TABLE_N)

/* ---- cases ---- */

enum place { BELOW, LEFT, INSIDE, EDGE, BEYOND };
enum ack { OLD, CURRENT, UNSENT, ANCIENT };

/** struct test_case - What is sent where */
struct test_case {
    enum o_state state;
    enum peer_way way;
    unsigned kind;
    enum place place;
    enum ack ack;
};

static const struct kind {
    const char *name;
    uint8_t flags;
    uint32_t len;
} kinds[KIND_COUNT] = {
    {"SYN", O_SYN, 0},
    {"SYN,ACK", O_SYN | O_ACK, 0},
    {"ACK", O_ACK, 0},
    {"text", O_ACK | O_PSH, TEXT},
    {"FIN", O_FIN | O_ACK, 0},
    {"RST", O_RST, 0},
    {"RST,ACK", O_RST | O_ACK, 0},
    {"bare", O_PSH, TEXT},
};
static const char *const state_names[O_STATE_COUNT] = {
    "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
static const char *const way_names[] = {"", " by simultaneous open", " with a closed window"};
static const char *const place_names[] = {"below the window", "at the left edge", "inside",
                                          "at the right edge", "far beyond"};
static const char *const ack_names[] = {"old", "current", "unsent", "ancient"};
static const char *const user_names[] = {"nothing", "text", "end", "reset", "refused"};

static struct test_case cases[CASES_MAX];
static struct outcome outcomes[CASES_MAX];
static unsigned cases_n;

static void add(enum o_state state, enum peer_way way, enum ack first, enum ack last)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        for (unsigned place = BELOW; place <= BEYOND; place++)
            for (unsigned ack = first; ack <= last; ack++)
                cases[cases_n++] =
                    (struct test_case){state, way, kind, (enum place)place, (enum ack)ack};
}

static void add_all(void)
{
    for (unsigned s = O_CLOSED; s < O_STATE_COUNT; s++)
        add((enum o_state)s, PEER_PLAIN, OLD, UNSENT);
    for (unsigned s = O_SYN_RECEIVED; s < O_STATE_COUNT; s++)
        add((enum o_state)s, PEER_PLAIN, ANCIENT, ANCIENT);
    add(O_SYN_RECEIVED, PEER_ACTIVE, OLD, ANCIENT);
    for (unsigned s = O_ESTABLISHED; s <= O_FIN_WAIT_2; s++)
        add((enum o_state)s, PEER_FULL, OLD, ANCIENT);
}

static struct o_seg segment_of(const struct test_case *c, const struct o_tcb *t)
{
    bool is_synchronized = c->state >= O_ESTABLISHED;
    struct o_seg s = {.flags = kinds[c->kind].flags, .len = kinds[c->kind].len};
    uint32_t len = o_seg_len(&s);
    const uint32_t seq[] = {t->rcv_nxt - (len > 0 ? len : 1), t->rcv_nxt, t->rcv_nxt + 1000,
                            t->rcv_nxt + t->rcv_wnd, t->rcv_nxt + FAR};
    const uint32_t ack[] = {is_synchronized ? t->una - 1 : t->una, t->nxt, t->nxt + 1,
                            t->una - t->wnd_max - 1};
    s.seq = seq[c->place];
    s.ack = ack[c->ack];
    return s;
}

/* ---- running one ---- */

static void run(const struct test_case *c, struct outcome *o)
{
    struct peer p;
    *o = (struct outcome){.is_set_up = peer_open(&p, c->state, c->way)};
    o->t = p.t;
    o->line = p.line;
    o->s = segment_of(c, &p.t);
    if (o->is_set_up) {
        peer_send(&p, &o->s);
        outcome_take(&p, o);
    }
    peer_close(&p);
}

/* ---- judging ---- */

static unsigned faults_by(void (*judge)(const struct o_tcb *, const struct o_seg *,
                                        struct o_says *))
{
    unsigned n = 0;
    for (unsigned i = 0; i < cases_n; i++) {
        struct o_says e;
        judge(&outcomes[i].t, &outcomes[i].s, &e);
        n += outcome_fault(&outcomes[i], &e) != NULL;
    }
    return n;
}

/* ---- telling ---- */

static void print_seg(const char *what, bool is_there, const struct o_seg *s, const struct o_tcb *t)
{
    if (!is_there) {
        printf("#   %s nothing\n", what);
        return;
    }
    printf("#   %s %s%s%s%s seq %u (RCV.NXT%+d, ISS%+d) ack %u (RCV.NXT%+d, ISS%+d) len %u\n", what,
           (s->flags & O_SYN) != 0 ? "S" : "", (s->flags & O_FIN) != 0 ? "F" : "",
           (s->flags & O_RST) != 0 ? "R" : "", (s->flags & O_ACK) != 0 ? "." : "", s->seq,
           (int32_t)(s->seq - t->rcv_nxt), (int32_t)(s->seq - t->iss), s->ack,
           (int32_t)(s->ack - t->rcv_nxt), (int32_t)(s->ack - t->iss), s->len);
}

static void print_case(unsigned i, const char *why)
{
    const struct test_case *c = &cases[i];
    printf("# case %u: %s%s, %s %s, ack %s: %s\n", i + 1, state_names[c->state], way_names[c->way],
           kinds[c->kind].name, place_names[c->place], ack_names[c->ack],
           why != NULL ? why : "as it should be");
}

static void print_detail(const struct outcome *o, const struct o_says *e)
{
    const struct o_tcb *t = &o->t;
    printf("#   ISS %u, SND.UNA +%u, SND.NXT +%u, RCV.NXT %u, RCV.WND %u\n", t->iss,
           t->una - t->iss, t->nxt - t->iss, t->rcv_nxt, t->rcv_wnd);
    print_seg("arrives:", true, &o->s, t);
    print_seg("sent:", o->seen_n > 0, &o->seen, t);
    if (o->seen_n > 1)
        printf("#   and %d more\n", o->seen_n - 1);
    print_seg(e->may_be_silent ? "may be sent:" : "to be sent:", e->has_reply, &e->reply, t);
    if (!o->is_set_up)
        printf("#   peer.c:%d\n", o->line);
    printf("#   state %s, should be %s; user %s, should be %s; SND.UNA +%u, should be +%u; 2 MSL "
           "%sbegun anew\n",
           state_names[o->state], state_names[e->state], user_names[o->user], user_names[e->user],
           o->has_una ? o->una - t->iss : 0, e->una - t->iss, o->is_restarted ? "" : "not ");
}

/* ---- the test points ---- */

static bool is_verbose;

static bool table(const char *what, unsigned from, unsigned to)
{
    unsigned bad = 0;
    for (unsigned i = from; i < to; i++) {
        struct o_says e;
        run(&cases[i], &outcomes[i]);
        o_judge(&outcomes[i].t, &outcomes[i].s, &e);
        const char *why = outcome_fault(&outcomes[i], &e);
        bad += why != NULL;
        if (why != NULL || is_verbose)
            print_case(i, why);
        if (is_verbose)
            print_detail(&outcomes[i], &e);
    }
    printf("%sok - %s: %u checked, %u failed\n", bad == 0 ? "" : "not ", what, to - from, bad);
    return bad == 0;
}

/* A mutant that finds as many faults as the oracle itself is one that nothing tells from it. */
static bool mutant(const struct mutant *m, unsigned faults)
{
    unsigned n = faults_by(m->judge);
    printf("%sok - the oracle with a defect, %s: %u cases tell\n", n > faults ? "" : "not ",
           m->name, n - faults);
    return n > faults;
}

/* Asked for its state, the stack answers with the name that the RFC gives it. */
/* proves: TCP-EV-14 */
static bool names(void)
{
    unsigned bad = 0;
    for (unsigned s = 0; s < O_STATE_COUNT; s++) {
        struct peer p;
        struct weft_tcp_info i = {.state = s == O_LISTEN ? WEFT_TCP_LISTEN : WEFT_TCP_CLOSED};
        bool is_set_up = peer_open(&p, (enum o_state)s, PEER_PLAIN);
        if (s != O_SYN_RECEIVED && p.sock != 0) /* Of a listener: there is no socket yet. */
            is_set_up &= weft_sock_tcp_info(p.st, p.sock, &i) == 0;
        else if (s != O_CLOSED)
            i.state = (enum weft_tcp_state)peer_state(&p);
        bad += !is_set_up || strcmp(weft_tcp_state_name(i.state), state_names[s]) != 0;
        peer_close(&p);
    }
    printf("%sok - states by their names: %u checked, %u failed\n", bad == 0 ? "" : "not ",
           O_STATE_COUNT, bad);
    return bad == 0;
}

/* Segments that come together, each of which would be answered at once, draw one answer. */
/* proves: MUST-59 */
static bool burst(void)
{
    struct peer p;
    bool is_good = peer_open(&p, O_ESTABLISHED, PEER_PLAIN);
    for (uint32_t i = 0; i < 6 && is_good; i++) {
        struct o_seg s = {.flags = O_ACK | O_PSH, .ack = p.t.una, .len = 100};
        s.seq = p.t.rcv_nxt + (i < 5 ? 600 - i * 100 : 0);
        peer_send(&p, &s);
    }
    peer_wait(&p, OUTCOME_NS);
    is_good &= !p.is_broken && p.seen_n == 1 && p.seen[0].ack == p.t.rcv_nxt + 100;
    printf("%sok - a series of segments is taken in before one ACK is sent\n",
           is_good ? "" : "not ");
    peer_close(&p);
    return is_good;
}

int main(int argc, char **argv)
{
    unsigned only = 0;
    bool is_engine_only = false, is_good = true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0)
            is_verbose = true;
        else if (strcmp(argv[i], "--engine-only") == 0)
            is_engine_only = true;
        else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc)
            only = (unsigned)strtoul(argv[++i], NULL, 10);
    }
    add_all();
    if (only > cases_n) {
        fprintf(stderr, "states: there are %u cases\n", cases_n);
        return 2;
    }
    if (only > 0) {
        printf("1..1\n");
        return table("one case", only - 1, only) ? 0 : 1;
    }
    printf("1..%u\n", 4 + (is_engine_only ? 0 : (unsigned)MUTANTS_N));
    is_good &= table("the state table", 0, TABLE_N);
    is_good &=
        table("ancient acknowledgements, simultaneous open, closed windows", TABLE_N, cases_n);
    is_good &= names();
    is_good &= burst();
    unsigned faults = faults_by(o_judge);
    for (unsigned i = 0; i < MUTANTS_N && !is_engine_only; i++)
        is_good &= mutant(&mutants[i], faults);
    return is_good ? 0 : 1;
}
