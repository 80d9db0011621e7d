/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * Preloaded into a server by the fault tests: makes calls fail that the kernel or the C library
 * refuse only on a bad day, and only while a test wants them to.
 *
 * FAULTS_FILE names a file of one int32_t for each of `enum call`, mapped here and written by the
 * test: 0 lets the call through, N > 0 fails one call in N, at random. It reaches the server alone,
 * for a worker's environment is emptied.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the order of tests/faults/injection.py. */
enum call { MALLOC, THREAD, MEMFD, QUEUE, SPAWN, EVENTFD, ACCEPT, CALLS };

enum { COUNT_PLACE = 16 }; /* how many have failed is counted at [COUNT_PLACE + call] */

static int32_t nothing[COUNT_PLACE + CALLS];
static volatile int32_t *odds = nothing;
static uint32_t random_state = 2463534242U;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

/* Marsaglia's xorshift; two threads that get the same number do no harm. */
static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static bool fails(enum call call, int error)
{
    int32_t one_in = odds[call];

    if (one_in <= 0 || next_random() % (uint32_t)one_in != 0)
        return false;
    __atomic_fetch_add(&odds[COUNT_PLACE + call], 1, __ATOMIC_RELAXED);
    errno = error;
    return true;
}

__attribute__((constructor)) static void map_odds(void)
{
    const char *path = getenv("FAULTS_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *page;

    if (fd < 0)
        return;
    page = mmap(NULL, sizeof(nothing), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        odds = page;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void *malloc(size_t size)
{
    return fails(MALLOC, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(MALLOC, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails(MALLOC, ENOMEM) ? NULL : __libc_realloc(block, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    int (*original)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (__typeof__(original))next("pthread_create");

    return fails(THREAD, EAGAIN) ? EAGAIN : original(thread, attributes, run, argument);
}

int memfd_create(const char *name, unsigned flags)
{
    int (*original)(const char *, unsigned) = (__typeof__(original))next("memfd_create");

    return fails(MEMFD, ENOSPC) ? -1 : original(name, flags);
}

mqd_t mq_open(const char *name, int flags, ...)
{
    mqd_t (*original)(const char *, int, ...) = (__typeof__(original))next("mq_open");
    struct mq_attr *attributes;
    va_list arguments;
    mode_t mode;

    if (!(flags & O_CREAT))
        return fails(QUEUE, EMFILE) ? (mqd_t)-1 : original(name, flags);
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    attributes = va_arg(arguments, struct mq_attr *);
    va_end(arguments);
    return fails(QUEUE, EMFILE) ? (mqd_t)-1 : original(name, flags, mode, attributes);
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[],
                char *const environment[])
{
    int (*original)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                    const posix_spawnattr_t *, char *const[], char *const[]) =
        (__typeof__(original))next("posix_spawn");

    return fails(SPAWN, EAGAIN) ? EAGAIN
                                : original(pid, path, actions, attributes, arguments, environment);
}

int eventfd(unsigned value, int flags)
{
    int (*original)(unsigned, int) = (__typeof__(original))next("eventfd");

    return fails(EVENTFD, EMFILE) ? -1 : original(value, flags);
}

int accept4(int fd, __SOCKADDR_ARG address, socklen_t *size, int flags)
{
    int (*original)(int, __SOCKADDR_ARG, socklen_t *, int) = (__typeof__(original))next("accept4");

    return fails(ACCEPT, ENFILE) ? -1 : original(fd, address, size, flags);
}
