/* list_sink_inner.h - what the files of the sink share: list_sink.c writes, list_resume.c opens and
 * goes on.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_SINK_INNER_H
#define LIST_SINK_INNER_H

#include "list.h"

enum {
    SINK_BUFFER = 1 << 16,       /* bytes kept before they are written */
    SINK_PART = 512,             /* of them read back at once; most records are shorter */
    SINK_ENTRIES = 1 << 12,      /* the same of entries of the journal */
    SINK_LENGTH = (1 << 30) - 1, /* the bits of an entry that are a length */
    SINK_EDITED = -(1 << 30)     /* as an error: the output is not what was written there */
};
static const uint32_t SINK_HEADINGS = UINT32_MAX, /* the row of the record that opens the file */
    SINK_MARK = UINT32_MAX - 1; /* all before it is on the disk; see list_sink_mark() */

/* One row in the journal. */
struct sink_entry {
    uint32_t row;
    uint32_t length; /* of the record; the two upper bits are the verdict */
    uint32_t sum;    /* of the record */
    uint32_t check;  /* of this entry and its place */
};

struct list_sink {
    int log, out; /* the same, but with --ordered */
    int journal;  /* -1: none */
    char *log_path, *journal_path;
    const char *out_path;
    const char *identity;
    uint64_t entries; /* of the journal, marks too */
    uint64_t length;  /* of the log, with what is still in the buffer */
    uint64_t safe;    /* bytes of the log that the journal knows */
    char *buf;        /* of the log, not yet written */
    size_t n;
    struct sink_entry *entry; /* of the journal, not yet written; one more than there can be */
    size_t entry_n;
    uint64_t noted; /* entries that are written to their end */
    uint8_t *has;   /* a bit for each row that is answered */
    uint32_t rows;
    uint32_t journalled; /* entries that were written, but for marks */
    uint64_t sure;       /* bytes of the output that the last mark knows */
    uint64_t out_at;     /* --ordered: bytes of the output */
    uint8_t closed;      /* that mark says that the run ended there */
    uint8_t ordered, part;
    uint8_t dirty;         /* something was written that the disk may not have yet */
    uint8_t proven;        /* the journal says that the output is finished */
    uint8_t headed;        /* the log begins with headings */
    struct list_places at; /* --ordered: 1 + where a row's record begins in the log; 0: unknown */
    uint32_t next;         /* --ordered: the first row that is not yet in the output */
    char *queue;           /* --ordered: of the output, not yet written */
    size_t queue_n;
    uint64_t pushed_ms, push_gap_ms; /* when the disk was waited for, and how long not again */
    int err;
    void (*before)(void *arg);
    void *arg;
    struct list_journal_head head; /* with the key of the journal's sums */
    struct list_summing whole;     /* of the output, as it is written */
};

/* Of the first failure; nothing is written after it. */
void list_sink_fail(struct list_sink *sink, int err);
/* Of a record; of an entry that is the journal's with that number. */
uint32_t list_sink_sum(const struct list_sink *sink, const void *p, size_t n);
uint32_t list_sink_check(const struct list_sink *sink, const struct sink_entry *entry,
                         uint64_t place);
/* All that was written is on the disk: say so in the journal. `closed`: and the run ends here. */
void list_sink_mark(struct list_sink *sink, unsigned closed);
/* n entries to the journal, with room behind them for one more. There is place for it in e[n]. 0 or
 * -errno. */
int list_sink_note(struct list_sink *sink, struct sink_entry *entry, size_t n);
/* The output is not what was written there. Returns APP_EXIT_USAGE. */
int list_sink_say_edited(const char *path);

#endif
