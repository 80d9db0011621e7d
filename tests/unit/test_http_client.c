/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/client.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/status.h"
#include "http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The client, against a server of ours and against one that follows a script. */

/* WAIT: until the client hangs up; RESET: at once, with the body unread. */
enum after { KEEP, CLOSE, WAIT, RESET };

struct step {
    const char *text;
    enum after after;
};

/* Takes connections one after the other; for each step it reads a request head and its announced
 * body, writes the text, and then keeps or closes the connection. */
struct script {
    const struct step *steps; /* up to one whose text is NULL */
    int listen_fd;
    uint16_t port;
    pthread_t thread;
    unsigned connections; /* taken; to be read after the end */
    char request[4096];   /* the last head */
};

/* False: the client has hung up. */
static bool read_request(struct script *script, int fd, bool with_body)
{
    size_t used = 0, length = 0;
    const char *field;
    char byte;

    script->request[0] = '\0';
    while (strstr(script->request, "\r\n\r\n") == NULL) {
        if (used + 1 >= sizeof(script->request) || recv(fd, &byte, 1, 0) != 1)
            return false;
        script->request[used++] = byte;
        script->request[used] = '\0';
    }
    field = strstr(script->request, "Content-Length: ");
    if (field != NULL && with_body)
        length = (size_t)atol(field + 16);
    while (length > 0) {
        char piece[65536];
        ssize_t bytes = recv(fd, piece, length < sizeof(piece) ? length : sizeof(piece), 0);

        if (bytes <= 0)
            return false;
        length -= (size_t)bytes;
    }
    return true;
}

static void *run_script(void *argument)
{
    struct script *script = argument;
    int fd = -1;

    for (const struct step *step = script->steps; step->text != NULL; step++) {
        while (fd < 0 || !read_request(script, fd, step->after != RESET)) {
            fd = close_fd(fd);
            fd = accept(script->listen_fd, NULL, NULL);
            if (fd < 0)
                return NULL;
            script->connections++;
        }
        send(fd, step->text, strlen(step->text), MSG_NOSIGNAL);
        if (step->after == WAIT)
            assert_false(read_request(script, fd, true));
        if (step->after != KEEP)
            fd = close_fd(fd);
    }
    close_fd(fd);
    return NULL;
}

static void script_start(struct script *script, const struct step *steps)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *script = (struct script){.steps = steps};
    script->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(script->listen_fd, 8), 0);
    getsockname(script->listen_fd, (struct sockaddr *)&address, &size);
    script->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&script->thread, NULL, run_script, script), 0);
}

static void script_end(struct script *script)
{
    shutdown(script->listen_fd, SHUT_RDWR);
    pthread_join(script->thread, NULL);
    close(script->listen_fd);
}

static struct http_client *new_client(uint16_t port, unsigned handles)
{
    struct http_client_options options = {
        .max_handles = handles, .handle_wait_ms = 200, .max_body_bytes = 1000};
    struct http_client *client = NULL;
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    options.base_url = url;
    assert_int_equal(http_client_new(&client, &options), 0);
    return client;
}

static int call(struct http_client *client, const char *target, const char *body, int deadline_ms,
                struct http_call_result *result)
{
    struct http_call call = {.target = target,
                             .body = body,
                             .body_size = body != NULL ? strlen(body) : 0,
                             .request_id = "call-1",
                             .deadline_us = deadline_after_ms(deadline_ms),
                             .client_fd = -1};

    return http_client_call(client, &call, result);
}

/* Goal: a call to a server of ours: body, status, type, times, and the id and deadline that it
 * gets.
 */
