/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/file.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "config/json_text.h"
#include "config/list.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

/*
 * The JSON file: its bytes are checked strictly, cJSON makes a tree of them, and every member of
 * the tree goes to the entry that it names. All wrong keys are reported, not only the first.
 */
enum { FILE_MAX_BYTES = 1024 * 1024, GOT_BYTES = 80, NAMES_BYTES = 1024, NEAR_BYTES = 24 };

/* What --print-config adds to the file's own keys; ignored, so that its output can be read. */
static const char computed_key[] = "computed";

static void cleanup_json(cJSON **json)
{
    cJSON_Delete(*json);
}

/* "listen" and "port" make "listen.port". */
static void join_key(char key[static TEXT_BYTES], const char *section, const char *name)
{
    snprintf(key, TEXT_BYTES, "%s%s%s", section != NULL ? section : "", section != NULL ? "." : "",
             name);
}

/* What the file has instead of what was expected. */
static void describe_item(const cJSON *item, char got[static GOT_BYTES])
{
    _cleanup_free_ char *printed = NULL;

    if (cJSON_IsObject(item)) {
        snprintf(got, GOT_BYTES, "an object");
    } else if (cJSON_IsArray(item)) {
        snprintf(got, GOT_BYTES, "an array");
    } else if (cJSON_IsNumber(item) && isinf(item->valuedouble)) {
        snprintf(got, GOT_BYTES, "a number without bounds");
    } else {
        printed = cJSON_PrintUnformatted(item);
        snprintf(got, GOT_BYTES, "%s", printed != NULL ? printed : "?");
        if (printed != NULL && strlen(printed) >= GOT_BYTES)
            memcpy(got + utf8_valid_length(got, GOT_BYTES - 4), "...", 4);
    }
}

/* The names that `section` (NULL: the top level) may have: "ip, port, ...". */
static void list_names(const struct reading *reading, const char *section,
                       char names[static NAMES_BYTES])
{
    const char *last = "";
    size_t used = 0;

    names[0] = '\0';
    for (size_t i = 0; i < reading->count && used < NAMES_BYTES; i++) {
        const struct entry *entry = &reading->entries[i];
        const char *name =
            section == NULL && entry->section != NULL ? entry->section : entry->row->name;

        if (name == NULL || strcmp(name, last) == 0 ||
            (section != NULL && (entry->section == NULL || strcmp(entry->section, section) != 0)))
            continue;
        used +=
            (size_t)snprintf(names + used, NAMES_BYTES - used, "%s%s", used > 0 ? ", " : "", name);
        last = name;
    }
}

/* The entry whose whole key is written as a name, as in {"listen.port": 8080}. */
static const struct entry *find_key(const struct reading *reading, const char *key)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct entry *entry = &reading->entries[i];

        if (entry->section != NULL && strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

static void complain_unknown(struct reading *reading, const char *section, const char *name)
{
    const struct entry *meant = section == NULL ? find_key(reading, name) : NULL;
    char key[TEXT_BYTES], names[NAMES_BYTES];

    if (meant != NULL) {
        reading_complain(reading, "%s: %s: unknown key, expected {\"%s\": {\"%s\": ...}}",
                         reading->file, name, meant->section, meant->row->name);
        return;
    }
    join_key(key, section, section == NULL && *name == '\0' ? "\"\"" : name);
    list_names(reading, section, names);
    reading_complain(reading, "%s: %s: unknown key, expected one of %s", reading->file, key, names);
}

/* Whether the object had the key before; reports it. */
static bool is_duplicate(struct reading *reading, const cJSON *object, const char *section,
                         const cJSON *item)
{
    char key[TEXT_BYTES];

    if (cJSON_GetObjectItemCaseSensitive(object, item->string) == item)
        return false;
    join_key(key, section, item->string);
    reading_complain(reading, "%s: %s: duplicate key, expected it once", reading->file, key);
    return true;
}

/* Copies the strings of an array. 0; -EINVAL: *wrong is not a string; or -ENOMEM. */
static int copy_strings(const cJSON *array, char ***list, const cJSON **wrong)
{
    const cJSON *item;
    int status = 0;

    cJSON_ArrayForEach(item, array)
    {
        *wrong = item;
        if (!cJSON_IsString(item))
            return -EINVAL;
        status = list_append(list, item->valuestring, strlen(item->valuestring));
        if (status != 0)
            return status;
    }
    return 0;
}

/* A list; an error names the wrong item by its index. 0 or -ENOMEM. */
static int store_array(struct reading *reading, struct entry *entry, const cJSON *array)
{
    char **list = NULL, got[GOT_BYTES];
    const cJSON *wrong = NULL;
    int status = copy_strings(array, &list, &wrong);
    size_t at = list_length(list);

    if (status == 0)
        status = reading_store_list(reading, entry, list);
    if (status == 0)
        return 0;
    if (status == -EINVAL) {
        if (wrong == NULL || cJSON_IsString(wrong)) {
            at = row_wrong_item(entry->row, list);
            wrong = cJSON_GetArrayItem(array, (int)at);
        }
        describe_item(wrong, got);
        entry->wrong = true;
        reading_complain(reading, "%s: %s[%zu]: expected %s, got %s", reading->file, entry->key, at,
                         entry->row->expects, got);
    }
    list_free(list);
    return status == -ENOMEM ? status : 0;
}

static int store_item(struct reading *reading, struct entry *entry, const cJSON *item)
{
    char expects[TEXT_BYTES], got[GOT_BYTES];
    int status = -EINVAL;

    entry->origin = FROM_FILE;
    if (cJSON_IsArray(item) && entry->row->type == OPTION_LIST)
        return store_array(reading, entry, item);
    if (cJSON_IsNumber(item) &&
        (entry->row->type == OPTION_INTEGER || entry->row->type == OPTION_NUMBER))
        status = reading_store_number(reading, entry, item->valuedouble);
    else if (cJSON_IsBool(item))
        status = reading_store_boolean(reading, entry, cJSON_IsTrue(item));
    else if (cJSON_IsString(item))
        status = reading_store_text(reading, entry, item->valuestring);
    if (status == -ENOMEM)
        return status;
    if (status == 0)
        return 0;
    entry->wrong = true;
    row_expects(entry->row, expects);
    describe_item(item, got);
    reading_complain(reading, "%s: %s: expected %s, got %s", reading->file, entry->key, expects,
                     got);
    return 0;
}

/* One member of `object`, which is the file's root or one of its sections. */
static int read_option(struct reading *reading, const cJSON *object, const char *section,
                       const cJSON *item)
{
    struct entry *entry = reading_find(reading, section, item->string);

    if (entry == NULL) {
        complain_unknown(reading, section, item->string);
        return 0;
    }
    if (is_duplicate(reading, object, section, item))
        return 0;
    return store_item(reading, entry, item);
}

static bool is_section(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct entry *entry = &reading->entries[i];

        if (entry->section != NULL && strcmp(entry->section, name) == 0)
            return true;
    }
    return false;
}

