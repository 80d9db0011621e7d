/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/start.h"

/* Starts and stops a server, and reports errors to the operator. */
#include "base/capabilities.h"
#include "base/cgroup.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "build_config.h"
#include "config/check.h"
#include "config/program.h"
#include "http/listen.h"
#include "service/live.h"
#include "service/metrics_sources.h"
#include "service/stopping.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

/* All connection threads share two arenas: with more, more freed memory would stay in the process.
 */
enum { ARENAS = 2, HEAP_BYTES = 32 << 20 };

enum { ANNOUNCE_WAIT_MS = 100, PASSED_MAX = 16, URL_BYTES = 160 };

/* SIGHUP reloads, also under nohup, which has it ignored: a blocked signal waits all the same. */
static void waited_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
}

/* A descriptor that is not open now would be one of our own by the time it is written to. */
static int check_ready_fd(const struct service *service, const struct settings *settings)
{
    int mode;

    if (settings->ready_fd < 0)
        return 0;
    mode = fcntl((int)settings->ready_fd, F_GETFL);
    if (mode >= 0 && (mode & O_ACCMODE) != O_RDONLY)
        return 0;
    fprintf(stderr, "%s: --ready-fd: expected a descriptor that is open for writing, got %d\n",
            service->program, (int)settings->ready_fd);
    return 2;
}

/* Otherwise a client's socket could become descriptor 2, and the log would go there. */
static void open_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close_fd(fd);
}

/* The memory of request bodies and answers stays in the heap, because fresh pages cost more than
 * copying into used ones. The pool gives it back when a worker has been idle (pool_supervisor.c).
 */
static void keep_heap(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): there are no threads yet */
    mallopt(M_ARENA_MAX, ARENAS);
    mallopt(M_MMAP_THRESHOLD, HEAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, HEAP_BYTES);
    /* NOLINTEND(concurrency-mt-unsafe) */
}

/* The sockets that systemd has passed (sd_listen_fds(3)); set once, before there are threads. */
static int passed_count;

static int take_passed_sockets(const struct service *service)
{
    passed_count = sd_listen_fds(1);
    if (passed_count >= 0)
        return 0;
    fprintf(stderr, "%s: LISTEN_FDS: expected the number of passed sockets: %s\n", service->program,
            strerrordesc_np(-passed_count));
    return 1;
}

/* The kernel would end a process, perhaps the server, in the middle of its work. */
static void warn_of_little_memory(const struct service *service, const struct settings *settings)
{
    const uint64_t limit = cgroup_memory_bytes(""), bound = settings_memory_bound(settings);

    if (bound > limit)
        log_warning(
            "the control group's memory is %llu bytes, and this configuration may use %llu: "
            "lower %s.workers, %s.max_memory_bytes, limits.max_inflight_bytes or "
            "listen.max_connections",
            (unsigned long long)limit, (unsigned long long)bound, service->worker_folder,
            service->worker_folder);
}

