/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* A message of any bytes, such as a request's target, in the log. Text is one line that no terminal
 * obeys, and so is what another process is to log; JSON is one object, which holds the message, or
 * its front part, wherever that is UTF-8. */
#include "base/log.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

/* What is written to standard error meanwhile, into `line`, ended by NUL. */
static size_t catch_line(const char *message, char line[LINE_MAX_BYTES])
{
    int own = dup(STDERR_FILENO), memory = memfd_create("log", MFD_CLOEXEC);
    ssize_t size;

    fuzz_require(own >= 0 && memory >= 0);
    dup2(memory, STDERR_FILENO);
    log_info("%s", message);
    dup2(own, STDERR_FILENO);
    size = pread(memory, line, LINE_MAX_BYTES - 1, 0);
    close(memory);
    close(own);
    fuzz_require(size > 0 && size < LINE_MAX_BYTES - 1);
    line[size] = '\0';
    return (size_t)size;
}

static void check_line(const char *line, size_t size)
{
    fuzz_require(strlen(line) == size && strchr(line, '\n') == line + size - 1);
    fuzz_require(utf8_is_valid(line, size));
    for (size_t i = 0; i + 1 < size; i++) {
        unsigned char byte = (unsigned char)line[i], next = (unsigned char)line[i + 1];

        fuzz_require(byte >= 0x20 && byte != 0x7f);
        fuzz_require(byte != 0xc2 || next >= 0xa0); /* C1: an 8-bit CSI is one of them */
    }
}

/* A long message may be cut within a character: at most three bytes of it. */
static size_t without_replacements(const char *found)
{
    size_t length = strlen(found);
    unsigned left = 3;

    for (; left > 0 && length >= 3 && memcmp(found + length - 3, "\xef\xbf\xbd", 3) == 0; left--)
        length -= 3;
    return length;
}

static void check_json(const char *line, size_t size, const char *message)
{
    cJSON *parsed = cJSON_ParseWithLengthOpts(line, size + 1, NULL, 1);
    const char *found = cJSON_GetStringValue(cJSON_GetObjectItem(parsed, "message"));

    fuzz_require(found != NULL);
    if (utf8_is_valid(message, strlen(message)))
        fuzz_require(strncmp(found, message, without_replacements(found)) == 0);
    fuzz_require(strlen(found) >= strnlen(message, 200));
    cJSON_Delete(parsed);
}

static void check_relayed(const char *line, size_t size)
{
    const char *text = line;

    fuzz_require(log_split_level(&text) == LOG_INFO);
    fuzz_require(text == line + 3 && size >= 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *message = malloc(size + 1), line[LINE_MAX_BYTES];
    size_t length;

    fuzz_require(message != NULL);
    memcpy(message, data, size);
    message[size] = '\0';
    log_open("x", LOG_INFO, LOG_TEXT);
    length = catch_line(message, line);
    check_line(line, length);
    log_open("x", LOG_INFO, LOG_RELAYED);
    length = catch_line(message, line);
    check_line(line, length);
    check_relayed(line, length);
    log_open("x", LOG_INFO, LOG_JSON);
    length = catch_line(message, line);
    check_line(line, length);
    check_json(line, length, message);
    free(message);
    return 0;
}
