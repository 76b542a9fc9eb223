/* SPDX-License-Identifier: MIT */
/**
 * DOC: page - the style sheet and the script of the report, as they stand in this folder
 *
 * Made into C by embed.py while building, so that the program needs no files of its own at run
 * time.
 */
#ifndef WEFT_LAB_PAGE_PAGE_H
#define WEFT_LAB_PAGE_PAGE_H

extern const char wf_page_report_css[]; /* report.css, terminated */
extern const char wf_page_report_js[];  /* report.js, terminated */

#endif /* WEFT_LAB_PAGE_PAGE_H */
