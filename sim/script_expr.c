/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script expr - expressions of assertions, in Python's grammar
 *
 * or, and, not; comparisons, also chained (0 < a <= b); | ^ &; + - * / // %; parentheses; numbers,
 * True, False and names. Values are whole numbers; / must come out even. Two stacks instead of
 * recursion.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"

#define DEPTH_MAX 64U

/** enum op - Operators, binding tighter further down in steps of PREC() */
enum op {
    OP_PAREN,
    OP_OR,
    OP_AND,
    OP_NOT,
    OP_EQ,
    OP_NE,
    OP_LE,
    OP_GE,
    OP_LT,
    OP_GT,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_BIT_AND,
    OP_ADD,
    OP_SUB,
    OP_FLOOR,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_NEG,
    OP_COUNT
};

static const struct {
    const char *sign;
    uint8_t prec;
} op_table[OP_COUNT] = {
    [OP_PAREN] = {"(", 0},   [OP_OR] = {"or", 1}, [OP_AND] = {"and", 2},  [OP_NOT] = {"not", 3},
    [OP_EQ] = {"==", 4},     [OP_NE] = {"!=", 4}, [OP_LE] = {"<=", 4},    [OP_GE] = {">=", 4},
    [OP_LT] = {"<", 4},      [OP_GT] = {">", 4},  [OP_BIT_OR] = {"|", 5}, [OP_BIT_XOR] = {"^", 6},
    [OP_BIT_AND] = {"&", 7}, [OP_ADD] = {"+", 8}, [OP_SUB] = {"-", 8},    [OP_FLOOR] = {"//", 9},
    [OP_MUL] = {"*", 9},     [OP_DIV] = {"/", 9}, [OP_MOD] = {"%", 9},    [OP_NEG] = {"-", 10},
};

/** struct value - A value; of a comparison also its right side, for a chain */
struct value {
    int64_t v, right;
    bool is_comparison;
};

/** struct stacks - What is not yet computed */
struct stacks {
    struct value value[DEPTH_MAX];
    enum op op[DEPTH_MAX];
    uint32_t values, ops;
    char shown[128]; /* The last comparison that is not true, with its numbers. */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static bool compare(enum op op, int64_t a, int64_t b)
{
    const bool results[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};
    return results[op - OP_EQ];
}

static bool arithmetic(struct sx *s, enum op op, int64_t a, int64_t b, int64_t *out)
{
    bool is_over = false;
    if ((op == OP_DIV || op == OP_FLOOR || op == OP_MOD) && b == 0) {
        *out = 0;
        if (!s->is_dry)
            wf_sx_fail(s, NULL, "a division by zero");
        return s->is_dry;
    }
    if (op == OP_DIV && a % b != 0 && !s->is_dry) {
        wf_sx_na(s, "weft's assertions have no fractions: %lld / %lld", (long long)a, (long long)b);
        return false;
    }
    if (op == OP_ADD)
        is_over = __builtin_add_overflow(a, b, out);
    else if (op == OP_SUB)
        is_over = __builtin_sub_overflow(a, b, out);
    else if (op == OP_MUL)
        is_over = __builtin_mul_overflow(a, b, out);
    else if (a == INT64_MIN && b == -1)
        is_over = true;
    else
        *out = op == OP_MOD ? a - floor_div(a, b) * b : floor_div(a, b);
    if (is_over)
        wf_sx_fail(s, NULL, "a number beyond 64 bits");
    return !is_over;
}

/* Computes the operator on top. */
static bool reduce(struct sx *s, struct stacks *k)
{
    enum op op = k->op[--k->ops];
    struct value *b = &k->value[k->values - 1], *a = b - 1;
    if (op == OP_NOT || op == OP_NEG) {
        b->v = op == OP_NOT ? b->v == 0 : -b->v;
        b->is_comparison = false;
        return true;
    }
    k->values--;
    if (op >= OP_EQ && op <= OP_GT) {
        int64_t left = a->is_comparison ? a->right : a->v;
        bool was_true = !a->is_comparison || a->v != 0;
        bool is_true = compare(op, left, b->v);
        if (!is_true && was_true)
            (void)snprintf(k->shown, sizeof(k->shown), "%lld %s %lld", (long long)left,
                           op_table[op].sign, (long long)b->v);
        *a = (struct value){was_true && is_true, b->v, true};
        return true;
    }
    int64_t v = a->v;
    bool is_good = true;
    if (op == OP_OR)
        v = a->v != 0 ? a->v : b->v;
    else if (op == OP_AND)
        v = a->v == 0 ? a->v : b->v;
    else if (op == OP_BIT_AND)
        v = a->v & b->v;
    else if (op == OP_BIT_OR)
        v = a->v | b->v;
    else if (op == OP_BIT_XOR)
        v = a->v ^ b->v;
    else
        is_good = arithmetic(s, op, a->v, b->v, &v);
    *a = (struct value){v, 0, false};
    return is_good;
}

static bool push_op(struct sx *s, struct stacks *k, enum op op)
{
    if (k->ops == DEPTH_MAX) {
        wf_sx_bad(s, "a shorter expression is expected here");
        return false;
    }
    k->op[k->ops++] = op;
    return true;
}

/* What may stand before an operand, and the operand. */
static bool read_operand(struct sx *s, struct stacks *k)
{
    for (;;) {
        enum op op = OP_COUNT;
        if (wf_sx_take(s, "("))
            op = OP_PAREN;
        else if (wf_sx_take(s, "not"))
            op = OP_NOT;
        else if (wf_sx_take(s, "-"))
            op = OP_NEG;
        else if (wf_sx_take(s, "+"))
            continue;
        if (op == OP_COUNT)
            break;
        if (!push_op(s, k, op))
            return false;
    }
    if (k->values == DEPTH_MAX) {
        wf_sx_bad(s, "a shorter expression is expected here");
        return false;
    }
    struct value *v = &k->value[k->values++];
    *v = (struct value){0, 0, false};
    return wf_sx_operand(s, &v->v);
}

static bool close_parens(struct sx *s, struct stacks *k)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < k->ops; i++)
        open += k->op[i] == OP_PAREN;
    for (; open > 0 && wf_sx_take(s, ")"); open--) {
        while (k->op[k->ops - 1] != OP_PAREN)
            if (!reduce(s, k))
                return false;
        k->ops--;
        k->value[k->values - 1].is_comparison = false;
    }
    return true;
}

static enum op read_operator(struct sx *s)
{
    if (wf_sx_at(s, "}%"))
        return OP_COUNT;
    for (unsigned i = OP_OR; i < OP_NEG; i++)
        if (i != OP_NOT && wf_sx_take(s, op_table[i].sign))
            return (enum op)i;
    return OP_COUNT;
}

bool wf_sx_expr(struct sx *s, int64_t *out, char shown[128])
{
    struct stacks k = {.values = 0};
    for (;;) {
        if (!read_operand(s, &k) || !close_parens(s, &k))
            return false;
        enum op op = read_operator(s);
        while (k.ops > 0 && k.op[k.ops - 1] != OP_PAREN &&
               (op == OP_COUNT || op_table[k.op[k.ops - 1]].prec >= op_table[op].prec))
            if (!reduce(s, &k))
                return false;
        if (op == OP_COUNT)
            break;
        if (!push_op(s, &k, op))
            return false;
    }
    if (k.ops > 0) {
        wf_sx_bad(s, "an operator or ')' is expected here");
        return false;
    }
    *out = k.value[0].v;
    memcpy(shown, k.shown, sizeof(k.shown));
    return true;
}
