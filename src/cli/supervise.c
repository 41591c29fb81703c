/* See supervise.h. */
#include "cli/supervise.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/descendants.h"
#include "system/calls.h"
#include "system/checksum.h"
#include "system/clock.h"
#include "system/text.h"

/* How long things may take. */
static const double RELEASE_LIMIT = 60; /* seconds for the destructor without --timeout */
static const long SHORTEST_PAUSE = 1e5; /* nanoseconds: short checks shouldn't wait for the clock */
static const long LONGEST_PAUSE = 1e7;

/* ---- the report on its way ---------------------------------------------------------- */

void cli_end_copies(const cli_watch *w) {
    if (getpid() != w->channel.owner)
        _exit(EXIT_FAULT);
}

/* Takes standard output the place of the text? */
static int takes_stdout(const cli_options *o) {
    int takes = 0;
    for (int k = 0; k < CLI_FORMATS; k++)
        takes |= cli_is_stdout(o->output[k]);
    return takes;
}

void cli_hand_over(const cli_options *o, cli_watch *w, gp_report *report) {
    int without_text = takes_stdout(o) || o->mute;
    FILE *stream = cli_channel_open(&w->channel);
    gp_status status = stream ? gp_report_set_command(report, o->command) : GP_ERROR_MEMORY;
    for (int k = 0; k < CLI_FORMATS; k++) {
        if (status == GP_OK && o->output[k]) {
            if (CLI_FORMAT[k].write)
                status = CLI_FORMAT[k].write(report, stream);
            else if (o->certificate)
                fprintf(stream, "%s\n", o->certificate);
            if (fflush(stream) != 0 && status == GP_OK)
                status = GP_ERROR_OUTPUT;
        }
        w->ends[k] = w->channel.written;
    }
    if (status == GP_OK && !without_text)
        status = gp_report_print(report, stream, w->print_flags);
    if (stream && fclose(stream) != 0 && status == GP_OK)
        status = GP_ERROR_OUTPUT;
    w->complaint.message[0] = '\0';
    w->code = status == GP_OK ? gp_report_exit_code(report) : EXIT_FAULT;
    w->settled =
        status == GP_OK && !gp_report_interrupted(report) && gp_report_verdict(report) != GP_FAILED;
    if (status != GP_OK)
        snprintf(w->complaint.message, sizeof w->complaint.message,
                 "the report can't be written: %s", gp_status_string(status));
    else if (without_text && gp_report_failure(report))
        snprintf(w->complaint.message, sizeof w->complaint.message, "%s",
                 gp_report_failure(report));
}

/* The report is safely written: what the check could have gone on from is needed no longer. */
static void remove_journals(const char *journal, int ranks) {
    char path[4200];
    for (int r = 0; journal && r < ranks; r++) {
        if (ranks > 1)
            snprintf(path, sizeof path, "%s.%d", journal, r);
        else
            snprintf(path, sizeof path, "%s", journal);
        (void)remove(path);
    }
}

/* Writes all formats but the text; *begin: where that begins. One that can't be written keeps none
 * of the others from it. */
static gp_status write_formats(const cli_options *o, const cli_watch *w, const char *text,
                               size_t size, size_t *begin) {
    gp_status worst = GP_OK;
    *begin = 0;
    for (int k = 0; k < CLI_FORMATS; k++) {
        gp_error error = {""};
        size_t end = w->ends[k] < size ? (size_t)w->ends[k] : size;
        size_t length = end > *begin ? end - *begin : 0;
        if (o->output[k] && length > 0) {
            gp_status status = cli_write_file(o->output[k], text + *begin, length, &error);
            if (status != GP_OK)
                cli_tell("the %s: %s", CLI_FORMAT[k].what, error.message);
            worst = status != GP_OK ? status : worst;
        } else if (k == CLI_CERTIFICATE && o->output[k])
            cli_tell("--certificate: there is none of a check that failed, was interrupted or is "
                     "spread over ranks");
        *begin += length;
    }
    return worst;
}

/* In the program's own process: what was handed over goes where the options say. */
static int deliver(const cli_options *o, const cli_watch *w, const char *text, size_t size) {
    size_t begin = 0;
    gp_status status = write_formats(o, w, text, size, &begin);
    (void)fwrite(text + begin, 1, size - begin,
                 stdout); /* main tells if that didn't come through */
    if (w->complaint.message[0])
        cli_tell("%s", w->complaint.message);
    if (w->progress.threaded && o->check.jobs > 1)
        fprintf(stderr,
                "gradproof: --jobs %u: the function's code has threads of its own, so it was "
                "evaluated in one process; where it can do without (OMP_NUM_THREADS=1), there will "
                "be %u\n",
                o->check.jobs, o->check.jobs);
    if (status == GP_OK && w->settled && fflush(stdout) == 0 && !ferror(stdout))
        remove_journals(o->check.journal, w->ranks);
    return status == GP_OK ? w->code : EXIT_FAULT;
}

/* ---- watching -------------------------------------------------------------------- */

