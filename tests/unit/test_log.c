/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/log.h"

#include "base/cleanup.h"
#include "base/deadline.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* The log, on everything that standard error can be, whether somebody reads it or not. */

enum {
    THREADS = 4,
    LINES = 2000,      /* of each thread; more than the memory for them holds */
    SMALL_BYTES = 4096,
    PATIENCE_MS = 20000,
};

/* --- what standard error is --------------------------------------------------------------------- */

/* Where lines go, and where they are read; equal for a file. */
struct sink {
    int write_fd, read_fd;
};

static struct sink open_pipe(void)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, SMALL_BYTES);
    return (struct sink){ends[1], ends[0]};
}

static struct sink open_impatient_pipe(void)
{
    struct sink sink = open_pipe();

    assert_int_equal(fcntl(sink.write_fd, F_SETFL, O_NONBLOCK), 0);
    return sink;
}

static struct sink open_sockets(int type)
{
    int ends[2], small = SMALL_BYTES;

    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    return (struct sink){ends[0], ends[1]};
}

static struct sink open_stream(void)
{
    return open_sockets(SOCK_STREAM);
}

/* Each write is one message. */
static struct sink open_messages(void)
{
    return open_sockets(SOCK_SEQPACKET);
}

static struct sink open_terminal(void)
{
    int main_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios attributes;
    struct sink sink;

    assert_true(main_fd >= 0 && grantpt(main_fd) == 0 && unlockpt(main_fd) == 0);
    sink = (struct sink){open(ptsname(main_fd), O_RDWR | O_NOCTTY | O_CLOEXEC), main_fd};
    assert_true(sink.write_fd >= 0 && tcgetattr(sink.write_fd, &attributes) == 0);
    cfmakeraw(&attributes);
    assert_int_equal(tcsetattr(sink.write_fd, TCSANOW, &attributes), 0);
    return sink;
}

static struct sink open_file(void)
{
    char path[] = "/tmp/test_log.XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC | O_APPEND);

    assert_true(fd >= 0 && unlink(path) == 0);
    return (struct sink){fd, open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

static void close_sink(struct sink *sink)
{
    close_fd(sink->write_fd);
    close_fd(sink->read_fd);
}

static int own_stderr;

static void redirect(const struct sink *sink)
{
    assert_int_equal(dup2(sink->write_fd, STDERR_FILENO), STDERR_FILENO);
}

static int restore(void **state)
{
    (void)state;
    dup2(own_stderr, STDERR_FILENO);
    return 0;
}

/* --- what is read ------------------------------------------------------------------------------- */

struct reading {
    unsigned next[THREADS]; /* the line that is to come, of each thread */
    unsigned lines, wrong;
    unsigned long long lost;
    unsigned reports;
    char rest[4096];        /* of a line that is not complete */
    size_t rest_size;
};

static void read_line(struct reading *reading, const char *line)
{
    const char *message = strstr(line, "]: ");
    unsigned long long lost;
    unsigned thread, number;

    if (message != NULL && sscanf(message, "]: thread %u line %u", &thread, &number) == 2 &&
        thread < THREADS && number >= reading->next[thread]) {
        reading->next[thread] = number + 1;
        reading->lines++;
    } else if (message != NULL && strstr(line, " warning ") != NULL &&
               sscanf(message, "]: %llu log line(s) were lost", &lost) == 1) {
        reading->lost += lost;
        reading->reports++;
    } else {
        reading->wrong++;
    }
}

static void read_text(struct reading *reading, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        assert_true(reading->rest_size + 1 < sizeof(reading->rest));
        if (text[i] != '\n') {
            reading->rest[reading->rest_size++] = text[i];
            continue;
        }
        reading->rest[reading->rest_size] = '\0';
        reading->rest_size = 0;
        read_line(reading, reading->rest);
    }
}

/* Reads until so many lines were read or told to be lost, or to the end. */
static void read_until(struct reading *reading, int fd, unsigned long long total)
{
    char text[SMALL_BYTES];

    while (reading->lines + reading->wrong + reading->lost < total) {
        ssize_t bytes = read(fd, text, sizeof(text));

        if (bytes <= 0)
            return;
        read_text(reading, text, (size_t)bytes);
    }
}

static void *write_many(void *argument)
{
    for (unsigned i = 0; i < LINES; i++)
        log_info("thread %u line %u", (unsigned)(uintptr_t)argument, i);
    return NULL;
}

static void log_from_threads(void)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void log_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        log_info("thread 0 line %u", i);
}

/* --- the ends of a process: before this one has a writer ------------------------------------------ */

