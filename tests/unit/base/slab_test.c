/* SPDX-License-Identifier: MIT */
#include <stdalign.h>
#include <string.h>

#include "base/base.h"
#include "t.h"

#define N 32

struct object {
    struct wf_slab_node node;
    uint64_t a, b, c;
};

static alignas(16) uint8_t mem[(N + 1) * sizeof(struct object)];

static struct wf_slab fresh(void)
{
    struct wf_slab s;
    memset(&s, 0xee, sizeof(s));
    WF_UNPOISON(mem, sizeof(mem));
    memset(mem, 0xdb, sizeof(mem)); /* Memory as it comes: odd, so an object would look live. */
    wf_slab_init(&s, mem, sizeof(struct object), N);
    return s;
}

static void memory_beyond_the_mark_is_not_touched(void)
{
    struct wf_slab s = fresh();
    T_EQ(wf_slab_bytes(sizeof(struct object), N), N * sizeof(struct object));
    T_CHECK(wf_slab_at(&s, 0) == NULL && wf_slab_next_live(&s, 0) == NULL);
    struct object *o = wf_slab_alloc(&s), *p = wf_slab_alloc(&s);
    T_EQ(wf_slab_index(&s, o), 0);
    T_EQ(wf_slab_index(&s, p), 1);
    for (size_t i = 2 * sizeof(*o); i < sizeof(mem); i++)
        T_EQ(mem[i], 0xdb);
}

static void an_object_is_zero_also_when_it_is_used_again(void)
{
    struct wf_slab s = fresh();
    for (int i = 0; i < 3; i++) {
        struct object *o = wf_slab_alloc(&s);
        T_EQ(wf_slab_index(&s, o), 0);
        T_CHECK(o->a == 0 && o->b == 0 && o->c == 0);
        memset((uint8_t *)o + sizeof(o->node), 0x77, sizeof(*o) - sizeof(o->node));
        wf_slab_free(&s, o);
    }
}

static void a_head_is_zero_and_the_rest_is_left(void)
{
    struct wf_slab s = fresh();
    struct object *o = wf_slab_alloc_head(&s, (uint32_t)offsetof(struct object, b));
    T_CHECK(wf_slab_handle(&s, o) != 0 && o->a == 0);
    T_EQ(o->b, 0xdbdbdbdbdbdbdbdbu);
    T_EQ(o->c, 0xdbdbdbdbdbdbdbdbu);
}

static void a_full_slab_answers_null_until_one_is_freed(void)
{
    struct wf_slab s = fresh();
    struct object *last = NULL;
    for (int i = 0; i < N; i++)
        last = wf_slab_alloc(&s);
    T_EQ(s.in_use, N);
    T_CHECK(last != NULL && wf_slab_alloc(&s) == NULL);
    wf_slab_free(&s, last);
    T_CHECK(wf_slab_alloc(&s) == last);
    for (size_t i = N * sizeof(*last); i < sizeof(mem); i++)
        T_EQ(mem[i], 0xdb);
}

static void a_handle_of_the_dead_finds_nothing(void)
{
    struct wf_slab s = fresh();
    struct object *o = wf_slab_alloc(&s);
    uint64_t first = wf_slab_handle(&s, o);
    T_CHECK(wf_slab_get(&s, first) == o);
    wf_slab_free(&s, o);
    T_CHECK(wf_slab_get(&s, first) == NULL);
    T_CHECK(wf_slab_alloc(&s) == o);
    uint64_t second = wf_slab_handle(&s, o);
    T_CHECK(second != first && wf_slab_get(&s, first) == NULL && wf_slab_get(&s, second) == o);
}

static void any_number_may_be_asked_for(void)
{
    struct wf_slab s = fresh();
    struct object *o = wf_slab_alloc(&s);
    wf_slab_free(&s, wf_slab_alloc(&s));
    T_CHECK(wf_slab_get(&s, 0) == NULL && wf_slab_get(&s, UINT64_MAX) == NULL);
    T_CHECK(wf_slab_get(&s, (uint64_t)1 << 32) == NULL);
    T_CHECK(wf_slab_get(&s, (uint64_t)2 << 32 | 2) == NULL); /* Free, with its very generation. */
    for (int i = 0; i < 100000; i++) {
        uint64_t handle = t_random();
        T_CHECK(wf_slab_get(&s, handle) == NULL || handle == wf_slab_handle(&s, o));
    }
    T_CHECK(wf_slab_at(&s, UINT32_MAX) == NULL && wf_slab_next_live(&s, UINT32_MAX) == NULL);
}

