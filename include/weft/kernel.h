/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft kernel - what weft's errors, options and figures are called by Linux
 *
 * For adapters: a program that was written for the kernel's sockets and meets weft, or weft's tests
 * that meet the kernel. Each table is written once, in host/kernel.c.
 */
#ifndef WEFT_KERNEL_H
#define WEFT_KERNEL_H

#include "weft/sock.h"

struct tcp_info;

/** struct weft_kernel_option - A socket option of weft as the kernel has it */
struct weft_kernel_option {
    enum weft_sock_opt opt;
    int level, name;
    int scale; /* weft's unit in the kernel's. */
};

/**
 * weft_kernel_option() - The kernel's option for one of weft's
 * @opt: option
 *
 * Return: a constant, NULL if the kernel has none with a plain number as its value.
 */
const struct weft_kernel_option *weft_kernel_option(enum weft_sock_opt opt);

/**
 * weft_kernel_option_at() - weft's option for one of the kernel's
 * @level: SOL_SOCKET, IPPROTO_TCP, ...
 * @name: the option's number there
 *
 * Return: a constant, NULL if weft has none with a plain number as its value.
 */
const struct weft_kernel_option *weft_kernel_option_at(int level, int name);

/**
 * weft_kernel_err() - weft's error for a value of errno
 * @number: errno
 *
 * Return: enum weft_err, positive; WEFT_EPROTO for what weft has no name for.
 */
int weft_kernel_err(int number);

/**
 * weft_kernel_errno() - The value of errno for an error of weft
 * @err: enum weft_err, positive
 *
 * Return: errno; EPROTO for what is not listed.
 */
int weft_kernel_errno(int err);

/**
 * weft_kernel_info_get() - A field of struct tcp_info by its name
 * @info: struct tcp_info
 * @name: "tcpi_rtt"
 * @value: set
 *
 * Return: false if there is no such field, or it is a bit field.
 */
bool weft_kernel_info_get(const struct tcp_info *info, const char *name, int64_t *value)
    __attribute__((warn_unused_result));

/**
 * weft_kernel_info_fill() - Set each field of struct tcp_info whose value is known
 * @info: struct tcp_info; what is not known stays as it is
 * @field: sets the value of a field by name, false if it is not known
 * @user: passed to @field
 */
void weft_kernel_info_fill(struct tcp_info *info,
                           bool (*field)(void *user, const char *name, int64_t *value), void *user);

#endif /* WEFT_KERNEL_H */
