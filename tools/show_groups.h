/* SPDX-License-Identifier: MIT */
/** DOC: show groups - the tables about groups as text, with the habits of ip(8) */
#ifndef WEFT_TOOLS_SHOW_GROUPS_H
#define WEFT_TOOLS_SHOW_GROUPS_H

#include <jansson.h>

/** wf_print_groups() - What is joined here and wanted on links */
void wf_print_groups(const json_t *rows);

/** wf_print_igmp() - IGMP on each interface */
void wf_print_igmp(const json_t *rows);

/** wf_print_mroutes() - Static trees */
void wf_print_mroutes(const json_t *rows);

#endif /* WEFT_TOOLS_SHOW_GROUPS_H */