static int read_section(struct reading *reading, const cJSON *root, const cJSON *object)
{
    const cJSON *item;
    char got[GOT_BYTES];
    int status;

    if (is_duplicate(reading, root, NULL, object))
        return 0;
    if (!cJSON_IsObject(object)) {
        describe_item(object, got);
        reading_complain(reading, "%s: %s: expected an object, got %s", reading->file,
                         object->string, got);
        return 0;
    }
    cJSON_ArrayForEach(item, object)
    {
        status = read_option(reading, object, object->string, item);
        if (status != 0)
            return status;
    }
    return 0;
}

static int read_root(struct reading *reading, const cJSON *root)
{
    const cJSON *item;
    int status = 0;

    cJSON_ArrayForEach(item, root)
    {
        if (strcmp(item->string, computed_key) == 0)
            (void)is_duplicate(reading, root, NULL, item);
        else if (is_section(reading, item->string))
            status = read_section(reading, root, item);
        else
            status = read_option(reading, root, NULL, item);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Where cJSON gave up, at the byte that it did not expect or just after it: the line and the text
 * around it. */
static void complain_broken(struct reading *reading, const char *text, const char *where)
{
    unsigned line = json_line(text, (size_t)(where - text));
    const char *from = where;
    size_t length;

    if (*where == '\0') {
        reading_complain(reading, "%s: line %u: broken JSON: ends too early", reading->file, line);
        return;
    }
    while (from > text && from[-1] != '\n' && where - from < NEAR_BYTES)
        from--;
    while (((unsigned char)*from & 0xc0) == 0x80)
        from++; /* not from the middle of a character */
    length = strcspn(from, "\r\n");
    length = utf8_valid_length(from, length < 2 * NEAR_BYTES ? length : 2 * NEAR_BYTES);
    reading_complain(reading, "%s: line %u: broken JSON near: %.*s", reading->file, line,
                     (int)length, from);
}

int file_read_text(struct reading *reading, const char *path, const char *text, size_t length)
{
    _cleanup_(cleanup_json) cJSON *root = NULL;
    struct json_error wrong;
    const char *end = text;
    char got[GOT_BYTES];

    reading->file = path;
    if (json_check_text(text, length, &wrong) != 0) {
        reading_complain(reading, "%s: line %u: broken JSON: %s", path, wrong.line, wrong.what);
        return 0;
    }
    /* With the NUL after the text: cJSON reads one byte too far if a text ends early. */
    root = cJSON_ParseWithLengthOpts(text, length + 1, &end, false);
    if (root != NULL)
        end += strspn(end, " \t\r\n");
    if (root == NULL || *end != '\0') {
        complain_broken(reading, text, end);
        return 0;
    }
    if (!cJSON_IsObject(root)) {
        describe_item(root, got);
        reading_complain(reading, "%s: expected a JSON object, got %s", path, got);
        return 0;
    }
    return read_root(reading, root);
}

/* The whole file; also of a pipe. 0, -errno, or -EFBIG. */
static int slurp(const char *path, struct buffer *buffer)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[16384];
    ssize_t got;
    int status = 0;

    if (fd < 0)
        return -errno;
    while (status == 0 && (got = read(fd, chunk, sizeof(chunk))) != 0) {
        if (got > 0)
            status = buffer_append(buffer, chunk, (size_t)got, FILE_MAX_BYTES);
        else if (errno != EINTR)
            status = -errno;
    }
    return status != 0 ? status : buffer_append(buffer, "", 1, FILE_MAX_BYTES + 1);
}

int file_read(struct reading *reading, const char *path)
{
    _cleanup_(buffer_clear) struct buffer buffer = {0};
    int status = slurp(path, &buffer);

    if (status == -ENOMEM)
        return status;
    if (*path == '\0')
        reading_complain(reading, "--config: expected the name of a file, got \"\"");
    else if (status == -EFBIG)
        reading_complain(reading, "%s: expected at most 1 MiB, got more", path);
    else if (status != 0)
        reading_complain(reading, "%s: cannot be read: %s", path, strerrordesc_np(-status));
    else
        return file_read_text(reading, path, (const char *)buffer.data, buffer.size - 1);
    return 0;
}
