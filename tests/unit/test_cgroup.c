/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cgroup.h"

#include "base/cleanup.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[PATH_MAX];

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/grisaille-cgroup-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *name, const char *text)
{
    char path[2 * PATH_MAX];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Goal: without groups, and without limits, there is no limit. */
static void test_no_limit(void **state)
{
    (void)state;
    assert_int_equal(cgroup_cpus(root), 0);
    assert_true(cgroup_memory_bytes(root) == UINT64_MAX);
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/memory.max", "max\n");
    assert_int_equal(cgroup_cpus(root), 0);
    assert_true(cgroup_memory_bytes(root) == UINT64_MAX);
}

/* Goal: a quota is rounded down, to one CPU at least. */
static void test_v2(void **state)
{
    static const struct {
        const char *text;
        unsigned cpus;
    } rows[] = {{"200000 100000\n", 2}, {"399999 100000\n", 3}, {"50000 100000\n", 1},
                {"1000 1000000\n", 1},  {"nonsense\n", 0},      {"", 0},
                {"1000\n", 0},          {"1000 0\n", 0}};

    (void)state;
    put("proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        put("sys/fs/cgroup/cpu.max", rows[i].text);
        assert_int_equal(cgroup_cpus(root), rows[i].cpus);
    }
    put("sys/fs/cgroup/memory.max", "536870912\n");
    assert_true(cgroup_memory_bytes(root) == 536870912);
}

/* Goal: the tightest group up to the root counts; one that is not there is passed over. */
static void test_nested(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/pods/ours/container\n");
    put("sys/fs/cgroup/pods/ours/container/cpu.max", "800000 100000\n");
    put("sys/fs/cgroup/pods/cpu.max", "300000 100000\n");
    put("sys/fs/cgroup/pods/ours/memory.max", "1000\n");
    put("sys/fs/cgroup/pods/memory.max", "2000\n");
    assert_int_equal(cgroup_cpus(root), 3);
    assert_true(cgroup_memory_bytes(root) == 1000);
}

/* Goal: version 1, alone and beside an empty hierarchy of version 2. */
static void test_v1(void **state)
{
    (void)state;
    put("proc/self/cgroup", "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:cpuset:/\n0::/\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
    assert_int_equal(cgroup_cpus(root), 2);
    assert_true(cgroup_memory_bytes(root) == 1073741824);
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(cgroup_cpus(root), 0);
    assert_true(cgroup_memory_bytes(root) == UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_limit),
        TEST(test_v2),
        TEST(test_nested),
        TEST(test_v1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
