/* checks.c - the table of findings: core/data/checks.txt, packed by pack_checks.c.
 *
 *   row --> id, who finds it, grade for a profile
 *       --> packed words --> source, sentence, what to publish
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"
#include "words.h"
#define CHECKS_DATA
#include "checks.h"

static const char *checks_nth(const char *list, unsigned n)
{
    while (n--)
        list += strlen(list) + 1;
    return list;
}

const char *quoth_check_id(unsigned id) { return id < CHECKS ? checks_nth(checks_id, id) : NULL; }

const char *quoth_check_finder(unsigned id)
{
#if QUOTH_CHECK_TEXTS
    unsigned i = sizeof checks_finder / sizeof *checks_finder;

    while (i > 1 && id < checks_finder[i - 1].first)
        i--;
    return id < CHECKS ? checks_finder[i - 1].name : NULL;
#else
    return id < CHECKS ? "" : NULL;
#endif
}

enum quoth_grade quoth_check_grade(unsigned id, enum quoth_profile profile)
{
    unsigned grades = checks_grade[id];

    for (unsigned i = QUOTH_PROFILE_SENDING; i < profile; i++)
        grades /= QUOTH_GRADES;
    return (enum quoth_grade)(grades % QUOTH_GRADES);
}

#if QUOTH_CHECK_TEXTS

/* What a packed text stands for: a byte that is no letter is a pair of others, or of pairs. */
static void checks_unpack(const char *text, char buf[QUOTH_CHECK_WORDS])
{
    uint8_t stack[CHECKS_DEEP];
    size_t n = 0, left;

    for (; *text; text++) {
        stack[0] = (uint8_t)*text;
        for (left = 1; left;) {
            unsigned code = stack[--left];
            if (code > '~') {
                code -= 95;
            } else if (code >= ' ') {
                buf[n++] = (char)code;
                continue;
            }
            stack[left++] = checks_pair[code][1];
            stack[left++] = checks_pair[code][0];
        }
    }
    buf[n] = 0;
}
#endif

const char *quoth_check_words(unsigned id, enum quoth_check_part part, char buf[QUOTH_CHECK_WORDS])
{
    if (id >= CHECKS)
        return NULL;
#if QUOTH_CHECK_TEXTS
    checks_unpack(checks_nth((const char *)checks_text, 3 * id + part), buf);
#else
    (void)part;
    *buf = 0;
#endif
    return buf;
}

const char *quoth_grade_name(enum quoth_grade grade)
{
    return quoth_word_at("ok\0note\0warn\0bad\0unknown\0", grade);
}

unsigned quoth_grade_rank(enum quoth_grade grade)
{
    static const uint8_t rank[QUOTH_GRADES] = {4, 3, 1, 0, 2};

    return rank[grade];
}

void quoth_findings_sort(struct quoth_finding *out, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct quoth_finding one = out[i];
        size_t j = i;
        for (; j > 0 && quoth_grade_rank(out[j - 1].grade) > quoth_grade_rank(one.grade); j--)
            out[j] = out[j - 1];
        out[j] = one;
    }
}