/* Goal: without log_start(), a line is there once log_line has returned. */
static void test_direct(void **state)
{
    struct sink sink = open_impatient_pipe();
    char text[256];
    ssize_t size;

    (void)state;
    fcntl(sink.read_fd, F_SETFL, O_NONBLOCK);
    redirect(&sink);
    log_warning("thread %d", 5);
    size = read(sink.read_fd, text, sizeof(text));
    assert_true(size > 0 && text[size - 1] == '\n');
    log_plain("as it\x1b is");
    size = read(sink.read_fd, text, sizeof(text));
    assert_int_equal(size, 10);
    assert_memory_equal(text, "as it? is\n", 10);
    assert_true(log_flush(0));
    close_sink(&sink);
}

/* Runs `body` in a child that has a writer and logs to a pipe; returns how it ended. What it wrote is
 * read unless `reading` is NULL. */
static int run_child(void (*body)(void), struct reading *reading)
{
    struct sink sink = open_pipe();
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka's */
        redirect(&sink);
        close_sink(&sink);
        if (log_start() != 0)
            _exit(99);
        body();
        _exit(98);
    }
    assert_true(child > 0);
    close(sink.write_fd);
    if (reading != NULL)
        read_until(reading, sink.read_fd, UINT64_MAX);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(sink.read_fd);
    return status;
}

static void log_and_exit(void)
{
    log_some(500);
    exit(7);
}

static void log_and_abort(void)
{
    log_some(500);
    abort();
}

static void log_and_crash(void)
{
    log_some(500);
    raise(SIGSEGV);
}

static void log_and_be_killed(void)
{
    log_some(500);
    kill(getpid(), SIGSEGV); /* no fault of its own: the handler's return runs nothing again */
    pause();
}

/* Goal: what was logged before exit(), abort() or a crash is written, and these end as ever. */
static void test_ends(void **state)
{
    static const struct {
        void (*body)(void);
        int code, signal;
    } cases[] = {{log_and_exit, 7, 0},
                 {log_and_abort, 0, SIGABRT},
                 {log_and_crash, 0, SIGSEGV},
                 {log_and_be_killed, 0, SIGSEGV}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct reading reading = {0};
        int status = run_child(cases[i].body, &reading);

        assert_int_equal(reading.lines, 500);
        assert_int_equal(reading.wrong, 0);
        if (cases[i].signal != 0)
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal);
        else
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].code);
    }
}

