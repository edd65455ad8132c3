/* batch_guest.c - how a conversation went, for whoever calls its destination next.
 *
 *   busy, or not us    --> held back, longer each time; for good
 *   broke over TLS ... --> once without it; for an hour, when that is the second in a row
 *   silent, or no line --> left alone for a quarter of an hour, when that is the second in a row;
 *                          one of the operator's own for 15 seconds
 *   an hour of it, and too little came of it --> not asked any more
 *
 * SPDX-License-Identifier: MIT */
#include "batch_inner.h"

enum {
    GUEST_DOWN_MS = 15 * 60 * 1000,

    GUEST_HOLDS = 24,
    GUEST_WORDS = 160
};

/* One of the operator's own that is busy: the pause, and so often in a row. */
enum { GUEST_OWN_MS = 1000, GUEST_OWN_BUSY = 10 };

/* After an hour of conversations: seconds an answer that are too many, if all take over a day. */
enum { GUEST_RATE_S = 3600, GUEST_ANSWER_S = 10, GUEST_DAY_S = 24 * 3600 };

/* The reply's own words, as far as they are fit for a terminal. */
static const char *guest_words(const struct batch_guest *guest, char text[GUEST_WORDS])
{
    int n = guest->words_n < GUEST_WORDS - 1 ? guest->words_n : GUEST_WORDS - 1;

    for (int i = 0; i < n; i++)
        text[i] = guest->words[i] < ' ' || guest->words[i] > '~' ? '?' : guest->words[i];
    text[n] = '\0';
    return text;
}

/* It is held back: who waits is told at once; the rest too, when it is for good. */
static void guest_hold(struct quoth_batch *batch, uint32_t dest, const struct batch_guest *guest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    int never = host->pace.next == QUOTH_NEVER;
    const char *reason = quoth_reason_name(guest->reason);
    char ip[46], text[GUEST_WORDS];

    quoth_ip_text(&host->ip, ip, sizeof ip);
    guest_words(guest, text);
    if (never)
        batch_event(batch, "%s %s is not asked any more: %s (\"%u %s\")",
                    batch_mx_name(batch, host->mx), ip, reason, guest->code, text);
    else
        batch_event(batch, "%s %s is left alone for %llu min: %s (\"%u %s\")",
                    batch_mx_name(batch, host->mx), ip,
                    (unsigned long long)((host->pace.next - batch->now + 59999) / 60000), reason,
                    guest->code, text);
    if (never)
        host->never_until =
            batch_seconds(batch, batch->now) + (host->port ? BATCH_OWN_S : BATCH_STOPPED_S);
    batch_dest_flush(batch, dest, BATCH_URGENT);
    if (never || batch->limit.no_wait)
        batch_dest_flush(batch, dest, BATCH_LIST);
}

void batch_guest_broke(struct quoth_batch *batch, uint32_t dest, uint8_t option, uint64_t began)
{
    struct batch_dest *host = batch_dest(batch, dest);

    host->once = option;
    if (!(host->broke & option)) {
        host->broke |= option;
    } else if (batch_seconds(batch, began) >=
               host->broke_at) { /* not one of many that broke at once */
        host->options = option;
    }
    host->broke_at = batch_seconds(batch, batch->now);
}

/* So many are too many in a row: one more, and it is not asked any more. A server that answers a
 * few each time is asked each hour, but for a day only, unless half of it is done by then. */
static unsigned guest_busy_max(const struct quoth_batch *batch, struct batch_dest *host, int fine)
{
    unsigned most = batch->limit.passes;

    if (host->port)
        return GUEST_OWN_BUSY;
    if (batch->limit.pace_off)
        return UINT8_MAX;
    if (!fine)
        return most;
    if (++host->holds >= GUEST_HOLDS && host->left > host->pace.answers)
        return 0;
    if (most)
        quoth_pace_excuse(&host->pace, most - 1);
    return most;
}

void batch_guest_end(struct quoth_batch *batch, uint32_t dest, const struct batch_guest *guest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    enum quoth_pace_kind kind = guest->kind;
    unsigned most = kind == QUOTH_PACE_BUSY ? guest_busy_max(batch, host, guest->fine) : 0;

    if (kind == QUOTH_PACE_FINE)
        host->holds = 0;
    quoth_pace_end(&host->pace, kind, guest->reason, most, batch->now);
    if (kind != QUOTH_PACE_BUSY && kind != QUOTH_PACE_REFUSED)
        return;
    if ((host->port || batch->limit.pace_off) && host->pace.next != QUOTH_NEVER)
        quoth_pace_hold(&host->pace, host->port ? batch->now + GUEST_OWN_MS : 0,
                        (enum quoth_reason)host->pace.reason);
    else
        guest_hold(batch, dest, guest);
}

/* It takes longer for an answer than one that works, and more than a day for all that are left. */
static int guest_too_slow(const struct batch_dest *host)
{
    return host->spent_s >= GUEST_RATE_S && host->spent_s / GUEST_ANSWER_S > host->got &&
           (uint64_t)host->left * host->spent_s > (uint64_t)GUEST_DAY_S * (host->got + 1);
}

void batch_guest_rate(struct quoth_batch *batch, uint32_t dest, uint64_t ms, uint32_t answers)
{
    struct batch_dest *host = batch_dest(batch, dest);
    char ip[46];

    host->spent_s += (uint32_t)((ms + 999) / 1000);
    host->got += answers;
    if (batch->limit.pace_off || host->port)
        return;
    if (guest_too_slow(host)) {
        quoth_ip_text(&host->ip, ip, sizeof ip);
        batch_event(batch, "%s %s is not asked any more: %u answers in %u min, and %u are left",
                    batch_mx_name(batch, host->mx), ip, host->got, host->spent_s / 60, host->left);
        batch_dest_never_again(batch, dest, QUOTH_REASON_TIMEOUT);
    }
    if (host->spent_s >= GUEST_RATE_S * 2)
        host->spent_s /= 2, host->got /= 2;
}

/* One of the operator's own comes back as soon as it was restarted. */
static uint32_t guest_down_ms(const struct batch_dest *host)
{
    return host->port ? BATCH_OWN_S * 1000 : GUEST_DOWN_MS;
}

/* Many that were open at once fell silent once. */
static int guest_counted(const struct quoth_batch *batch, const struct batch_dest *host,
                         uint64_t began)
{
    return host->downs &&
           batch_seconds(batch, began) + guest_down_ms(host) / 1000 < host->down_until;
}

void batch_guest_down(struct quoth_batch *batch, uint32_t dest, const struct quoth_smtp *smtp,
                      uint64_t began)
{
    struct batch_dest *host = batch_dest(batch, dest);

    if (smtp->phase > QUOTH_PHASE_CONNECT && guest_counted(batch, host, began))
        return;
    if (host->downs < UINT8_MAX)
        host->downs++;
    host->down_err = (int8_t)smtp->err;
    host->down_phase = smtp->phase;
    host->down_until = batch_seconds(batch, batch->now + guest_down_ms(host));
    if (host->downs < BATCH_DOWN)
        return;
    batch_dest_flush(batch, dest, BATCH_URGENT);
    batch_dest_flush(batch, dest, BATCH_LIST);
}
