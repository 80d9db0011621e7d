/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/reload.h"

#include "base/log.h"

/* Takes over `next`. False, and a line in the log: nothing has changed. That is an error, of which
 * there is a line at any log.level. */
static bool put_in_force(const struct reload *reload, const struct settings *next)
{
    struct http_server_options options;
    struct live_settings *live;
    char why[256];

    if (live_new(&live, next, reload->describe, why) != 0) {
        log_error("SIGHUP: nothing changes: %s", why);
        return false;
    }
    reload->settings->delay_ms = live->settings.delay_ms;
    reload->settings->drain_ms = live->settings.drain_ms;
    options = live_options(live);
    if (http_server_change(reload->server, &options) != 0) {
        live_free(live);
        log_error("SIGHUP: nothing changes: out of memory");
        return false;
    }
    log_change((enum log_level)live->settings.log_level,
               (enum log_format)live->settings.log_format);
    return true;
}

/* A token must go when it is to go, whatever state the configuration is in. */
static void reload_tokens(const struct reload *reload, const struct settings *now, const char *why)
{
    struct settings next;

    if (settings_copy(reload->program->options, now, &next) != 0)
        log_error("SIGHUP: nothing changes: %s", why);
    else if (put_in_force(reload, &next))
        log_error("SIGHUP: nothing changes but the tokens: %s", why);
}

void reload_settings(const struct reload *reload)
{
    const struct live_settings *live = http_server_live(reload->server);
    struct settings next;
    char text[RELOAD_TEXT_BYTES];
    int status =
        settings_reload(reload->program, reload->argc, reload->argv, &live->settings, &next, text);

    if (status != 0)
        reload_tokens(reload, &live->settings, text);
    else if (!put_in_force(reload, &next))
        return;
    else if (text[0] != '\0')
        log_warning("SIGHUP: reloaded, but for what needs a restart: %s", text);
    else
        log_info("SIGHUP: reloaded");
}
