/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/outage.h"

/* The mutex decides which thread logs; that thread logs without it, because a log may block. */
#include "base/log.h"

/* Takes the failures that have not been logged; false: it is too early for another line. */
static bool take_failures(struct outage *outage, int64_t now_us, uint64_t *failures,
                          int64_t *period_us)
{
    if (outage->logged_us != 0 && now_us - outage->logged_us < OUTAGE_LOG_MS * 1000LL)
        return false;
    *failures = outage->failures;
    *period_us = outage->logged_us != 0 ? now_us - outage->logged_us : 0;
    outage->failures = 0;
    outage->logged_us = now_us;
    return true;
}

void outage_failed(struct outage *outage, const char *why, int64_t now_us)
{
    bool begins, log_it;
    uint64_t failures;
    int64_t period_us;

    pthread_mutex_lock(&outage->mutex);
    outage->failures++;
    atomic_store(&outage->any, true);
    begins = !outage->logged && outage->failures == 1;
    log_it = take_failures(outage, now_us, &failures, &period_us);
    outage->logged |= log_it;
    pthread_mutex_unlock(&outage->mutex);
    if (log_it && begins)
        log_warning("%s failed: %s", outage->what, why);
    else if (log_it)
        log_warning("%s failed %llu more time(s) in %lld s, the last: %s", outage->what,
                    (unsigned long long)failures, (long long)period_us / 1000000, why);
}

void outage_over(struct outage *outage, int64_t now_us)
{
    uint64_t failures;
    int64_t period_us;
    bool log_it;

    if (!atomic_load(&outage->any))
        return;
    pthread_mutex_lock(&outage->mutex);
    log_it = outage->logged;
    failures = outage->failures;
    if (!log_it && failures > 0)
        log_it = take_failures(outage, now_us, &failures, &period_us);
    if (log_it) {
        outage->logged = false;
        outage->failures = 0;
        atomic_store(&outage->any, false);
    }
    pthread_mutex_unlock(&outage->mutex);
    if (log_it && failures == 0)
        log_warning("%s works again", outage->what);
    else if (log_it)
        log_warning("%s works again, after %llu more failure(s)", outage->what,
                    (unsigned long long)failures);
}
