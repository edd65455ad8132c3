/* list_head.c - which heading is the address's? Words of exports people bring, in many languages.
 *
 *   "E-mail 1 - Value"  --squeeze-->  "email1value"  --the words-->  98
 *
 * Squeezed is: small letters, no blanks, no marks. Google, Outlook, Thunderbird, HubSpot,
 * Salesforce and Mailchimp head their columns so. A heading alone decides nothing: list_look.c
 * weighs it by what the cells below it hold.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

enum { HEAD_MAX = 96 };

/* Small letters of ASCII, Latin-1 and Cyrillic; the rest of UTF-8 as it is. */
static size_t head_squeeze(const char *p, size_t n, char out[HEAD_MAX])
{
    const struct quoth_span s = list_trim(p, n);
    size_t len = 0;

    for (size_t i = 0; i < s.n && len < HEAD_MAX - 1; i++) {
        uint8_t c = (uint8_t)s.p[i], next = i + 1 < s.n ? (uint8_t)s.p[i + 1] : 0;
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 32);
        if (c < 0x80 && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
            continue;
        if (c == 0xc2 && next == 0xa0) { /* a no-break space */
            i++;
            continue;
        }
        if (c < 0xc0 || !next || len + 2 >= HEAD_MAX) {
            out[len++] = (char)c;
            continue;
        }
        if (c == 0xc3 && next >= 0x80 && next <= 0x9e)
            next = (uint8_t)(next + 32);
        if (c == 0xd0 && next >= 0x90 && next <= 0x9f)
            next = (uint8_t)(next + 32);
        else if (c == 0xd0 && next >= 0xa0 && next <= 0xaf)
            c = 0xd1, next = (uint8_t)(next - 32);
        out[len++] = (char)c;
        out[len++] = (char)next;
        i++;
    }
    out[len] = 0;
    return len;
}

struct head_word {
    const char *word;
    int rank;
};

static const struct head_word head_whole[] = {
    {"email", 100},
    {"emailaddress", 100},
    {"emailadresse", 100},
    {"primaryemail", 99},
    {"email1value", 98},
    {"emailaddress1", 98},
    {"email1", 97},
    {"email1address", 97},
    {"primaryemailaddress", 99},
    {"emailid", 96},
    {"emails", 95},
    {"contactemail", 94},
    {"customeremail", 94},
    {"subscriberemail", 94},
    {"recipientemail", 94},
    {"useremail", 94},
    {"workemail", 92},
    {"businessemail", 92},
    {"homeemail", 90},
    {"personalemail", 90},
    {"privateemail", 90},
    {"mailadresse", 90},
    {"mailaddress", 90},
    {"mail", 88},
    {"emailadres", 100},
    {"adresseemail", 100},
    {"adressemail", 98},
    {"courriel", 100},
    {"adressecourriel", 100},
    {"adresseélectronique", 98},
    {"mél", 90},
    {"correo", 92},
    {"correoelectrónico", 100},
    {"correoelectronico", 100},
    {"direccióndecorreo", 98},
    {"direccióndecorreoelectrónico", 100},
    {"direccióndeemail", 98},
    {"endereçodeemail", 100},
    {"enderecodeemail", 100},
    {"correioeletrônico", 98},
    {"correioeletrónico", 98},
    {"indirizzoemail", 100},
    {"indirizzodipostaelettronica", 98},
    {"postaelettronica", 98},
    {"epostadress", 100},
    {"epostadresse", 100},
    {"epost", 98},
    {"eposta", 98},
    {"epostaadresi", 100},
    {"sähköposti", 100},
    {"sähköpostiosoite", 100},
    {"adresemail", 100},
    {"pocztaelektroniczna", 98},
    {"адресэлектроннойпочты", 100},
    {"электроннаяпочта", 100},
    {"элпочта", 96},
    {"почта", 90},
    {"емейл", 90},
    {"имейл", 90},
    {"メールアドレス", 100},
    {"電子メール", 98},
    {"メール", 90},
    {"eメール", 98},
    {"电子邮件", 100},
    {"电子邮箱", 100},
    {"邮箱", 96},
    {"邮件", 90},
    {"電子郵件", 100},
    {"電郵", 96},
    {"信箱", 80},
    {"이메일", 100},
    {"이메일주소", 100},
    {"البريدالإلكتروني", 100},
    {"emailcím", 100},
    {"diachiemail", 98},
    {"адресаелектронноїпошти", 100},
    {"електроннапошта", 98},
    {"rcpt", 40},
    {"recipient", 40},
    {"recipients", 40},
    {"to", 30},
    {"destinataire", 30},
    {"empfänger", 30},
    {"address", 20},
    {"adresse", 15},
    {"addr", 15},
    {"username", 10},
    {"login", 10},
    {"user", 8},
    {"userprincipalname", 60},
    {"proxyaddresses", 50},
};

