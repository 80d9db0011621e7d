/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* A path and a query of any bytes as imaginary's API: "fit?width=9". What is taken makes a request
 * that a worker accepts and that can be planned, or is refused with a sentence. */
#include "base/status.h"
#include "base/utf8.h"
#include "image/plan/plan.h"
#include "service/imaginary.h"
#include "service/imaginary_check.h"

#include <errno.h>
#include <string.h>

enum { PATH_BYTES = 32 };

static void check_refusal(int status, const char *detail)
{
    fuzz_require(status == STATUS_BAD_PARAMETER || status == STATUS_NOT_IMPLEMENTED ||
                 status == STATUS_RESULT_TOO_LARGE || status == STATUS_IMAGE_TOO_LARGE);
    fuzz_require(detail[0] != '\0' && memchr(detail, '\0', HTTP_DETAIL_BYTES) != NULL);
}

/* Of an image that is stored on its side. */
static void check_translation(const struct imaginary_query *asked)
{
    static const struct image_header header = {
        .format = IMAGE_PNG, .width = 640, .height = 427, .frames = 3, .orientation = 6};
    static struct image_plan plan;
    struct image_request request = {
        .max_pixels = 50000000,
        .avif_max_pixels = 16000000,
        .max_side = 16384,
        .max_scans = 100,
        .default_quality = 80,
        .default_avif_quality = 60,
    };
    char detail[HTTP_DETAIL_BYTES] = "";
    int status = imaginary_translate(asked, "image/webp", &header, &request, detail);

    if (status != 0) {
        check_refusal(status, detail);
        return;
    }
    fuzz_require(image_request_check(&request) == 0);
    status = image_plan(&plan, &request, &header, detail);
    if (status != 0)
        check_refusal(status, detail);
    else
        fuzz_require((uint64_t)plan.outputs[0].size.width * plan.outputs[0].size.height <=
                     request.max_pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct imaginary_query asked;
    const char *text = (const char *)data, *mark = size > 0 ? memchr(text, '?', size) : NULL;
    const size_t path_length = mark != NULL ? (size_t)(mark - text) : size;
    char path[PATH_BYTES + 2] = "/", detail[HTTP_DETAIL_BYTES] = "";
    int status;

    if (path_length > PATH_BYTES)
        return 0;
    memcpy(path + 1, text, path_length);
    status = imaginary_read(&asked, path, mark != NULL ? mark + 1 : NULL,
                            mark != NULL ? size - path_length - 1 : 0, detail);
    if (status == STATUS_NOT_FOUND)
        return 0;
    if (status == 0)
        status = imaginary_check(&asked, detail);
    if (status != 0)
        check_refusal(status, detail);
    else
        check_translation(&asked);
    return 0;
}