static void test_against_ours(void **state)
{
    struct http_call_result result;
    struct http_client *client;
    struct peer_server peer;
    static char long_enough[HTTP_ADMIT_BYTES + 1];

    (void)state;
    peer_defaults(&peer);
    peer_start(&peer);
    client = new_client(http_server_port(peer.server), 2);
    assert_int_equal(call(client, "/echo?scale=0.5", "abc", 9000, &result), 0);
    assert_int_equal(result.http_status, 200);
    assert_int_equal(result.body.size, 3);
    assert_memory_equal(result.body.data, "abc", 3);
    assert_string_equal(result.content_type, "application/octet-stream");
    assert_int_equal(result.queue_us, 1500);
    assert_int_equal(result.work_us, 2500);
    assert_string_equal(result.path, "some-path");
    assert_in_range(peer_last_deadline_ms(), 1, 9000);
    buffer_clear(&result.body);
    memset(long_enough, 'x', HTTP_ADMIT_BYTES);
    assert_int_equal(call(client, "/full", long_enough, 3000, &result), 0);
    assert_int_equal(result.http_status, 503);
    assert_int_equal(result.retry_after_s, 7);
    assert_string_equal(result.content_type, "application/problem+json");
    assert_non_null(strstr((char *)result.body.data, "\"request_id\":\"call-1\""));
    buffer_clear(&result.body);
    assert_int_equal(call(client, "/health", NULL, 3000, &result), 0);
    assert_int_equal(result.http_status, 200);
    buffer_clear(&result.body);
    http_client_free(client);
    peer_stop(&peer);
}

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Goal: one connection serves call after call; a close that was announced makes a second. */
static void test_keep_alive(void **state)
{
    static const struct step steps[] = {
        {OK_REPLY, KEEP},
        {OK_REPLY, KEEP},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", CLOSE},
        {OK_REPLY, CLOSE},
        {NULL, KEEP},
    };
    struct http_call_result result;
    struct http_client *client;
    struct script script;

    (void)state;
    script_start(&script, steps);
    client = new_client(script.port, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(call(client, "/a?b=c", "x", 3000, &result), 0);
        assert_int_equal(result.body.size, 2);
        buffer_clear(&result.body);
    }
    http_client_free(client);
    script_end(&script);
    assert_int_equal(script.connections, 2);
    assert_non_null(strstr(script.request, "POST /a?b=c HTTP/1.1\r\n"));
    assert_non_null(strstr(script.request, "X-Request-Id: call-1\r\n"));
    assert_non_null(strstr(script.request, "X-Deadline-Ms: "));
    assert_null(strstr(script.request, "Expect"));
}

/* Goal: a kept connection that the server closes just as the call goes out, or resets while its
 * body is being sent, is replaced, and the call succeeds. */
static void test_stale_connection(void **state)
{
    static const struct step steps[] = {{OK_REPLY, KEEP}, {"", CLOSE},       {OK_REPLY, KEEP},
                                        {"", RESET},      {OK_REPLY, CLOSE}, {NULL, KEEP}};
    static char body[8000000];
    struct http_call_result result;
    struct http_client *client;
    struct script script;

    (void)state;
    script_start(&script, steps);
    client = new_client(script.port, 1);
    for (size_t i = 0; i < 3; i++) {
        memset(body, 'x', i < 2 ? 1 : sizeof(body) - 1);
        assert_int_equal(call(client, "/", body, 5000, &result), 0);
        assert_int_equal(result.http_status, 200);
        buffer_clear(&result.body);
    }
    http_client_free(client);
    script_end(&script);
    assert_int_equal(script.connections, 3);
}

/* Goal: the description of the work is read from any Server-Timing, and from nothing else in it. */
static void test_server_timing(void **state)
{
    static const struct {
        const char *field, *path;
        int64_t work_us;
    } cases[] = {
        {"work;dur=2;desc=\"a\", total;dur=3", "a", 2000},
        {"total;dur=3, work;dur=2.5;desc=\"a-b\"", "a-b", 2500},
        {"work;dur=2, total;dur=3;desc=\"total\"", "", 2000},
        {"queue;dur=1;desc=\"queue\", work;dur=2", "", 2000},
        {"work;dur=2;desc=\"never closed", "", 2000},
        {"work;dur=2;desc=bare", "", 2000},
        {"work;dur=2;note=\"a\"", "", 2000},
        {"work;dur=2;desc=\"\"", "", 2000},
        {"work;dur=2;desc=\"0123456789012345678901234567890\"", "0123456789012345678901234567890",
         2000},
        {"work;dur=2;desc=\"01234567890123456789012345678901\"", "", 2000},
        {"work;desc=\"a\"", "", 0},
        {"work;dur=", "", 0},
    };
    struct http_call_result result;
    struct http_client *client;
    struct script script;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        const struct step steps[] = {{text, CLOSE}, {NULL, KEEP}};

        snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\nServer-Timing: %s\r\nContent-Length: 2\r\n\r\nok",
                 cases[i].field);
        script_start(&script, steps);
        client = new_client(script.port, 1);
        assert_int_equal(call(client, "/", "x", 5000, &result), 0);
        assert_string_equal(result.path, cases[i].path);
        assert_int_equal(result.work_us, cases[i].work_us);
        buffer_clear(&result.body);
        http_client_free(client);
        script_end(&script);
    }
}

