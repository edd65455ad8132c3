/* words.h - words of tables and of records.
 *
 *   "none\0quarantine\0reject\0" --quoth_word_at(2)--> "reject"
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_WORDS_H
#define QUOTH_WORDS_H

#include "quoth.h"

/* The word at place `n` of those that have a NUL behind each; "": there are not so many. */
const char *quoth_word_at(const char *words, unsigned n);

/* Is it this word, in any case? 1 or 0 */
int quoth_word_is(struct quoth_span span, const char *word);
/* The next of those in a list that `sign` parts, without blanks around it, from *at on; behind the
 * last one, 0. */
int quoth_word_next(const struct quoth_span *list, char sign, size_t *at, struct quoth_span *word);

#endif
