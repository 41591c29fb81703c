/* See supervise.h. */
#include "cli/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "function/clock.h"

int cli_deliver(const cli_options *o, const gp_report *report) {
    gp_status status = GP_OK;
    int to_stdout = o->json && strcmp(o->json, "-") == 0;
    if (o->json) {
        FILE *file = to_stdout ? stdout : fopen(o->json, "w");
        status = file ? gp_report_write_json(report, file) : GP_ERROR_OUTPUT;
        if (file && !to_stdout && fclose(file) != 0)
            status = GP_ERROR_OUTPUT;
        if (status != GP_OK)
            fprintf(stderr, "gradproof: %s: the JSON report can't be written: %s\n", o->json,
                    status == GP_ERROR_OUTPUT ? strerror(errno) : gp_status_string(status));
    }
    if (!to_stdout && gp_report_print(report, stdout, cli_print_flags(o)) != GP_OK)
        status = GP_ERROR_OUTPUT;
    if (fflush(stdout) != 0)
        status = GP_ERROR_OUTPUT;
    if (to_stdout && gp_report_failure(report))
        fprintf(stderr, "gradproof: %s\n", gp_report_failure(report));
    return status == GP_OK ? gp_report_exit_code(report) : EXIT_FAULT;
}

static void describe_probe(const cli_watch *w, char *text, size_t size) {
    uint64_t entry = w->progress.entry;
    size_t k = 0;
    if (entry == GP_NO_ENTRY || w->blocks == 0) {
        snprintf(text, size, "at the given point or along a direction (first block %s, index 0)",
                 w->blocks ? w->block[0].name : "none");
        return;
    }
    while (k + 1 < w->blocks && w->block[k + 1].offset <= entry)
        k++;
    char index[128];
    gp_index_name(w->block[k].dimensions, w->block[k].shape, entry - w->block[k].offset, index,
                  sizeof index);
    snprintf(text, size, "while probing %s%s", w->block[k].name, index);
}

static int report_failure(const cli_options *o, const cli_watch *w, const char *kind,
                          const char *what) {
    static const char *const calls[] = {"gradproof_function", "the value callback",
                                        "the gradient callback"};
    char where[256], message[512];
    int call = w->progress.call;
    describe_probe(w, where, sizeof where);
    if (call == 0 && w->name[0] && w->progress.evaluations > 0)
        snprintf(message, sizeof message, "the check %s after %llu evaluations", what,
                 (unsigned long long)w->progress.evaluations);
    else if (call == 0)
        snprintf(message, sizeof message, "%s %s before the first evaluation", calls[0], what);
    else
        snprintf(message, sizeof message, "%s %s %s", calls[call == 2 ? 2 : 1], what, where);
    gp_report *report;
    if (gp_report_create_failure(w->name[0] ? w->name : o->target, kind, message, &o->check,
                                 &report) != GP_OK)
        return EXIT_FAULT;
    int code = cli_deliver(o, report);
    gp_report_destroy(report);
    return code;
}

/* ---- watching -------------------------------------------------------------------- */

static cli_watch *watched;          /* by the handler of SIGINT */
static volatile sig_atomic_t asked; /* times */

static void on_interrupt(int number) {
    (void)number;
    asked++;
    watched->progress.stop = 1;
}

/* "pass 2: 1234 of 40961, 81000 evaluations/s, 12 s left" on a line of its own, again and again. */
static void show_progress(const cli_watch *w, double started, double pass_started) {
    double now = gp_seconds_now(), elapsed = now - started, in_pass = now - pass_started;
    const gp_progress *p = &w->progress;
    fprintf(stderr, "\r\033[Kpass %llu: %llu of %llu, %.0f evaluations/s",
            (unsigned long long)p->pass, (unsigned long long)p->done, (unsigned long long)p->total,
            (double)p->evaluations / elapsed);
    if (p->done > 0 && p->done <= p->total)
        fprintf(stderr, ", %.0f s left of this pass",
                in_pass * (double)(p->total - p->done) / (double)p->done);
    if (p->stop)
        fprintf(stderr, " (stopping)");
    fflush(stderr);
}

/* Waits for the child. With a timeout, kills it when no evaluation has begun for that long while
 * one is under way; returns 1 then. */
static int wait_for(pid_t child, const cli_watch *w, double timeout, int show, int *status) {
    uint64_t seen = 0, pass = 0;
    double started = gp_seconds_now(), since = started, shown = started, pass_started = started;
    long pause = 100000; /* nanoseconds: short checks shouldn't wait for the clock */
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        double now = gp_seconds_now();
        if (ended == child || (ended < 0 && errno != EINTR)) {
            if (show && shown > started)
                fprintf(stderr, "\r\033[K");
            return 0;
        }
        if (asked > 1) /* once is a request, twice an order */
            kill(child, SIGKILL);
        if (w->progress.pass != pass) {
            pass = w->progress.pass;
            pass_started = now;
        }
        if (show && now - shown > 0.3) {
            show_progress(w, started, pass_started);
            shown = now;
        }
        struct timespec length = {0, pause};
        nanosleep(&length, NULL);
        pause = pause < 10000000 ? 2 * pause : pause;
        if (timeout <= 0)
            continue;
        if (w->progress.evaluations != seen || w->progress.call == 0) {
            seen = w->progress.evaluations;
            since = gp_seconds_now();
        } else if (gp_seconds_now() - since > timeout) {
            kill(child, SIGKILL);
            while (waitpid(child, status, 0) < 0 && errno == EINTR)
                ;
            return 1;
        }
    }
}

int cli_supervise(const cli_options *o, cli_command command) {
    cli_watch *w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w == MAP_FAILED) {
        fprintf(stderr, "gradproof: out of memory\n");
        return EXIT_FAULT;
    }
    w->progress.entry = GP_NO_ENTRY;
    fflush(NULL);
    pid_t parent = getpid(), child = fork();
    if (child < 0) {
        fprintf(stderr, "gradproof: can't start a process: %s\n", strerror(errno));
        munmap(w, sizeof *w);
        return EXIT_FAULT;
    }
    if (child == 0) {
        signal(SIGINT, SIG_IGN); /* who watches says so in shared memory */
        struct rlimit no_core = {0, 0};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EXIT_FAULT);
        setrlimit(RLIMIT_CORE, &no_core); /* its crash is told in the report */
        int code = command(o, w);
        fflush(NULL);
        w->finished = 1;
        exit(code); /* not _exit: leak checkers and coverage work at exit */
    }
    int status = 0, code, show = isatty(STDERR_FILENO) && !o->quiet;
    char what[128];
    watched = w;
    signal(SIGINT, on_interrupt);
    if (wait_for(child, w, o->check.timeout, show, &status)) {
        snprintf(what, sizeof what, "took longer than %g s", o->check.timeout);
        code = report_failure(o, w, "timeout", what);
    } else if (w->finished && WIFEXITED(status)) {
        code = WEXITSTATUS(status);
    } else if (WIFSIGNALED(status) && asked > 1) {
        fprintf(stderr, "gradproof: interrupted twice: no report\n");
        code = 128 + SIGINT;
    } else if (WIFSIGNALED(status) && !w->finished) {
        snprintf(what, sizeof what, "crashed with signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
        code = report_failure(o, w, "crash", what);
    } else if (WIFEXITED(status)) {
        snprintf(what, sizeof what, "ended the process with exit code %d", WEXITSTATUS(status));
        code = report_failure(o, w, "crash", what);
    } else {
        code = EXIT_FAULT;
    }
    munmap(w, sizeof *w);
    return code;
}
