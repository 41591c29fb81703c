/* Worker processes. Each is a fork of this one, so it holds its own copy of everything but the
 * records. A crash or a hang of the user's code costs the task in hand: the next worker in its
 * place goes on with the next task. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "evaluate/call.h"
#include "evaluate/workers.h"
#include "function/threads.h"
#include "system/calls.h"
#include "system/clock.h"
#include "system/plain.h"
#include "system/text.h"

/* Why a worker is being ended: a call takes longer than the timeout, or goes on after the budget.
 */
enum { HANGS = 1, OUTLASTS };

/* What a worker and its parent share. */
typedef struct gp_worker {
    pid_t pid;
    int running;
    volatile int may_begin;
    int done;    /* it came to its end */
    int at_work; /* on this task */
    size_t index;
    int hangs;        /* HANGS or OUTLASTS */
    uint64_t seen;    /* its evaluations when it was looked at last, */
    double since;     /* and since when they have been as many */
    uint64_t earlier; /* evaluations of its predecessors */
    gp_outcome outcome;
    gp_progress progress;
    gp_fault fault;
} gp_worker;

typedef struct gp_pool {
    gp_process_limits limits;
    gp_losses *lost;
    gp_evaluator *evaluator;
    gp_queue *queue;
    gp_worker *workers; /* shared */
    unsigned count;
    int threaded; /* forks lack threads of the function's; -1: it isn't known yet */
    gp_outcome outcome;
} gp_pool;

static void work(gp_pool *p, gp_worker *worker) {
    gp_evaluator *e = p->evaluator;
    size_t index;
    e->progress = &worker->progress;
    worker->outcome = GP_EVALUATED;
    while (worker->outcome == GP_EVALUATED && gp_queue_take(p->queue, &index)) {
        worker->index = index;
        worker->at_work = 1;
        worker->outcome = gp_queue_do(p->queue, e, index);
        worker->at_work = 0;
    }
    if (worker->outcome == GP_EVALUATED)
        worker->outcome = gp_evaluator_check_zones(e);
    worker->fault = e->fault;
    worker->done = 1;
}

static gp_outcome cannot_start(gp_pool *p) {
    return gp_evaluator_fault(p->evaluator, "memory", "can't start a worker process: %s",
                              strerror(errno));
}

static int start(gp_pool *p, gp_worker *worker) {
    static const struct timespec MOMENT = {0, 50000};
    uint64_t earlier = worker->earlier + worker->progress.evaluations;
    memset(worker, 0, sizeof *worker);
    worker->earlier = earlier;
    worker->progress.entry = GP_NO_ENTRY;
    worker->since = gp_seconds_now();
    fflush(NULL); /* or the worker would flush its copy again */
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a hanging worker must not outlive its parent */
        while (p->threaded < 0 && !worker->may_begin && getppid() == parent)
            nanosleep(&MOMENT, NULL);
        if (getppid() == parent)
            work(p, worker);
        _exit(0);
    }
    worker->pid = pid;
    worker->running = pid > 0;
    return pid > 0 ? 0 : -1;
}

/* Starts the first worker, and finds out whether it has all threads that the function needs: only
 * now, since some libraries end theirs where a process is forked, and start them anew after. */
