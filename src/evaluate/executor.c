/* See executor.h. */
#include "evaluate/executor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "evaluate/clock.h"

void *gp_shared_alloc(size_t bytes) {
    void *memory =
        mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void gp_shared_free(void *memory, size_t bytes) {
    if (memory)
        munmap(memory, bytes ? bytes : 1);
}

static gp_outcome run_serially(gp_evaluator *e, size_t first, size_t stride, size_t count,
                               gp_task task, void *context) {
    for (size_t i = first; i < count; i += stride) {
        if (task(context, e, i) == GP_FAULT)
            return GP_FAULT;
        if (e->progress)
            e->progress->done++;
    }
    return GP_EVALUATED;
}

/* What a worker leaves behind for its parent. */
typedef struct gp_worker {
    pid_t pid;
    int done;          /* it came to its end */
    int ended, status; /* its process has ended, with this status of waitpid */
    uint64_t seen;     /* its evaluations when it was looked at last, */
    double since;      /* and since when they have been as many */
    gp_outcome outcome;
    uint64_t values, gradients;
    gp_progress progress;
    char fault_kind[32];
    gp_error fault;
} gp_worker;

static void report_death(gp_evaluator *e, const gp_worker *worker, int status) {
    char where[256] = "a random direction";
    if (worker->progress.entry != GP_NO_ENTRY)
        gp_function_entry_name(e->function, worker->progress.entry, where, sizeof where);
    const char *call = worker->progress.call == 2   ? "the gradient callback"
                       : worker->progress.call == 1 ? "the value callback"
                                                    : "a worker process";
    if (WIFSIGNALED(status))
        gp_evaluator_fault(e, "crash", "%s crashed with signal %d (%s) while probing %s", call,
                           WTERMSIG(status), strsignal(WTERMSIG(status)), where);
    else
        gp_evaluator_fault(e, "crash", "%s ended its process with exit code %d while probing %s",
                           call, WEXITSTATUS(status), where);
}

/* Waits for the workers. Who watches this process is shown the one that has been at the same
 * evaluation for longest, so that a hanging worker isn't hidden by busy ones. */
static void wait_for_all(gp_evaluator *e, gp_worker *workers, unsigned count) {
    long pause = 50000; /* nanoseconds: short runs shouldn't wait for the clock */
    for (unsigned left = count; left > 0;) {
        const gp_worker *slowest = NULL;
        double now = gp_seconds_now();
        uint64_t done = 0;
        for (unsigned w = 0; w < count; w++) {
            gp_worker *worker = &workers[w];
            done += worker->progress.done;
            worker->progress.stop = gp_evaluator_is_stopped(e);
            if (worker->ended)
                continue;
            if (waitpid(worker->pid, &worker->status, WNOHANG) != 0) {
                worker->ended = 1;
                left--;
                continue;
            }
            if (worker->progress.evaluations != worker->seen || worker->since == 0) {
                worker->seen = worker->progress.evaluations;
                worker->since = now;
            }
            if (!slowest || worker->since < slowest->since)
                slowest = worker;
        }
        if (e->progress)
            e->progress->done = done;
        if (slowest && e->progress) {
            e->progress->entry = slowest->progress.entry;
            e->progress->evaluations = slowest->seen;
            e->progress->call = slowest->progress.call;
        }
        if (left > 0) {
            struct timespec length = {0, pause};
            nanosleep(&length, NULL);
            pause = pause < 2000000 ? 2 * pause : pause;
        }
    }
}

gp_outcome gp_execute(gp_evaluator *e, unsigned jobs, size_t count, gp_task task, void *context) {
    if (jobs > count)
        jobs = (unsigned)count;
    if (e->progress) {
        e->progress->pass++;
        e->progress->done = 0;
        e->progress->total = count;
    }
    if (jobs <= 1)
        return run_serially(e, 0, 1, count, task, context);

    size_t bytes = jobs * sizeof(gp_worker);
    gp_worker *workers = gp_shared_alloc(bytes);
    if (!workers)
        return gp_evaluator_fault(e, "memory", "out of memory for %u worker processes", jobs);
    fflush(NULL); /* or each worker would flush its copy again */
    unsigned started = 0;
    for (; started < jobs; started++) {
        gp_worker *worker = &workers[started];
        worker->progress.entry = GP_NO_ENTRY;
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* a hanging worker must not outlive its parent */
            uint64_t values = e->values, gradients = e->gradients;
            e->progress = &worker->progress;
            worker->outcome = run_serially(e, started, jobs, count, task, context);
            worker->values = e->values - values;
            worker->gradients = e->gradients - gradients;
            memcpy(worker->fault_kind, e->fault_kind, sizeof worker->fault_kind);
            worker->fault = e->fault;
            worker->done = 1;
            _exit(0);
        }
        worker->pid = pid;
    }
    gp_outcome outcome = GP_EVALUATED;
    if (started < jobs)
        outcome =
            gp_evaluator_fault(e, "memory", "can't start a worker process: %s", strerror(errno));
    wait_for_all(e, workers, started);
    for (unsigned w = 0; w < started; w++) {
        e->values += workers[w].values;
        e->gradients += workers[w].gradients;
        if (!workers[w].done) {
            report_death(e, &workers[w], workers[w].status);
            outcome = GP_FAULT;
        } else if (workers[w].outcome == GP_FAULT) {
            outcome = gp_evaluator_fault(e, workers[w].fault_kind, "%s", workers[w].fault.message);
        }
    }
    if (e->progress) {
        e->progress->evaluations = e->values + e->gradients;
        e->progress->call = 0;
    }
    gp_shared_free(workers, bytes);
    return outcome;
}