/* Goal: no server, and answers that are none, are "unavailable", long before the deadline. */
static void test_unavailable(void **state)
{
    static char endless[4000] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    const struct step steps[] = {
        {"", CLOSE},
        {"no HTTP", CLOSE},
        {"HTTP/9.9 abc\r\n\r\n", CLOSE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", CLOSE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", WAIT}, /* announced as too long */
        {endless, CLOSE},                                          /* and found to be */
        {NULL, KEEP},
    };
    struct http_call_result result;
    struct http_client *client;
    struct script script;
    int64_t since;

    (void)state;
    memset(endless + strlen(endless), 'x', 1001);
    script_start(&script, steps);
    client = new_client(script.port, 1);
    for (size_t i = 0; steps[i].text != NULL; i++) {
        assert_int_equal(call(client, "/", "x", 5000, &result), STATUS_SCALE_UNAVAILABLE);
        assert_null(result.body.data);
    }
    script_end(&script);
    since = clock_us();
    assert_int_equal(call(client, "/", "x", 60000, &result), STATUS_SCALE_UNAVAILABLE);
    assert_true(clock_us() - since < 10000000);
    http_client_free(client);
}

static const struct step silence[] = {{"", WAIT}, {NULL, KEEP}};

/* Goal: a server that says nothing costs no more than the deadline; a deadline that is past costs
 * nothing. */
static void test_deadline(void **state)
{
    struct http_call_result result;
    struct http_client *client;
    struct script script;
    int64_t since;

    (void)state;
    script_start(&script, silence);
    client = new_client(script.port, 1);
    since = clock_us();
    assert_int_equal(call(client, "/", "x", 300, &result), STATUS_DEADLINE_EXCEEDED);
    assert_in_range(clock_us() - since, 290000, 10000000);
    assert_int_equal(call(client, "/", "x", 0, &result), STATUS_DEADLINE_EXCEEDED);
    http_client_free(client);
    script_end(&script);
}

struct leaving {
    int fd;
    bool half;
};

static void *leave(void *argument)
{
    struct leaving *leaving = argument;

    usleep(200000);
    if (leaving->half)
        shutdown(leaving->fd, SHUT_WR);
    else
        close(leaving->fd);
    return NULL;
}

/* Makes a call that gets no answer for a client that leaves after 200 ms; returns how long it took.
 */
static int64_t call_for_leaving(struct http_client *client, bool half)
{
    struct http_call call = {
        .target = "/", .body = "x", .body_size = 1, .deadline_us = deadline_after_ms(60000)};
    struct leaving leaving = {.half = half};
    struct http_call_result result;
    pthread_t thread;
    int64_t took;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    call.client_fd = ends[0];
    leaving.fd = ends[1];
    took = clock_us();
    assert_int_equal(pthread_create(&thread, NULL, leave, &leaving), 0);
    assert_int_equal(http_client_call(client, &call, &result), STATUS_CLIENT_GONE);
    took = clock_us() - took;
    pthread_join(thread, NULL);
    close(ends[0]);
    if (half)
        close(ends[1]);
    return took;
}

/* Goal: a client that has left ends the call to a silent server at once; one that has closed its
 * sending half, after a second. */
static void test_client_gone(void **state)
{
    (void)state;
    for (int half = 0; half <= 1; half++) {
        struct http_client *client;
        struct script script;

        script_start(&script, silence);
        client = new_client(script.port, 1);
        assert_in_range(call_for_leaving(client, half), half ? 1190000 : 190000, 20000000);
        http_client_free(client);
        script_end(&script);
    }
}

/* Goal: so does a client whose call has no handle yet. */
static void test_client_gone_while_waiting(void **state)
{
    struct http_client_options options = {
        .base_url = "http://127.0.0.1:1", .max_handles = 0, .handle_wait_ms = 60000};
    struct http_client *client = NULL;

    (void)state;
    assert_int_equal(http_client_new(&client, &options), 0);
    assert_in_range(call_for_leaving(client, false), 190000, 20000000);
    assert_in_range(call_for_leaving(client, true), 1190000, 20000000);
    http_client_free(client);
}

static void *occupy(void *argument)
{
    struct http_call_result result;

    call(argument, "/", "x", 4000, &result);
    return NULL;
}

