/* number.c - numbers and times in texts, read and written without the C library's large readers.
 *
 *     "42 rows"     app_number()       42, two digits; app_number_large() into 64 bits
 *     "-7 ..."      app_whole()        -7, two characters
 *     1795830813    app_time_text()    "2026-11-28T01:53:33"
 *
 * SPDX-License-Identifier: MIT */
#include <time.h>
#include "app.h"

size_t app_number_large(const char *text, uint64_t *n)
{
    size_t i = 0;

    for (*n = 0; text[i] >= '0' && text[i] <= '9'; i++) {
        const uint64_t digit = (uint64_t)(text[i] - '0');
        *n = *n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *n * 10 + digit;
    }
    return i;
}

size_t app_number(const char *text, uint32_t *n)
{
    uint64_t value;
    const size_t digits = app_number_large(text, &value);

    *n = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    return digits;
}

size_t app_whole(const char *text, int32_t *n)
{
    const size_t sign = *text == '-';
    uint32_t value;
    const size_t digits = app_number(text + sign, &value);

    if (!digits || value > INT32_MAX)
        return 0;
    *n = sign ? -(int32_t)value : (int32_t)value;
    return sign + digits;
}

/* The last `digits` digits of `value`, and `end` behind them. Where the next part begins. */
static char *time_part(char *p, int value, int digits, char end)
{
    for (int i = digits; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    p[digits] = end;
    return p + digits + 1;
}

int app_time_text(char text[APP_TIME_TEXT], int64_t seconds)
{
    const time_t at = (time_t)seconds;
    struct tm tm;

    text[0] = '\0';
    if (!gmtime_r(&at, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
        return 0;
    text = time_part(text, tm.tm_year + 1900, 4, '-');
    text = time_part(text, tm.tm_mon + 1, 2, '-');
    text = time_part(text, tm.tm_mday, 2, 'T');
    text = time_part(text, tm.tm_hour, 2, ':');
    text = time_part(text, tm.tm_min, 2, ':');
    time_part(text, tm.tm_sec, 2, '\0');
    return 1;
}
