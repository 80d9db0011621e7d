/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* What an attacker would try from inside the sandbox, one system call each. */
#include "base/cleanup.h"
#include "ipc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

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

static long connect_out(void)
{
    struct sockaddr address = {.sa_family = AF_INET};

    return connect(STDERR_FILENO, &address, sizeof(address));
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

static long signal_everybody(void)
{
    return kill(-1, SIGTERM);
}

static long signal_thread_of_parent(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), SIGKILL);
}

static long write_own_memory(void)
{
    return open("/proc/self/mem", O_RDWR);
}

static long grow_region(void)
{
    return ftruncate(WORKER_FD_REGION, 1L << 40);
}

static long extend_region(void)
{
    return fallocate(WORKER_FD_REGION, 0, 0, 1L << 40);
}

static long shrink_region(void)
{
    return ftruncate(WORKER_FD_REGION, 0);
}

static long punch_region(void)
{
    return fallocate(WORKER_FD_REGION, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
}

static long seal_region(void)
{
    return fcntl(WORKER_FD_REGION, F_ADD_SEALS, F_SEAL_WRITE);
}

static long read_parents_memory(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};

    return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static long fork_process(void)
{
    return (long)fork();
}

static long map_code(void)
{
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? -1 : 0;
}

static long make_code_of_data(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long map_region_as_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, WORKER_FD_REGION, 0);

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

static long lift_own_limit(void)
{
    struct rlimit limit = {4096, 4096};

    return prlimit(0, RLIMIT_NOFILE, &limit, NULL);
}

static long new_namespace(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long clone_namespace(void)
{
    return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
}

static long clone_by_struct(void)
{
    char arguments[64] = {0};

    return syscall(SYS_clone3, arguments, sizeof(arguments));
}

static long become_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long outlive_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static long duplicate_log(void)
{
    return dup(STDERR_FILENO);
}

static long seek_log(void)
{
    return lseek(STDERR_FILENO, 0, SEEK_SET);
}

static long seek_region(void)
{
    return lseek(WORKER_FD_REGION, 0, SEEK_SET);
}

static long truncate_log(void)
{
    return ftruncate(STDERR_FILENO, 0);
}

static long extend_log(void)
{
    return fallocate(STDERR_FILENO, 0, 0, 1L << 30);
}

static long write_at(void)
{
    return pwrite(STDERR_FILENO, "x", 1, 1L << 40);
}

static long write_vector_at(void)
{
    struct iovec byte = {(char[]){'x'}, 1};

    return pwritev(STDERR_FILENO, &byte, 1, 1L << 40);
}

static long read_log(void)
{
    char byte;

    return read(STDERR_FILENO, &byte, 1);
}

static long splice_log(void)
{
    return splice(STDERR_FILENO, NULL, STDERR_FILENO, NULL, 1, 0);
}

/* Else its writes would wait for the server. */
static long let_log_block(void)
{
    return fcntl(STDERR_FILENO, F_SETFL, 0);
}

static long enlarge_log(void)
{
    return fcntl(STDERR_FILENO, F_SETPIPE_SZ, 1 << 20);
}

static long make_queue(void)
{
    return syscall(SYS_mq_open, "grisaille-hostile", O_RDWR | O_CREAT, 0600, NULL);
}

static long make_shared_memory(void)
{
    return syscall(SYS_shmget, 0x67726973, 4096, 01600);
}

static long set_up_ring(void)
{
    char parameters[256] = {0};

    return syscall(SYS_io_uring_setup, 8, parameters);
}

static long load_program(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}

static long remove_file(void)
{
    return unlink("/tmp/grisaille-hostile");
}

static long change_root(void)
{
    return chroot("/tmp");
}

static long get_parent(void)
{
    return syscall(SYS_getppid); /* glibc's own would not set errno */
}

static long get_own(void)
{
    return getpid();
}

/* Mapping more than there is works; touching it is SIGBUS, here and nowhere else. */
static long touch_beyond_region(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_FD_REGION, 1L << 40);

    if (page == MAP_FAILED)
        return -1;
    *page = 1;
    return 0;
}

static long raise_priority(void)
{
    return setpriority(PRIO_PROCESS, 0, -20);
}

static long lower_priority(void)
{
    return setpriority(PRIO_PROCESS, 0, 19);
}

static long become_urgent(void)
{
    struct sched_param parameters = {.sched_priority = 1};

    return sched_setscheduler(0, SCHED_FIFO, &parameters);
}

static long become_ordinary(void)
{
    struct sched_param parameters = {0};

    return sched_setscheduler(0, SCHED_OTHER, &parameters);
}

static long set_attributes(void)
{
    uint32_t attributes[12] = {sizeof(attributes)};

    return syscall(SYS_sched_setattr, 0, attributes, 0);
}

static long choose_cpus(void)
{
    cpu_set_t cpus;

    if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
        return 0;
    return sched_setaffinity(0, sizeof(cpus), &cpus);
}

static const struct {
    const char *name;
    long (*make)(void);
} calls[] = {
    /* files */
    {"read-passwd", read_passwd},
    {"list-root", list_root},
    {"write-file", write_file},
    {"write-own-memory", write_own_memory},
    {"unlink", remove_file},
    {"chroot", change_root},
    {"duplicate-log", duplicate_log},
    {"seek-log", seek_log},
    {"truncate-log", truncate_log},
    {"fallocate-log", extend_log},
    {"pwrite-log", write_at},
    {"pwritev-log", write_vector_at},
    {"read-log", read_log},
    {"splice-log", splice_log},
    {"block-log", let_log_block},
    {"enlarge-log", enlarge_log},
    /* the network, and other ways out */
    {"socket", make_socket},
    {"connect", connect_out},
    {"memfd", make_memfd},
    {"make-queue", make_queue},
    {"shmget", make_shared_memory},
    {"write-queue", write_elsewhere},
    {"io-uring", set_up_ring},
    {"bpf", load_program},
    /* other processes */
    {"exec", run_shell},
    {"fork", fork_process},
    {"clone-namespace", clone_namespace},
    {"clone3", clone_by_struct},
    {"ptrace", trace_parent},
    {"read-parent", read_parents_memory},
    {"signal-parent", signal_parent},
    {"signal-everybody", signal_everybody},
    {"signal-thread", signal_thread_of_parent},
    {"outlive-parent", outlive_parent},
    /* the shared memory */
    {"grow-region", grow_region},
    {"shrink-region", shrink_region},
    {"fallocate-region", extend_region},
    {"punch-region", punch_region},
    {"seal-region", seal_region},
    {"seek-region", seek_region},
    {"touch-beyond", touch_beyond_region},
    /* code */
    {"map-code", map_code},
    {"protect-code", make_code_of_data},
    {"region-code", map_region_as_code},
    /* rights */
    {"setuid", become_root},
    {"raise-limit", raise_limit},
    {"raise-descriptors", lift_own_limit},
    {"unshare", new_namespace},
    {"dumpable", become_dumpable},
    {"getppid", get_parent},
    /* more of the machine */
    {"raise-priority", raise_priority},
    {"lower-priority", lower_priority},
    {"real-time", become_urgent},
    {"scheduler", become_ordinary},
    {"scheduler-attributes", set_attributes},
    {"affinity", choose_cpus},
    /* allowed: what a call that works looks like */
    {"getpid", get_own},
};

int command_call(const char *argument, struct worker_output *output)
{
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        long result;

        if (strcmp(calls[i].name, argument) != 0)
            continue;
        errno = 0;
        result = calls[i].make();
        output->size = COMMAND_OFFSET + (size_t)sprintf((char *)output->data + COMMAND_OFFSET,
                                                        "errno %d\n", result < 0 ? errno : 0);
        return 0;
    }
    return 0;
}