/* Goal: a call that finds no handle free is refused after its wait. */
static void test_no_handle(void **state)
{
    struct http_call_result result;
    struct http_client *client;
    struct script script;
    pthread_t thread;

    (void)state;
    script_start(&script, silence);
    client = new_client(script.port, 1);
    assert_int_equal(pthread_create(&thread, NULL, occupy, client), 0);
    usleep(1000000);
    assert_int_equal(call(client, "/", "x", 5000, &result), STATUS_OVERLOADED);
    pthread_join(thread, NULL);
    http_client_free(client);
    script_end(&script);
}

enum { CALLERS = 8, CALLS = 200 };

static void *call_often(void *argument)
{
    struct http_call_result result;
    char body[48];
    uintptr_t wrong = 0;

    for (int i = 0; i < CALLS; i++) {
        snprintf(body, sizeof(body), "%p %d", (void *)&result, i);
        if (call(argument, "/echo", body, 60000, &result) != 0 || result.http_status != 200 ||
            result.body.size != strlen(body) ||
            memcmp(result.body.data, body, result.body.size) != 0)
            wrong++;
        buffer_clear(&result.body);
    }
    return (void *)wrong;
}

/* Goal: many threads share few handles, and each gets the answer to its own call. */
static void test_many_threads(void **state)
{
    pthread_t threads[CALLERS];
    struct http_client *client;
    struct peer_server peer;
    void *wrong;

    (void)state;
    peer_defaults(&peer);
    peer_start(&peer);
    client = new_client(http_server_port(peer.server), 3);
    for (size_t i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, client), 0);
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    http_client_free(client);
    peer_stop(&peer);
}

/* What a call may allocate, and what it asked for. */
struct allowance {
    size_t bytes, asked;
};

static bool allow(void *context, size_t bytes)
{
    struct allowance *allowance = context;

    allowance->asked += bytes;
    return allowance->asked <= allowance->bytes;
}

/* Goal: an answer of announced length and one without are asked for before there is room for them;
 * where they are refused the call ends, and the next one works. The client is named once. */
static void test_reserve(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", KEEP},
        {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello", WAIT},
        {"HTTP/1.1 200 OK\r\n\r\nhello", CLOSE},
        {"HTTP/1.1 200 OK\r\n\r\nhello", CLOSE},
        {NULL, KEEP},
    };
    static const struct {
        size_t allowed, asked;
        int status;
    } cases[] = {
        {5, 5, 0}, {499, 500, STATUS_OVERLOADED}, {5, 1000, STATUS_OVERLOADED}, {1000, 1000, 0}};
    struct http_call_result result;
    struct http_client *client;
    struct script script;
    const char *field;

    (void)state;
    script_start(&script, steps);
    client = new_client(script.port, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct allowance allowance = {.bytes = cases[i].allowed};
        const struct http_call call = {.target = "/",
                                       .body = "x",
                                       .body_size = 1,
                                       .forwarded_for = "2001:db8::7",
                                       .deadline_us = deadline_after_ms(3000),
                                       .client_fd = -1,
                                       .reserve = allow,
                                       .reserve_context = &allowance};

        assert_int_equal(http_client_call(client, &call, &result), cases[i].status);
        assert_int_equal(allowance.asked, cases[i].asked);
        assert_int_equal(result.body.size, cases[i].status == 0 ? 5 : 0);
        buffer_clear(&result.body);
    }
    http_client_free(client);
    script_end(&script);
    field = strstr(script.request, "X-Forwarded-For: 2001:db8::7\r\n");
    assert_non_null(field);
    assert_null(strstr(field + 1, "X-Forwarded-For"));
}

/* Goal: only http:// is spoken. */
static void test_urls(void **state)
{
    struct http_client_options options = {.base_url = "https://a", .max_handles = 1};
    struct http_client *client = NULL;

    (void)state;
    assert_int_equal(http_client_new(&client, &options), -EINVAL);
    options.base_url = "";
    assert_int_equal(http_client_new(&client, &options), -EINVAL);
    assert_null(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_ours),     cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_stale_connection), cmocka_unit_test(test_server_timing),
        cmocka_unit_test(test_unavailable),      cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_client_gone),      cmocka_unit_test(test_client_gone_while_waiting),
        cmocka_unit_test(test_no_handle),        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_reserve),          cmocka_unit_test(test_urls),
    };

    log_open("test_http_client", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
