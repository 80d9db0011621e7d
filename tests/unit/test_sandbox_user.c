/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* A user for each worker, without the other layers of the sandbox: what two workers can do to each
 * other, which users are skipped, and servers that are not root. Each worker is a child of this
 * test. */
#include "base/capabilities.h"
#include "base/cleanup.h"
#include "ipc/process.h"
#include "ipc/sandbox_layers.h"
#include "ipc/sandbox_user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Ids that nobody has; different for each process, because tests run in parallel. */
enum { FIRST = 3000000, USERS = 100, SERVER_OFFSET = 50 };

/* What a child found out after it became a user. */
struct report {
    int result; /* of sandbox_become_user() */
    uid_t real, effective, saved;
    gid_t group;
    int groups;
    bool no_capabilities;
    int kill_errno, trace_errno, priority_errno; /* against the other one */
    int processes;                               /* that it could start besides itself */
};

enum server_kind { ROOT, ROOT_WITHOUT_KILL, USER_WITH_TWO, USER_WITH_THREE, USER };

static struct sandbox_users users_of_our_own(uint32_t count, uint32_t index)
{
    return (struct sandbox_users){FIRST + (uint32_t)getpid() * USERS, count, index};
}

static uint64_t granted(enum server_kind kind)
{
    const uint64_t two = CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID);

    if (kind == USER_WITH_TWO || kind == ROOT_WITHOUT_KILL)
        return two;
    return kind == USER_WITH_THREE ? two | CAPABILITY(CAP_KILL) : 0;
}

/* Gives this process the user and capabilities of such a server. */
static void become_server(enum server_kind kind, uid_t server_user)
{
    uint64_t kept = granted(kind);

    if (kind == ROOT)
        return;
    if (kind != ROOT_WITHOUT_KILL) {
        prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
        if (setgroups(0, NULL) != 0 || setresgid(server_user, server_user, server_user) != 0 ||
            setresuid(server_user, server_user, server_user) != 0)
            _exit(100);
    }
    /* execve() would make permitted capabilities effective again; here it is done by hand. */
    if (capabilities_keep(kept) != 0)
        _exit(101);
    if (kept != 0 && kind != ROOT_WITHOUT_KILL) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct sets[2] = {
            {.permitted = (uint32_t)kept, .effective = (uint32_t)kept}};

        if (syscall(SYS_capset, &header, sets) != 0)
            _exit(102);
    }
}

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int count_processes(void)
{
    int count = 0;
    pid_t child;

    while (count < 100 && (child = fork()) >= 0) {
        if (child == 0) {
            pause();
            _exit(0);
        }
        count++;
    }
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM); /* a process group of its own */
    while (wait(NULL) > 0)
        ;
    return count;
}

static void investigate(struct report *report, pid_t other)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {0};

    getresuid(&report->real, &report->effective, &report->saved);
    report->group = getegid();
    report->groups = getgroups(0, NULL);
    syscall(SYS_capget, &header, sets);
    report->no_capabilities =
        (sets[0].permitted | sets[0].inheritable | sets[1].permitted | sets[1].inheritable) == 0;
    if (other > 0) {
        report->trace_errno = error_of(ptrace(PTRACE_ATTACH, other, NULL, NULL));
        report->priority_errno = error_of(setpriority(PRIO_PROCESS, (id_t)other, 19));
        report->kill_errno = error_of(kill(other, SIGTERM));
    }
}

/* A worker, which lives until it is ended; `server` waits for its report. */
struct test_worker {
    pid_t pid;
    struct report report;
};

static void live(enum server_kind kind, const struct sandbox_users *users, pid_t other, bool count,
                 int out)
{
    struct report report = {0};

    setpgid(0, 0);
    become_server(kind, users->first + SERVER_OFFSET);
    report.result = sandbox_become_user(users);
    investigate(&report, other);
    if (count)
        report.processes = count_processes();
    if (write(out, &report, sizeof(report)) != sizeof(report))
        _exit(103);
    for (;;)
        pause();
}

static struct test_worker start(enum server_kind kind, struct sandbox_users users, pid_t other,
                                bool count)
{
    struct test_worker worker = {0};
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    worker.pid = fork();
    if (worker.pid == 0)
        live(kind, &users, other, count, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &worker.report, sizeof(worker.report)), sizeof(worker.report));
    close(ends[0]);
    return worker;
}

static void end(struct test_worker *worker)
{
    kill(worker->pid, SIGKILL);
    waitpid(worker->pid, NULL, 0);
}

/* Goal: two workers have two users, and neither can do anything to the other. */
static void test_users_separate_workers(void **state)
{
    struct sandbox_users users = users_of_our_own(4, 0);
    struct test_worker first = start(ROOT, users, 0, false), second;

    (void)state;
    users.index = 1;
    second = start(ROOT, users, first.pid, false);
    end(&first);
    end(&second);
    assert_int_equal(first.report.result, SANDBOX_USER);
    assert_int_equal(second.report.result, SANDBOX_USER);
    assert_int_equal(first.report.real, users.first);
    assert_int_equal(second.report.real, users.first + 1);
    assert_int_equal(second.report.effective, second.report.real);
    assert_int_equal(second.report.saved, second.report.real);
    assert_int_equal(second.report.group, second.report.real);
    assert_int_equal(second.report.groups, 0);
    assert_true(second.report.no_capabilities);
    assert_int_equal(second.report.kill_errno, EPERM);
    assert_int_equal(second.report.trace_errno, EPERM);
    assert_int_equal(second.report.priority_errno, EPERM);
}