/* 0 or what errno was. */
static int try_against(const char *name, pid_t pid)
{
    struct rlimit limit = {0};
    struct iovec nothing = {NULL, 0};
    long result = 0;

    errno = 0;
    if (strcmp(name, "kill") == 0)
        result = kill(pid, SIGKILL);
    else if (strcmp(name, "tgkill") == 0)
        result = syscall(SYS_tgkill, pid, pid, SIGKILL);
    else if (strcmp(name, "ptrace") == 0)
        result = ptrace(PTRACE_SEIZE, pid, NULL, NULL);
    else if (strcmp(name, "read") == 0)
        result = process_vm_readv(pid, &nothing, 1, &nothing, 1, 0);
    else if (strcmp(name, "get-limit") == 0)
        result = prlimit(pid, RLIMIT_NPROC, NULL, &limit);
    else if (strcmp(name, "set-limit") == 0)
        result = prlimit(pid, RLIMIT_CPU, &limit, NULL);
    else if (strcmp(name, "setpriority") == 0)
        result = setpriority(PRIO_PROCESS, (id_t)pid, 19);
    return result < 0 ? errno : 0;
}

int command_against(const char *argument, struct worker_output *output)
{
    char name[32] = "";
    int pid = 0, status;

    sscanf(argument, "%31s %d", name, &pid);
    status = try_against(name, (pid_t)pid);
    output->size = COMMAND_OFFSET +
                   (size_t)sprintf((char *)output->data + COMMAND_OFFSET, "errno %d\n", status);
    return 0;
}
