/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Under a libmicrohttpd of another version than the one whose buffer is known, that is left
 * alone. */
#include "base/log.h"
#include "http/request_internal.h"
#include "http_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: test\r\n"

static const char *_Atomic version;

/* In the place of the library's own. */
const char *MHD_get_version(void)
{
    return atomic_load(&version);
}

static atomic_int library_saw; /* arguments in the query */

static int count_arguments(struct http_request *request, void *context, struct http_answer *answer)
{
    bool given = http_request_parameters(request)->given != 0;

    (void)context;
    atomic_store(&library_saw,
                 MHD_get_connection_values(request->library, MHD_GET_ARGUMENT_KIND, NULL, NULL));
    return http_answer_text(answer, "text/plain", given ? "given\n" : "none\n");
}

static const struct http_parameter quality = {
    .name = "quality", .type = &http_type_integer, .largest = {.digits = 100}};
static const struct http_parameter_table parameters = {.rows = &quality, .count = 1};
static const struct http_route routes[] = {
    {.path = "/", .method = HTTP_GET, .parameters = &parameters, .handle = count_arguments}};

static void ask(const char *pretended)
{
    struct peer_reply reply;

    atomic_store(&version, pretended);
    peer.options.routes = routes;
    peer.options.route_count = 1;
    peer_start(&peer);
    reply = peer_ask(&peer, "GET /?quality=5 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 200);
    assert_string_equal(reply.body, "given\n");
}

/* Goal: the library reads the query that its client sent, and so do we. */
static void test_other_version(void **state)
{
    (void)state;
    ask("1.0.1");
    assert_int_equal(atomic_load(&library_saw), 1);
}

/* Goal: the known one gets no query, which may be longer than it has room for. */
static void test_known_version(void **state)
{
    (void)state;
    ask("0.9.75");
    assert_int_equal(atomic_load(&library_saw), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_other_version, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_known_version, peer_setup, peer_teardown),
    };

    log_open("test_http_library", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
