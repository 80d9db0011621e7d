/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/log.h"

#include "base/deadline.h"
#include "base/log_writer.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1024 };

static const char *log_program = "grisaille";
static enum log_level log_max_level = LOG_INFO;
static enum log_format log_line_format = LOG_TEXT;
static _Thread_local const char *log_request;

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARNING] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

/* The levels of syslog(3) and sd-daemon(3); the others are not used here. */
static const char syslog_levels[] = {
    [LOG_ERROR] = '3',
    [LOG_WARNING] = '4',
    [LOG_INFO] = '6',
    [LOG_DEBUG] = '7',
};

void log_open(const char *program, enum log_level level, enum log_format format)
{
    log_program = program;
    log_max_level = level;
    log_line_format = format;
}

void log_set_request(const char *request_id)
{
    log_request = request_id;
}

enum log_level log_split_level(const char **line)
{
    const char *text = *line;

    for (size_t level = 0; level < sizeof(syslog_levels); level++) {
        if (text[0] == '<' && text[1] == syslog_levels[level] && text[2] == '>') {
            *line = text + 3;
            return (enum log_level)level;
        }
    }
    return LOG_WARNING;
}

bool log_enabled(enum log_level level)
{
    return level <= log_max_level;
}

/* "2026-11-24T08:07:17.123Z" */
static void format_time(char *text, size_t size)
{
    struct timespec now;
    struct tm utc;
    size_t length;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, size - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

/* The control character that these `step` bytes encode: of C0, DEL, or of C1, which starts escape
 * sequences on 8-bit terminals. 0: none. */
static unsigned control_at(const char *text, size_t step)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (step == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f))
        return bytes[0];
    return step == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0 ? bytes[1] : 0;
}

/* Blanks bytes that would end the line or start a terminal's escape sequence, and what is no UTF-8.
 */
static void blank_controls(char *message)
{
    size_t left = strlen(message), step;

    for (; left > 0; message += step, left -= step) {
        step = utf8_sequence(message, left);
        if (step == 0 || control_at(message, step) != 0) {
            step = step == 0 ? 1 : step;
            memset(message, '?', step);
        }
    }
}

/* Puts `message` into `out` as the inside of a JSON string, cut where `out` ends. */
static void escape_json(char *out, size_t size, const char *message)
{
    size_t left = strlen(message), used = 0, step;

    for (; left > 0 && used + 7 < size; message += step, left -= step) {
        unsigned control;

        step = utf8_sequence(message, left);
        control = control_at(message, step);
        if (step == 0) {
            step = 1;
            used += (size_t)snprintf(out + used, size - used, "\xef\xbf\xbd"); /* U+FFFD */
        } else if (control != 0) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", control);
        } else {
            if (*message == '"' || *message == '\\')
                out[used++] = '\\';
            memcpy(out + used, message, step);
            used += step;
        }
    }
    out[used] = '\0';
}

static int format_text(char *line, enum log_level level, const char *when, char *message)
{
    const char *id = log_request;

    blank_controls(message);
    return snprintf(line, LOG_LINE_BYTES, "%s %s %s[%d]: %s%s%s%s\n", when, level_names[level],
                    log_program, (int)getpid(), id ? "[" : "", id ? id : "", id ? "] " : "",
                    message);
}

static int format_json(char *line, enum log_level level, const char *when, const char *message)
{
    char escaped[MESSAGE_BYTES + 512];
    const char *id = log_request;

    escape_json(escaped, sizeof(escaped), message);
    return snprintf(line, LOG_LINE_BYTES,
                    "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"pid\":%d,%s%s%s"
                    "\"message\":\"%s\"}\n",
                    when, level_names[level], log_program, (int)getpid(),
                    id ? "\"request_id\":\"" : "", id ? id : "", id ? "\"," : "", escaped);
}

static int format_relayed(char *line, enum log_level level, char *message)
{
    blank_controls(message);
    return snprintf(line, LOG_LINE_BYTES, "<%c>%s\n", syslog_levels[level], message);
}

/* Formats a message as a line; returns its length. */
static size_t format_line(char line[static LOG_LINE_BYTES], enum log_level level, char *message)
{
    char when[40];
    int length;

    format_time(when, sizeof(when));
    if (log_line_format == LOG_RELAYED)
        length = format_relayed(line, level, message);
    else if (log_line_format == LOG_JSON)
        length = format_json(line, level, when, message);
    else
        length = format_text(line, level, when, message);
    return length > 0 ? (size_t)length : 0;
}

static void write_line(const char *line, size_t size)
{
    if (!log_writer_put(line, size) && write(STDERR_FILENO, line, size) < 0)
        return; /* there is nowhere to report it */
}

void log_line(enum log_level level, const char *format, ...)
{
    int saved = errno;
    char message[MESSAGE_BYTES], line[LOG_LINE_BYTES];
    va_list arguments;

    if (!log_enabled(level))
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    write_line(line, format_line(line, level, message));
    errno = saved;
}

void log_plain(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    blank_controls(line);
    strcat(line, "\n");
    write_line(line, strlen(line));
}

static size_t format_lost(char line[static LOG_LINE_BYTES], unsigned long long lost)
{
    char message[MESSAGE_BYTES];

    snprintf(message, sizeof(message),
             "%llu log line(s) were lost: they could not be written in time", lost);
    return format_line(line, LOG_WARNING, message);
}

int log_start(void)
{
    return log_writer_start(format_lost);
}

unsigned long long log_lost_lines(void)
{
    return log_writer_lost();
}

bool log_flush(int wait_ms)
{
    return log_writer_flush(wait_ms);
}

bool log_limit(_Atomic long long *last_us, int period_ms)
{
    long long now = clock_us();
    long long last = atomic_load(last_us);

    if (last != 0 && now - last < (long long)period_ms * 1000)
        return false;
    return atomic_compare_exchange_strong(last_us, &last, now);
}
