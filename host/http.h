/* SPDX-License-Identifier: MIT */
/**
 * DOC: http - heads and chunked bodies of HTTP/1.1 (RFC 9112), as pure functions of bytes
 *
 * Used by the server and by the client. Strict where leniency would let two readers see two
 * messages: a length beside chunked, two lengths, white space before a colon, folded lines and bare
 * control characters are refused.
 */
#ifndef WEFT_HOST_HTTP_H
#define WEFT_HOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_HTTP_PATH_MAX  2048U
#define WF_HTTP_NO_LENGTH UINT64_MAX

/** enum wf_http_method - Methods a server knows; the rest of the registered ones are OTHER */
enum wf_http_method { WF_HTTP_GET, WF_HTTP_HEAD, WF_HTTP_PUT, WF_HTTP_OTHER };

/** struct wf_http_fields - What a head says about its message */
struct wf_http_fields {
    uint64_t length; /* WF_HTTP_NO_LENGTH = none given. */
    bool is_chunked, has_unknown_coding;
    bool is_close, is_keep_alive; /* Connection: close, keep-alive. */
    bool expects_continue;
    unsigned hosts; /* Host fields. */
    char location[WF_HTTP_PATH_MAX];
};

/** struct wf_http_request - A request's head */
struct wf_http_request {
    enum wf_http_method method;
    bool is_http10;
    char path[WF_HTTP_PATH_MAX]; /* Decoded, from the slash on, without the query. */
    struct wf_http_fields fields;
};

/** struct wf_http_response - A response's head */
struct wf_http_response {
    int status;
    bool is_http10;
    char reason[64];
    struct wf_http_fields fields;
};

/** wf_http_head_bytes() - Bytes of the head with its empty line; 0 = it is not whole yet */
size_t wf_http_head_bytes(const char *in, size_t n);

/** wf_http_parse_request() - 0, or the status code of the refusal */
int wf_http_parse_request(struct wf_http_request *out, const char *in, size_t n);

/** wf_http_parse_response() - 0, or -1 if it is not a response */
int wf_http_parse_response(struct wf_http_response *out, const char *in, size_t n);

/** struct wf_http_chunks - A chunked body on its way in; all zero at the start */
struct wf_http_chunks {
    uint64_t left;   /* Of the chunk under way. */
    int state;       /* Private. */
    unsigned line_n; /* Bytes of the line under way. */
    unsigned trailer_n;
    bool has_digits, is_done;
};

/**
 * wf_http_chunks_next() - Find the next run of data
 * @c: state
 * @in: bytes
 * @n: bytes at @in
 * @data: set to the run, inside @in
 * @data_n: set to its length, 0 = no data among the bytes consumed
 *
 * Return: bytes consumed, framing and data; 0 = more bytes are needed or the body is done; -1 =
 * bad.
 */
int64_t wf_http_chunks_next(struct wf_http_chunks *c, const char *in, size_t n, const char **data,
                            size_t *data_n);

/** wf_http_reason() - Reason phrase of a status code */
const char *wf_http_reason(int status);

/** wf_http_type() - Content type of a file by its name */
const char *wf_http_type(const char *name);

#endif /* WEFT_HOST_HTTP_H */
