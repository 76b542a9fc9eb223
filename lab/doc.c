/* SPDX-License-Identifier: MIT */
#include "doc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "units.h"

#define FIELD_TEXT_BYTES 256
#define FIELD_DEPTH      16 /* Deeper than any field of a lab stands. */

/* What goes wrong most often when an expectation is written down, said in the file's own words. */
static const char *hint_for(const char *problem)
{
    if (strstr(problem, "cannot start any token") != NULL ||
        strstr(problem, "block scalar") != NULL || strstr(problem, "indentation indicator") != NULL)
        return "; a value that begins with > or % or @ must stand in quotes: \"> 0\"";
    return "";
}

static void tell_parse_error(struct lab_doc *d, FILE *f, const yaml_parser_t *p)
{
    if (ferror(f) != 0) {
        char why[128];
        (void)fprintf(d->err, "%s: cannot be read: %s\n", d->file,
                      wf_sys_error(why, sizeof(why), errno));
        d->errors++;
        return;
    }
    const char *problem = p->problem != NULL ? p->problem : "not YAML";
    const char *context = p->context != NULL ? p->context : "";
    const char *hint = hint_for(problem);
    if (*hint == '\0')
        hint = hint_for(context);
    (void)fprintf(d->err, "%s:%zu:%zu: not YAML: %s%s%s%s\n", d->file, p->problem_mark.line + 1,
                  p->problem_mark.column + 1, context, *context != '\0' ? ": " : "", problem, hint);
    d->errors++;
}

/* Whether nothing comes behind the document that was read. */
static bool is_whole_file(struct lab_doc *d, FILE *f, yaml_parser_t *p)
{
    yaml_document_t more;
    const yaml_node_t *root = NULL;
    bool is_read = yaml_parser_load(p, &more) != 0;
    if (!is_read) {
        tell_parse_error(d, f, p);
    } else if ((root = yaml_document_get_root_node(&more)) != NULL) {
        (void)fprintf(d->err, "%s:%zu:%zu: a second document; a lab is one\n", d->file,
                      root->start_mark.line + 1, root->start_mark.column + 1);
        d->errors++;
    }
    if (is_read)
        yaml_document_delete(&more);
    if (!is_read || root != NULL)
        yaml_document_delete(&d->yaml);
    return is_read && root == NULL;
}

bool wf_doc_load(struct lab_doc *d)
{
    FILE *f = fopen(d->file, "rb");
    if (f == NULL) {
        char why[128];
        (void)fprintf(d->err, "%s: cannot be opened: %s\n", d->file,
                      wf_sys_error(why, sizeof(why), errno));
        d->errors++;
        return false;
    }
    yaml_parser_t p;
    bool is_ok = yaml_parser_initialize(&p) != 0;
    if (is_ok) {
        yaml_parser_set_input_file(&p, f);
        is_ok = yaml_parser_load(&p, &d->yaml) != 0;
        if (!is_ok)
            tell_parse_error(d, f, &p);
        else
            is_ok = is_whole_file(d, f, &p);
        yaml_parser_delete(&p);
    }
    (void)fclose(f);
    if (is_ok && yaml_document_get_root_node(&d->yaml) == NULL) {
        (void)fprintf(d->err, "%s:1:1: the file is empty, expected a lab (name, topology)\n",
                      d->file);
        d->errors++;
        yaml_document_delete(&d->yaml);
        is_ok = false;
    }
    return is_ok;
}

void wf_doc_free(struct lab_doc *d)
{
    yaml_document_delete(&d->yaml);
}

static size_t write_field(char *buf, size_t cap, const struct lab_at *at)
{
    const struct lab_at *way[FIELD_DEPTH];
    size_t depth = 0, n = 0;
    for (; at != NULL && depth < FIELD_DEPTH; at = at->up)
        way[depth++] = at;
    while (depth-- > 0) {
        const struct lab_at *a = way[depth];
        int more = a->key != NULL ? snprintf(buf + n, cap - n, "%s%s", n != 0 ? "." : "", a->key)
                                  : snprintf(buf + n, cap - n, "[%zu]", a->index);
        n += more > 0 ? (size_t)more : 0;
        n = n < cap ? n : cap - 1;
    }
    return n;
}

void wf_doc_error(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at, const char *fmt,
                  ...)
{
    if (++d->errors > LAB_ERRORS_MAX)
        return;
    char field[FIELD_TEXT_BYTES] = "";
    size_t len = write_field(field, sizeof(field), at);
    (void)fprintf(d->err, "%s:%zu:%zu: %s%s", d->file, n->start_mark.line + 1,
                  n->start_mark.column + 1, field, len != 0 ? ": " : "");
    va_list ap;
    va_start(ap, fmt);
    (void)vfprintf(d->err, fmt, ap);
    va_end(ap);
    (void)fputc('\n', d->err);
}

