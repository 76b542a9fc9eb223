/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"

#define N 8

struct item {
    int id;
    struct wf_list link;
};

static struct item items[N];

static void fresh(struct wf_list *list)
{
    memset(items, 0, sizeof(items));
    for (int i = 0; i < N; i++)
        items[i].id = i;
    wf_list_init(list);
}

static struct item *item_of(struct wf_list *node)
{
    return WF_CONTAINER_OF(node, struct item, link);
}

static void an_empty_list_has_nothing(void)
{
    struct wf_list list;
    fresh(&list);
    T_CHECK(wf_list_is_empty(&list));
    T_CHECK(wf_list_first(&list) == NULL && wf_list_last(&list) == NULL);
    T_CHECK(wf_list_pop_front(&list) == NULL);
    T_CHECK(!wf_list_is_linked(&items[0].link));
    wf_list_remove(&items[0].link);
    T_CHECK(!wf_list_is_linked(&items[0].link));
}

static void a_node_removed_is_zero_and_removed_again_is_harmless(void)
{
    struct wf_list list;
    fresh(&list);
    wf_list_push_back(&list, &items[0].link);
    T_CHECK(wf_list_is_linked(&items[0].link) && !wf_list_is_empty(&list));
    wf_list_remove(&items[0].link);
    wf_list_remove(&items[0].link);
    T_CHECK(!wf_list_is_linked(&items[0].link) && wf_list_is_empty(&list));
}

static void a_walk_may_remove_what_it_visits(void)
{
    struct wf_list list;
    fresh(&list);
    for (int i = 0; i < N; i++)
        wf_list_push_back(&list, &items[i].link);
    int seen = 0;
    WF_LIST_FOR_EACH_SAFE (it, tmp, &list) {
        T_EQ(item_of(it)->id, seen);
        if (seen++ % 2 == 0)
            wf_list_remove(it);
    }
    T_EQ(seen, N);
    seen = 1;
    WF_LIST_FOR_EACH (it, &list) {
        T_EQ(item_of(it)->id, seen);
        seen += 2;
    }
    T_EQ(seen, N + 1);
}

/* The model is an array of ids in order. */
static void model_insert(int *order, int *n, int at, int id)
{
    memmove(order + at + 1, order + at, (size_t)(*n - at) * sizeof(*order));
    order[at] = id;
    ++*n;
}

static void model_remove(int *order, int *n, int id)
{
    for (int i = 0; i < *n; i++) {
        if (order[i] == id) {
            memmove(order + i, order + i + 1, (size_t)(*n - i - 1) * sizeof(*order));
            --*n;
            return;
        }
    }
}

static void compare(struct wf_list *list, const int *order, int n)
{
    int i = 0;
    WF_LIST_FOR_EACH (it, list) {
        T_CHECK(i < n && item_of(it)->id == order[i]);
        i++;
    }
    T_EQ(i, n);
    T_CHECK(n == 0 || item_of(wf_list_first(list))->id == order[0]);
    T_CHECK(n == 0 || item_of(wf_list_last(list))->id == order[n - 1]);
}

static void random_operations_agree_with_an_array(void)
{
    struct wf_list list;
    int order[N + 1], n = 0;
    fresh(&list);
    for (int step = 0; step < 20000; step++) {
        int id = (int)(t_random() % N);
        struct wf_list *node = &items[id].link;
        if (wf_list_is_linked(node)) {
            wf_list_remove(node);
            model_remove(order, &n, id);
        } else if (t_random() % 3 == 0) {
            wf_list_push_front(&list, node);
            model_insert(order, &n, 0, id);
        } else if (n > 0 && t_random() % 2 == 0) {
            int at = (int)(t_random() % (unsigned)n);
            wf_list_insert_before(&items[order[at]].link, node);
            model_insert(order, &n, at, id);
        } else {
            wf_list_push_back(&list, node);
            model_insert(order, &n, n, id);
        }
        if (n > 0 && t_random() % 16 == 0) {
            T_EQ(item_of(wf_list_pop_front(&list))->id, order[0]);
            model_remove(order, &n, order[0]);
        }
        compare(&list, order, n);
    }
}

static const struct t_case cases[] = {
    {"an empty list has nothing", an_empty_list_has_nothing},
    {"a node removed is zero, and removed again is harmless",
     a_node_removed_is_zero_and_removed_again_is_harmless},
    {"a walk may remove what it visits", a_walk_may_remove_what_it_visits},
    {"random operations agree with an array", random_operations_agree_with_an_array},
};
T_MAIN(cases)
