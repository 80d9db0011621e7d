/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/process.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

enum { ENVIRONMENT_MAX = 12 };

/*
 * VIPS_NOVECTOR: no writable and executable memory for Orc's generated code, so that the sandbox
 * can forbid it. MALLOC_ARENA_MAX: one image at a time needs no arena for each thread.
 */
static const char *const worker_environment[] = {"VIPS_NOVECTOR=1", "MALLOC_ARENA_MAX=1",
                                                 "LC_ALL=C"};

/* Sanitizer builds get the tests' options; other builds inherit nothing. */
static const char *const inherited_variables[] = {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    "ASAN_OPTIONS=",
    "UBSAN_OPTIONS=",
    "LSAN_OPTIONS=",
    "TSAN_OPTIONS=",
#endif
    NULL,
};

static bool is_inherited(const char *variable)
{
    for (size_t i = 0; inherited_variables[i] != NULL; i++) {
        if (strncmp(variable, inherited_variables[i], strlen(inherited_variables[i])) == 0)
            return true;
    }
    return false;
}

static void build_environment(char *environment[static ENVIRONMENT_MAX + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(worker_environment); i++)
        environment[count++] = (char *)(uintptr_t)worker_environment[i];
    for (char **variable = environ; *variable != NULL && count < ENVIRONMENT_MAX; variable++) {
        if (is_inherited(*variable))
            environment[count++] = *variable;
    }
    environment[count] = NULL;
}

static const int numbers[PROCESS_DESCRIPTORS] = {WORKER_FD_JOBS, WORKER_FD_REPLIES,
                                                 WORKER_FD_REGION, STDERR_FILENO};

static int add_descriptors(posix_spawn_file_actions_t *actions, const int descriptors[])
{
    int status = 0;

    for (int i = 0; i < PROCESS_DESCRIPTORS && status == 0; i++)
        status = posix_spawn_file_actions_adddup2(actions, descriptors[i], numbers[i]);
    if (status == 0)
        status = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (status == 0)
        status = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (status == 0)
        status = posix_spawn_file_actions_addclosefrom_np(actions, WORKER_FD_END);
    return status;
}

static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int status;

    sigemptyset(&none);
    sigfillset(&all);
    status = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
    if (status == 0)
        status = posix_spawnattr_setpgroup(attributes, 0);
    if (status == 0)
        status = posix_spawnattr_setsigmask(attributes, &none);
    if (status == 0)
        status = posix_spawnattr_setsigdefault(attributes, &all);
    return status;
}

/* Copies the descriptors to numbers from WORKER_FD_END up: dup2() onto its own number would keep
 * close-on-exec, and onto the number of a later one would close that. */
static int lift_descriptors(int lifted[PROCESS_DESCRIPTORS], const int descriptors[])
{
    for (int i = 0; i < PROCESS_DESCRIPTORS; i++) {
        lifted[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, WORKER_FD_END);
        if (lifted[i] < 0) {
            int status = -errno;

            while (i-- > 0)
                close(lifted[i]);
            return status;
        }
    }
    return 0;
}

static int spawn(pid_t *pid, const char *program, const int descriptors[])
{
    char *environment[ENVIRONMENT_MAX + 1], parent[16];
    char *arguments[] = {(char *)(uintptr_t)program, parent, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int status;

    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    build_environment(environment);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    status = add_descriptors(&actions, descriptors);
    if (status == 0)
        status = set_signals(&attributes);
    if (status == 0)
        status = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -status;
}

int process_spawn(struct process *process, const char *program, const int descriptors[])
{
    int lifted[PROCESS_DESCRIPTORS], status;
    pid_t pid;

    status = lift_descriptors(lifted, descriptors);
    if (status != 0)
        return status;
    status = spawn(&pid, program, lifted);
    for (int i = 0; i < PROCESS_DESCRIPTORS; i++)
        close(lifted[i]);
    if (status != 0)
        return status;
    process->pid = pid;
    process->pidfd = pidfd_open(pid, 0); /* close-on-exec by itself; ours to reap, so no race */
    if (process->pidfd < 0) {
        status = -errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        *process = PROCESS_NONE;
    }
    return status;
}

void process_kill(const struct process *process)
{
    if (process->pidfd >= 0)
        pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

/* waitid() without waiting or reaping; info->si_pid is 0 where none of `events` has happened. */
static void look_for(const struct process *process, siginfo_t *info, int events)
{
    *info = (siginfo_t){0};
    if (waitid(P_PIDFD, (id_t)process->pidfd, info, events | WNOHANG | WNOWAIT) != 0)
        info->si_pid = 0;
}

enum process_state process_check(const struct process *process)
{
    siginfo_t info;

    if (process->pidfd < 0)
        return PROCESS_DEAD;
    look_for(process, &info, WEXITED);
    if (info.si_pid != 0)
        return PROCESS_DEAD;
    look_for(process, &info, WSTOPPED);
    return info.si_pid != 0 ? PROCESS_STOPPED : PROCESS_RUNS;
}

struct process_death process_death(const struct process *process)
{
    struct process_death death = {.text = "unknown"};
    siginfo_t info;

    if (process->pidfd < 0)
        return death;
    look_for(process, &info, WEXITED);
    if (info.si_pid == 0)
        return death;
    if (info.si_code == CLD_EXITED) {
        snprintf(death.text, sizeof(death.text), "exit code %d", info.si_status);
        return death;
    }
    death.by_sigkill = info.si_status == SIGKILL;
    snprintf(death.text, sizeof(death.text), "killed by signal %d (%s)", info.si_status,
             sigabbrev_np(info.si_status) != NULL ? sigabbrev_np(info.si_status) : "?");
    return death;
}

void process_reap(struct process *process)
{
    siginfo_t info;

    if (process->pidfd < 0)
        return;
    while (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) != 0 && errno == EINTR)
        ;
    close(process->pidfd);
    *process = PROCESS_NONE;
}
