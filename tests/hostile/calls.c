/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile/orders.h"

/* What an attacker would try from inside the cage, one system call each. */
#include "base/cleanup.h"
#include "ipc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static long read_passwd(void)
{
    return open("/etc/passwd", O_RDONLY);
}

static long list_root(void)
{
    return open("/", O_RDONLY | O_DIRECTORY);
}

static long write_file(void)
{
    return open("/tmp/grisaille-hostile", O_WRONLY | O_CREAT, 0600);
}

static long make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long run_shell(void)
{
    return execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
}

static long trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long signal_parent(void)
{
    return kill(getppid(), SIGTERM);
}

static long grow_region(void)
{
    return ftruncate(WORKER_FD_REGION, 1L << 40);
}

static long extend_region(void)
{
    return fallocate(WORKER_FD_REGION, 0, 0, 1L << 40);
}

static long fork_process(void)
{
    return (long)fork();
}

static long map_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? -1 : 0;
}

static long make_memfd(void)
{
    return syscall(SYS_memfd_create, "x", 0);
}

static long become_root(void)
{
    return syscall(SYS_setresuid, 0, 0, 0);
}

static long write_elsewhere(void)
{
    return write(WORKER_FD_JOBS, "x", 1);
}

static long raise_limit(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    return setrlimit(RLIMIT_AS, &limit);
}

static long share_files(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long get_parent(void)
{
    return getppid();
}

static const struct {
    const char *name;
    long (*make)(void);
} calls[] = {
    {"read-passwd", read_passwd},
    {"list-root", list_root},
    {"write-file", write_file},
    {"socket", make_socket},
    {"exec", run_shell},
    {"ptrace", trace_parent},
    {"signal-parent", signal_parent},
    {"grow-region", grow_region},
    {"fallocate-region", extend_region},
    {"fork", fork_process},
    {"map-code", map_code},
    {"memfd", make_memfd},
    {"setuid", become_root},
    {"write-queue", write_elsewhere},
    {"raise-limit", raise_limit},
    {"unshare", share_files},
    {"getppid", get_parent},
};

int order_call(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        long result;

        if (strcmp(calls[i].name, argument) != 0)
            continue;
        errno = 0;
        result = calls[i].make();
        output->size = ORDER_OFFSET + (size_t)sprintf((char *)output->data + ORDER_OFFSET,
                                                      "errno %d\n", result < 0 ? errno : 0);
        return 0;
    }
    return 0;
}
