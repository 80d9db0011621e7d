/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox_seccomp.h"

/*
 * The system call filter, as three tables.
 *
 * A call that is in none of them fails with EPERM, and does not kill: glibc and libvips make some
 * calls late and rarely (glibc opens /proc/sys/vm/overcommit_memory under memory pressure), which
 * should cost an error path and not a worker. A call that only an attacker makes kills the process.
 */
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* Needed between two jobs and within one: memory, threads and their locks, time, the two queues. */
static const int allowed[] = {
    SCMP_SYS(mq_timedreceive),
    SCMP_SYS(mq_timedsend),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(membarrier),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* No decoder has a use for these: a worker that calls one has been taken over. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
    SCMP_SYS(ftruncate),
    SCMP_SYS(truncate),
    SCMP_SYS(creat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(lchown),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(mq_open),
    SCMP_SYS(mq_unlink),
    SCMP_SYS(shmget),
    SCMP_SYS(memfd_create),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
};

static int add_table(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = seccomp_rule_add(filter, action, calls[i], 0);

        if (status != 0 && status != -EDOM) /* a call this architecture does not have */
            return status;
    }
    return 0;
}

/* Calls that are harmless or deadly depending on their arguments. */
static int add_conditional(scmp_filter_ctx filter)
{
    const uint64_t no_exec = PROT_EXEC;
    const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND |
                            CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID |
                            CLONE_CHILD_CLEARTID;
    const struct rule {
        uint32_t action;
        int call;
        struct scmp_arg_cmp argument;
    } rules[] = {
        /* Writing goes to the pipe to the server and nowhere else. */
        {SCMP_ACT_ALLOW, SCMP_SYS(write), SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO)},
        {SCMP_ACT_ALLOW, SCMP_SYS(writev), SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO)},
        /* No memory becomes executable any more. */
        {SCMP_ACT_ALLOW, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, no_exec, 0)},
        {SCMP_ACT_ALLOW, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, no_exec, 0)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, no_exec, no_exec)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, no_exec, no_exec)},
        /* Threads with exactly the flags of pthread_create() start; others fail; processes kill. */
        {SCMP_ACT_ALLOW, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, thread)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)},
        /* abort() sends SIGABRT to its own process. */
        {SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid())},
        {SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)},
        {SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA)},
        /* Opening for writing is an attack; opening for reading fails with EPERM. */
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY)},
        {SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR)},
    };

    int status;

    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        status =
            seccomp_rule_add_array(filter, rules[i].action, rules[i].call, 1, &rules[i].argument);
        if (status != 0 && status != -EDOM)
            return status;
    }
    /* Reading its own limits. */
    status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
                              SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
    if (status != 0)
        return status;
    /* The flags of clone3 are in memory, where no filter sees them. On ENOSYS glibc assumes an old
     * kernel and calls clone. */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static void release_filter(scmp_filter_ctx *filter)
{
    if (*filter != NULL)
        seccomp_release(*filter);
}

int sandbox_load_seccomp(void)
{
    _cleanup_(release_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int status;

    if (filter == NULL)
        return -ENOMEM;
    status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    /* A 32-bit call from a 64-bit program would bypass a filter of 64-bit numbers: it kills. */
    if (status == 0)
        status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (status == 0)
        status = add_table(filter, SCMP_ACT_ALLOW, allowed, ARRAY_LENGTH(allowed));
    if (status == 0)
        status = add_table(filter, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LENGTH(deadly));
    if (status == 0)
        status = add_conditional(filter);
    if (status == 0)
        status = seccomp_load(filter);
    return status;
}
