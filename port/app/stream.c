/* stream.c - where results are written: stdio for people, memory for lists.
 *
 * A list has a row every few microseconds, of some twenty pieces each. stdio takes a lock for each
 * of them, and printf reads a format; that was a third of the time of a list whose syntax alone is
 * looked at.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

/* Room for n more bytes? */
static int stream_room(struct app_stream *stream, size_t n)
{
    char *more = app_room(stream->text, &stream->cap, stream->n + n, 1);

    if (more)
        stream->text = more;
    else
        stream->full = 1;
    return more != NULL;
}

void app_stream_put(struct app_stream *stream, const void *p, size_t n)
{
    if (stream->f) {
        fwrite(p, 1, n, stream->f);
    } else if (n <= stream->cap - stream->n || stream_room(stream, n)) {
        if (n)
            memcpy(stream->text + stream->n, p, n);
        stream->n += n;
    }
}

void app_stream_byte(struct app_stream *stream, char c)
{
    if (stream->f || stream->n == stream->cap)
        app_stream_put(stream, &c, 1);
    else
        stream->text[stream->n++] = c;
}

void app_stream_text(struct app_stream *stream, const char *text)
{
    app_stream_put(stream, text, strlen(text));
}

size_t app_stream_keep(const struct app_stream *stream, size_t at, char *text, size_t cap)
{
    const size_t n = stream->n - at;

    if (stream->full || !n || n > cap)
        return 0;
    memcpy(text, stream->text + at, n);
    return n;
}

size_t app_digits(uint64_t n, char digits[APP_DIGITS])
{
    size_t count = 1;

    for (uint64_t rest = n; rest > 9; rest /= 10)
        count++;
    for (size_t at = count; at-- > 0; n /= 10)
        digits[at] = (char)('0' + n % 10);
    return count;
}

void app_stream_number(struct app_stream *stream, uint64_t n)
{
    char digits[APP_DIGITS];

    app_stream_put(stream, digits, app_digits(n, digits));
}

size_t app_enhanced(const uint16_t esc[3], char text[APP_ENHANCED])
{
    size_t n = 0;

    for (int i = 0; i < 3; i++) {
        if (i)
            text[n++] = '.';
        n += app_digits(esc[i], text + n);
    }
    return n;
}

void app_stream_enhanced(struct app_stream *stream, const uint16_t esc[3])
{
    char text[APP_ENHANCED];

    app_stream_put(stream, text, app_enhanced(esc, text));
}
