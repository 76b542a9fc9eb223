/* SPDX-License-Identifier: MIT */
/**
 * DOC: read - from a lab file to struct lab
 *
 * The topology is read first, then the scenario, which refers to its nodes, addresses and links;
 * everything a name refers to is looked up while reading, so that a lab that was read can be run.
 */
#ifndef WEFT_LAB_READ_H
#define WEFT_LAB_READ_H

#include "model.h"

/** struct lab_reader - What reading a lab needs at hand */
struct lab_reader {
    struct lab_doc
        doc; /* First: functions of a table get the document and find the reader by it. */
    struct lab *lab;
};

/** wf_lab_reader() - The reader a document belongs to */
static inline struct lab_reader *wf_lab_reader(struct lab_doc *d)
{
    return (struct lab_reader *)(void *)d;
}

/**
 * wf_lab_read() - Read a lab file
 *
 * Errors are told on @err, a line each. False if there was one; @lab is to be freed in any case.
 */
bool wf_lab_read(struct lab *lab, const char *file, FILE *err);

/** wf_read_topology() - Read the "topology" mapping */
void wf_read_topology(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at);

/** wf_read_links() - Read the list of links */
void wf_read_links(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at);

/** wf_read_quality() - Apply the properties of a link at @n to both directions at @q */
void wf_read_quality(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     struct lab_quality q[2]);

/** wf_read_steps() - Read a list of steps into @steps */
void wf_read_steps(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                   struct lab_vec *steps);

/** wf_read_talk() - Read a step in which somebody talks to somebody */
void wf_read_talk(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s);

/** wf_read_neigh() - Read a step that changes the neighbours or addresses of an interface */
void wf_read_neigh(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s);

/** wf_read_forge() - Read a step that sends forged ARP messages */
void wf_read_forge(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s);

/** wf_read_broadcast() - Read a step in which a node sends to everybody */
void wf_read_broadcast(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       struct lab_step *s);

/** wf_read_medium() - Read the shared medium of a hub into a struct lab_bridge; a lab_read_fn */
void wf_read_medium(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** wf_read_option() - Read a socket option into struct lab_opts; its name is the key at @at */
void wf_read_option(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** wf_read_cidr() - Read an address with its prefix; false (told) if it is none */
bool wf_read_cidr(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_cidr *out);

/** wf_read_value_of() - Value of a key, to point at in an error; the mapping if it is not there */
const yaml_node_t *wf_read_value_of(struct lab_doc *d, const yaml_node_t *map, const char *name);

/** wf_read_expects() - Read expectations; about a step of @kind, or LAB_STEP_KINDS: at the end */
void wf_read_expects(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     enum lab_step_kind kind, struct lab_vec *expects);

/** wf_read_ladders() - Read the list of ladder diagrams */
void wf_read_ladders(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at);

/** wf_read_node_ref() - Look up a node by name; false (told) if there is none */
bool wf_read_node_ref(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                      const char *name, bool may_be_bridge, size_t *out);

/** wf_read_cc_params() - Parameters of congestion control @cc, an index into wf_lab_cc_names; those
 * that @out has already stay, or are replaced one by one */
void wf_read_cc_params(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, int cc,
                       struct lab_cc_params *out);

/** wf_read_addr() - Read an address into a struct weft_addr; a lab_read_fn */
void wf_read_addr(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

#endif /* WEFT_LAB_READ_H */