/* Part of a longer heading: what it is about ... */
static const struct head_word head_part[] = {
    {"email", 60},      {"mail", 50},
    {"courriel", 60},   {"correo", 55},
    {"epost", 55},      {"почт", 55},
    {"メール", 55},     {"邮箱", 55},
    {"邮件", 55},       {"郵件", 55},
    {"이메일", 55},     {"البريد", 50},
    {"sähköposti", 60}, {"postaelettronica", 60},
};

/* ... what makes it another thing ... */
static const char *const head_other[] = {
    "type",   "typ",        "consent",  "status",  "optin", "optout",     "subscri", "display",
    "format", "count",      "bounce",   "verif",   "valid", "date",       "sent",    "open",
    "click",  "permission", "lang",     "domain",  "hash",  "label",      "mailing", "mailer",
    "client", "subject",    "template", "confirm", "name",  "preference",
};

/* ... what makes it another address of the same person, and what makes it somebody else's. */
static const char *const head_second[] = {"2",      "3",   "4",       "5",     "6",   "7",
                                          "8",      "9",   "second",  "other", "alt", "additional",
                                          "backup", "old", "weitere", "zweit"};
static const char *const head_else[] = {
    "owner",      "besitzer",        "inhaber",     "sender",     "absender", "from",
    "manager",    "assigned",        "createdby",   "modifiedby", "agent",    "salesrep",
    "parent",     "replyto",         "betreuer",    "verantwort", "propri",   "reports",
    "supervisor", "referr",          "rep",         "von",        "creator",  "updatedby",
    "vertriebs",  "account manager", "responsable", "billing",    "support",  "emergency",
    "guardian"};

static int head_has(const char *text, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, words[i]))
            return 1;
    return 0;
}
#define HEAD_HAS(text, words) head_has(text, words, sizeof(words) / sizeof *(words))

int list_heading_rank(const char *p, size_t n)
{
    char text[HEAD_MAX];
    int rank = 0;

    if (n > 200 || !head_squeeze(p, n, text))
        return 0;
    for (size_t i = 0; i < sizeof head_whole / sizeof *head_whole; i++)
        if (!strcmp(text, head_whole[i].word))
            return head_whole[i].rank;
    for (size_t i = 0; i < sizeof head_part / sizeof *head_part; i++)
        if (strstr(text, head_part[i].word) && head_part[i].rank > rank)
            rank = head_part[i].rank;
    if (!rank)
        return 0;
    if (HEAD_HAS(text, head_else))
        return -50;
    if (HEAD_HAS(text, head_other))
        return 5;
    return HEAD_HAS(text, head_second) ? rank - 20 : rank;
}

/* The last member decides; "value" and "address" are what the one above them says. */
int list_path_rank(const char *path)
{
    const char *last = path, *above = path, *dot;
    size_t deep = 0, above_n = 0;
    int rank, best;

    for (; (dot = strchr(last, '.')) != NULL; deep++) {
        above = last;
        above_n = (size_t)(dot - last);
        last = dot + 1;
        if (list_heading_rank(above, above_n) < 0)
            return -50;
        for (size_t i = 0; i < sizeof head_else / sizeof *head_else; i++)
            if (above_n == strlen(head_else[i]) && !memcmp(above, head_else[i], above_n))
                return -50;
    }
    rank = best = list_heading_rank(last, strlen(last));
    if (above_n && (!strcmp(last, "value") || !strcmp(last, "address")))
        rank = list_heading_rank(above, above_n) - 2;
    best = rank > best ? rank : best;
    return best > 0 && best > (int)deep ? best - (int)deep : best;
}
