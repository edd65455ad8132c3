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
    const struct quoth_span span = list_trim(p, n);
    size_t len = 0;
    uint32_t code;

    for (size_t i = 0; i < span.n && len < HEAD_MAX - 1; i++) {
        uint8_t c = (uint8_t)span.p[i], next = i + 1 < span.n ? (uint8_t)span.p[i + 1] : 0;
        if (c >= 0xc0 && !quoth_utf8(&code, span.p + i, span.n - i) && len + 2 < HEAD_MAX) {
            out[len++] = '\xc3'; /* a letter of Latin-1 */
            out[len++] = (char)((c & 0x3f) | 0x80 | (c <= 0xde ? 0x20 : 0));
            continue;
        }
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

/* Words one behind the other, each with a NUL, and one more at the end: no pointer for each. */
#define W(word)           word "\0"
#define HEAD_COUNT(table) (sizeof(table) / sizeof *(table))

struct head_words {
    int rank;
    const char *words;
};

/* Does one of the words stand in it? */
static int head_has(const char *text, const char *words)
{
    while (*words && !strstr(text, words))
        words += strlen(words) + 1;
    return *words != 0;
}

/* clang-format off */
static const struct head_words head_whole[] = {
    {100,
        W("email") W("emailaddress") W("emailadresse") W("emailadres") W("adresseemail")
        W("courriel") W("adressecourriel") W("correoelectrónico") W("correoelectronico")
        W("direccióndecorreoelectrónico") W("endereçodeemail") W("enderecodeemail")
        W("indirizzoemail") W("epostadress") W("epostadresse") W("epostaadresi") W("sähköposti")
        W("sähköpostiosoite") W("adresemail") W("адресэлектроннойпочты") W("электроннаяпочта")
        W("メールアドレス") W("电子邮件") W("电子邮箱") W("電子郵件") W("이메일") W("이메일주소")
        W("البريدالإلكتروني") W("emailcím") W("адресаелектронноїпошти")},
    {99,
        W("primaryemail") W("primaryemailaddress") W("primarysmtpaddress") W("preferredemail")},
    {98,
        W("email1value") W("emailaddress1") W("adressemail") W("adresseélectronique")
        W("direccióndecorreo") W("direccióndeemail") W("correioeletrônico") W("correioeletrónico")
        W("indirizzodipostaelettronica") W("postaelettronica") W("epost") W("eposta")
        W("pocztaelektroniczna") W("電子メール") W("eメール") W("diachiemail") W("електроннапошта")},
    {97,
        W("email1") W("email1address")},
    {96,
        W("emailid") W("элпочта") W("邮箱") W("電郵")},
    {95,
        W("emails")},
    {94,
        W("contactemail") W("customeremail") W("subscriberemail") W("recipientemail") W("useremail")
        W("memberemail") W("attendeeemail") W("clientemail") W("candidateemail")
        W("inviteeemail")},
    {92,
        W("workemail") W("businessemail") W("correo")},
    {90,
        W("homeemail") W("personalemail") W("privateemail") W("mailadresse") W("mailaddress")
        W("mél") W("почта") W("емейл") W("имейл") W("メール") W("邮件")},
    {88,
        W("mail")},
    {80,
        W("信箱")},
    {60,
        W("userprincipalname")},
    {50,
        W("proxyaddresses")},
    {40,
        W("rcpt") W("recipient") W("recipients")},
    {30,
        W("to") W("destinataire") W("empfänger")},
    {20,
        W("address")},
    {15,
        W("adresse") W("addr")},
    {10,
        W("username") W("login")},
    {8,
        W("user")},
    {1, /* below a column, not above it */
        W("total") W("sum") W("summe") W("gesamt")},
};

/* Part of a longer heading: what it is about, the most telling first ... */
static const struct head_words head_part[] = {
    {60,
        W("email") W("courriel") W("sähköposti") W("postaelettronica")},
    {55,
        W("correo") W("epost") W("почт") W("メール") W("邮箱") W("邮件") W("郵件") W("이메일")},
    {50,
        W("mail") W("البريد") W("ایمیل") W("דואל") W("אימייל") W("λεκτρονικ") W("อีเมล") W("ईमेल")
        W("pošta") W("paštas") W("電郵") W("电邮") W("信箱") W("메일") W("имейл") W("netfang")},
};

/* ... what makes it another thing ... */
static const char head_other[] =
    W("type") W("typ") W("consent") W("status") W("optin") W("optout") W("subscri") W("display")
    W("format") W("count") W("bounce") W("verif") W("valid") W("date") W("sent") W("open")
    W("click") W("permission") W("lang") W("domain") W("hash") W("label") W("mailing")
    W("mailer") W("client") W("subject") W("template") W("confirm") W("name") W("preference");

/* ... what makes it another address of the same person, and what makes it somebody else's. */
static const char head_second[] =
    W("2") W("3") W("4") W("5") W("6") W("7") W("8") W("9") W("second") W("other") W("alt")
    W("additional") W("backup") W("old") W("weitere") W("zweit") W("billing");
static const char head_else[] =
    W("owner") W("besitzer") W("inhaber") W("sender") W("absender") W("from") W("manager")
    W("assigned") W("createdby") W("modifiedby") W("agent") W("salesrep") W("parent")
    W("replyto") W("betreuer") W("verantwort") W("propri") W("reports") W("supervisor")
    W("referrer") W("referral") W("referredby") W("rep") W("von") W("creator") W("updatedby")
    W("vertriebs") W("account manager") W("responsable") W("support") W("emergency") W("guardian")
    W("hostemail") W("recruiter") W("interviewer") W("seller") W("organizer") W("organiser");
/* clang-format on */

int list_heading_rank(const char *p, size_t n)
{
    char text[HEAD_MAX];
    size_t i = 0;

    if (n > 200 || !head_squeeze(p, n, text))
        return 0;
    for (; i < HEAD_COUNT(head_whole); i++)
        if (list_is_one_of(text, strlen(text), head_whole[i].words))
            return head_whole[i].rank;
    for (i = 0; i < HEAD_COUNT(head_part) && !head_has(text, head_part[i].words);)
        i++;
    if (i == HEAD_COUNT(head_part))
        return 0;
    if (head_has(text, head_else))
        return -50;
    if (head_has(text, head_other))
        return 5;
    return head_part[i].rank - (head_has(text, head_second) ? 20 : 0);
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
        if (list_heading_rank(above, above_n) < 0 || list_is_one_of(above, above_n, head_else))
            return -50;
    }
    rank = best = list_heading_rank(last, strlen(last));
    if (above_n && (!strcmp(last, "value") || !strcmp(last, "address")))
        rank = list_heading_rank(above, above_n) - 2;
    best = rank > best ? rank : best;
    return best > 0 && best > (int)deep ? best - (int)deep : best;
}
