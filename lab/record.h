/* SPDX-License-Identifier: MIT */
/**
 * DOC: record - what is kept of a run while it goes on: captures, ladders, flows
 *
 * The links' taps feed captures and ladders, the stacks' trace rings feed the flows. A run without
 * a report keeps nothing of this and has no taps.
 */
#ifndef WEFT_LAB_RECORD_H
#define WEFT_LAB_RECORD_H

#include "capture.h"
#include "ladder.h"
#include "series.h"

#define LAB_FLOWS_MAX 64 /* Flows that get plots; the first ones. */

struct lab_record;

/** struct lab_ear - What listens at one link */
struct lab_ear {
    struct lab_record *r;
    size_t link;
    struct lab_capture capture;
};

/** struct lab_record - What is kept of a run */
struct lab_record {
    struct lab *lab;
    struct lab_ear *ears;    /* By link; NULL: nothing is recorded. */
    struct lab_rungs *rungs; /* By ladder. */
    struct lab_vec flows;    /* struct lab_flow */
    uint64_t flows_left_out; /* Records of flows beyond the limit. */
    uint64_t start_ns;       /* Of the scenario: zero of all plots. */
};

/** wf_record_open() - Listen, with captures in @dir; false (told on @err) if that fails */
bool wf_record_open(struct lab_record *r, struct lab *lab, struct weft_world *w, const char *dir,
                    FILE *err);

/** wf_record_step() - A step begins: ladders that follow it are switched on */
void wf_record_step(struct lab_record *r, const struct lab_step *s);

/** wf_record_pause() - Something new begins: ladders that follow a step are switched off */
void wf_record_pause(struct lab_record *r);

/** wf_record_drain() - Take the trace rings' records and fold them into flows */
void wf_record_drain(struct lab_record *r);

/** wf_record_close() - End of listening; false (told on @err) if something could not be written */
bool wf_record_close(struct lab_record *r, struct weft_world *w, FILE *err);

/** wf_record_free() - Free what was kept */
void wf_record_free(struct lab_record *r);

#endif /* WEFT_LAB_RECORD_H */
