/* SPDX-License-Identifier: MIT */
/** DOC: sim script call - what the files with calls of scripts share: arguments and results */
#ifndef SIM_SCRIPT_CALL_H
#define SIM_SCRIPT_CALL_H

#include "script.h"

#define EINPROGRESS_NAME "EINPROGRESS"

/** struct sx_result - What a call answered: a value, or -1 and an error's name */
struct sx_result {
    int64_t value;
    const char *err; /* NULL = none. */
};

/* ---- script_arg.c ---- */

/** wf_sx_arg_number() - Argument @i as a number, maybe in brackets; false if it is none */
bool wf_sx_arg_number(const struct sx_call *c, uint32_t i, int64_t *out);

/** wf_sx_arg_count() - The same where none is 0 */
int64_t wf_sx_arg_count(const struct sx_call *c, uint32_t i);

/** wf_sx_arg_has() - Whether a word stands in argument @i */
bool wf_sx_arg_has(const struct sx_call *c, uint32_t i, const char *word);

/** wf_sx_arg_after() - What follows a word such as "htons(" in argument @i; NULL if it has none */
const char *wf_sx_arg_after(const struct sx_call *c, uint32_t i, const char *word);

/** wf_sx_arg_endpoint() - The address and the port of argument @i, as far as it names them */
void wf_sx_arg_endpoint(const struct sx_call *c, uint32_t i, struct weft_endpoint *ep);

/** wf_sx_arg_remote() - The same, and the script's remote end as far as it does not */
struct weft_endpoint wf_sx_arg_remote(const struct sx *s, const struct sx_call *c, uint32_t i);

/** wf_sx_err_text() - The name of a positive enum weft_err, "?" if it has none */
const char *wf_sx_err_text(int err);

/** wf_sx_err_of() - The enum weft_err of a name, 0 if it is none */
int wf_sx_err_of(const char *name);

/** wf_sx_result_of() - What a function of weft answered, as a call's result */
struct sx_result wf_sx_result_of(int64_t r);

/** wf_sx_is_same_err() - Whether two names are of one error; @got may be NULL */
bool wf_sx_is_same_err(const char *want, const char *got);

/** wf_sx_is_err_value() - Whether argument 3 is @err, by name or by its number on Linux */
bool wf_sx_is_err_value(const struct sx_call *c, int64_t err);

/* ---- script_data.c ---- */

/** wf_sx_call_at_mark() - sockatmark() */
struct sx_result wf_sx_call_at_mark(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_call_read() - read(), recv() and recvfrom() */
struct sx_result wf_sx_call_read(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_call_write() - write(), send() and sendto() */
struct sx_result wf_sx_call_write(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_call_vector() - readv(), recvmsg(), writev() and sendmsg() */
struct sx_result wf_sx_call_vector(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/* ---- script_sockopt.c ---- */

/** wf_sx_call_setsockopt() - setsockopt() */
struct sx_result wf_sx_call_setsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f);

/** wf_sx_call_getsockopt() - getsockopt(): what it answers must be what the script says */
struct sx_result wf_sx_call_getsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f);

#endif /* SIM_SCRIPT_CALL_H */
