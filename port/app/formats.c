/* formats.c - the table of output formats, made of the rows of APP_FORMATS in app.h.
 *
 * A format is a row: what is printed before the first answer, for each answer, and at the end of a
 * list. Every one prints the same verdict for the same result, whether it was learnt just now or is
 * an answer of an earlier run (tests/out_test.c tries them all).
 *
 * To add one: its file out_NAME.c, its row in app.h, the file in the Makefile's list.
 *
 * SPDX-License-Identifier: MIT */
#include "app.h"

#define FORMATS_WORD(name, flags, head, tail) "|" #name
#define FORMATS_ROW(name, flags, head, tail)  {#name, flags, head, app_##name, tail},

const char app_format_list[] = APP_FORMATS(FORMATS_WORD);
const struct app_format app_formats[] = {APP_FORMATS(FORMATS_ROW)};
