/* web_page.c - what is in the binary as gzip and goes out as that: the page at /, and the document
 * of the API.
 *
 *   Accept-Encoding: none, or it allows gzip --> 200, or 304 when who asks has this one
 *                    all else                --> 406
 *
 * The page's style and script are named by their sums, so nothing that got into the page in another
 * way is run (Content Security Policy Level 3).
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "openapi.h"
#include "page.h"
#include "web.h"
#include "web_runs.h"

#define PAGE_PACKED(tag) "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\nETag: " tag "\r\n"

static const char page_fields[] = PAGE_PACKED(
    PAGE_TAG) "Content-Security-Policy: default-src 'none'; style-src '" PAGE_STYLE "'; "
              "script-src '" PAGE_SCRIPT
              "'; connect-src 'self'; img-src data:; form-action 'self'; "
              "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'\r\n"
              "Referrer-Policy: no-referrer\r\nCross-Origin-Opener-Policy: same-origin\r\n";

/* Is what stands behind a coding a weight of 0? */
static int page_refused(const char *behind)
{
    const char *weight = behind + strcspn(behind, "=,");

    return *weight == '=' && strcspn(weight, "123456789") >= strcspn(weight, ",");
}

/* RFC 9110 12.5.3: a coding that is named outweighs "*". */
static int page_gzip_taken(const char *accept)
{
    int any = 0;

    if (!accept)
        return 1;
    for (const char *p = accept; *p; p += strcspn(p, ",")) {
        p += strspn(p, " \t,");
        if (!strncasecmp(p, "gzip", 4) && strcspn(p, " \t;,") == 4)
            return !page_refused(p);
        if (*p == '*')
            any = !page_refused(p);
    }
    return any;
}

/* Only read. */
#define PAGE_BYTES(bytes) \
    { \
        .text = (char *)(uintptr_t)bytes, .n = sizeof bytes \
    }

static const struct packed {
    const char *type, *fields, *tag;
    struct app_stream gzip;
} packed_page = {"text/html; charset=utf-8", page_fields, PAGE_TAG, PAGE_BYTES(page_gzip)},
  packed_openapi = {"application/json", PAGE_PACKED(OPENAPI_TAG), OPENAPI_TAG,
                    PAGE_BYTES(openapi_gzip)};

/* RFC 9110 13.1.2; compared weakly. */
int web_known(const struct web *web, const char *tag)
{
    const char *known = http_field(&web->http, "if-none-match", NULL);

    return known && (!strcmp(known, "*") || strstr(known, tag));
}

/* RFC 9110 13.1.1; compared strongly, so W/"x" is none of ours. Times are told of nothing here, and
 * so If-Unmodified-Since is passed by (13.1.4). */
int web_met(struct web *web, const char *tag)
{
    const char *match = http_field(&web->http, "if-match", NULL), *at = match;

    if (!match || !strcmp(match, "*"))
        return 1;
    while (tag && (at = strstr(at, tag)) != NULL && at > match && at[-1] == '/')
        at++;
    if (!tag || !at)
        web_problem(web, WEB_PRECONDITION, NULL,
                    "It is not, or no longer, what If-Match says; nothing was done.");
    return tag && at;
}

static void web_packed(struct web *web, const struct packed *of)
{
    if (!web_met(web, of->tag))
        return;
    if (page_gzip_taken(http_field(&web->http, "accept-encoding", NULL)))
        web_answer(web, web_known(web, of->tag) ? 304 : 200, of->type, of->fields, &of->gzip);
    else
        web_problem(web, WEB_NOT_ACCEPTABLE, NULL,
                    "This is there as gzip only: Accept-Encoding: gzip.");
}

void web_page(struct web *web) { web_packed(web, &packed_page); }
void web_openapi(struct web *web) { web_packed(web, &packed_openapi); }
