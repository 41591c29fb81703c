/* A shared object whose code does to the process around it what its arguments say. All the same f =
 * sum x^2 / 2 and g = x, but for the last entry where "wrong" is one of them; the first is left out
 * where "silent" is. */
#include <gradproof.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 6 };
static int arguments;
static char **argument;
static unsigned calls;

static int is(const char *word) {
    for (int k = 0; k < arguments; k++)
        if (strcmp(argument[k], word) == 0)
            return 1;
    return 0;
}

/* Is it rank 1 of those that mpirun has started? */
static int is_second(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    return rank && strcmp(rank, "1") == 0;
}

static int is_aligned(const double *array) {
    return (uintptr_t)(const void *)array % 64 == 0;
}

static void for_ever(void) {
    static volatile unsigned long turns;
    while (!is("pause")) /* busy, unless it is to sleep */
        turns++;
    for (;;)
        pause();
}

/* A process of its own that stays: its number goes to the file named by the last argument. */
static void leave_a_process_behind(void) {
    int written[2];
    char nothing;
    if (pipe(written) != 0)
        abort();
    pid_t child = fork();
    if (child == 0 && is("twice")) {
        setsid();
        if (fork() > 0)
            _exit(0);
    }
    if (child == 0) {
        close(written[0]);
        FILE *file = fopen(argument[arguments - 1], "a");
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
        close(written[1]);
        for (;;)
            pause();
    }
    close(written[1]);
    (void)!read(written[0], &nothing, 1); /* returns once the number is written */
    close(written[0]);
}

/* A few bytes anywhere into what this process shares with the one that watches it, by the number
 * that is the last argument. */
static void scribble(void) {
    char line[512];
    unsigned long from, to, number = strtoul(argument[arguments - 1], NULL, 10);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (!strstr(line, "rw-s") || sscanf(line, "%lx-%lx", &from, &to) != 2 ||
            to - from < 1 << 20)
            continue;
        srand((unsigned)number);
        size_t near = number % 2 ? 1024 : to - from, at = (size_t)rand() % (near - 64);
        for (size_t count = 1 + (size_t)rand() % 63; count > 0; count--)
            ((unsigned char *)from)[at++] = (unsigned char)rand();
    }
    if (maps)
        fclose(maps);
}

/* ---- threads that take the work, made at the first call ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const double *work;
static double sum;
static int pool, open_work;

static void *serve(void *nothing) {
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (!open_work)
            pthread_cond_wait(&changed, &mutex);
        sum = 0;
        for (size_t i = 0; i < N; i++)
            sum += work[i] * work[i] / 2;
        open_work = 0;
        pthread_cond_broadcast(&changed);
    }
    return nothing;
}

static double sum_by_thread(const double *x) {
    pthread_t thread;
    if (!pool && pthread_create(&thread, NULL, serve, NULL) == 0)
        pool = 1;
    pthread_mutex_lock(&mutex);
    work = x;
    open_work = 1;
    pthread_cond_broadcast(&changed);
    while (open_work)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return sum;
}

/* ---- the callbacks ---- */

static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    calls++;
    *f = 0;
    for (size_t i = is("silent"); i < n; i++)
        *f += x[i] * x[i] / 2;
    if (is("pool"))
        *f = sum_by_thread(x);
    if (is("print"))
        printf("value %g\n", *f);
    if (is("close-stdout"))
        close(STDOUT_FILENO);
    if (is("close-all") && calls == 2)
        for (int file = 0; file < 1024; file++)
            close(file);
    if (is("fork-in-value") && calls == 2)
        leave_a_process_behind();
    if (is("hang-at-first") || (is("hang-in-value") && calls > 20))
        for_ever();
    if (is("scribble") && calls == 20)
        scribble();
    if (is("reap"))
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    if (is("fork-and-both") && calls == 2)
        (void)!fork();
    if (is("aligned-or-abort") && !is_aligned(x))
        abort();
    if (calls > 20 && is_second() && is("abort-on-second"))
        abort();
    return calls > 20 && is_second() && is("no-memory-on-second") ? GP_NO_MEMORY : 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = is("wrong") && i == n - 1 ? 2 * x[i] : x[i];
    if (is("silent"))
        g[0] = 0;
    if (is("print"))
        puts("gradient");
    if (is("far-write"))
        g[n + 3000] = 7;
    if (is("aligned-or-abort") && !(is_aligned(x) && is_aligned(g)))
        abort();
    return 0;
}

static int seed(void *user, uint64_t number) {
    (void)user;
    (void)number;
    if (is("hang-in-seed") && calls > 5)
        for_ever();
    return 0;
}

static int silence(void *user, size_t entry, char *name, size_t size) {
    (void)user;
    if (is("hang-in-silence"))
        for_ever();
    snprintf(name, size, "unit %zu", entry);
    return 0;
}

static void destructor(void *user) {
    (void)user;
    if (is("print"))
        puts("destructor");
    if (is("tell")) /* by a file that it makes */
        fclose(fopen(argument[arguments - 1], "w"));
    if (is("scribble-late"))
        scribble();
    if (is("exit-in-destructor"))
        _exit(0);
    if (is("hang-in-destructor"))
        for_ever();
    if (is("crash-in-destructor"))
        abort();
}

static void at_exit(void) {
    if (is("exit-at-exit"))
        _exit(0);
    if (is("hang-at-exit"))
        for_ever();
}

__attribute__((destructor)) static void unload(void) {
    if (is("exit-in-unload"))
        _exit(0);
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double x[N] = {0.5, -1, 2, 0.25, 3, -0.75};
    size_t shape[] = {2, 3};
    arguments = argc;
    argument = argv;
    atexit(at_exit);
    if (is_second() && is("refuse-on-second"))
        return 1;
    if (is("print"))
        puts("at the start");
    if (is("hang-at-start"))
        for_ever();
    if (is("fork-at-start"))
        leave_a_process_behind();
    if (is("ignore-children"))
        signal(SIGCHLD, SIG_IGN);
    if (is("pool-at-start"))
        (void)sum_by_thread(x);
    return gp_function_add_block(function, "theta", 0, 2, shape, x) ||
           gp_function_set_value(function, value) || gp_function_set_gradient(function, gradient) ||
           gp_function_set_seed(function, seed) || gp_function_set_silence(function, silence) ||
           gp_function_set_destructor(function, destructor);
}
