/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/tokens.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Each token lies in a block of the same size, filled up with zeros. A comparison takes whole
 * blocks, of all tokens, so its time says neither how long a token is nor how much of it was right.
 */
enum { BLOCK_WORDS = TOKEN_MAX_BYTES / sizeof(uint64_t) + 1, LINE_BYTES = 4096 };

union block {
    uint64_t words[BLOCK_WORDS];
    char text[BLOCK_WORDS * sizeof(uint64_t)]; /* terminated */
};

struct tokens {
    size_t count;
    union block *blocks;
};

static int add_token(struct tokens *tokens, const char *text, size_t length)
{
    union block *longer;

    if (tokens->count == TOKENS_MAX)
        return -E2BIG;
    longer = reallocarray(tokens->blocks, tokens->count + 1, sizeof(*longer));
    if (longer == NULL)
        return -ENOMEM;
    tokens->blocks = longer;
    longer[tokens->count] = (union block){0};
    memcpy(longer[tokens->count].text, text, length);
    tokens->count++;
    return 0;
}

/* A '#' begins a comment at the line's beginning or after white space; it may be part of a token.
 */
static int read_line(struct tokens *tokens, const char *line)
{
    static const char white[] = " \t\r\n";
    const char *behind;
    size_t length;

    line += strspn(line, white);
    length = strcspn(line, white);
    if (length == 0 || *line == '#')
        return 0;
    behind = line + length + strspn(line + length, white);
    if (length > TOKEN_MAX_BYTES || (*behind != '\0' && *behind != '#'))
        return -EINVAL;
    for (size_t i = 0; i < length; i++) {
        if (line[i] <= ' ' || line[i] > '~')
            return -EINVAL;
    }
    return add_token(tokens, line, length);
}

static int read_lines(struct tokens *tokens, FILE *file, const char *path,
                      char why[static TOKENS_WHY_BYTES])
{
    char line[LINE_BYTES];
    int status = 0;

    for (unsigned number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        if (strlen(line) + 1 == sizeof(line))
            status = -EINVAL;
        else
            status = read_line(tokens, line);
        explicit_bzero(line, sizeof(line));
        if (status == -EINVAL)
            snprintf(why, TOKENS_WHY_BYTES,
                     "expected a token of up to %d visible ASCII characters in line %u of %.100s",
                     TOKEN_MAX_BYTES, number, path);
        else if (status != 0)
            snprintf(why, TOKENS_WHY_BYTES, "%.100s: %s", path, strerrordesc_np(-status));
        if (status != 0)
            return status;
    }
    if (ferror(file)) {
        status = -EIO;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s", path);
    } else if (tokens->count == 0) {
        status = -EINVAL;
        snprintf(why, TOKENS_WHY_BYTES, "expected at least one token in %.100s, got none", path);
    }
    return status;
}

/* NULL, and `why` and *status. */
static FILE *open_secret(const char *path, char why[static TOKENS_WHY_BYTES], int *status)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;
    FILE *file;

    if (fd < 0 || fstat(fd, &facts) != 0) {
        *status = -errno;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s: %s", path, strerrordesc_np(errno));
        return NULL;
    }
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & S_IROTH) != 0) {
        *status = -EINVAL;
        snprintf(why, TOKENS_WHY_BYTES,
                 "expected a file that not everyone may read, got %.100s, %s%04o", path,
                 S_ISREG(facts.st_mode) ? "of mode " : "which is no regular file, of mode ",
                 (unsigned)facts.st_mode & 07777);
        return NULL;
    }
    file = fdopen(fd, "r");
    if (file == NULL) {
        *status = -errno;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s: %s", path, strerrordesc_np(errno));
        return NULL;
    }
    TAKE_FD(fd);
    return file;
}

int tokens_read(struct tokens **tokens, const char *path, char why[static TOKENS_WHY_BYTES])
{
    struct tokens *read;
    int status = 0;
    FILE *file = open_secret(path, why, &status);

    if (file == NULL)
        return status;
    read = calloc(1, sizeof(*read));
    if (read == NULL) {
        status = -ENOMEM;
        snprintf(why, TOKENS_WHY_BYTES, "out of memory");
    } else {
        status = read_lines(read, file, path, why);
    }
    fclose(file);
    if (status != 0)
        tokens_free(read);
    else
        *tokens = read;
    return status;
}

struct tokens *tokens_free(struct tokens *tokens)
{
    if (tokens == NULL)
        return NULL;
    if (tokens->blocks != NULL)
        explicit_bzero(tokens->blocks, tokens->count * sizeof(*tokens->blocks));
    free(tokens->blocks);
    free(tokens);
    return NULL;
}

bool tokens_match(const struct tokens *tokens, const char *text, size_t length)
{
    union block theirs = {0};
    unsigned found = 0;

    if (length == 0 || length > TOKEN_MAX_BYTES)
        return false;
    memcpy(theirs.text, text, length);
    for (size_t t = 0; t < tokens->count; t++) {
        uint64_t differs = 0;

        for (size_t i = 0; i < BLOCK_WORDS; i++)
            differs |= theirs.words[i] ^ tokens->blocks[t].words[i];
        found |= differs == 0;
    }
    return found != 0;
}

const char *tokens_first(const struct tokens *tokens)
{
    return tokens->blocks[0].text;
}
