/* formats.c - the table of output formats.
 *
 * A format is a row: what is printed before the first answer, for each answer, and at the end of a
 * list. Every one prints the same verdict for the same result, whether it was learnt just now or is
 * an answer of an earlier run (tests/out_test.c tries them all).
 *
 * To add one: its file out_NAME.c, a row and a word here, the file in the Makefile's list.
 *
 * SPDX-License-Identifier: MIT */
#include "app.h"

const char app_format_words[] = "text|json|reacher|csv|zerobounce|kickbox|neverbounce|aftership";

const struct app_format app_formats[] = {
    {"text", APP_FORMAT_PEOPLE, NULL, app_text, NULL},
    {"json", 0, NULL, app_json, app_json_tail},
    {"reacher", 0, NULL, app_reacher, NULL},
    {"csv", APP_FORMAT_LISTS, app_csv_head, app_csv, NULL},
    {"zerobounce", 0, NULL, app_zerobounce, NULL},
    {"kickbox", 0, NULL, app_kickbox, NULL},
    {"neverbounce", 0, NULL, app_neverbounce, NULL},
    {"aftership", 0, NULL, app_aftership, NULL},
};
