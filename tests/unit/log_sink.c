/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "log_sink.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>

#include <cmocka.h>

struct log_sink sink_pipe(void)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, SINK_BYTES);
    return (struct log_sink){ends[1], ends[0]};
}

struct log_sink sink_impatient_pipe(void)
{
    struct log_sink sink = sink_pipe();

    assert_int_equal(fcntl(sink.write_fd, F_SETFL, O_NONBLOCK), 0);
    return sink;
}

static struct log_sink sink_sockets(int type)
{
    int ends[2], small = SINK_BYTES;

    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    return (struct log_sink){ends[0], ends[1]};
}

struct log_sink sink_stream(void)
{
    return sink_sockets(SOCK_STREAM);
}

/* Each write is one message. */
struct log_sink sink_messages(void)
{
    return sink_sockets(SOCK_SEQPACKET);
}

struct log_sink sink_terminal(void)
{
    int main_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios attributes;
    struct log_sink sink;

    assert_true(main_fd >= 0 && grantpt(main_fd) == 0 && unlockpt(main_fd) == 0);
    sink = (struct log_sink){open(ptsname(main_fd), O_RDWR | O_NOCTTY | O_CLOEXEC), main_fd};
    assert_true(sink.write_fd >= 0 && tcgetattr(sink.write_fd, &attributes) == 0);
    cfmakeraw(&attributes);
    assert_int_equal(tcsetattr(sink.write_fd, TCSANOW, &attributes), 0);
    return sink;
}

struct log_sink sink_file(void)
{
    char path[] = "/tmp/test_log.XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC | O_APPEND);

    assert_true(fd >= 0 && unlink(path) == 0);
    return (struct log_sink){fd, open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

void sink_close(struct log_sink *sink)
{
    close_fd(sink->write_fd);
    close_fd(sink->read_fd);
}

static int own_stderr = -1;

void sink_redirect(const struct log_sink *sink)
{
    if (own_stderr < 0)
        own_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    assert_int_equal(dup2(sink->write_fd, STDERR_FILENO), STDERR_FILENO);
}

int sink_restore(void **state)
{
    (void)state;
    if (own_stderr >= 0)
        dup2(own_stderr, STDERR_FILENO);
    return 0;
}

static void read_line(struct log_reading *reading, const char *line)
{
    const char *message = strstr(line, "]: ");
    unsigned long long lost;
    unsigned thread, number;

    if (message != NULL && sscanf(message, "]: thread %u line %u", &thread, &number) == 2 &&
        thread < LOG_THREADS && number >= reading->next[thread]) {
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

void log_read_text(struct log_reading *reading, const char *text, size_t size)
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

void log_read_until(struct log_reading *reading, int fd, unsigned long long total)
{
    char text[SINK_BYTES];

    while (reading->lines + reading->wrong + reading->lost < total) {
        ssize_t bytes = read(fd, text, sizeof(text));

        if (bytes <= 0)
            return;
        log_read_text(reading, text, (size_t)bytes);
    }
}

void log_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        log_info("thread 0 line %u", i);
}
