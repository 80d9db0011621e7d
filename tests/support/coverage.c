/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
/*
 * In a build that measures coverage (tests/coverage) this stands between a worker and what it
 * calls. A worker ends by SIGKILL, which leaves no time for gcov to write its counters, and its
 * sandbox would forbid to open their files. So it writes them with each message that it sends, and
 * three calls by which the sandbox would stop that do nothing. Nothing else of the worker differs.
 */
#include <seccomp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);

int __real_queue_send(int fd, const void *message, size_t size);
int __wrap_queue_send(int fd, const void *message, size_t size);
/* setrlimit() with the 64-bit offsets that meson asks for */
int __real_setrlimit64(int resource, const struct rlimit *limit);
int __wrap_setrlimit64(int resource, const struct rlimit *limit);
int __wrap_seccomp_load(scmp_filter_ctx filter);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

int __wrap_queue_send(int fd, const void *message, size_t size)
{
    __gcov_dump();
    __gcov_reset();
    return __real_queue_send(fd, message, size);
}

int __wrap_setrlimit64(int resource, const struct rlimit *limit)
{
    if (resource == RLIMIT_FSIZE || resource == RLIMIT_NOFILE)
        return 0;
    return __real_setrlimit64(resource, limit);
}

int __wrap_seccomp_load(scmp_filter_ctx filter)
{
    (void)filter;
    return 0;
}

/* As glibc's: six arguments are read, of which the call takes as many as it knows. */
long __wrap_syscall(long number, ...)
{
    va_list list;
    long arguments[6];

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_restrict_self)
        return 0;
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                          arguments[4], arguments[5]);
}