static cli_watch *watched;             /* by the handlers, in either process */
static volatile sig_atomic_t asked;    /* to end the check: times */
static volatile sig_atomic_t ended_by; /* the number of a signal that ends the program */

static void on_interrupt(int number) {
    asked++;
    watched->progress.stop = 1;
    if (asked > 1) /* once is a request, twice an order */
        ended_by = number;
}

static void on_end(int number) {
    ended_by = number;
}

static void handle_signals(void) {
    static const int ENDS[] = {SIGTERM, SIGHUP};
    signal(SIGINT, on_interrupt);
    for (size_t k = 0; k < sizeof ENDS / sizeof *ENDS; k++)
        if (signal(ENDS[k], on_end) == SIG_IGN)
            signal(ENDS[k], SIG_IGN);
}

typedef struct guard {
    const cli_options *options;
    cli_watch *watch;
    pid_t child;
    int status, status_known;
    char overdue[128]; /* what it took too long over; "": nothing */
    int spoilt;        /* what it has said isn't what has come */
    FILE *report;      /* what has come through the channel */
    cli_taken taken;
    char *text;
    size_t size;
    double started, shown, pass_started;
    uint64_t pass;
    /* the call of the user's code that was seen last, and since when */
    uint64_t evaluations, entry;
    int call, phase;
    double call_since, phase_since;
} guard;

/* "pass 2: 1234 of 40961, 81000 evaluations/s, 12 s left" on a line of its own, again and again. */
static void show_progress(guard *g, double now) {
    const gp_progress *p = &g->watch->progress;
    double in_pass = now - g->pass_started;
    if (now - g->shown <= 0.3)
        return;
    g->shown = now;
    fprintf(stderr, "\r\033[Kpass %llu: %llu of %llu, %.0f evaluations/s",
            (unsigned long long)p->pass, (unsigned long long)p->done, (unsigned long long)p->total,
            (double)p->evaluations / (now - g->started));
    if (p->done > 0 && p->done <= p->total)
        fprintf(stderr, ", %.0f s left of this pass",
                in_pass * (double)(p->total - p->done) / (double)p->done);
    if (p->stop)
        fprintf(stderr, " (stopping)");
    fflush(stderr);
}

/* Is the user's code at one and the same call for longer than it may be? */
static int is_overdue(guard *g, double now) {
    const cli_watch *w = g->watch;
    const gp_options *o = &g->options->check;
    int phase = w->phase, call = w->progress.call;
    double limit = o->timeout > 0 ? o->timeout : INFINITY;
    double budget = w->strange && o->budget_seconds > 0 ? o->budget_seconds : INFINITY;
    double grace = gp_grace(o->budget_seconds);
    if (phase != g->phase) {
        g->phase = phase;
        g->phase_since = now;
    }
    if (phase == CLI_OWN_CODE || (phase == CLI_CHECK && call == GP_CALL_NONE) ||
        w->progress.evaluations != g->evaluations || w->progress.entry != g->entry ||
        call != g->call || g->phase_since == now) {
        g->evaluations = w->progress.evaluations;
        g->entry = w->progress.entry;
        g->call = call;
        g->call_since = now;
    }
    if (phase == CLI_RELEASE) { /* the budget was for the check */
        limit = o->timeout > 0 ? o->timeout : w->strange ? RELEASE_LIMIT : INFINITY;
        budget = INFINITY;
    }
    if (now - g->call_since > limit)
        snprintf(g->overdue, sizeof g->overdue, "took longer than %g s", limit);
    else if (now - g->call_since > grace && now - g->phase_since > budget + grace)
        snprintf(g->overdue, sizeof g->overdue,
                 "still ran %.2g s after the budget of %g s was spent,", grace, budget);
    return g->overdue[0] != 0;
}

/* Waits for the child, or ends it. */
static void stand_guard(guard *g) {
    int show = isatty(STDERR_FILENO) && !g->options->quiet;
    long pause = SHORTEST_PAUSE;
    g->started = g->shown = g->pass_started = g->call_since = g->phase_since = gp_seconds_now();
    for (;;) {
        pid_t ended = waitpid(g->child, &g->status, WNOHANG);
        double now = gp_seconds_now();
        if (cli_channel_take(&g->watch->channel, &g->taken, g->report) > 0)
            pause = SHORTEST_PAUSE;
        if (ended == g->child || (ended < 0 && errno != EINTR)) {
            g->status_known = ended == g->child;
            break;
        }
        if (ended_by || is_overdue(g, now)) {
            kill(g->child, SIGKILL);
            while (waitpid(g->child, &g->status, 0) < 0 && errno == EINTR)
                ;
            break;
        }
        if (g->watch->progress.pass != g->pass) {
            g->pass = g->watch->progress.pass;
            g->pass_started = now;
        }
        if (show)
            show_progress(g, now);
        struct timespec length = {0, pause};
        nanosleep(&length, NULL);
        pause = pause < LONGEST_PAUSE ? 2 * pause : pause;
    }
    if (show && g->shown > g->started)
        fprintf(stderr, "\r\033[K");
}

