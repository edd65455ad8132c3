/* answer_none.c - a build without llhttp: answers are not read.
 *
 * SPDX-License-Identifier: MIT */
#include "answer.h"

const int answer_is_able = 0;

void answer_start(struct answer *answer) { answer->status = 0; }
enum answer_said answer_feed(struct answer *answer, const char *p, size_t n) { return ANSWER_BAD; }
enum answer_said answer_end(struct answer *answer) { return ANSWER_BAD; }