int service_begin(const struct service *service, const struct settings *settings)
{
    sigset_t blocked;
    int code = check_ready_fd(service, settings), status;

    if (code == 0)
        code = take_passed_sockets(service);
    if (code != 0)
        return code;
    open_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a log file at its size limit is no reason to end */
    waited_signals(&blocked);
    sigaddset(&blocked, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    keep_heap();
    log_open(service->program, (enum log_level)settings->log_level,
             (enum log_format)settings->log_format);
    status = log_start();
    if (status == 0) {
        warn_of_little_memory(service, settings);
        return 0;
    }
    log_plain("%s: cannot start the thread of the log: %s", service->program,
              strerrordesc_np(-status));
    return 1;
}

/* The folder of this program's file. 0 or -errno. */
static int find_own_folder(char *folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    char *slash;

    if (length < 0)
        return -errno;
    folder[length] = '\0';
    slash = strrchr(folder, '/');
    if (slash == NULL)
        return -ENOENT;
    *slash = '\0';
    return 0;
}

/* Finds the worker program: as configured, or else beside this program, in the neighbouring folder
 * of the build tree, or where it is installed. */
static void find_worker(const struct service *service, const char *configured,
                        char path[static PATH_MAX])
{
    char folder[PATH_MAX];

    snprintf(path, PATH_MAX, "%s", configured);
    if (*configured != '\0' || find_own_folder(folder, sizeof(folder)) != 0)
        return;
    if (snprintf(path, PATH_MAX, "%s/%s", folder, service->worker) < PATH_MAX &&
        access(path, X_OK) == 0)
        return;
    if (snprintf(path, PATH_MAX, "%s/../%s/%s", folder, service->worker_folder, service->worker) <
            PATH_MAX &&
        access(path, X_OK) == 0)
        return;
    snprintf(path, PATH_MAX, "%s/%s", GRISAILLE_LIBEXECDIR, service->worker);
}

/* Landlock is the one layer that a required sandbox may lack, on a kernel without it. */
static void warn_of_missing_landlock(const struct settings *settings, struct pool *pool)
{
    struct pool_status status;

    pool_get_status(pool, &status);
    if (settings->sandbox != 0 && (status.layers & SANDBOX_LANDLOCK) == 0)
        log_warning("this kernel has no Landlock: the workers' sandbox lacks this layer");
}

/* With fewer users than workers, some workers would find no free one. Does not matter where the
 * server may not change users. */
static bool check_users(const struct service *service, const struct settings *settings,
                        const struct pool_options *options)
{
    if (options->users == 1 || options->users >= options->workers || !options->sandbox ||
        !capabilities_change_user())
        return true;
    log_plain(
        "%s: worker_users: expected as many as there are workers, which is %u, or one for all, "
        "got %s",
        service->program, options->workers, settings->pool.worker_users);
    return false;
}

int service_start_pool(const struct service *service, const struct settings *settings,
                       struct pool **pool)
{
    char path[PATH_MAX], why[128];
    struct pool_options options = {
        .program = path,
        .workers = settings_workers(settings),
        .queue_max = (unsigned)settings->pool.queue_max,
        .queue_share_per_client = settings->pool.queue_share,
        .queue_wait_ms = (unsigned)settings->pool.queue_wait_ms,
        .max_jobs = (unsigned)settings->pool.max_jobs,
        .max_memory_bytes = (uint64_t)settings->pool.max_memory_bytes,
        .max_input_bytes = (size_t)settings->limits.max_body_bytes,
        .max_output_bytes = (size_t)settings->limits.max_output_bytes,
        .sandbox = settings->sandbox != 0,
        .log_level = (int)settings->log_level,
    };
    int status;

    check_parse_users(settings->pool.worker_users, &options.first_user, &options.users);
    if (!check_users(service, settings, &options))
        return 1;
    find_worker(service, settings->pool.program, path);
    status = pool_new(pool, &options, why);
    if (status == 0) {
        warn_of_missing_landlock(settings, *pool);
        return 0;
    }
    log_plain("%s: cannot start workers: %s: %s", service->program, path, why);
    return 1;
}

/* Whether that is why a server did not start. */
static bool explain_descriptors(const struct service *service, const struct settings *settings,
                                int status)
{
    if (status != -EMFILE)
        return false;
    log_plain("%s: listen.max_connections: %lld connections need more descriptors than the hard "
              "limit (ulimit -Hn) allows",
              service->program, (long long)settings->listen.max_connections);
    return true;
}

static bool can_do_without(const struct settings *settings, int status)
{
    return status == -EADDRINUSE && !settings->metrics.chosen_port &&
           !listen_is_local(settings->metrics.ip);
}

int service_start_metrics(const struct service *service,
                          const struct metrics_listener_options *options,
                          struct metrics_listener **listener)
{
    const struct settings *settings = options->settings;
    char port[32] = "";
    int status;

    if (settings->metrics.port == 0)
        return 0;
    status = metrics_listener_new(listener, options);
    if (status == 0)
        return 0;
    if (can_do_without(settings, status)) {
        log_warning("no metrics: the default of metrics.port, %d, is in use",
                    (int)settings->metrics.port);
        return 0;
    }
    if (explain_descriptors(service, settings, status))
        return 1;
    if (!listen_is_local(settings->metrics.ip))
        snprintf(port, sizeof(port), ", metrics.port %d", (int)settings->metrics.port);
    log_plain("%s: cannot listen on metrics.ip %s%s: %s", service->program, settings->metrics.ip,
              port, strerrordesc_np(-status));
    return 1;
}

static void report_start_failure(const struct service *service, const struct settings *settings,
                                 int status)
{
    char port[32] = "";

    if (explain_descriptors(service, settings, status))
        return;
    if (!listen_is_local(settings->listen.ip))
        snprintf(port, sizeof(port), " port %d", (int)settings->listen.port);
    if (passed_count > 0)
        log_plain("%s: cannot listen on a socket that was passed (LISTEN_FDS): %s",
                  service->program, strerrordesc_np(-status));
    else
        log_plain("%s: cannot listen on %s%s: %s", service->program, settings->listen.ip, port,
                  strerrordesc_np(-status));
}

int service_start_server(const struct service *service, const struct settings *settings,
                         const struct http_route *routes, size_t route_count, void *context,
                         struct metrics_listener *listener, struct http_server **server)
{
    struct http_server_options options;
    int passed[PASSED_MAX];
    struct live_settings *live;
    struct settings copy;
    char why[256] = "out of memory";
    int status = settings_copy(service->options, settings, &copy);

    if (status == 0)
        status = live_new(&live, &copy, service->describe, why);
    if (status != 0) {
        log_plain("%s: %s", service->program, why);
        return 1;
    }
    options = live_options(live);
    for (int i = 0; i < passed_count && i < PASSED_MAX; i++)
        passed[i] = SD_LISTEN_FDS_START + i;
    options.listen_fds = passed;
    options.listen_fd_count = (size_t)(passed_count < PASSED_MAX ? passed_count : PASSED_MAX);
    options.routes = routes;
    options.route_count = route_count;
    options.context = context;
    options.observe = listener != NULL ? metrics_count_request : NULL;
    options.observer = metrics_listener_metrics(listener);
    status = http_server_new(server, &options);
    if (status == 0) {
        metrics_listener_watch(listener, *server);
        return 0;
    }
    live_free(live);
    report_start_failure(service, settings, status);
    return 1;
}

static void write_ready_line(int fd, unsigned port)
{
    _cleanup_close_ int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (dprintf(fd, "ready port=%u\n", port) < 0)
        log_warning("cannot write to --ready-fd %d: %s", fd, strerrordesc_np(errno));
    /* dup2() replaces it in one step: other threads open descriptors by now. */
    if (fd > STDERR_FILENO || nothing < 0 || dup2(nothing, fd) < 0)
        close(fd);
}

/* Does nothing without a service manager. Leaves the environment alone, because other threads read
 * it; workers do not inherit it. */
static void notify_systemd(const char *assignments)
{
    int status = sd_notify(0, assignments);

    if (status < 0)
        log_warning("cannot notify systemd: %s", strerrordesc_np(-status));
}

/* "http://[::1]:8080" or "unix:/path". */
static void format_url(const char *ip, unsigned port, char *url, size_t size)
{
    const bool six = strchr(ip, ':') != NULL;

    if (listen_is_local(ip))
        snprintf(url, size, "%s", ip);
    else
        snprintf(url, size, "http://%s%s%s:%u", six ? "[" : "", ip, six ? "]" : "", port);
}

static void announce_metrics(const struct metrics_listener *listener)
{
    char url[URL_BYTES];

    if (listener == NULL)
        return;
    format_url(metrics_listener_ip(listener), metrics_listener_port(listener), url, sizeof(url));
    log_info("metrics on %s%s", url, strncmp(url, "http:", 5) == 0 ? "/metrics" : "");
}

/* Those sockets that were passed besides the one that was announced. */
static void announce_others(const char *announced)
{
    bool skipped = false;

    for (int i = 0; i < passed_count && i < PASSED_MAX; i++) {
        char text[LISTEN_TEXT_BYTES], url[URL_BYTES];
        uint16_t port;

        if (listen_describe(SD_LISTEN_FDS_START + i, text, sizeof(text), &port) != 0)
            continue;
        format_url(text, port, url, sizeof(url));
        if (skipped || strcmp(url, announced) != 0)
            log_info("listening on %s port=%u", url, port);
        else
            skipped = true;
    }
}

void service_announce(const struct settings *settings, const struct http_server *server,
                      const struct metrics_listener *listener)
{
    const char *ip = http_server_ip(server);
    unsigned port = http_server_port(server);
    char url[URL_BYTES], assignments[URL_BYTES + 64];

    if (passed_count == 0 && strcmp(settings->listen.ip, "::") == 0 && strcmp(ip, "::") != 0)
        log_warning("this host has no IPv6: falling back from %s to %s", settings->listen.ip, ip);
    format_url(ip, port, url, sizeof(url));
    log_info("listening on %s port=%u", url, port);
    announce_others(url);
    announce_metrics(listener);
    log_flush(ANNOUNCE_WAIT_MS); /* whoever waits for the ready line may read the log first */
    if (settings->ready_fd >= 0)
        write_ready_line((int)settings->ready_fd, port);
    snprintf(assignments, sizeof(assignments), "READY=1\nSTATUS=listening on %s", url);
    notify_systemd(assignments);
}

/* To systemd this is a reload of the service (sd_notify(3)). */
static void reload_once(const struct reload *reload)
{
    char assignments[64];

    snprintf(assignments, sizeof(assignments), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)clock_us());
    notify_systemd(assignments);
    reload_settings(reload);
    notify_systemd("READY=1");
}

void service_wait(const struct reload *reload)
{
    sigset_t signals;
    int number;

    waited_signals(&signals);
    for (;;) {
        if (sigwait(&signals, &number) != 0)
            continue;
        if (number != SIGHUP)
            break;
        reload_once(reload);
    }
    log_info("SIG%s: answering what is under way, then stopping", sigabbrev_np(number));
    notify_systemd("STOPPING=1");
    stopping_begin();
}

/* Balancers notice that /readyz says 503, and send no more. A second signal changes nothing. */
static void wait_for_balancers(const struct settings *settings)
{
    int64_t until_us = deadline_after_ms(settings->delay_ms);
    const struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

void service_drain(const struct settings *settings, struct http_server *server,
                   struct metrics_listener *listener)
{
    wait_for_balancers(settings);
    if (!http_server_drain(server, settings->drain_ms))
        log_warning("requests were still under way after shutdown.drain_ms");
    metrics_listener_watch(listener, NULL);
    http_server_free(server);
    log_info("stopped");
}