/* Goal: threads and processes are bounded, and those of others do not count. */
static void test_threads_are_bounded(void **state)
{
    struct test_worker own = start(ROOT, users_of_our_own(4, 0), 0, true);
    struct test_worker shared = start(ROOT, users_of_our_own(1, 0), 0, true);

    (void)state;
    end(&own);
    end(&shared);
    assert_int_equal(own.report.processes, WORKER_THREADS_MAX - 1);
    assert_int_equal(shared.report.processes, 100);
}

/* Goal: a user that runs a process is skipped, the first user follows the last one, and it is an
 * error if none is free. */
static void test_used_users_are_skipped(void **state)
{
    struct sandbox_users users = users_of_our_own(3, 1);
    struct test_worker workers[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(workers); i++)
        workers[i] = start(ROOT, users, 0, false);
    for (size_t i = 0; i < ARRAY_LENGTH(workers); i++)
        end(&workers[i]);
    assert_int_equal(workers[0].report.real, users.first + 1);
    assert_int_equal(workers[1].report.real, users.first + 2);
    assert_int_equal(workers[2].report.real, users.first);
    assert_int_equal(workers[3].report.result, -EUSERS);
    workers[0] = start(ROOT, users, 0, false); /* all are free again at once */
    end(&workers[0]);
    assert_int_equal(workers[0].report.real, users.first + 1);
}

/* Goal: a single user is shared by any number of workers. */
static void test_one_user_for_all(void **state)
{
    struct test_worker first = start(ROOT, users_of_our_own(1, 0), 0, false);
    struct test_worker second = start(ROOT, users_of_our_own(1, 1), 0, false);

    (void)state;
    end(&first);
    end(&second);
    assert_int_equal(second.report.result, SANDBOX_USER);
    assert_int_equal(first.report.real, second.report.real);
}

/* Goal: root never stays root. */
static void test_root_must_change(void **state)
{
    struct test_worker worker = start(ROOT, (struct sandbox_users){0}, 0, false);

    (void)state;
    end(&worker);
    assert_int_equal(worker.report.result, -EINVAL);
}

/* Goal: with the two capabilities a server need not be root. It can end its workers, by CAP_KILL or
 * because its user is their saved one. Without capabilities, workers run as its user. */
static void test_not_root(void **state)
{
    static const struct {
        enum server_kind kind;
        int result;
        uid_t saved; /* offsets from the first user */
        bool changes;
    } cases[] = {
        {USER_WITH_TWO, SANDBOX_USER, SERVER_OFFSET, true},
        {USER_WITH_THREE, SANDBOX_USER, 0, true},
        {USER, 0, SERVER_OFFSET, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct sandbox_users users = users_of_our_own(4, 0);
        const uid_t server_user = users.first + SERVER_OFFSET;
        struct test_worker worker = start(cases[i].kind, users, 0, false);

        end(&worker);
        assert_int_equal(worker.report.result, cases[i].result);
        assert_int_equal(worker.report.saved, users.first + cases[i].saved);
        assert_int_equal(worker.report.real, cases[i].changes ? users.first : server_user);
        assert_int_equal(worker.report.effective, worker.report.real);
        assert_int_equal(worker.report.group, worker.report.real);
        assert_true(worker.report.no_capabilities);
    }
}

/* Goal: the same for root without CAP_KILL. */
static void test_root_without_kill(void **state)
{
    struct sandbox_users users = users_of_our_own(4, 0);
    struct test_worker worker = start(ROOT_WITHOUT_KILL, users, 0, false);

    (void)state;
    end(&worker);
    assert_int_equal(worker.report.result, SANDBOX_USER);
    assert_int_equal(worker.report.real, users.first);
    assert_int_equal(worker.report.saved, 0);
    assert_true(worker.report.no_capabilities);
}

/* ThreadSanitizer's own thread, which the limit allows for, does not exist in the children. */
#if defined(__SANITIZE_THREAD__)
enum { CAN_TEST = 0 };
#else
enum { CAN_TEST = 1 };
#endif

enum { EXIT_SKIPPED = 77 }; /* meson's */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users_separate_workers), cmocka_unit_test(test_threads_are_bounded),
        cmocka_unit_test(test_used_users_are_skipped), cmocka_unit_test(test_one_user_for_all),
        cmocka_unit_test(test_root_must_change),       cmocka_unit_test(test_not_root),
        cmocka_unit_test(test_root_without_kill),
    };

    if (!CAN_TEST || !capabilities_change_user() || !capabilities_have(CAPABILITY(CAP_KILL)))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