/* Goal: nobody reads, and the process ends all the same, soon. */
static void test_ends_unread(void **state)
{
    int64_t since = clock_us();
    int status;

    (void)state;
    status = run_child(log_and_exit, NULL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = run_child(log_and_abort, NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(clock_us() - since < PATIENCE_MS * 1000);
}

static void log_and_fork(void)
{
    pid_t child;

    log_info("thread 0 line 0");
    child = fork();
    if (child == 0) {
        log_info("thread 1 line 0");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    log_info("thread 2 line 0");
    exit(0);
}

/* Goal: the child of a process with a writer writes its lines itself, and none of its parent's. */
static void test_fork(void **state)
{
    struct reading reading = {0};

    (void)state;
    assert_int_equal(run_child(log_and_fork, &reading), 0);
    assert_int_equal(reading.lines, 3);
    assert_int_equal(reading.wrong, 0);
}

/* --- with a writer, which stays to the end ----------------------------------------------------------- */

struct reader {
    int fd;
    struct reading reading;
};

static void *read_all(void *argument)
{
    struct reader *reader = argument;

    read_until(&reader->reading, reader->fd, THREADS * LINES);
    return NULL;
}

/* Goal: where somebody reads, every line of every thread is read, whole and in order, or told of. */
static void test_read(void **state)
{
    struct sink (*const kinds[])(void) = {open_pipe, open_impatient_pipe, open_stream,
                                          open_messages, open_terminal};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct sink sink = kinds[i]();
        struct reader reader = {.fd = sink.read_fd};
        pthread_t thread;

        redirect(&sink);
        assert_int_equal(pthread_create(&thread, NULL, read_all, &reader), 0);
        log_from_threads();
        pthread_join(thread, NULL);
        log_flush(PATIENCE_MS);
        assert_int_equal(reader.reading.wrong, 0);
        assert_int_equal(reader.reading.lines + reader.reading.lost, THREADS * LINES);
        assert_int_equal(reader.reading.rest_size, 0);
        close_sink(&sink);
    }
}

/* Goal: each line is one write. */
static void test_one_write(void **state)
{
    struct sink sink = open_messages();
    char text[SMALL_BYTES];

    (void)state;
    redirect(&sink);
    log_some(20);
    for (int i = 0; i < 20; i++) {
        ssize_t size = recv(sink.read_fd, text, sizeof(text), 0);

        assert_true(size > 0 && memchr(text, '\n', (size_t)size) == text + size - 1);
    }
    close_sink(&sink);
}

/* Goal: a file gets everything that there was memory for. */
static void test_file(void **state)
{
    struct sink sink = open_file();
    struct reading reading = {0};
    char text[SMALL_BYTES];
    off_t at = 0;
    ssize_t size;

    (void)state;
    redirect(&sink);
    log_from_threads();
    log_flush(PATIENCE_MS);
    while ((size = pread(sink.write_fd, text, sizeof(text), at)) > 0) {
        read_text(&reading, text, (size_t)size);
        at += size;
    }
    assert_int_equal(reading.wrong, 0);
    assert_int_equal(reading.lines + reading.lost, THREADS * LINES);
    close_sink(&sink);
}

/* Goal: where nobody reads, who logs goes on; the number of lines lost is told in one line, once
 * somebody does, and the lines after that are there. */
static void test_unread(void **state)
{
    struct sink (*const kinds[])(void) = {open_pipe, open_impatient_pipe, open_stream, open_terminal};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct sink sink = kinds[i]();
        struct reading reading = {0};

        redirect(&sink);
        log_from_threads();
        assert_false(log_flush(50));
        read_until(&reading, sink.read_fd, THREADS * LINES);
        assert_int_equal(reading.wrong, 0);
        assert_int_equal(reading.reports, 1);
        assert_true(reading.lost > 0 && reading.lines > 100);
        assert_int_equal(reading.lines + reading.lost, THREADS * LINES);
        log_info("thread 0 line %d", LINES);
        read_until(&reading, sink.read_fd, THREADS * LINES + 1);
        assert_int_equal(reading.next[0], LINES + 1);
        assert_true(log_flush(PATIENCE_MS));
        close_sink(&sink);
    }
}

/* Goal: a reader that goes away harms nobody; what could not be written is told to the next one. */
static void test_broken_pipe(void **state)
{
    struct sink broken = open_pipe(), sink = open_pipe();
    struct reading reading = {0};

    (void)state;
    redirect(&broken);
    close(broken.read_fd);
    log_some(10);
    assert_false(log_flush(PATIENCE_MS));
    redirect(&sink);
    log_info("thread 0 line 10");
    read_until(&reading, sink.read_fd, 11);
    assert_int_equal(reading.lost, 10);
    assert_int_equal(reading.lines, 1);
    assert_int_equal(reading.wrong, 0);
    close(broken.write_fd);
    close_sink(&sink);
}

/* Goal: a file that may not grow harms nobody either, and where it ends within a line, the next one
 * that is written begins on a line of its own. */
static void test_full_file(void **state)
{
    struct sink sink = open_file();
    struct reading reading = {0};
    struct rlimit before, small;
    char text[8 * SMALL_BYTES];
    ssize_t size;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){SMALL_BYTES + 7, before.rlim_max};
    redirect(&sink);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    log_some(200);
    assert_false(log_flush(PATIENCE_MS));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_info("thread 0 line 200");
    assert_true(log_flush(PATIENCE_MS));
    size = pread(sink.write_fd, text, sizeof(text), 0);
    assert_true(size > 0 && size < (ssize_t)sizeof(text));
    read_text(&reading, text, (size_t)size);
    assert_int_equal(reading.next[0], 201);
    assert_int_equal(reading.reports, 1);
    assert_true(reading.wrong <= 1); /* the torn one, which is counted as lost */
    assert_int_equal(reading.lines + reading.lost, 201);
    close_sink(&sink);
}

static int start_writer(void **state)
{
    (void)state;
    return log_start();
}

int main(void)
{
    const struct CMUnitTest before[] = {
        cmocka_unit_test_teardown(test_direct, restore),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_ends_unread),
        cmocka_unit_test(test_fork),
    };
    const struct CMUnitTest after[] = {
        cmocka_unit_test_teardown(test_read, restore),
        cmocka_unit_test_teardown(test_one_write, restore),
        cmocka_unit_test_teardown(test_file, restore),
        cmocka_unit_test_teardown(test_unread, restore),
        cmocka_unit_test_teardown(test_broken_pipe, restore),
        cmocka_unit_test_teardown(test_full_file, restore),
    };
    int failed;

    own_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    log_open("test_log", LOG_INFO, LOG_TEXT);
    failed = cmocka_run_group_tests(before, NULL, NULL);
    return failed + cmocka_run_group_tests(after, start_writer, NULL);
}
