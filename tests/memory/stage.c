/* See stage.h. Each run is a process of its own: a crash or a hang is one of that run, and statics
 * are as they were. */
#include "memory/stage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MOST_RUNS = 40,       /* of each kind, unless every allocation is asked for */
    LONGEST_RUN = 120,    /* seconds */
    MOST_COMPLAINTS = 12, /* that are printed of a scenario */
    MOST_FILES = 8
};

static const char SAID[] = "said"; /* what a command says on standard error */

typedef struct kept_file {
    char name[64];
    char *bytes;
    size_t size;
} kept_file;

typedef struct kept_folder {
    kept_file file[MOST_FILES];
    size_t files;
} kept_folder;

/* What a run came to, in memory that its process shares. */
typedef struct result {
    int status, ended;
    uint64_t allocations;
    long leaked;
    char complaint[256];
} result;

static char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = NULL;
    *size = 0;
    for (size_t got = 1; got > 0; *size += got) {
        bytes = realloc(bytes, *size + 65536);
        assert_non_null(bytes);
        got = fread(bytes + *size, 1, 65535, file);
    }
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

const char *in_folder(const stage *s, const char *name) {
    static char path[4][256];
    static int turn;
    char *here = path[turn++ % 4];
    snprintf(here, sizeof path[0], "%.200s/%.50s", s->folder, name);
    return here;
}

/* Reports tell how long they took: out with it. */
static size_t without_times(char *text, size_t size) {
    static const char *const FROM[] = {"\"seconds\"", " of the gradient, ", " time=\""};
    static const char *const TO[] = {",\n}", "\n", "\""};
    for (size_t k = 0; k < sizeof FROM / sizeof *FROM; k++)
        for (char *at = text;
             (at = memmem(at, size - (size_t)(at - text), FROM[k], strlen(FROM[k]))) != NULL;) {
            at += strlen(FROM[k]);
            size_t length = strcspn(at, TO[k]);
            memmove(at, at + length, size - (size_t)(at - text) - length + 1);
            size -= length;
        }
    return size;
}

void show_bytes(stage *s, const void *bytes, size_t size) {
    assert_int_equal(write(s->out, bytes, size), (ssize_t)size);
}

void show_report(stage *s, const gp_report *report) {
    char *text = NULL;
    size_t size;
    failing_allocator_pause();
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(gp_report_write_json(report, stream), GP_OK);
    assert_int_equal(gp_report_print(report, stream, GP_PRINT_VERBOSE), GP_OK);
    fclose(stream);
    show_bytes(s, text, size);
    free(text);
    failing_allocator_resume();
}

/* ---- folders --------------------------------------------------------------------- */

static void keep_folder(const stage *s, kept_folder *f) {
    DIR *list = opendir(s->folder);
    assert_non_null(list);
    f->files = 0;
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, SAID) == 0)
            continue;
        assert_true(f->files < MOST_FILES);
        kept_file *file = &f->file[f->files++];
        snprintf(file->name, sizeof file->name, "%.60s", entry->d_name);
        file->bytes = read_all(in_folder(s, file->name), &file->size);
        file->size = without_times(file->bytes, file->size);
    }
    closedir(list);
}

static void forget_folder(kept_folder *f) {
    for (size_t k = 0; k < f->files; k++)
        free(f->file[k].bytes);
    f->files = 0;
}

static void empty_folder(const stage *s) {
    DIR *list = opendir(s->folder);
    assert_non_null(list);
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;)
        if (entry->d_name[0] != '.')
            unlink(in_folder(s, entry->d_name));
    closedir(list);
}

static const kept_file *find(const kept_folder *f, const char *name) {
    for (size_t k = 0; k < f->files; k++)
        if (strcmp(f->file[k].name, name) == 0)
            return &f->file[k];
    return NULL;
}