struct lab_mark wf_doc_mark(const yaml_node_t *n)
{
    return (struct lab_mark){(unsigned)n->start_mark.line + 1, (unsigned)n->start_mark.column + 1};
}

#define NAME_MAX_CHARS 31U /* Names here are short; what is beyond does not count. */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance in which swapping neighbours is one step (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_CHARS + 1], an = strnlen(a, NAME_MAX_CHARS),
                                        bn = strnlen(b, NAME_MAX_CHARS);
    for (size_t j = 0; j <= bn; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= an; i++) {
        size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= bn; j++) {
            row[j] = least(up[j - 1] + (a[i - 1] != b[j - 1]), least(up[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], up2[j - 2] + 1);
        }
    }
    return rows[an % 3][bn];
}

void wf_doc_unknown(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                    const char *what, const char *name, const char *const *known, size_t known_n)
{
    size_t best = SIZE_MAX;
    const char *nearest = "";
    for (size_t i = 0; i < known_n; i++) {
        size_t dist = distance(name, known[i]);
        if (dist < best) {
            best = dist;
            nearest = known[i];
        }
    }
    if (best <= 2 && 2 * best < strlen(name)) {
        wf_doc_error(d, n, at, "unknown %s \"%s\", did you mean \"%s\"?", what, name, nearest);
        return;
    }

    struct lab_buf list = {0};
    for (size_t i = 0; i < known_n; i++)
        wf_buf_printf(&list, "%s%s", i != 0 ? ", " : "", known[i]);
    wf_doc_error(d, n, at, "unknown %s \"%s\" (there are: %s)", what, name,
                 list.s != NULL ? list.s : "none");
    wf_buf_free(&list);
}

const char *wf_doc_scalar(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                          const char *expected)
{
    if (n->type == YAML_SCALAR_NODE)
        return (const char *)n->data.scalar.value;
    wf_doc_error(d, n, at, "expected %s, got a %s", expected,
                 n->type == YAML_MAPPING_NODE ? "mapping" : "list");
    return NULL;
}

static const char *type_name(const yaml_node_t *n)
{
    if (n->type == YAML_SCALAR_NODE)
        return n->data.scalar.length == 0 ? "nothing" : "a single value";
    return n->type == YAML_MAPPING_NODE ? "a mapping" : "a list";
}

bool wf_doc_is_map(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at)
{
    if (n->type != YAML_MAPPING_NODE)
        wf_doc_error(d, n, at, "expected a mapping (key: value), got %s", type_name(n));
    return n->type == YAML_MAPPING_NODE;
}

bool wf_doc_is_list(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at)
{
    if (n->type != YAML_SEQUENCE_NODE)
        wf_doc_error(d, n, at, "expected a list, got %s", type_name(n));
    return n->type == YAML_SEQUENCE_NODE;
}

yaml_node_t *wf_doc_item(struct lab_doc *d, const yaml_node_t *list, size_t i)
{
    yaml_node_item_t *item = list->data.sequence.items.start + i;
    if (item >= list->data.sequence.items.top)
        return NULL;
    return yaml_document_get_node(&d->yaml, *item);
}

bool wf_doc_pair(struct lab_doc *d, const yaml_node_t *map, size_t i, const char **key,
                 yaml_node_t **key_node, yaml_node_t **value)
{
    yaml_node_pair_t *pair = map->data.mapping.pairs.start + i;
    if (pair >= map->data.mapping.pairs.top)
        return false;
    *key_node = yaml_document_get_node(&d->yaml, pair->key);
    *value = yaml_document_get_node(&d->yaml, pair->value);
    *key =
        (*key_node)->type == YAML_SCALAR_NODE ? (const char *)(*key_node)->data.scalar.value : "?";
    return true;
}

bool wf_doc_is_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n != 0 && s[n] == '\0' && s[0] != '.' && s[0] != '-';
}

static void read_number(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                        const struct lab_field *f, const char *text, uint64_t *to)
{
    enum lab_unit unit = (enum lab_unit)f->type;
    uint64_t value;
    if (!wf_units_parse(unit, text, &value)) {
        wf_doc_error(d, n, at, "expected %s, got \"%s\"", wf_units_expected(unit), text);
        return;
    }
    if (f->max != 0 && (value < f->min || value > f->max)) {
        char lo[32], hi[32];
        wf_doc_error(d, n, at, "must be between %s and %s, got \"%s\"",
                     wf_units_text(lo, sizeof(lo), unit, f->min),
                     wf_units_text(hi, sizeof(hi), unit, f->max), text);
        return;
    }
    *to = value;
}

