/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Landlock without the other layers of the sandbox: what each part of it refuses, tried by a child,
 * and that the same works without it. In a worker, the system call filter kills before Landlock is
 * asked. */
#include "base/cleanup.h"
#include "ipc/sandbox_layers.h"
#include "ipc/sandbox_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CANNOT_ENTER = 200 };

static struct sockaddr_in listening; /* on loopback */
static struct sockaddr_un abstract;  /* in use, too */
static socklen_t abstract_size;
static int in_force; /* layers of a child that entered */

static int open_passwd(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int connect_tcp(void)
{
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&listening,
                   sizeof(listening));
}

static int bind_tcp(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any, sizeof(any));
}

static int connect_abstract(void)
{
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&abstract, abstract_size);
}

static int signal_parent(void)
{
    return kill(getppid(), 0);
}

static int signal_itself(void)
{
    return kill(getpid(), 0);
}

/* What a child that tries it ends with: 0, the errno, or CANNOT_ENTER. */
static int try(int (*call)(void), bool enter)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (enter && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_enter_landlock() < 0))
            _exit(CANNOT_ENTER);
        _exit(call() < 0 ? errno : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_what_it_refuses(void **state)
{
    static const struct {
        const char *name;
        int (*call)(void);
        int layer; /* 0: it is allowed */
        int error; /* where that is in force */
    } tries[] = {
        {"open a file", open_passwd, SANDBOX_LANDLOCK, EACCES},
        {"connect by TCP", connect_tcp, SANDBOX_LANDLOCK_TCP, EACCES},
        {"bind to a TCP port", bind_tcp, SANDBOX_LANDLOCK_TCP, EACCES},
        {"connect to an abstract socket", connect_abstract, SANDBOX_LANDLOCK_SCOPES, EPERM},
        {"signal the parent", signal_parent, SANDBOX_LANDLOCK_SCOPES, EPERM},
        {"signal itself", signal_itself, 0, 0},
    };

    (void)state;
    if (in_force < 0)
        skip(); /* this kernel has none */
    for (size_t i = 0; i < ARRAY_LENGTH(tries); i++) {
        int expected = in_force & tries[i].layer ? tries[i].error : 0;

        print_message("%s: %s\n", tries[i].name, expected != 0 ? "refused" : "allowed");
        assert_int_equal(try(tries[i].call, false), 0);
        assert_int_equal(try(tries[i].call, true), expected);
    }
}

/* What sandbox_enter_landlock returns, of a child that ends then. */
static int enter_elsewhere(void)
{
    int pipe_fds[2], found = 0;
    pid_t pid;

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        found = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? sandbox_enter_landlock() : -errno;
        _exit(write(pipe_fds[1], &found, sizeof(found)) == sizeof(found) ? 0 : 1);
    }
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &found, sizeof(found)), sizeof(found));
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return found;
}

/* The layers in force depend on the kernel's ABI alone, not on the headers of the build. */
static void test_what_is_in_force(void **state)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int expected = SANDBOX_LANDLOCK;

    (void)state;
    if (abi >= 4)
        expected |= SANDBOX_LANDLOCK_TCP;
    if (abi >= 6)
        expected |= SANDBOX_LANDLOCK_SCOPES;
    assert_int_equal(in_force, abi < 1 ? -EOPNOTSUPP : expected);
}

static int listen_somewhere(void **state)
{
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof(listening);

    (void)state;
    listening =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(tcp, (struct sockaddr *)&listening, sizeof(listening)), 0);
    assert_int_equal(listen(tcp, 8), 0);
    assert_int_equal(getsockname(tcp, (struct sockaddr *)&listening, &size), 0);
    abstract.sun_family = AF_UNIX;
    abstract_size = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
                    (socklen_t)snprintf(abstract.sun_path + 1, sizeof(abstract.sun_path) - 1,
                                        "grisaille-test-%d", (int)getpid());
    assert_int_equal(bind(local, (struct sockaddr *)&abstract, abstract_size), 0);
    assert_int_equal(listen(local, 8), 0);
    in_force = enter_elsewhere();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_force),
        cmocka_unit_test(test_what_it_refuses),
    };

    return cmocka_run_group_tests(tests, listen_somewhere, NULL);
}
