/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/imaginary_routes.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "service/imaginary.h"
#include "service/imaginary_check.h"
#include "service/process_usage.h"

#include <malloc.h>
#include <time.h>
#include <unistd.h>

int imaginary_read_query(struct http_request *request, const char *query, size_t length,
                         void *context, struct http_answer *answer)
{
    struct imaginary_query asked;
    int status = imaginary_read(&asked, http_request_path(request), query, length, answer->detail);

    (void)context;
    if (status == 0)
        status = imaginary_check(&asked, answer->detail);
    if (status == 0 && asked.field.text[0] != '\0')
        status = http_request_choose_file(request, asked.field.text);
    return status;
}

/* The query is read once more: to keep what was read would cost every request its memory. */
int imaginary_plan(struct http_request *request, struct planned_image *planned,
                   struct http_answer *answer)
{
    struct imaginary_query asked;
    struct image_header header;
    _cleanup_free_ char *accept = NULL;
    size_t length;
    const char *query = http_request_query(request, &length);
    int status = imaginary_read(&asked, http_request_path(request), query, length, answer->detail);

    if (status == 0)
        status = images_read_header(request, &header, &planned->request, answer);
    if (status == 0)
        status = http_request_list(request, "Accept", &accept);
    if (status != 0)
        return status;
    if (imaginary_asks_accept(&asked))
        answer->varies = true;
    status = imaginary_translate(&asked, accept, &header, &planned->request, answer->detail);
    return status != 0 ? status : images_plan_request(request, &header, planned, answer);
}

/* --- health -------------------------------------------------------------------------------------
 */

static double seconds_since_boot(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Memory in MiB. What only Go has is threads, or 0. */
int imaginary_report_health(struct http_request *request, void *context, struct http_answer *answer)
{
    const double mebibyte = 1024 * 1024;
    const struct mallinfo2 heap = mallinfo2();
    struct process_usage process;

    (void)request;
    (void)context;
    process_usage_read_memory(&process);
    return http_answer_text(
        answer, "application/json",
        "{\"uptime\":%.0f,\"allocatedMemory\":%.2f,\"totalAllocatedMemory\":%.2f,"
        "\"goroutines\":%llu,\"completedGCCycles\":0,\"cpus\":%ld,\"maxHeapUsage\":%.2f,"
        "\"heapInUse\":%.2f,\"objectsInUse\":0,\"OSMemoryObtained\":%.2f}\n",
        seconds_since_boot() - (double)process.started_us / 1e6, (double)heap.uordblks / mebibyte,
        (double)(heap.uordblks + heap.hblkhd) / mebibyte, (unsigned long long)process.threads,
        sysconf(_SC_NPROCESSORS_ONLN), (double)heap.arena / mebibyte,
        (double)heap.uordblks / mebibyte, (double)process.resident_bytes / mebibyte);
}
