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
static atomic_int log_max_level = LOG_INFO;
static atomic_int log_line_format = LOG_TEXT;
static _Thread_local const struct log_request *log_request;

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
    log_change(level, format);
}

void log_change(enum log_level level, enum log_format format)
{
    atomic_store_explicit(&log_max_level, level, memory_order_relaxed);
    atomic_store_explicit(&log_line_format, format, memory_order_relaxed);
}

void log_set_request(const struct log_request *request)
{
    log_request = request;
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
    return (int)level <= atomic_load_explicit(&log_max_level, memory_order_relaxed);
}

/* A line while it is put together: what does not fit is left out. printf() would cost a request
 * more than all the rest of its log line. */
struct log_text {
    char *at, *end;
};

static void put(struct log_text *line, const char *text, size_t size)
{
    if (size > (size_t)(line->end - line->at))
        size = (size_t)(line->end - line->at);
    line->at = mempcpy(line->at, text, size);
}

static void put_text(struct log_text *line, const char *text)
{
    put(line, text, strlen(text));
}

/* With at least `digits` digits. */
static void put_digits(struct log_text *line, uint64_t number, unsigned digits)
{
    char text[20], *at = text + sizeof(text);

    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
        digits -= digits > 0;
    } while ((number > 0 || digits > 0) && at > text);
    put(line, at, (size_t)(text + sizeof(text) - at));
}

/* "2026-11-24T08:07:17.123Z". The date by the calendar's arithmetic in years that begin in March
 * (H. Hinnant, chrono-compatible low-level date algorithms, civil_from_days). */
