/* web_page.c - the page at /, which is in the binary as gzip and goes out as that.
 *
 *   Accept-Encoding: none, or it allows gzip --> 200, or 304 when the browser has this one
 *                    all else                --> 406
 *
 * Its style and its script are named by their sums, so nothing that got into the page in another
 * way is run (Content Security Policy Level 3).
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "page.h"
#include "web.h"
#include "web_runs.h"

static const char page_fields[] =
    "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\nETag: " PAGE_TAG "\r\n"
    "Content-Security-Policy: default-src 'none'; style-src '" PAGE_STYLE "'; "
    "script-src '" PAGE_SCRIPT "'; connect-src 'self'; img-src data:; form-action 'self'; "
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

void web_page(struct web *w)
{
    const char *known = http_field(&w->http, "if-none-match", NULL);
    struct app_stream body = {0};

    if (!page_gzip_taken(http_field(&w->http, "accept-encoding", NULL))) {
        web_problem(w, WEB_NOT_ACCEPTABLE, NULL,
                    "The page is there as gzip only: Accept-Encoding: gzip.");
        return;
    }
    app_stream_put(&body, page_gzip, sizeof page_gzip);
    web_answer(w, known && strstr(known, PAGE_TAG) ? 304 : 200, "text/html; charset=utf-8",
               page_fields, &body);
    free(body.text);
}
