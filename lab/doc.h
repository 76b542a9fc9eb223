/* SPDX-License-Identifier: MIT */
/**
 * DOC: doc - reading a YAML document by tables of fields, with errors that name their place
 *
 * A mapping is read by a table that says for each key what it holds and where that goes. An error
 * is one line, `file:line:column: field: what is wrong`; reading goes on after it, so that a file
 * with three mistakes is told about three. Keys that are not in the table are errors. Values are
 * written only if they are right: a table can be applied to the same struct again to override.
 */
#ifndef WEFT_LAB_DOC_H
#define WEFT_LAB_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yaml.h>

#include "mem.h"

/** struct lab_doc - A document being read */
struct lab_doc {
    const char *file;
    FILE *err;
    struct lab_arena *arena; /* Owns what is read. */
    yaml_document_t yaml;
    unsigned errors; /* Told so far; after LAB_ERRORS_MAX they are only counted. */
};

#define LAB_ERRORS_MAX 20

/** struct lab_at - Where a value stands in the document; a chain on the C stack */
struct lab_at {
    const struct lab_at *up;
    const char *key; /* NULL: an item of a list. */
    size_t index;
};

/** struct lab_mark - A place in the file that outlives the document */
struct lab_mark {
    unsigned line, column;
};

struct lab_field;

/** lab_read_fn - Reads what no field type covers into the place the field's offset names */
typedef void lab_read_fn(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** enum lab_type - What a field holds */
enum lab_type {
    LAB_T_COUNT, /* uint64_t, in this order like enum lab_unit; all checked against min and max. */
    LAB_T_BYTES,
    LAB_T_TIME,
    LAB_T_RATE,
    LAB_T_SHARE,
    LAB_T_BOOL,   /* bool: true or false, yes or no, on or off. */
    LAB_T_TEXT,   /* const char *: any scalar. */
    LAB_T_NAME,   /* const char *: letters, digits, '-', '_' and '.', at most max characters. */
    LAB_T_CHOICE, /* int: index into choices. */
    LAB_T_NODE,   /* yaml_node_t *: looked at later by the table's owner. */
    LAB_T_CUSTOM, /* By the function. */
};

/** struct lab_field - A key of a mapping, and where its value goes */
struct lab_field {
    const char *key;
    enum lab_type type;
    size_t offset;              /* In the struct the table is applied to. */
    uint64_t min, max;          /* max 0 = no limits. */
    const char *const *choices; /* LAB_T_CHOICE: ends with NULL. */
    lab_read_fn *read;          /* LAB_T_CUSTOM */
    bool is_required;
};

/* Fields of a table: a number within limits, a value, one of some words, what a function reads. */
#define LAB_NUMBER(k, t, off, lo, hi)                                                              \
    .key = (k), .type = (t), .offset = (off), .min = (lo), .max = (hi)
#define LAB_VALUE(k, t, off) .key = (k), .type = (t), .offset = (off)
#define LAB_WORDS(k, off, words)                                                                   \
    .key = (k), .type = LAB_T_CHOICE, .offset = (off), .choices = (words)
#define LAB_CALL(k, off, fn) .key = (k), .type = LAB_T_CUSTOM, .offset = (off), .read = (fn)

/** struct lab_table - The fields of a mapping */
struct lab_table {
    const struct lab_field *fields;
    size_t n;
};

#define LAB_TABLE(fields)                                                                          \
    {                                                                                              \
        (fields), sizeof(fields) / sizeof((fields)[0])                                             \
    }

/** wf_doc_load() - Parse a file; false (the error is told) if it cannot be read or is not YAML */
bool wf_doc_load(struct lab_doc *d);

/** wf_doc_free() - End of a loaded document */
void wf_doc_free(struct lab_doc *d);

/** wf_doc_error() - Tell that the value @n at @at is wrong */
void wf_doc_error(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));

/** wf_doc_unknown() - Tell that a name is none of @known (n of them), with the nearest one */
void wf_doc_unknown(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                    const char *what, const char *name, const char *const *known, size_t known_n);

/** wf_doc_mark() - Where a value begins */
struct lab_mark wf_doc_mark(const yaml_node_t *n);

/** wf_doc_read_map() - Read a mapping by a table into the struct at @to */
void wf_doc_read_map(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     const struct lab_table *table, void *to);

/** wf_doc_read_field() - Read one value as a field of a table says */
void wf_doc_read_field(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       const struct lab_field *f, void *to);

/** wf_doc_scalar() - The text of a scalar; NULL (told, with what was expected) if it is none */
const char *wf_doc_scalar(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                          const char *expected);

/** wf_doc_is_map() - Whether it is a mapping; otherwise the error is told */
bool wf_doc_is_map(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at);

/** wf_doc_is_list() - Whether it is a list; otherwise the error is told */
bool wf_doc_is_list(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at);

/** wf_doc_item() - Item @i of a list; NULL after the last */
yaml_node_t *wf_doc_item(struct lab_doc *d, const yaml_node_t *list, size_t i);

/** wf_doc_pair() - Pair @i of a mapping: key text and value; false after the last */
bool wf_doc_pair(struct lab_doc *d, const yaml_node_t *map, size_t i, const char **key,
                 yaml_node_t **key_node, yaml_node_t **value);

/** wf_doc_is_name() - Whether @s is a name: letters, digits, '-', '_' and '.' */
bool wf_doc_is_name(const char *s);

#endif /* WEFT_LAB_DOC_H */