static void put_time(struct log_text *line)
{
    struct timespec now;
    uint64_t days, day_of_era, year_of_era, day_of_year, month, seconds;

    clock_gettime(CLOCK_REALTIME, &now);
    days = (uint64_t)now.tv_sec / 86400 + 719468;
    seconds = (uint64_t)now.tv_sec % 86400;
    day_of_era = days % 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153; /* 0 is March */
    put_digits(line, days / 146097 * 400 + year_of_era + (month >= 10), 4);
    put(line, "-", 1);
    put_digits(line, month < 10 ? month + 3 : month - 9, 2);
    put(line, "-", 1);
    put_digits(line, day_of_year - (153 * month + 2) / 5 + 1, 2);
    put(line, "T", 1);
    put_digits(line, seconds / 3600, 2);
    put(line, ":", 1);
    put_digits(line, seconds / 60 % 60, 2);
    put(line, ":", 1);
    put_digits(line, seconds % 60, 2);
    put(line, ".", 1);
    put_digits(line, (uint64_t)now.tv_nsec / 1000000, 3);
    put(line, "Z", 1);
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
static void put_blanked(struct log_text *line, const char *text)
{
    size_t left = strlen(text), step;

    for (; left > 0; text += step, left -= step) {
        step = utf8_sequence(text, left);
        if (step > 0 && control_at(text, step) == 0) {
            if (step > (size_t)(line->end - line->at))
                return;
            put(line, text, step);
        } else {
            step = step == 0 ? 1 : step;
            put(line, "??", step);
        }
    }
}

/* As the inside of a JSON string. */
static void put_escaped(struct log_text *line, const char *text)
{
    char escape[8];
    size_t left = strlen(text), step;

    for (; left > 0 && line->end - line->at >= 6; text += step, left -= step) {
        unsigned control;

        step = utf8_sequence(text, left);
        control = control_at(text, step);
        if (step == 0) {
            step = 1;
            put(line, "\xef\xbf\xbd", 3); /* U+FFFD */
        } else if (control != 0) {
            put(line, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", control));
        } else {
            if (*text == '"' || *text == '\\')
                put(line, "\\", 1);
            put(line, text, step);
        }
    }
}

/* The same, within `most` bytes. */
static void put_bounded(struct log_text *line,
                        void (*put_it)(struct log_text *line, const char *text), const char *text,
                        size_t most)
{
    struct log_text part = *line;

    if (most < (size_t)(part.end - part.at))
        part.end = part.at + most;
    put_it(&part, text);
    line->at = part.at;
}

static void put_decimal(struct log_text *line, const struct log_field *field)
{
    uint64_t number = (uint64_t)field->number, unit = 1;

    for (unsigned i = 0; i < field->decimals; i++)
        unit *= 10;
    put_digits(line, number / unit, 1);
    if (field->decimals == 0)
        return;
    put(line, ".", 1);
    put_digits(line, number % unit, field->decimals);
}

/* In text, whether a value can stand without quotes. */
static bool is_bare_word(const char *text)
{
    for (; *text > ' ' && *text < 0x7f; text++) {
        if (*text == '"' || *text == '\\' || *text == '=')
            return false;
    }
    return *text == '\0';
}

static void put_text_field(struct log_text *line, const char *name, const char *text)
{
    const bool word = is_bare_word(text) && *text != '\0';

    put(line, " ", 1);
    put_text(line, name);
    put(line, word ? "=" : "=\"", word ? 1 : 2);
    put_bounded(line, word ? put_text : put_escaped, text, LOG_VALUE_BYTES);
    if (!word)
        put(line, "\"", 1);
}

static void put_json_name(struct log_text *line, const char *name)
{
    put(line, ",\"", 2);
    put_text(line, name);
    put(line, "\":", 2);
}

static void put_json_field(struct log_text *line, const char *name, const char *text)
{
    put_json_name(line, name);
    put(line, "\"", 1);
    put_bounded(line, put_escaped, text, LOG_VALUE_BYTES);
    put(line, "\"", 1);
}

/* What a line says, before it has a form. */
struct event {
    enum log_level level;
    const char *message;
    size_t message_most; /* bytes of it, as it is written */
    const struct log_field *fields;
    size_t count;
};

static void format_text(struct log_text *line, const struct event *event)
{
    const struct log_request *request = log_request;

    put_time(line);
    put(line, " ", 1);
    put_text(line, level_names[event->level]);
    put(line, " ", 1);
    put_text(line, log_program);
    put(line, "[", 1);
    put_digits(line, (uint64_t)getpid(), 1);
    put(line, "]: ", 3);
    if (request != NULL) {
        put(line, "[", 1);
        put_text(line, request->id);
        put(line, "] ", 2);
    }
    put_bounded(line, put_blanked, event->message, event->message_most);
    for (size_t i = 0; i < event->count; i++) {
        const struct log_field *field = &event->fields[i];

        if (field->text != NULL) {
            put_text_field(line, field->name, field->text);
        } else {
            put(line, " ", 1);
            put_text(line, field->name);
            put(line, "=", 1);
            put_decimal(line, field);
        }
    }
    if (request != NULL && request->trace_id != NULL) {
        put_text_field(line, "trace_id", request->trace_id);
        put_text_field(line, "span_id", request->span_id);
    }
}

static void format_json(struct log_text *line, const struct event *event)
{
    const struct log_request *request = log_request;

    put_text(line, "{\"time\":\"");
    put_time(line);
    put_text(line, "\",\"level\":\"");
    put_text(line, level_names[event->level]);
    put_text(line, "\",\"program\":\"");
    put_text(line, log_program);
    put_text(line, "\",\"pid\":");
    put_digits(line, (uint64_t)getpid(), 1);
    if (request != NULL) {
        put_json_name(line, "request_id");
        put(line, "\"", 1);
        put_text(line, request->id);
        put(line, "\"", 1);
    }
    if (request != NULL && request->trace_id != NULL) {
        put_json_field(line, "trace_id", request->trace_id);
        put_json_field(line, "span_id", request->span_id);
    }
    put_text(line, ",\"message\":\"");
    put_bounded(line, put_escaped, event->message, event->message_most);
    put(line, "\"", 1);
    for (size_t i = 0; i < event->count; i++) {
        const struct log_field *field = &event->fields[i];

        if (field->text != NULL) {
            put_json_field(line, field->name, field->text);
        } else {
            put_json_name(line, field->name);
            put_decimal(line, field);
        }
    }
    put(line, "}", 1);
}

static void format_relayed(struct log_text *line, const struct event *event)
{
    const char level[] = {'<', syslog_levels[event->level], '>'};

    put(line, level, sizeof(level));
    put_blanked(line, event->message);
}

/* Formats an event as a line; returns its length. */
static size_t format_line(char text[static LOG_LINE_BYTES], const struct event *event)
{
    struct log_text line = {text, text + LOG_LINE_BYTES - 1};

    switch (atomic_load_explicit(&log_line_format, memory_order_relaxed)) {
    case LOG_RELAYED:
        format_relayed(&line, event);
        break;
    case LOG_JSON:
        format_json(&line, event);
        break;
    default:
        format_text(&line, event);
    }
    *line.at++ = '\n';
    return (size_t)(line.at - text);
}

static void write_line(const char *line, size_t size)
{
    if (!log_writer_put(line, size) && write(STDERR_FILENO, line, size) < 0)
        return; /* there is nowhere to report it */
}

/* With its request's ids and in JSON, a line of this and an escaped message of this many bytes
 * fits. */
enum { MESSAGE_MOST_BYTES = MESSAGE_BYTES + 512 };

void log_line(enum log_level level, const char *format, ...)
{
    int saved = errno;
    char message[MESSAGE_BYTES], line[LOG_LINE_BYTES];
    const struct event event = {
        .level = level, .message = message, .message_most = MESSAGE_MOST_BYTES};
    va_list arguments;

    if (!log_enabled(level))
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    write_line(line, format_line(line, &event));
    errno = saved;
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields,
                size_t count)
{
    int saved = errno;
    char line[LOG_LINE_BYTES];
    const struct event event = {level, message, LOG_EVENT_BYTES, fields, count};

    if (!log_enabled(level))
        return;
    write_line(line, format_line(line, &event));
    errno = saved;
}

void log_plain(const char *format, ...)
{
    char text[LOG_LINE_BYTES - 1], blanked[LOG_LINE_BYTES];
    struct log_text line = {blanked, blanked + sizeof(blanked) - 1};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    put_blanked(&line, text);
    *line.at++ = '\n';
    write_line(blanked, (size_t)(line.at - blanked));
}

static size_t format_lost(char line[static LOG_LINE_BYTES], unsigned long long lost)
{
    char message[MESSAGE_BYTES];
    const struct event event = {
        .level = LOG_WARNING, .message = message, .message_most = MESSAGE_MOST_BYTES};

    snprintf(message, sizeof(message),
             "%llu log line(s) were lost: they could not be written in time", lost);
    return format_line(line, &event);
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