static void read_bool(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                      const char *text, bool *to)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], text) == 0) {
            *to = i % 2 != 0;
            return;
        }
    }
    wf_doc_error(d, n, at, "expected true or false, got \"%s\"", text);
}

static void read_name(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                      const struct lab_field *f, const char *text, const char **to)
{
    if (!wf_doc_is_name(text))
        wf_doc_error(d, n, at, "expected a name of letters, digits, - _ and ., got \"%s\"", text);
    else if (f->max != 0 && strlen(text) > f->max)
        wf_doc_error(d, n, at, "a name here has at most %" PRIu64 " characters, got \"%s\"", f->max,
                     text);
    else
        *to = wf_lab_strdup(d->arena, text);
}

static void read_choice(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                        const struct lab_field *f, const char *text, int *to)
{
    size_t i = 0;
    for (; f->choices[i] != NULL; i++) {
        if (strcmp(f->choices[i], text) == 0) {
            *to = (int)i;
            return;
        }
    }
    wf_doc_unknown(d, n, at, "value", text, f->choices, i);
}

static const char *expected_of(enum lab_type type)
{
    switch (type) {
    case LAB_T_COUNT:
    case LAB_T_BYTES:
    case LAB_T_TIME:
    case LAB_T_RATE:
    case LAB_T_SHARE:
        return wf_units_expected((enum lab_unit)type);
    case LAB_T_BOOL:
        return "true or false";
    case LAB_T_NAME:
        return "a name";
    case LAB_T_CHOICE:
        return "one word";
    case LAB_T_TEXT:
    case LAB_T_NODE:
    case LAB_T_CUSTOM:
        break;
    }
    return "text";
}

void wf_doc_read_field(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       const struct lab_field *f, void *to)
{
    void *value = (char *)to + f->offset;
    if (f->type == LAB_T_CUSTOM) {
        f->read(d, n, at, value);
        return;
    }
    if (f->type == LAB_T_NODE) {
        *(yaml_node_t **)value = n;
        return;
    }
    const char *text = wf_doc_scalar(d, n, at, expected_of(f->type));
    if (text == NULL)
        return;
    switch (f->type) {
    case LAB_T_COUNT:
    case LAB_T_BYTES:
    case LAB_T_TIME:
    case LAB_T_RATE:
    case LAB_T_SHARE:
        read_number(d, n, at, f, text, value);
        break;
    case LAB_T_BOOL:
        read_bool(d, n, at, text, value);
        break;
    case LAB_T_TEXT:
        *(const char **)value = wf_lab_strdup(d->arena, text);
        break;
    case LAB_T_NAME:
        read_name(d, n, at, f, text, value);
        break;
    case LAB_T_CHOICE:
        read_choice(d, n, at, f, text, value);
        break;
    case LAB_T_NODE:
    case LAB_T_CUSTOM:
        break;
    }
}

static const struct lab_field *find_field(const struct lab_table *t, const char *key)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->fields[i].key, key) == 0)
            return &t->fields[i];
    }
    return NULL;
}

static void tell_unknown_key(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                             const struct lab_table *t, const char *key)
{
    const char *known[64];
    size_t count = 0;
    for (; count < t->n && count < 64; count++)
        known[count] = t->fields[count].key;
    wf_doc_unknown(d, n, at, "key", key, known, count);
}

/* Whether an earlier pair of the mapping has the same key. */
static bool is_repeated(struct lab_doc *d, const yaml_node_t *map, size_t i, const char *key)
{
    const char *other;
    yaml_node_t *other_node, *value;
    for (size_t j = 0; j < i && wf_doc_pair(d, map, j, &other, &other_node, &value); j++) {
        if (strcmp(other, key) == 0)
            return true;
    }
    return false;
}

void wf_doc_read_map(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     const struct lab_table *table, void *to)
{
    if (!wf_doc_is_map(d, n, at))
        return;
    const char *key;
    yaml_node_t *key_node, *value;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        const struct lab_field *f = find_field(table, key);
        struct lab_at here = {.up = at, .key = key};
        if (f == NULL)
            tell_unknown_key(d, key_node, at, table, key);
        else if (is_repeated(d, n, i, key))
            wf_doc_error(d, key_node, at, "key \"%s\" is there twice", key);
        else
            wf_doc_read_field(d, value, &here, f, to);
    }

    for (size_t i = 0; i < table->n; i++) {
        const struct lab_field *f = &table->fields[i];
        bool is_there = !f->is_required;
        for (size_t j = 0; !is_there && wf_doc_pair(d, n, j, &key, &key_node, &value); j++)
            is_there = strcmp(key, f->key) == 0;
        if (!is_there)
            wf_doc_error(d, n, at, "key \"%s\" is missing", f->key);
    }
}