static int is_same(const kept_file *a, const kept_file *b) {
    return a && b && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* Is each file what it was or what it should become? Those of a run that says it is well are what
 * they should be. */
static void compare_folders(const kept_folder *before, const kept_folder *after,
                            const kept_folder *now, int well, result *r) {
    for (size_t k = 0; k < now->files; k++) {
        const kept_file *file = &now->file[k], *was = find(before, file->name);
        const kept_file *is = find(after, file->name);
        if (!was && !is)
            snprintf(r->complaint, sizeof r->complaint, "left %s behind", file->name);
        else if (!is_same(file, is) && (well || !is_same(file, was)))
            snprintf(r->complaint, sizeof r->complaint, "%s is neither the old nor the new one",
                     file->name);
    }
    for (size_t k = 0; k < before->files; k++)
        if (!find(now, before->file[k].name) && (find(after, before->file[k].name)))
            snprintf(r->complaint, sizeof r->complaint, "%s is gone", before->file[k].name);
}

/* ---- runs ------------------------------------------------------------------------ */

typedef struct trial {
    const scenario *scenario;
    stage stage;
    char out[64]; /* a file for stage.out */
    result *result;
    kept_folder before, after;
    char *expected; /* what comes out */
    size_t expected_size;
    int status;
    size_t complaints;
} trial;

static void run_once(trial *t, uint64_t fail, int later) {
    result *r = t->result;
    memset(r, 0, sizeof *r);
    empty_folder(&t->stage);
    if (t->scenario->prepare)
        t->scenario->prepare(&t->stage);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(LONGEST_RUN);
        t->stage.out = open(t->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        long before = failing_allocator_live();
        failing_allocator_arm(fail, later);
        r->status = t->scenario->run(&t->stage);
        r->allocations = failing_allocator_disarm();
        r->leaked = failing_allocator_live() - before;
        r->ended = 1;
        _exit(0);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (WIFSIGNALED(ended))
        snprintf(r->complaint, sizeof r->complaint, "%s",
                 WTERMSIG(ended) == SIGALRM ? "hangs" : strsignal(WTERMSIG(ended)));
    else if (!r->ended)
        snprintf(r->complaint, sizeof r->complaint, "ended the process with exit code %d",
                 WEXITSTATUS(ended));
}

/* The C library keeps the stacks of threads that have ended, and what it allocates with them. */
static long kept_for_threads(const scenario *s) {
    return strstr(s->name, "threads") ? 8 : 0;
}

static void judge(trial *t) {
    result *r = t->result;
    size_t size;
    if (r->complaint[0])
        return;
    char *out = read_all(t->out, &size);
    size = without_times(out, size);
    int well = r->status == t->status;
    if (!well && r->status != t->scenario->short_of_memory)
        snprintf(r->complaint, sizeof r->complaint, "returns %d", r->status);
    else if (well && (size != t->expected_size || memcmp(out, t->expected, size) != 0))
        snprintf(r->complaint, sizeof r->complaint, "says all is well, and something is missing");
    else if (r->leaked > kept_for_threads(t->scenario))
        snprintf(r->complaint, sizeof r->complaint, "leaks %ld allocations", r->leaked);
    free(out);
    if (!r->complaint[0] && !well && access(in_folder(&t->stage, SAID), F_OK) == 0) {
        out = read_all(in_folder(&t->stage, SAID), &size);
        if (size == 0)
            snprintf(r->complaint, sizeof r->complaint, "returns %d in silence", r->status);
        free(out);
    }
    if (r->complaint[0])
        return;
    if (t->scenario->inspect) {
        const char *wrong = t->scenario->inspect(&t->stage, r->status);
        snprintf(r->complaint, sizeof r->complaint, "%s", wrong ? wrong : "");
        return;
    }
    kept_folder now;
    keep_folder(&t->stage, &now);
    compare_folders(&t->before, &t->after, &now, well, r);
    forget_folder(&now);
}

static void run_and_judge(trial *t, uint64_t fail, int later) {
    run_once(t, fail, later);
    judge(t);
    if (t->result->complaint[0] && t->complaints++ < MOST_COMPLAINTS)
        print_message("%s, allocation %llu %s: %s\n", t->scenario->name, (unsigned long long)fail,
                      later ? "and all later ones" : "alone", t->result->complaint);
}

/* GRADPROOF_ALLOCATION=12 or 12+ is one run alone, in this process: for a debugger. */
static int run_alone(trial *t) {
    const char *which = getenv("GRADPROOF_ALLOCATION");
    if (!which)
        return 0;
    char *end;
    uint64_t fail = strtoull(which, &end, 10);
    empty_folder(&t->stage);
    if (t->scenario->prepare)
        t->scenario->prepare(&t->stage);
    t->stage.out = open(t->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    failing_allocator_arm(fail, *end == '+');
    int status = t->scenario->run(&t->stage);
    failing_allocator_disarm();
    print_message("%s: returned %d, came out in %s, %s\n", t->scenario->name, status, t->out,
                  t->stage.folder);
    return 1;
}

void play(const scenario *s) {
    trial t = {.scenario = s};
    const char *only = getenv("GRADPROOF_SCENARIO");
    if (only && strcmp(only, s->name) != 0)
        skip();
    strcpy(t.stage.folder, "/tmp/gradproof-memory-XXXXXX");
    strcpy(t.out, "/tmp/gradproof-memory-out-XXXXXX");
    assert_non_null(mkdtemp(t.stage.folder));
    close(mkstemp(t.out));
    t.result =
        mmap(NULL, sizeof *t.result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(t.result != MAP_FAILED);
    if (run_alone(&t))
        return;
    run_once(&t, 0, 0);
    if (t.result->complaint[0])
        fail_msg("%s, undisturbed: %s", s->name, t.result->complaint);
    uint64_t count = t.result->allocations;
    t.status = t.result->status;
    if (t.result->leaked > kept_for_threads(s))
        fail_msg("%s, undisturbed: leaks %ld allocations", s->name, t.result->leaked);
    t.expected = read_all(t.out, &t.expected_size);
    t.expected_size = without_times(t.expected, t.expected_size);
    keep_folder(&t.stage, &t.after);
    empty_folder(&t.stage);
    if (s->prepare)
        s->prepare(&t.stage);
    keep_folder(&t.stage, &t.before);
    uint64_t stride = getenv("GRADPROOF_EVERY_ALLOCATION") ? 1 : count / MOST_RUNS + 1;
    for (uint64_t k = 1; k <= count; k += stride)
        for (int later = 0; later < 2; later++)
            run_and_judge(&t, k, later);
    print_message("%s: %llu allocations, %llu tried, status %d, %zu bytes come out\n", s->name,
                  (unsigned long long)count, (unsigned long long)((count + stride - 1) / stride),
                  t.status, t.expected_size);
    forget_folder(&t.before);
    forget_folder(&t.after);
    empty_folder(&t.stage);
    rmdir(t.stage.folder);
    unlink(t.out);
    free(t.expected);
    munmap(t.result, sizeof *t.result);
    if (t.complaints)
        fail_msg("%s: %zu failed allocations weren't well met", s->name, t.complaints);
}
