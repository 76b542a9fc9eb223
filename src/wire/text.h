/* SPDX-License-Identifier: MIT */
/**
 * DOC: text - a bounded writer of one line, for a house without printf
 *
 * What does not fit is left out; the line is NUL-terminated after every call as long as the
 * buffer has a byte at all. No call can fail, so a line is written as a plain sequence of calls.
 */
#ifndef WF_WIRE_TEXT_H
#define WF_WIRE_TEXT_H

#include <stdint.h>

struct wf_ip4;

/** struct text - a line being written; made by wf_text_on() */
struct text {
    char *buf;
    uint32_t cap; /* Bytes at buf, the NUL included. */
    uint32_t len; /* Characters written so far, without the NUL. */
};

/** wf_text_on() - A writer on @cap bytes at @buf, holding the empty line */
struct text wf_text_on(char *buf, uint32_t cap);

/** wf_text_char() - Add one character */
void wf_text_char(struct text *t, char c);

/** wf_text_str() - Add a NUL-terminated string */
void wf_text_str(struct text *t, const char *s);

/** wf_text_dec() - Add a number in decimal */
void wf_text_dec(struct text *t, uint64_t v);

/** wf_text_hex() - Add a number in lower-case hex, at least @digits (0..16) digits, without 0x */
void wf_text_hex(struct text *t, uint64_t v, uint32_t digits);

/** wf_text_field() - Add a label and a decimal number: ", ttl " and 64 */
void wf_text_field(struct text *t, const char *label, uint64_t v);

/** wf_text_ip4() - Add an IPv4 address in dotted decimal */
void wf_text_ip4(struct text *t, struct wf_ip4 ip);

/** wf_text_mac() - Add an Ethernet address in the form 02:00:00:00:00:01 */
void wf_text_mac(struct text *t, const uint8_t mac[6]);

#endif /* WF_WIRE_TEXT_H */
