/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/clients.h"

#include "base/cleanup.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Who is a client, and whom X-Forwarded-For names. */

static char *trusted[] = {(char[]){"10.0.0.0/8"}, (char[]){"2001:db8:1::/48"}, (char[]){"::1"},
                          NULL};
static const struct clients_options options = {.prefix_v6 = 64, .trusted = trusted};

static struct client_name named(const char *text)
{
    struct client_name name = {.known = true};

    assert_int_equal(address_parse(text, strlen(text), &name.address), 0);
    return name;
}

static bool same_client(struct clients *clients, const char *a, const char *b)
{
    const struct client_name first = named(a), second = named(b);
    struct client_account *one = clients_hold(clients, &first);
    struct client_account *other = clients_hold(clients, &second);
    bool same = one == other;

    assert_true(one->id != 0 && (one->id == other->id) == same);
    clients_let_go(clients, one);
    clients_let_go(clients, other);
    return same;
}

/* Goal: an IPv4 address is a client, however it is written; of IPv6, what has the same prefix. */
static void test_who_is_one(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned prefix; /* up to which they are one */
    } pairs[] = {
        {"1.2.3.4", "1.2.3.4", 128},
        {"1.2.3.4", "::ffff:1.2.3.4", 128},
        {"1.2.3.4", "1.2.3.5", 0},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.5", 0},
        {"2001:db8::1", "2001:db8::2", 126},
        {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", 64},
        {"2001:db8::1", "2001:db8:0:1::1", 63},
        {"2001:db8::1", "2001:db9::1", 31},
    };

    (void)state;
    for (unsigned prefix = 32; prefix <= 128; prefix++) {
        struct clients_options some = {.prefix_v6 = prefix};
        struct clients *clients;

        assert_int_equal(clients_new(&clients, &some), 0);
        for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
            assert_int_equal(same_client(clients, pairs[i].a, pairs[i].b),
                             prefix <= pairs[i].prefix);
        clients_free(clients);
    }
}

/* Goal: an account lives as long as somebody holds it, with all that it counts, and no longer;
 * those without an address have one that is nobody else's. */
static void test_accounts(void **state)
{
    const struct client_name name = named("::"), unknown = {0};
    struct client_account *first, *second, *none;
    struct clients *clients;
    uint64_t id;

    (void)state;
    assert_int_equal(clients_new(&clients, &options), 0);
    first = clients_hold(clients, &name);
    second = clients_hold(clients, &name);
    none = clients_hold(clients, &unknown);
    assert_ptr_equal(first, second);
    assert_true(none != first && none->id != first->id);
    atomic_store(&first->connections, 7);
    id = first->id;
    clients_let_go(clients, first);
    first = clients_hold(clients, &name);
    assert_int_equal(atomic_load(&first->connections), 7);
    clients_let_go(clients, first);
    clients_let_go(clients, second);
    first = clients_hold(clients, &name);
    assert_int_equal(atomic_load(&first->connections), 0);
    assert_true(first->id == id); /* what it owes the queue is not forgotten by going away */
    clients_let_go(clients, first);
    clients_let_go(clients, none);
    clients_free(clients);
}

enum { THREADS = 8, ROUNDS = 2000, ADDRESSES = 3000 };

static void *hold_and_let_go(void *argument)
{
    struct clients *clients = argument;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct client_name name = named("10.1.0.0");
        struct client_account *account;

        name.address.s6_addr[15] = (uint8_t)(i % 3);
        account = clients_hold(clients, &name);
        atomic_fetch_add(&account->connections, 1);
        atomic_fetch_sub(&account->connections, 1);
        clients_let_go(clients, account);
    }
    return NULL;
}

/* Goal: many threads at once (ThreadSanitizer), and many clients. */
static void test_many(void **state)
{
    struct client_account *accounts[ADDRESSES];
    pthread_t threads[THREADS];
    struct clients *clients;

    (void)state;
    assert_int_equal(clients_new(&clients, &options), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_let_go, clients), 0);
    for (unsigned i = 0; i < ADDRESSES; i++) {
        struct client_name name = named("10.2.0.0");

        name.address.s6_addr[14] = (uint8_t)(i >> 8);
        name.address.s6_addr[15] = (uint8_t)i;
        accounts[i] = clients_hold(clients, &name);
        assert_true(i == 0 || accounts[i] != accounts[i - 1]);
    }
    for (unsigned i = 0; i < ADDRESSES; i++)
        clients_let_go(clients, accounts[i]);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    clients_free(clients);
}

/* Goal: of X-Forwarded-For, in one field or several, the last entry counts that is not trusted;
 * what is no address ends the search, and the one behind it counts, which a trusted one has named.
 */
