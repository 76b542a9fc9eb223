/* SPDX-License-Identifier: MIT */
/**
 * DOC: list - circular, doubly linked, intrusive
 *
 * The head and the nodes are the same struct. A node that is on no list is zero, so an object from
 * zeroed memory starts unlinked, and removing it twice does no harm. WF_CONTAINER_OF() leads from a
 * node to its object.
 */
#ifndef WF_BASE_LIST_H
#define WF_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "weft/types.h"

/** struct wf_list - A head (points to itself when empty) or a node (zero when unlinked) */
struct wf_list {
    struct wf_list *next, *prev;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a loop's name cannot be declared in parentheses. */

/* Visit every node; @it is declared by the loop. The loop's body must not unlink @it ... */
#define WF_LIST_FOR_EACH(it, list)                                                                 \
    for (struct wf_list *it = (list)->next; it != (list); it = it->next)

/* ... but here it may, as the next node is remembered in @tmp; that one has to stay. */
#define WF_LIST_FOR_EACH_SAFE(it, tmp, list)                                                       \
    for (struct wf_list *it = (list)->next, *tmp = it->next; it != (list); it = tmp, tmp = it->next)

/* NOLINTEND(bugprone-macro-parentheses) */

/** wf_list_init() - Make a head of an empty list */
static inline void wf_list_init(struct wf_list *list)
{
    list->next = list;
    list->prev = list;
}

/** wf_list_is_empty() - Has this head no nodes? */
static inline bool wf_list_is_empty(const struct wf_list *list)
{
    return list->next == list;
}

/** wf_list_is_linked() - Is this node on a list? */
static inline bool wf_list_is_linked(const struct wf_list *node)
{
    return node->next != NULL;
}

/** wf_list_insert_before() - Link an unlinked node in front of @at, a node or a head */
static inline void wf_list_insert_before(struct wf_list *at, struct wf_list *node)
{
    node->next = at;
    node->prev = at->prev;
    at->prev->next = node;
    at->prev = node;
}

/** wf_list_push_back() - Link an unlinked node as the last one */
static inline void wf_list_push_back(struct wf_list *list, struct wf_list *node)
{
    wf_list_insert_before(list, node);
}

/** wf_list_push_front() - Link an unlinked node as the first one */
static inline void wf_list_push_front(struct wf_list *list, struct wf_list *node)
{
    wf_list_insert_before(list->next, node);
}

/** wf_list_remove() - Unlink a node from whichever list it is on, if any; it is zero afterwards */
static inline void wf_list_remove(struct wf_list *node)
{
    if (node->next == NULL)
        return;
    if (node->next->prev != node || node->prev->next != node)
        weft_panic(__FILE__, __LINE__, "both neighbours on a list agree");
    node->next->prev = node->prev;
    node->prev->next = node->next;
    node->next = NULL;
    node->prev = NULL;
}

/** wf_list_first() - First node, or NULL if the list is empty */
static inline struct wf_list *wf_list_first(const struct wf_list *list)
{
    return wf_list_is_empty(list) ? NULL : list->next;
}

/** wf_list_last() - Last node, or NULL if the list is empty */
static inline struct wf_list *wf_list_last(const struct wf_list *list)
{
    return wf_list_is_empty(list) ? NULL : list->prev;
}

/** wf_list_pop_front() - Unlink and return the first node, or NULL if the list is empty */
static inline struct wf_list *wf_list_pop_front(struct wf_list *list)
{
    struct wf_list *node = wf_list_first(list);
    if (node != NULL)
        wf_list_remove(node);
    return node;
}

#endif /* WF_BASE_LIST_H */