/* Did the process go another way than it should have? Says how, in words that follow its name. */
static int misbehaved(const guard *g, char *what, size_t size) {
    const cli_watch *w = g->watch;
    if (g->overdue[0])
        snprintf(what, size, "%s", g->overdue);
    else if (g->spoilt)
        snprintf(what, size, "wrote into memory of gradproof's own");
    else if (g->status_known && WIFSIGNALED(g->status))
        snprintf(what, size, "crashed with signal %d (%s)", WTERMSIG(g->status),
                 strsignal(WTERMSIG(g->status)));
    else if (w->finished && w->ended && (!g->status_known || WEXITSTATUS(g->status) == w->code))
        return 0;
    else if (g->status_known)
        snprintf(what, size, "ended the process with exit code %d", WEXITSTATUS(g->status));
    else
        snprintf(what, size, "ended the process");
    return 1;
}

/* Somebody wants the program to end: with the report if there is one, all but released. */
static int conclude_early(const guard *g) {
    const cli_watch *w = g->watch;
    int code = w->finished ? deliver(g->options, w, g->text, g->size) : 0;
    if (!w->finished)
        fprintf(stderr, "gradproof: %s: no report\n",
                ended_by == SIGINT ? "interrupted twice" : strsignal(ended_by));
    return code != 0 || w->listens ? code : 128 + ended_by;
}

/* The process is gone: only what is as it was left is looked at. */
static void look_at_seals(guard *g) {
    cli_watch *w = g->watch;
    (void)cli_channel_take(&w->channel, &g->taken, g->report);
    g->spoilt = !cli_watch_believe(w, &g->taken);
}

/* The child is gone. Tells what it has found, or what has become of it. */
static int conclude(guard *g) {
    const cli_options *o = g->options;
    cli_watch *w = g->watch;
    char what[160], message[512];
    look_at_seals(g);
    int lost = fflush(g->report) != 0 || ferror(g->report) || g->taken.lost;
    if (ended_by)
        return conclude_early(g);
    int wrong = misbehaved(g, what, sizeof what);
    if (wrong)
        cli_watch_describe(w, what, message, sizeof message);
    /* What has failed is never a 0, unless another rank knows the verdict. */
    if (wrong && (!w->finished || (w->code == 0 && !w->listens))) {
        gp_report *report;
        if (gp_report_create_failure(w->name[0] ? w->name : o->target,
                                     g->overdue[0] ? "timeout" : "crash", message, &o->check,
                                     &report) != GP_OK) {
            cli_tell("%s", message);
            return GP_FAILED;
        }
        rewind(g->report);
        w->channel.owner = getpid();
        w->channel.written = w->channel.taken = w->channel.sum = 0;
        g->taken = (cli_taken){0};
        cli_hand_over(o, w, report);
        gp_report_destroy(report);
        (void)cli_channel_take(&w->channel, &g->taken, g->report);
        lost = fflush(g->report) != 0 || ferror(g->report) || g->taken.lost;
    } else if (wrong) {
        cli_tell("%s", message);
    }
    if (lost) {
        fprintf(stderr, "gradproof: out of memory for the report\n");
        return EXIT_FAULT;
    }
    return deliver(o, w, g->text, g->size);
}

/* ---- the command's process ------------------------------------------------------- */

static void on_exit_of_process(void) {
    if (getpid() == watched->channel.owner) /* workers and the user's forks end here too */
        watched->ended = 1;
}

static void run_command(const cli_options *o, cli_watch *w, pid_t parent, cli_command command) {
    const struct rlimit no_core = {0, 0};
    signal(SIGINT, SIG_IGN); /* who watches says so in shared memory */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAULT);
    setrlimit(RLIMIT_CORE, &no_core); /* its crash is told in the report */
    /* Standard output is the report's alone: what the user's code prints goes to standard error. */
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    w->channel.owner = getpid();
    (void)atexit(on_exit_of_process);
    command(o, w);
    exit(w->code); /* not _exit: leak checkers and coverage work at exit */
}

int cli_supervise(const cli_options *o, cli_command command) {
    cli_watch *w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    guard g = {.options = o, .watch = w};
    cli_descendants others;
    g.report = w == MAP_FAILED ? NULL : open_memstream(&g.text, &g.size);
    if (!g.report) {
        fprintf(stderr, "gradproof: out of memory\n");
        if (w != MAP_FAILED)
            munmap(w, sizeof *w);
        return EXIT_FAULT;
    }
    w->progress.entry = GP_NO_ENTRY;
    w->print_flags = cli_print_flags(o);
    w->code = EXIT_FAULT;
    fflush(NULL);
    cli_adopt_descendants(&others);
    pid_t parent = getpid();
    watched = w;
    g.child = fork();
    int code = EXIT_FAULT;
    if (g.child == 0)
        run_command(o, w, parent, command);
    if (g.child < 0) {
        fprintf(stderr, "gradproof: can't start a process: %s\n", strerror(errno));
    } else {
        handle_signals();
        stand_guard(&g);
        cli_end_descendants(&others);
        code = conclude(&g);
    }
    fclose(g.report);
    free(g.text);
    munmap(w, sizeof *w);
    return code;
}
