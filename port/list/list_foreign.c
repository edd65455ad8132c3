/* list_foreign.c - files that are no list of text: recognised by their first bytes, and the command
 * that makes a list of them. Pure.
 *
 * vCard and LDIF are text, but folded, encoded and several lines a person: reading them right is a
 * reader of its own, and a line or two of sed get the addresses out. So they are told, not read.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

struct foreign_row {
    uint16_t at; /* where the bytes stand */
    uint8_t n;
    const char *bytes;
    struct list_foreign what;
};

#define FOREIGN_CSV   "save it as CSV (UTF-8), or: libreoffice --headless --convert-to csv FILE"
#define FOREIGN_IMAGE "type the addresses into a text file, one a line"
#define FOREIGN_FIND  "quoth extract FILE > list.txt"
/* a long line goes on in the next one, behind a blank */
#define FOREIGN_UNFOLD "tr -d '\\r' < FILE | sed -e :a -e '$!N;s/\\n[[:blank:]]//;ta' -e 'P;D' | "

static const struct foreign_row foreign_rows[] = {
    {0, 2, "\x1f\x8b", {"gzip data", "gzip -dc FILE | quoth -f -"}},
    {0, 3, "BZh", {"bzip2 data", "bzip2 -dc FILE | quoth -f -"}},
    {0,
     6,
     "\xfd"
     "7zXZ\0",
     {"xz data", "xz -dc FILE | quoth -f -"}},
    {0, 4, "\x28\xb5\x2f\xfd", {"zstd data", "zstd -dc FILE | quoth -f -"}},
    {0, 4, "\x04\x22\x4d\x18", {"lz4 data", "lz4 -dc FILE | quoth -f -"}},
    {0, 4, "LZIP", {"lzip data", "lzip -dc FILE | quoth -f -"}},
    {0, 2, "\x1f\x9d", {"compressed data (.Z)", "gzip -dc FILE | quoth -f -"}},
    {0, 6, "7z\xbc\xaf\x27\x1c", {"a 7z archive", "7z x -so FILE | quoth -f -"}},
    {0, 4, "Rar!", {"a RAR archive", "unrar p -inul FILE | quoth -f -"}},
    {257, 5, "ustar", {"a tar archive", "tar -xOf FILE | quoth -f -"}},
    {0, 5, "%PDF-", {"a PDF document", "pdftotext -layout FILE list.txt, and look at it"}},
    {0, 4, "%!PS", {"a PostScript document", "ps2ascii FILE list.txt, and look at it"}},
    {0,
     8,
     "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     {"an Excel workbook or another old Office file", FOREIGN_CSV}},
    {0,
     16,
     "SQLite format 3\0",
     {"an SQLite database", "sqlite3 -csv -header FILE 'SELECT * FROM contacts' > list.csv"}},
    {4, 15, "Standard Jet DB", {"an Access database", "mdb-export FILE contacts > list.csv"}},
    {4, 15, "Standard ACE DB", {"an Access database", "mdb-export FILE contacts > list.csv"}},
    {0, 4, "!BDN", {"an Outlook data file (.pst)", "export the contacts as CSV in Outlook"}},
    {0, 4, "PAR1", {"a Parquet file", "duckdb -csv -c \"SELECT * FROM 'FILE'\" > list.csv"}},
    {0, 4, "Obj\x01", {"an Avro file", "avro cat --format csv FILE > list.csv"}},
    {0, 6, "ARROW1", {"an Arrow file", "save it as CSV"}},
    {0, 4, "\x89PNG", {"an image", FOREIGN_IMAGE}},
    {0, 3, "\xff\xd8\xff", {"an image", FOREIGN_IMAGE}},
    {0, 4, "GIF8", {"an image", FOREIGN_IMAGE}},
    {8, 4, "WEBP", {"an image", FOREIGN_IMAGE}},
    {0, 4, "II*\0", {"an image", FOREIGN_IMAGE}},
    {0, 4, "MM\0*", {"an image", FOREIGN_IMAGE}},
    {4, 8, "ftypheic", {"an image", FOREIGN_IMAGE}},
    {0,
     4,
     "\x7f"
     "ELF",
     {"a program", "give a list of addresses"}},
    {0, 2, "MZ", {"a program", "give a list of addresses"}},
};

/* Texts, told by how they begin behind blanks, in any case. Beginnings stand one behind the other,
 * each with a NUL. */
static const struct {
    const char *begins;
    struct list_foreign what;
} foreign_texts[] = {
    {"BEGIN:VCARD\0",
     {"vCard",
      FOREIGN_UNFOLD "sed -n 's/^\\([^:;]*\\.\\)*[Ee][Mm][Aa][Ii][Ll][^:]*://p' > list.txt"}},
    {"BEGIN:VCALENDAR\0", {"a calendar (iCalendar)", FOREIGN_FIND}},
    {"dn:\0version: 1\n\0version: 1\r\0# extended LDIF\0",
     {"LDIF", FOREIGN_UNFOLD "sed -n 's/^[Mm]ail:* *//p' > list.txt"}},
    {"<!doctype\0<html\0<head\0<body\0<table\0<meta\0<ul\0<!--\0", {"HTML", FOREIGN_FIND}},
    {"<?xml\0", {"XML", "save it as CSV; or " FOREIGN_FIND}},
    {"{\\rtf\0", {"RTF", "save it as plain text (.txt)"}},
    {"-----BEGIN PGP\0", {"PGP data", "gpg -d FILE | quoth -f -"}},
    {"['\0[ '\0", {"a list in the words of a program", FOREIGN_FIND}},
    {"-- MySQL dump\0-- MariaDB dump\0/*M!\0/*!\0-- phpMyAdmin\0-- PostgreSQL database dump\0"
     "--\n-- PostgreSQL database dump\0PRAGMA foreign_keys\0BEGIN TRANSACTION\0",
     {"an SQL dump", FOREIGN_FIND}},
    {"CREATE TABLE\0INSERT INTO\0REPLACE INTO\0DROP TABLE\0", {"SQL", FOREIGN_FIND}},
    {"Return-Path:\0Received:\0Delivered-To:\0MIME-Version:\0Message-ID:\0",
     {"a mail", FOREIGN_FIND}},
    {"From - \0", {"a mailbox (mbox)", FOREIGN_FIND}},
};

/* Does the text begin with one of them? */
static int foreign_begins(const struct quoth_span *text, const char *begins)
{
    for (size_t n; (n = strlen(begins)) != 0; begins += n + 1)
        if (text->n >= n && !strncasecmp(text->p, begins, n))
            return 1;
    return 0;
}

static int foreign_holds(const char *p, size_t n, const char *text)
{
    const size_t len = strlen(text);
    for (const char *at = p; n >= len && (at = memchr(at, *text, n - (size_t)(at - p) - len + 1));
         at++) {
        if (!memcmp(at, text, len))
            return 1;
        if ((size_t)(at + 1 - p) + len > n)
            return 0;
    }
    return 0;
}

/* Office files are zip archives; the names of their members tell which. */
static const struct list_foreign *foreign_zip(const char *p, size_t n)
{
    static const struct {
        const char *member;
        struct list_foreign what;
    } rows[] = {
        {"xl/", {"an Excel workbook (.xlsx)", FOREIGN_CSV}},
        {"opendocument.spreadsheet", {"a spreadsheet (.ods)", FOREIGN_CSV}},
        {"Index/", {"a Numbers spreadsheet", "export it as CSV in Numbers"}},
        {"word/", {"a Word document (.docx)", "save it as plain text (.txt)"}},
        {"opendocument.text", {"a text document (.odt)", "save it as plain text (.txt)"}},
        {"[Content_Types].xml", {"an Office document", FOREIGN_CSV}},
        {"", {"a zip archive", "unzip -p FILE | quoth -f -"}},
    };
    size_t i = 0;
    while (*rows[i].member && !foreign_holds(p, n, rows[i].member))
        i++;
    return &rows[i].what;
}

/* "From jane@example.org Mon Jan  1 ...", and the headers of a mail below it. */
static int foreign_is_mbox(const char *p, size_t n)
{
    const char *lf = n > 5 && !memcmp(p, "From ", 5) ? memchr(p, '\n', n) : NULL;
    return lf && memchr(p, ':', (size_t)(lf - p)) && memchr(lf, ':', n - (size_t)(lf - p));
}

const struct list_foreign *list_foreign(const char *p, size_t n)
{
    static const struct list_foreign mbox = {"a mailbox (mbox)", FOREIGN_FIND};
    struct quoth_span text = list_trim(p, n < 4096 ? n : 4096);

    text.n = n - (size_t)(text.p - p);
    if (n >= 4 && (!memcmp(p, "PK\3\4", 4) || !memcmp(p, "PK\5\6", 4)))
        return foreign_zip(p, n);
    for (size_t i = 0; i < sizeof foreign_rows / sizeof *foreign_rows; i++) {
        const struct foreign_row *row = &foreign_rows[i];
        if (n >= row->at + (size_t)row->n && !memcmp(p + row->at, row->bytes, row->n))
            return &row->what;
    }
    for (size_t i = 0; i < sizeof foreign_texts / sizeof *foreign_texts; i++)
        if (foreign_begins(&text, foreign_texts[i].begins))
            return &foreign_texts[i].what;
    return foreign_is_mbox(text.p, text.n) ? &mbox : NULL;
}
