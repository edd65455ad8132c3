/* quoth_find.h - mail addresses in any bytes, as they come.
 *
 *   struct quoth_find f;                      a text of any length, in 2 KB of memory
 *   quoth_find_init(&f, QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, 0);
 *   while (there are bytes) {
 *       quoth_find_feed(&f, p, n);
 *       while (quoth_find_next(&f, &hit))
 *           use(hit.address);
 *   }
 *   quoth_find_end(&f);
 *   while (quoth_find_next(&f, &hit)) ...
 *
 * However the bytes are cut into pieces, the hits are the same. Each of them is an address to
 * quoth_addr_parse(). What is around an '@' is looked at no further than QUOTH_FIND_LEFT bytes
 * before it and QUOTH_FIND_RIGHT behind it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_FIND_H
#define QUOTH_FIND_H

#include "quoth.h"

enum { QUOTH_FIND_LEFT = 160, QUOTH_FIND_RIGHT = 262, QUOTH_FIND_WINDOW = 640 };

/* What kind of text it is, which says how an '@' can be written in it. */
enum quoth_find_kind {
    QUOTH_FIND_TEXT, /* and CSV: as it stands */
    QUOTH_FIND_HTML, /* and XML: &#64; &commat; %40 */
    QUOTH_FIND_JSON, /* \u0040 */
    QUOTH_FIND_SQL,  /* '' and \' between quotes */
    QUOTH_FIND_MAIL, /* one message, or many as an mbox: RFC 5322, 2045, 2047, 4155 */
    QUOTH_FIND_KINDS
};
enum quoth_find_encoding { QUOTH_FIND_UTF8, QUOTH_FIND_UTF16LE, QUOTH_FIND_UTF16BE };

enum {                          /* options */
       QUOTH_FIND_ATEXT = 1,    /* local parts of every character that RFC 5322 has in an atom */
       QUOTH_FIND_STRICT = 2,   /* of letters, digits and . _ + - of ASCII alone */
       QUOTH_FIND_OBSCURED = 4, /* jane [at] example [dot] com, data-cfemail */
       QUOTH_FIND_ALL = 8,      /* also those marked VERP and MSGID */
       QUOTH_FIND_LINES = 16,   /* count lines */
       QUOTH_FIND_CR = 32       /* lines of a message end in CR alone, as of an old Mac */
};

enum {                      /* quoth_hit.flags */
       QUOTH_HIT_VERP = 1,  /* it has another address in its local part: VERP, SRS */
       QUOTH_HIT_MSGID = 2, /* the id of a message or of a part */
       QUOTH_HIT_GUESS = 4  /* it was written so that programs do not find it */
};

struct quoth_hit {             /* read */
    struct quoth_span address; /* valid until the next call */
    uint64_t offset;           /* of its first byte in the input, from 0 */
    uint64_t line;             /* from 1; 0 without QUOTH_FIND_LINES */
    uint8_t flags;             /* QUOTH_HIT_* */
};

struct quoth_find { /* private */
    /* the bytes lent, and how far they are taken */
    const uint8_t *p;
    size_t n, at, sign;    /* the next '@' is p[sign], or beyond what is looked at; unless < at */
    uint64_t total, lines; /* taken of the whole input; decoded, newlines in them */
    uint64_t counted;      /* newlines before p[counted_at] */
    size_t counted_at;
    /* the window: decoded text, and for each byte how many bytes of input it stands for (6 bits)
     * and how many newlines are among them (the upper two) */
    uint64_t offset, line; /* of text[0] */
    uint16_t used, next;   /* every '@' before text[next] is done */
    uint8_t text[QUOTH_FIND_WINDOW], source[QUOTH_FIND_WINDOW];
    uint8_t options, kind, encoding;
    uint8_t cut, ended, in_place; /* cut: what follows is another text */
    uint8_t mark, next_mark;      /* QUOTH_HIT_* of all hits here, and behind the cut */
    /* UTF-16; escapes (find_text.c); hidden addresses (find_hidden.c) */
    uint8_t syntax, half, halves, swallowed, skipped;
    uint16_t high;
    uint32_t last; /* bytes of the text */
    uint8_t tag, in_break, joined, tag_n, tag_name[9];
    uint8_t held_n, hidden_n, cf_n, cf_key, cf_half;
    uint8_t held[12], held_source[12], hidden[16], hidden_source[16];
    struct quoth_find_mail { /* a message (find_mail.c) */
        uint64_t hash[8];    /* of the boundaries, the outermost first */
        uint64_t now;        /* of the boundary that is being read */
        uint8_t length[8];
        uint8_t depth, state, field, type, way, encoding,
            mbox;                                /* way: the encoding its body will have */
        uint8_t param, boundary_n, quoted, word; /* in a field's value */
        uint8_t pieces, coded, half;             /* of a boundary */
        uint8_t bits, bits_n;                    /* being decoded */
        uint8_t line_n, holding, filled, blank;  /* of a line */
        uint8_t line[80];
        char name[20]; /* of a field, a type, a parameter; in lower case */
        uint8_t name_n;
    } mail;
    char out[QUOTH_FIND_RIGHT + 66]; /* an address that does not stand there as it is */
};
_Static_assert(sizeof(struct quoth_find) < 2048, "a text of any length, in 2 KB");

void quoth_find_init(struct quoth_find *find, enum quoth_find_kind kind,
                     enum quoth_find_encoding encoding, unsigned options);
/* Lend it the next bytes, until quoth_find_next() has returned 0. */
void quoth_find_feed(struct quoth_find *find, const void *p, size_t n);
/* There are no more. */
void quoth_find_end(struct quoth_find *find);
/* 1 and a hit, in the order of their '@', or 0: all bytes are taken. */
int quoth_find_next(struct quoth_find *find, struct quoth_hit *hit);

/* What a text is, by its first bytes (4,096 are plenty). */
enum quoth_find_form {
    QUOTH_FORM_TEXT,   /* it can be searched as `kind` in `encoding` */
    QUOTH_FORM_BINARY, /* it has NULs, and is no UTF-16 */
    QUOTH_FORM_PDF,
    QUOTH_FORM_ZIP, /* office documents are such, too */
    QUOTH_FORM_GZIP,
    QUOTH_FORM_BZIP2,
    QUOTH_FORM_XZ,
    QUOTH_FORM_ZSTD,
    QUOTH_FORM_OLE,  /* office documents of before 2007, messages of Outlook */
    QUOTH_FORM_OTHER /* an archive of another kind */
};
enum quoth_find_form quoth_find_look(const void *p, size_t n, enum quoth_find_kind *kind,
                                     enum quoth_find_encoding *encoding);

#endif