static void generations_wrap_without_confusion(void)
{
    struct wf_slab s = fresh();
    struct object *o = wf_slab_alloc(&s);
    wf_slab_free(&s, o);
    o->node.gen = UINT32_MAX - 1; /* As after 2^31 - 1 lives. */
    T_CHECK(wf_slab_alloc(&s) == o);
    uint64_t handle = wf_slab_handle(&s, o);
    T_EQ(handle, (uint64_t)UINT32_MAX << 32 | 1);
    wf_slab_free(&s, o);
    T_CHECK(wf_slab_check(&s) && wf_slab_get(&s, handle) == NULL);
    T_CHECK(wf_slab_alloc(&s) == o && wf_slab_check(&s));
}

struct model {
    uint64_t handle[N]; /* 0 = not live. */
    uint64_t mark[N];   /* What was written into the object. */
    uint64_t dead[64];  /* Some handles that are gone. */
    uint32_t live;
};

static void model_step(struct wf_slab *s, struct model *m)
{
    uint32_t i = (uint32_t)(t_random() % N);
    if (m->handle[i] != 0) {
        struct object *o = wf_slab_get(s, m->handle[i]);
        T_CHECK(o != NULL && o->a == m->mark[i] && o->c == ~m->mark[i]);
        wf_slab_free(s, o);
        m->dead[t_random() % WF_ARRAY_LEN(m->dead)] = m->handle[i];
        m->handle[i] = 0;
        m->live--;
    } else if (t_random() % 4 != 0) {
        struct object *o = wf_slab_alloc(s);
        if (o == NULL) {
            T_EQ(m->live, N);
            return;
        }
        uint32_t index = wf_slab_index(s, o);
        T_CHECK(m->handle[index] == 0 && o->a == 0 && o->c == 0);
        m->handle[index] = wf_slab_handle(s, o);
        m->mark[index] = o->a = t_random();
        o->c = ~o->a;
        m->live++;
    }
}

static void compare(const struct wf_slab *s, const struct model *m)
{
    T_EQ(s->in_use, m->live);
    T_CHECK(wf_slab_check(s));
    for (size_t i = 0; i < WF_ARRAY_LEN(m->dead); i++)
        T_CHECK(wf_slab_get(s, m->dead[i]) == NULL);
    uint32_t visited = 0;
    for (struct object *o = wf_slab_next_live(s, 0); o != NULL; visited++) {
        uint32_t index = wf_slab_index(s, o);
        T_CHECK(m->handle[index] == wf_slab_handle(s, o) && wf_slab_at(s, index) == o);
        o = wf_slab_next_live(s, index + 1);
    }
    T_EQ(visited, m->live);
}

static void random_lives_agree_with_a_table(void)
{
    struct wf_slab s = fresh();
    struct model m = {0};
    for (int step = 0; step < 20000; step++) {
        model_step(&s, &m);
        compare(&s, &m);
    }
}

static void an_index_is_found_whatever_the_stride(void)
{
    static alignas(16) uint8_t room[N * 1000];
    for (uint32_t stride = 8; stride <= 1000; stride += 8) {
        struct wf_slab s;
        wf_slab_init(&s, room, stride, N);
        for (uint32_t i = 0; i < N; i++) {
            void *o = wf_slab_alloc(&s);
            T_CHECK(o == room + (size_t)i * stride);
            T_EQ(wf_slab_index(&s, o), i);
            T_CHECK(wf_slab_get(&s, wf_slab_handle(&s, o)) == o);
        }
        WF_UNPOISON(room, sizeof(room));
    }
}

static const struct t_case cases[] = {
    {"memory beyond the mark is not touched", memory_beyond_the_mark_is_not_touched},
    {"an object is zero, also when it is used again", an_object_is_zero_also_when_it_is_used_again},
    {"a head is zero and the rest is left", a_head_is_zero_and_the_rest_is_left},
    {"a full slab answers NULL until one is freed", a_full_slab_answers_null_until_one_is_freed},
    {"a handle of the dead finds nothing", a_handle_of_the_dead_finds_nothing},
    {"any number may be asked for", any_number_may_be_asked_for},
    {"an index is found whatever the stride", an_index_is_found_whatever_the_stride},
    {"generations wrap without confusion", generations_wrap_without_confusion},
    {"random lives agree with a table", random_lives_agree_with_a_table},
};
T_MAIN(cases)