static void start_first(gp_pool *p) {
    gp_worker *first = &p->workers[0];
    if (start(p, first) != 0) {
        p->outcome = cannot_start(p);
        return;
    }
    p->count = 1;
    p->threaded = gp_threads_exceed(p->evaluator->function->threads);
    first->may_begin = !p->threaded;
    if (!p->threaded)
        return;
    kill(first->pid, SIGKILL);
    while (waitpid(first->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* status: -1 where somebody else, or the system, has taken it. */
static void describe(const gp_pool *p, const gp_worker *w, int status, gp_lost_task *lost) {
    char where[160] = "a random direction";
    if (w->progress.entry != GP_NO_ENTRY)
        gp_function_entry_name(p->evaluator->function, w->progress.entry, where, sizeof where);
    const char *call = w->progress.call ? gp_call_name(w->progress.call) : "a worker process";
    *lost = (gp_lost_task){.index = w->index, .entry = w->progress.entry, .hang = w->hangs};
    gp_plain plain = gp_plain_begin(); /* for the seconds */
    if (w->hangs == HANGS)
        snprintf(lost->message, sizeof lost->message, "%s took longer than %g s while probing %s",
                 call, p->limits.timeout, where);
    else if (w->hangs)
        snprintf(lost->message, sizeof lost->message,
                 "%s still ran %.2g s after the budget was spent, while probing %s", call,
                 gp_evaluator_grace(p->evaluator), where);
    else if (status == -1)
        snprintf(lost->message, sizeof lost->message, "%s ended its process while probing %s", call,
                 where);
    else if (WIFSIGNALED(status))
        snprintf(lost->message, sizeof lost->message,
                 "%s crashed with signal %d (%s) while probing %s", call, WTERMSIG(status),
                 strsignal(WTERMSIG(status)), where);
    else
        snprintf(lost->message, sizeof lost->message,
                 "%s ended its process with exit code %d while probing %s", call,
                 WEXITSTATUS(status), where);
    gp_plain_end(plain);
}

/* Records a lost task; gives up once most tasks are being lost. */
static void lose(gp_pool *p, const gp_worker *worker, int status) {
    enum { PATIENCE = 3 };
    gp_losses *all = p->lost;
    gp_lost_task lost, *list = realloc(all->task, (all->count + 1) * sizeof *list);
    describe(p, worker, status, &lost);
    if (!list) {
        p->outcome = gp_evaluator_fault(p->evaluator, "memory", "out of memory");
        return;
    }
    all->task = list;
    size_t at = all->count++;
    for (; at > 0 && list[at - 1].index > lost.index; at--)
        list[at] = list[at - 1];
    list[at] = lost;
    p->queue->tally[lost.index].state = GP_TASK_LOST;
    size_t done = 0;
    for (size_t i = p->queue->first; i < p->queue->work->count; i += p->queue->stride)
        done += p->queue->tally[i].state == GP_TASK_DONE;
    if (all->count > PATIENCE + done / 4)
        p->outcome = gp_evaluator_fault(p->evaluator, list[0].hang ? "timeout" : "crash",
                                        "%s (and in %zu further %s)", list[0].message,
                                        all->count - 1, gp_plural(all->count - 1, "task", "tasks"));
}

/* A worker's process has ended. */
static void bury(gp_pool *p, gp_worker *worker, int status) {
    worker->running = 0;
    if (worker->done) {
        if (worker->outcome == GP_FAULT)
            p->outcome = gp_evaluator_fault(p->evaluator, worker->fault.kind, "%s",
                                            worker->fault.error.message);
        return;
    }
    /* Between two tasks nothing is lost but the process; nor in a run that ends before its time,
     * where those who don't see that they should stop are stopped. */
    if (worker->at_work && p->queue->tally[worker->index].state != GP_TASK_DONE &&
        (worker->hangs || p->outcome == GP_EVALUATED))
        lose(p, worker, status);
    if (p->outcome == GP_EVALUATED && start(p, worker) != 0)
        p->outcome = cannot_start(p);
}

static void end_if_it_hangs(const gp_pool *p, gp_worker *worker, double now) {
    if (worker->progress.evaluations != worker->seen || worker->progress.call == 0) {
        worker->seen = worker->progress.evaluations;
        worker->since = now;
        return;
    }
    double lasts = now - worker->since, timeout = p->limits.timeout;
    double deadline = p->evaluator->budget.deadline, grace = gp_evaluator_grace(p->evaluator);
    if (worker->hangs)
        return;
    if (timeout > 0 && lasts > timeout)
        worker->hangs = HANGS;
    else if (deadline > 0 && now > deadline + grace && lasts > grace)
        worker->hangs = OUTLASTS;
    if (worker->hangs)
        kill(worker->pid, SIGKILL);
}

/* Looks at every worker once; returns how many are running. */
static unsigned look_at_all(gp_pool *p, uint64_t before) {
    gp_evaluator *e = p->evaluator;
    unsigned running = 0;
    uint64_t evaluations = before;
    double now = gp_seconds_now();
    for (unsigned w = 0; w < p->count; w++) {
        gp_worker *worker = &p->workers[w];
        int status = -1;
        pid_t ended = worker->running ? waitpid(worker->pid, &status, WNOHANG) : 0;
        /* Where the host ignores SIGCHLD or waits for every child, there is nothing left to know
         * but that it's gone. */
        if (ended > 0 || (ended < 0 && errno == ECHILD))
            bury(p, worker, ended > 0 ? status : -1);
        evaluations += worker->earlier + worker->progress.evaluations;
        if (!worker->running)
            continue;
        running++;
        end_if_it_hangs(p, worker, now);
    }
    int stop = p->outcome == GP_FAULT || gp_evaluator_is_stopped(e) ||
               gp_evaluator_is_spent(e, evaluations);
    for (unsigned w = 0; w < p->count && stop; w++)
        p->workers[w].progress.stop = 1;
    if (p->outcome == GP_FAULT) /* one may never see that it should stop */
        for (unsigned w = 0; w < p->count; w++)
            if (p->workers[w].running)
                kill(p->workers[w].pid, SIGKILL);
    if (e->progress)
        e->progress->evaluations = evaluations;
    return running;
}

gp_outcome gp_run_in_processes(gp_process_limits limits, gp_losses *lost, gp_evaluator *e,
                               gp_queue *queue, gp_look_after look_after, void *context,
                               int *threaded) {
    unsigned jobs = limits.jobs;
    size_t bytes = jobs * sizeof(gp_worker);
    gp_pool p = {.limits = limits,
                 .lost = lost,
                 .evaluator = e,
                 .queue = queue,
                 .workers = gp_records_map(bytes, 1),
                 .threaded = -1,
                 .outcome = GP_EVALUATED};
    if (!p.workers)
        return gp_evaluator_fault(e, "memory", "out of memory for %u worker processes", jobs);
    start_first(&p);
    *threaded = p.threaded > 0;
    if (*threaded) {
        gp_records_free(p.workers, bytes);
        return GP_EVALUATED;
    }
    for (; p.count < jobs && p.outcome == GP_EVALUATED; p.count++)
        if (start(&p, &p.workers[p.count]) != 0)
            p.outcome = cannot_start(&p);
    gp_pace pace = {0, 0};
    while (look_at_all(&p, e->values + e->gradients) > 0)
        gp_wait_a_moment(&pace, look_after, context);
    look_after(context);
    gp_records_free(p.workers, bytes);
    return p.outcome;
}
