/* http.c - any bytes as HTTP/1.1 requests of one connection.
 *
 * Oracle: whole equals pieces, for a cut that the input names and for single bytes; a head has at
 * most one Host and one length, and what is told of it lies in it; a body is within its limit.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "http_said.h"

static struct said whole, cut, bytes;

static void must_string(const struct http_reader *h, const char *text)
{
    if (!*text || !strcmp(text, "/"))
        return;
    require(text >= h->head && text < h->head + HTTP_HEAD_MAX);
    require(memchr(text, 0, (size_t)(h->head + HTTP_HEAD_MAX - text)));
}

static void must_head(const struct http_reader *h)
{
    unsigned hosts, lengths, codings;

    http_field(h, "host", &hosts);
    http_field(h, "content-length", &lengths);
    http_field(h, "transfer-encoding", &codings);
    require(hosts <= 1 && lengths + codings <= 1 && h->has_body == lengths + codings);
    require(*h->target == '/');
    must_string(h, h->target);
    must_string(h, h->host);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    size_t at = n ? p[0] : 0, used;
    const char *text = (const char *)p + (n != 0);
    struct http_reader *h = &whole.reader;

    n -= n != 0;
    if (n > SAID_MAX / 4)
        return 0;
    said_start(&whole, 64);
    for (size_t done = 0; done < n && !whole.over; done += used) {
        enum http_event event = http_feed(h, text + done, n - done, &used);
        if (event == HTTP_EVENT_HEAD)
            must_head(h);
        said_event(&whole, event);
        require(event != HTTP_EVENT_AGAIN || used == n - done);
    }
    if (!whole.over)
        said_feed(&whole, text, 0);
    said_start(&cut, 64);
    said_all(&cut, text, n, at);
    said_start(&bytes, 64);
    said_all(&bytes, text, n, SAID_BYTES);
    require(!strcmp(whole.text, cut.text) && !strcmp(whole.text, bytes.text));
    return 0;
}
