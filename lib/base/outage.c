/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/outage.h"

/* The mutex decides who tells; the line is logged without it, since a log may block. */
#include "base/log.h"

/* Takes what there is to tell of; false: it is too early for another line. */
static bool take_failures(struct outage *outage, int64_t now_us, uint64_t *failures,
                          int64_t *period_us)
{
    if (outage->told_us != 0 && now_us - outage->told_us < OUTAGE_TELL_MS * 1000LL)
        return false;
    *failures = outage->failures;
    *period_us = outage->told_us != 0 ? now_us - outage->told_us : 0;
    outage->failures = 0;
    outage->told_us = now_us;
    return true;
}

void outage_failed(struct outage *outage, const char *why, int64_t now_us)
{
    bool begins, tell;
    uint64_t failures;
    int64_t period_us;

    pthread_mutex_lock(&outage->mutex);
    outage->failures++;
    atomic_store(&outage->any, true);
    begins = !outage->told && outage->failures == 1;
    tell = take_failures(outage, now_us, &failures, &period_us);
    outage->told |= tell;
    pthread_mutex_unlock(&outage->mutex);
    if (tell && begins)
        log_warning("%s failed: %s", outage->what, why);
    else if (tell)
        log_warning("%s failed %llu more time(s) in %lld s, the last: %s", outage->what,
                    (unsigned long long)failures, (long long)period_us / 1000000, why);
}

void outage_over(struct outage *outage, int64_t now_us)
{
    uint64_t failures;
    int64_t period_us;
    bool tell;

    if (!atomic_load(&outage->any))
        return;
    pthread_mutex_lock(&outage->mutex);
    tell = outage->told;
    failures = outage->failures;
    if (!tell && failures > 0)
        tell = take_failures(outage, now_us, &failures, &period_us);
    if (tell) {
        outage->told = false;
        outage->failures = 0;
        atomic_store(&outage->any, false);
    }
    pthread_mutex_unlock(&outage->mutex);
    if (tell && failures == 0)
        log_warning("%s works again", outage->what);
    else if (tell)
        log_warning("%s works again, after %llu more failure(s)", outage->what,
                    (unsigned long long)failures);
}