static void test_forwarded(void **state)
{
    static const struct {
        const char *values[3], *client; /* NULL: none usable */
    } cases[] = {
        {{"1.2.3.4"}, "1.2.3.4"},
        {{"  1.2.3.4\t"}, "1.2.3.4"},
        {{"1.2.3.4:5678"}, "1.2.3.4"},
        {{"2001:db8::7"}, "2001:db8::7"},
        {{"[2001:db8::7]"}, "2001:db8::7"},
        {{"[2001:db8::7]:443"}, "2001:db8::7"},
        {{"::ffff:1.2.3.4"}, "1.2.3.4"},
        {{"6.6.6.6, 1.2.3.4"}, "1.2.3.4"},
        {{"6.6.6.6,1.2.3.4,10.0.0.1 , 10.9.9.9"}, "1.2.3.4"},
        {{"6.6.6.6", "1.2.3.4"}, "1.2.3.4"},
        {{"6.6.6.6", "1.2.3.4, 10.0.0.1", "::1"}, "1.2.3.4"},
        {{"6.6.6.6, 2001:db8:1:2::3"}, "6.6.6.6"},
        {{"10.0.0.1"}, "10.0.0.1"}, /* a proxy that is its own client */
        {{"10.0.0.3, 10.0.0.2, 10.0.0.1"}, "10.0.0.3"},
        {{"10.0.0.3, 1.2.3.4, 10.0.0.1"}, "1.2.3.4"},
        {{"1.2.3.4, , ,"}, "1.2.3.4"},
        {{"1.2.3.4, unknown"}, NULL},
        {{"1.2.3.4, unknown, 10.0.0.1"}, "10.0.0.1"},
        {{"1.2.3.4, 5.6.7.8 9.9.9.9"}, NULL},
        {{""}, NULL},
        {{" , "}, NULL},
        {{"unknown"}, NULL},
        {{"1.2.3"}, NULL},
        {{"[1.2.3.4"}, NULL},
        {{"[]"}, NULL},
        {{":"}, NULL},
        {{"fe80::1%eth0"}, NULL},
        {{"\"1.2.3.4\""}, NULL},
        {{"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23"}, NULL},
    };
    struct clients *clients;

    (void)state;
    assert_int_equal(clients_new(&clients, &options), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct client_name client = {0};
        char text[ADDRESS_TEXT_BYTES];

        for (size_t j = 0; j < 3 && cases[i].values[j] != NULL; j++)
            clients_read_forwarded(clients, cases[i].values[j], &client);
        assert_int_equal(client.known, cases[i].client != NULL);
        if (client.known) {
            address_print(&client.address, text);
            assert_string_equal(text, cases[i].client);
        }
    }
    clients_free(clients);
}

/* Goal: who is trusted: the networks and nobody else, and always the peer of a Unix socket. */
static void test_trust(void **state)
{
    static const struct {
        const char *peer;
        bool trusted;
    } cases[] = {
        {"10.0.0.0", true},
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"9.255.255.255", false},
        {"::ffff:10.0.0.1", true},
        {"::1", true},
        {"::", false},
        {"::2", false},
        {"2001:db8:1:ffff::", true},
        {"2001:db8:2::", false},
        {"0.0.0.1", false},
    };
    char *none[] = {(char[]){"10.0.0.0/8"}, (char[]){"nonsense"}, NULL};
    const struct clients_options wrong = {.trusted = none};
    struct client_name nobody = {0};
    struct clients *clients;
    int ends[2], tcp = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(clients_new(&clients, &wrong), -EINVAL);
    assert_int_equal(clients_new(&clients, &options), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct client_name peer = named(cases[i].peer);

        assert_int_equal(clients_trust(clients, tcp, &peer), cases[i].trusted);
    }
    assert_false(clients_peer(tcp).known); /* it has gone */
    assert_false(clients_trust(clients, tcp, &nobody));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    nobody = clients_peer(ends[0]);
    assert_false(nobody.known);
    assert_true(clients_trust(clients, ends[0], &nobody));
    clients_free(clients);
    close(ends[0]);
    close(ends[1]);
    close(tcp);
}

/* Goal: networks of one family hold no address of the other. */
static void test_families(void **state)
{
    static const struct {
        const char *network, *address;
        bool inside;
    } cases[] = {
        {"::/0", "1.2.3.4", false},
        {"::/0", "2001:db8::1", true},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "::1", false},
        {"1.2.3.4", "1.2.3.4", true},
        {"1.2.3.4/31", "1.2.3.5", true},
        {"1.2.3.4/31", "1.2.3.6", false},
        {"::ffff:1.2.3.0/120", "1.2.3.9", true},
        {"::ffff:1.2.3.0/120", "1.2.4.9", false},
    };
    struct network network;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct client_name name = named(cases[i].address);

        assert_int_equal(network_parse(cases[i].network, &network), 0);
        assert_int_equal(network_contains(&network, &name.address), cases[i].inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_one), cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_forwarded),
        cmocka_unit_test(test_trust),      cmocka_unit_test(test_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
