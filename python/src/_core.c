/* gradproof._core: the C library as Python sees it. As little as possible happens here: Python
 * functions are called with addresses of arrays, of which check.py makes NumPy views, and reports
 * are turned into strings, numbers and tuples.
 *
 * Written for the limited API of Python 3.10, so that one binary serves that and all later
 * versions. NumPy isn't needed to build it. The GIL is held while Python code runs, and by nobody
 * on account of a check at other times. */
#define Py_LIMITED_API 0x030A0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <gradproof.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What Python is asked, in the order of the tuple that `check` is given; None where there is
 * nothing to ask. Addresses are ints. VALUE and VALUE_GRADIENT return a float, or None for "can't
 * be evaluated here"; the others return False for that. */
typedef enum callback {
    VALUE,          /* (x) */
    VALUE_GRADIENT, /* (x, g) */
    GRADIENT,       /* (x, g) */
    MAP,            /* (x, y) */
    VJP,            /* (x, u, g) */
    JVP,            /* (x, v, y) */
    JACOBIAN,       /* (x, J) */
    HESSIAN,        /* (x, H) */
    HVP,            /* (x, v, y) */
    PART,           /* (part) */
    EXAMPLES,       /* (first, count) */
    SEED,           /* (seed) */
    RELEASE,        /* (address, bytes, owner): memory of x that now lives as long as `owner` */
    PROGRESS,       /* (evaluations, pass, done, total) */
    CALLBACKS
} callback;

typedef struct state {
    PyObject *function[CALLBACKS]; /* borrowed; NULL: none */
    PyThreadState *thread;         /* of the check, while it doesn't hold the GIL */
    PyObject *raised[3];           /* the exception that ended it: type, value, traceback */
    int ended;
    gp_progress progress;
    double interval, next; /* seconds between calls of PROGRESS; when the next one is due */
    pid_t process;
} state;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Keeps the exception that is set, and ends the check; a later one than the first is dropped. */
static void keep_exception(state *s) {
    if (getpid() != s->process) { /* a worker process: who would catch it isn't here */
        PyErr_WriteUnraisable(NULL);
        _exit(1);
    }
    if (s->ended) {
        PyErr_Clear();
        return;
    }
    PyErr_Fetch(&s->raised[0], &s->raised[1], &s->raised[2]);
    s->ended = 1;
    s->progress.stop = 1;
}

static void show_progress(state *s) {
    if (!s->function[PROGRESS] || now() < s->next)
        return;
    const gp_progress *p = &s->progress;
    PyObject *result = PyObject_CallFunction(
        s->function[PROGRESS], "KKKK", (unsigned long long)p->evaluations,
        (unsigned long long)p->pass, (unsigned long long)p->done, (unsigned long long)p->total);
    if (!result)
        keep_exception(s);
    Py_XDECREF(result);
    s->next = now() + s->interval;
}

/* What an answer says: 0, or 1 for "not here". */
static int take_answer(state *s, PyObject *answer, double *value) {
    if (!answer) {
        keep_exception(s);
        return 1;
    }
    if (!value)
        return answer == Py_False;
    if (answer == Py_None)
        return 1;
    *value = PyFloat_AsDouble(answer);
    if (*value == -1 && PyErr_Occurred()) {
        keep_exception(s);
        return 1;
    }
    return 0;
}

/* Calls a Python function with the addresses that aren't NULL. `value`: where a float goes; NULL:
 * none is returned. */
static int ask(void *user, callback which, const void *x, const void *in, void *out,
               double *value) {
    state *s = user;
    if (s->ended)
        return 1;
    PyEval_RestoreThread(s->thread);
    PyObject *address[3] = {NULL, NULL, NULL};
    const void *const array[] = {x, in, out};
    int count = 0, complete = 1;
    for (int k = 0; k < 3 && complete; k++) {
        if (!array[k])
            continue;
        address[count] = PyLong_FromVoidPtr((void *)(uintptr_t)array[k]);
        complete = address[count] != NULL;
        count += complete;
    }
    PyObject *answer = complete ? PyObject_CallFunctionObjArgs(s->function[which], address[0],
                                                               address[1], address[2], NULL)
                                : NULL;
    int refused = take_answer(s, answer, value);
    Py_XDECREF(answer);
    for (int k = 0; k < count; k++)
        Py_DECREF(address[k]);
    if (!s->ended)
        show_progress(s);
    s->thread = PyEval_SaveThread();
    return refused;
}

/* The same with numbers. */
static int tell(state *s, callback which, const char *format, unsigned long long a,
                unsigned long long b) {
    if (s->ended)
        return 1;
    PyEval_RestoreThread(s->thread);
    PyObject *answer = PyObject_CallFunction(s->function[which], format, a, b);
    int refused = take_answer(s, answer, NULL);
    Py_XDECREF(answer);
    s->thread = PyEval_SaveThread();
    return refused;
}

/* The library's callbacks, for each precision. */
#define DEFINE_CALLBACKS(real, suffix)                                                             \
    static int value_##suffix(void *user, size_t n, const real *x, double *value) {                \
        (void)n;                                                                                   \
        return ask(user, VALUE, x, NULL, NULL, value);                                             \
    }                                                                                              \
    static int value_gradient_##suffix(void *user, size_t n, const real *x, double *value,         \
                                       real *g) {                                                  \
        (void)n;                                                                                   \
        return ask(user, VALUE_GRADIENT, x, NULL, g, value);                                       \
    }                                                                                              \
    static int gradient_##suffix(void *user, size_t n, const real *x, real *g) {                   \
        (void)n;                                                                                   \
        return ask(user, GRADIENT, x, NULL, g, NULL);                                              \
    }                                                                                              \
    static int map_##suffix(void *user, size_t n, const real *x, size_t m, real *y) {              \
        (void)n, (void)m;                                                                          \
        return ask(user, MAP, x, NULL, y, NULL);                                                   \
    }                                                                                              \
    static int vjp_##suffix(void *user, size_t n, const real *x, size_t m, const real *u,          \
                            real *g) {                                                             \
        (void)n, (void)m;                                                                          \
        return ask(user, VJP, x, u, g, NULL);                                                      \
    }                                                                                              \
    static int jvp_##suffix(void *user, size_t n, const real *x, const real *v, size_t m,          \
                            real *y) {                                                             \
        (void)n, (void)m;                                                                          \
        return ask(user, JVP, x, v, y, NULL);                                                      \
    }                                                                                              \
    static int jacobian_##suffix(void *user, size_t n, const real *x, size_t count, real *J) {     \
        (void)n, (void)count;                                                                      \
        return ask(user, JACOBIAN, x, NULL, J, NULL);                                              \
    }                                                                                              \
    static int hessian_##suffix(void *user, size_t n, const real *x, size_t count, real *H) {      \
        (void)n, (void)count;                                                                      \
        return ask(user, HESSIAN, x, NULL, H, NULL);                                               \
    }                                                                                              \
    static int hvp_##suffix(void *user, size_t n, const real *x, const real *v, real *y) {         \
        (void)n;                                                                                   \
        return ask(user, HVP, x, v, y, NULL);                                                      \
    }
DEFINE_CALLBACKS(double, f64)
DEFINE_CALLBACKS(float, f32)

static int select_part(void *user, size_t part) {
    return tell(user, PART, "(K)", part, 0);
}

static int select_examples(void *user, size_t first, size_t count) {
    return tell(user, EXAMPLES, "(KK)", first, count);
}

static int set_seed(void *user, uint64_t seed) {
    return tell(user, SEED, "(K)", seed, 0);
}

#define OWNER "gradproof.memory"

static void free_memory(PyObject *owner) {
    free(PyCapsule_GetPointer(owner, OWNER));
}

/* Memory of x is now Python's. Where that can't be arranged it is never released: somebody may hold
 * a view of it. */
static void release(void *context, void *storage, size_t bytes) {
    state *s = context;
    PyEval_RestoreThread(s->thread);
    PyObject *owner = PyCapsule_New(storage, OWNER, free_memory);
    PyObject *address = PyLong_FromVoidPtr(storage), *size = PyLong_FromSize_t(bytes);
    PyObject *answer =
        owner && address && size
            ? PyObject_CallFunctionObjArgs(s->function[RELEASE], address, size, owner, NULL)
            : NULL;
    if (!answer) {
        Py_XINCREF(owner);
        keep_exception(s);
    }
    Py_XDECREF(answer);
    Py_XDECREF(size);
    Py_XDECREF(address);
    Py_XDECREF(owner);
    s->thread = PyEval_SaveThread();
}

/* ---- setting up -------------------------------------------------------------------------- */

/* Kinds of options: how Python's numbers become them. */
typedef enum option_kind { REAL, SIZE, COUNT, UNSIGNED, FLAG, STRATEGY, PATH } option_kind;

#define OPTION(name, kind)                                                                         \
    { #name, kind, offsetof(gp_options, name) }
static const struct option {
    const char *name;
    option_kind kind;
    size_t offset;
} OPTIONS[] = {OPTION(rtol, REAL),
               OPTION(atol, REAL),
               OPTION(points, SIZE),
               OPTION(strategy, STRATEGY),
               OPTION(confidence, REAL),
               OPTION(sample, SIZE),
               OPTION(seed, COUNT),
               OPTION(jobs, UNSIGNED),
               OPTION(timeout, REAL),
               OPTION(budget_seconds, REAL),
               OPTION(budget_evaluations, COUNT),
               OPTION(journal, PATH),
               OPTION(notebook_epsilon, REAL),
               OPTION(self_test, FLAG),
               OPTION(no_descent, FLAG),
               OPTION(strict, FLAG),
               OPTION(stochastic, COUNT),
               OPTION(accept, REAL),
               OPTION(curves, COUNT)};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };
static const char *const KINDS[] = {"real", "integer",  "integer", "integer",
                                    "flag", "strategy", "path"};

static void set_option(gp_options *options, const struct option *option, PyObject *given) {
    char *field = (char *)options + option->offset;
    switch (option->kind) {
    case REAL:
        *(double *)field = PyFloat_AsDouble(given);
        break;
    case SIZE:
        *(size_t *)field = PyLong_AsSize_t(given);
        break;
    case COUNT:
        *(uint64_t *)field = PyLong_AsUnsignedLongLong(given);
        break;
    case UNSIGNED: {
        unsigned long number = PyLong_AsUnsignedLong(given);
        *(unsigned *)field = number > 0xffffffffUL ? 0xffffffffU : (unsigned)number;
        break;
    }
    case FLAG:
        *(int *)field = PyObject_IsTrue(given);
        break;
    case STRATEGY:
        *(gp_strategy *)field = (gp_strategy)PyLong_AsLong(given);
        break;
    case PATH: /* bytes that the caller holds */
        *(const char **)field = PyBytes_AsString(given);
        break;
    }
}

/* From a dict of known names; -1 with an exception set. */
static int set_options(gp_options *options, PyObject *given) {
    for (size_t k = 0; k < OPTION_COUNT; k++) {
        PyObject *value = PyDict_GetItemString(given, OPTIONS[k].name);
        if (value)
            set_option(options, &OPTIONS[k], value);
        if (PyErr_Occurred())
            return -1;
    }
    return 0;
}

/* A library's failure as an exception. */
static void raise_status(gp_status status, const char *message) {
    PyObject *kind = status == GP_ERROR_MEMORY   ? PyExc_MemoryError
                     : status == GP_ERROR_OUTPUT ? PyExc_OSError
                                                 : PyExc_ValueError;
    PyErr_SetString(kind, message[0] ? message : gp_status_string(status));
}

enum { MAX_DIMENSIONS = 64 }; /* as NumPy's arrays */

/* From a tuple of extents; how many there are. */
static size_t take_shape(PyObject *shape, size_t extent[MAX_DIMENSIONS]) {
    Py_ssize_t dimensions = PyTuple_Size(shape);
    if (dimensions > MAX_DIMENSIONS)
        dimensions = MAX_DIMENSIONS;
    for (Py_ssize_t k = 0; k < dimensions; k++)
        extent[k] = PyLong_AsSize_t(PyTuple_GetItem(shape, k));
    return (size_t)dimensions;
}

/* (name, stage, shape, address of float64 numbers) */
static void add_block(gp_function *f, PyObject *block) {
    const char *name;
    unsigned stage;
    PyObject *shape, *values;
    size_t extent[MAX_DIMENSIONS];
    if (!PyArg_ParseTuple(block, "sIO!O", &name, &stage, &PyTuple_Type, &shape, &values))
        return;
    size_t dimensions = take_shape(shape, extent);
    if (!PyErr_Occurred())
        (void)gp_function_add_block(f, name, stage, dimensions, extent, PyLong_AsVoidPtr(values));
}

/* (name, shape) */
static void add_output(gp_function *f, PyObject *output) {
    const char *name;
    PyObject *shape;
    size_t extent[MAX_DIMENSIONS];
    if (!PyArg_ParseTuple(output, "sO!", &name, &PyTuple_Type, &shape))
        return;
    size_t dimensions = take_shape(shape, extent);
    if (!PyErr_Occurred())
        (void)gp_function_add_output(f, name, dimensions, extent);
}

/* A retraction: a Python function of the addresses of x, v and y. */
typedef struct retraction {
    state *s;
    PyObject *function; /* borrowed from the caller's tuple */
} retraction;

static int retract(void *context, size_t k, const double *x, const double *v, double *y) {
    const retraction *r = context;
    (void)k;
    if (r->s->ended)
        return 1;
    PyEval_RestoreThread(r->s->thread);
    PyObject *answer =
        PyObject_CallFunction(r->function, "KKK", (unsigned long long)(uintptr_t)x,
                              (unsigned long long)(uintptr_t)v, (unsigned long long)(uintptr_t)y);
    int refused = take_answer(r->s, answer, NULL);
    Py_XDECREF(answer);
    r->s->thread = PyEval_SaveThread();
    return refused;
}

/* Tuples (block, space, gradient or None), or (block, coordinates, gradient or None, function),
 * which take one of `own` (as many). */
static void set_spaces(gp_function *f, state *s, PyObject *spaces, retraction *own) {
    for (Py_ssize_t k = 0; k < PyTuple_Size(spaces) && !PyErr_Occurred(); k++) {
        PyObject *each = PyTuple_GetItem(spaces, k), *function;
        const char *block, *space, *gradient;
        Py_ssize_t coordinates;
        if (PyTuple_Size(each) == 3) {
            if (PyArg_ParseTuple(each, "ssz", &block, &space, &gradient))
                (void)gp_function_set_space(f, block, space, gradient);
        } else if (PyArg_ParseTuple(each, "snzO", &block, &coordinates, &gradient, &function)) {
            own[k] = (retraction){s, function};
            (void)gp_function_set_retraction(f, block, (size_t)coordinates, retract, &own[k],
                                             gradient);
        }
    }
}

/* The names of parts (a tuple of str). */
static void set_parts(gp_function *f, PyObject *names) {
    Py_ssize_t count = PyTuple_Size(names);
    const char **name = calloc((size_t)count, sizeof *name);
    PyObject **held = calloc((size_t)count, sizeof *held);
    for (Py_ssize_t k = 0; k < count && name && held; k++) {
        held[k] = PyUnicode_AsUTF8String(PyTuple_GetItem(names, k));
        name[k] = held[k] ? PyBytes_AsString(held[k]) : NULL;
    }
    if (!name || !held)
        PyErr_NoMemory();
    else if (!PyErr_Occurred())
        (void)gp_function_set_parts(f, (size_t)count, name, select_part);
    for (Py_ssize_t k = 0; k < count && held; k++)
        Py_XDECREF(held[k]);
    free(name);
    free(held);
}

/* Lines for the report (a tuple of str). */
static void add_remarks(gp_function *f, PyObject *lines) {
    for (Py_ssize_t k = 0; k < PyTuple_Size(lines); k++) {
        PyObject *line = PyUnicode_AsUTF8String(PyTuple_GetItem(lines, k));
        if (!line)
            return;
        (void)gp_function_add_remark(f, PyBytes_AsString(line));
        Py_DECREF(line);
    }
}

/* The library's role of each callback, and its trampoline in either precision. */
#define ROLE(which, role, function)                                                                \
    {                                                                                              \
        which, role, {                                                                             \
            (gp_callback) function##_f64, (gp_callback)function##_f32                              \
        }                                                                                          \
    }
static const struct {
    callback which;
    gp_role role;
    gp_callback function[2]; /* by gp_dtype */
} ROLES[] = {ROLE(VALUE, GP_VALUE, value),
             ROLE(VALUE_GRADIENT, GP_VALUE_GRADIENT, value_gradient),
             ROLE(GRADIENT, GP_GRADIENT, gradient),
             ROLE(MAP, GP_MAP, map),
             ROLE(VJP, GP_VJP, vjp),
             ROLE(JVP, GP_JVP, jvp),
             ROLE(JACOBIAN, GP_JACOBIAN, jacobian),
             ROLE(HESSIAN, GP_HESSIAN, hessian),
             ROLE(HVP, GP_HVP, hvp)};

/* Of the function's precision; the value alone may be float64 where the function is float32. What
 * is refused comes out of gp_check. */
static void set_callbacks(gp_function *f, const state *s, gp_dtype dtype, gp_dtype value_dtype,
                          size_t outputs) {
    for (size_t k = 0; k < sizeof ROLES / sizeof *ROLES; k++) {
        gp_role role = ROLES[k].role;
        gp_dtype own = role == GP_VALUE ? value_dtype : dtype;
        if (!s->function[ROLES[k].which])
            continue;
        if (role == GP_MAP)
            (void)gp_function_set_map_callback(f, role, outputs, own, ROLES[k].function[own]);
        else
            (void)gp_function_set_callback(f, role, own, ROLES[k].function[own]);
    }
    if (s->function[SEED])
        (void)gp_function_set_seed(f, set_seed);
}

#define REPORT "gradproof.report"

static void destroy_report(PyObject *capsule) {
    gp_report_destroy(PyCapsule_GetPointer(capsule, REPORT));
}

/* Runs the check without the GIL: (report, None), or, where a callback raised an exception, (the
 * report so far or None, exception). */
static PyObject *run(gp_function *f, state *s, gp_options *options) {
    gp_report *report = NULL;
    gp_error error = {""};
    options->progress = &s->progress;
    s->next = now() + s->interval;
    (void)gp_function_set_release(f, release, s);
    s->thread = PyEval_SaveThread();
    gp_status status = gp_check(f, options, &report, &error);
    PyEval_RestoreThread(s->thread);
    PyObject *capsule = NULL;
    if (status == GP_OK && !(capsule = PyCapsule_New(report, REPORT, destroy_report)))
        gp_report_destroy(report);
    if (!s->ended) {
        if (status != GP_OK)
            raise_status(status, error.message);
        return capsule ? Py_BuildValue("(NO)", capsule, Py_None) : NULL;
    }
    PyErr_NormalizeException(&s->raised[0], &s->raised[1], &s->raised[2]);
    if (s->raised[2])
        (void)PyException_SetTraceback(s->raised[1], s->raised[2]);
    PyErr_Clear();
    PyObject *result = Py_BuildValue("(OO)", capsule ? capsule : Py_None, s->raised[1]);
    Py_XDECREF(capsule);
    for (int k = 0; k < 3; k++)
        Py_CLEAR(s->raised[k]);
    return result;
}

/* Two arrays of count numbers by their addresses, (count, first, second), or None. */
static int parse_pair(PyObject *pair, size_t *count, void **first, void **second) {
    if (pair == Py_None)
        return 0;
    PyObject *a, *b;
    Py_ssize_t number;
    if (!PyArg_ParseTuple(pair, "nOO", &number, &a, &b))
        return 0;
    *count = (size_t)number;
    *first = PyLong_AsVoidPtr(a);
    *second = PyLong_AsVoidPtr(b);
    return !PyErr_Occurred();
}

PyDoc_STRVAR(
    check_doc,
    "check(name, narrow, wide_value, blocks, callbacks, outputs, output_names, pattern, bounds, "
    "parts, examples, batch_size, options, interval, remarks, spaces) -> (report, exception)");

static PyObject *check(PyObject *module, PyObject *arguments) {
    (void)module;
    const char *name;
    int narrow, wide_value;
    PyObject *blocks, *callbacks, *names, *pattern, *bounds, *parts, *given, *remarks, *spaces;
    Py_ssize_t outputs, examples, batch_size;
    state s = {.process = getpid()};
    gp_options options = {0};
    if (!PyArg_ParseTuple(arguments, "sppO!O!nO!OOO!nnO!dO!O!:check", &name, &narrow, &wide_value,
                          &PyTuple_Type, &blocks, &PyTuple_Type, &callbacks, &outputs,
                          &PyTuple_Type, &names, &pattern, &bounds, &PyTuple_Type, &parts,
                          &examples, &batch_size, &PyDict_Type, &given, &s.interval, &PyTuple_Type,
                          &remarks, &PyTuple_Type, &spaces) ||
        set_options(&options, given) != 0)
        return NULL;
    for (int k = 0; k < CALLBACKS; k++) {
        PyObject *function = PyTuple_GetItem(callbacks, k);
        if (!function)
            return NULL;
        s.function[k] = function == Py_None ? NULL : function;
    }
    gp_function *f;
    gp_dtype dtype = narrow ? GP_FLOAT32 : GP_FLOAT64;
    size_t count;
    void *first, *second;
    if (gp_function_create(name, dtype, &s, &f) != GP_OK)
        return PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < PyTuple_Size(blocks) && !PyErr_Occurred(); k++)
        add_block(f, PyTuple_GetItem(blocks, k));
    for (Py_ssize_t k = 0; k < PyTuple_Size(names) && !PyErr_Occurred(); k++)
        add_output(f, PyTuple_GetItem(names, k));
    set_callbacks(f, &s, dtype, wide_value ? GP_FLOAT64 : dtype, (size_t)outputs);
    if (parse_pair(pattern, &count, &first, &second))
        (void)gp_function_set_sparsity(f, count, first, second);
    if (parse_pair(bounds, &count, &first, &second))
        (void)gp_function_set_bounds(f, first, second);
    if (PyTuple_Size(parts) > 0)
        set_parts(f, parts);
    if (examples > 0)
        (void)gp_function_set_examples(f, (size_t)examples, select_examples);
    if (batch_size > 0)
        (void)gp_function_set_batch_size(f, (size_t)batch_size);
    add_remarks(f, remarks);
    retraction *own = calloc((size_t)PyTuple_Size(spaces) + 1, sizeof *own);
    if (own)
        set_spaces(f, &s, spaces, own);
    else
        PyErr_NoMemory();
    PyObject *result = PyErr_Occurred() ? NULL : run(f, &s, &options);
    gp_function_destroy(f);
    free(own);
    return result;
}

/* ---- reports ----------------------------------------------------------------------------- */

static const gp_report *report_of(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, REPORT);
}

static PyObject *to_string(gp_status status, char *text, size_t length) {
    if (status != GP_OK) {
        raise_status(status, "");
        return NULL;
    }
    PyObject *result = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
    gp_text_free(text);
    return result;
}

static PyObject *text(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    unsigned flags;
    char *written = NULL;
    size_t length = 0;
    if (!PyArg_ParseTuple(arguments, "OI:text", &capsule, &flags))
        return NULL;
    const gp_report *report = report_of(capsule);
    if (!report)
        return NULL;
    gp_status status = gp_report_text(report, flags, &written, &length);
    return to_string(status, written, length);
}

/* What reports are written as besides text. */
static const struct {
    const char *name;
    gp_status (*write)(const gp_report *report, char **text, size_t *length);
} FORMATS[] = {{"json", gp_report_json},
               {"html", gp_report_html},
               {"junit", gp_report_junit},
               {"markdown", gp_report_markdown},
               {"summary", gp_report_summary}};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof *FORMATS };

static PyObject *write_as(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    const char *format;
    char *written = NULL;
    size_t length = 0;
    if (!PyArg_ParseTuple(arguments, "Os:write_as", &capsule, &format))
        return NULL;
    const gp_report *report = report_of(capsule);
    if (!report)
        return NULL;
    for (size_t k = 0; k < FORMAT_COUNT; k++)
        if (strcmp(format, FORMATS[k].name) == 0) {
            gp_status status = FORMATS[k].write(report, &written, &length);
            return to_string(status, written, length);
        }
    PyErr_Format(PyExc_ValueError, "no format %s", format);
    return NULL;
}

/* A new str, or None for NULL. */
static PyObject *string(const char *text) {
    return Py_BuildValue("z", text);
}

/* A tuple of the lines that a question answers with until it has no more. */
static PyObject *lines(const gp_report *report,
                       const char *(*question)(const gp_report *, size_t)) {
    PyObject *list = PyList_New(0);
    for (size_t k = 0; list && question(report, k); k++) {
        PyObject *line = string(question(report, k));
        if (!line || PyList_Append(list, line) != 0)
            Py_CLEAR(list);
        Py_XDECREF(line);
    }
    PyObject *result = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return result;
}

/* dict[key] := value, whose reference is taken over; value NULL, or an earlier failure, leaves
 * *dict NULL. */
static void put(PyObject **dict, const char *key, PyObject *value) {
    if (*dict && (!value || PyDict_SetItemString(*dict, key, value) != 0))
        Py_CLEAR(*dict);
    Py_XDECREF(value);
}

static PyObject *summary(PyObject *module, PyObject *capsule) {
    (void)module;
    const gp_report *r = report_of(capsule);
    PyObject *d = r ? PyDict_New() : NULL;
    if (!d)
        return NULL;
    put(&d, "verdict", string(gp_verdict_string(gp_report_verdict(r))));
    put(&d, "interrupted", PyBool_FromLong(gp_report_interrupted(r)));
    put(&d, "failure", string(gp_report_failure(r)));
    put(&d, "lost", lines(r, gp_report_loss));
    put(&d, "refuted", string(gp_report_refuted(r)));
    put(&d, "practice", lines(r, gp_report_practice));
    put(&d, "difference", PyFloat_FromDouble(gp_report_difference(r)));
    put(&d, "resolution", PyFloat_FromDouble(gp_report_resolution(r)));
    put(&d, "entries", PyLong_FromSize_t(gp_report_entries(r)));
    put(&d, "exercised", PyLong_FromSize_t(gp_report_exercised(r)));
    put(&d, "points", PyLong_FromSize_t(gp_report_points(r)));
    put(&d, "value_evaluations", PyLong_FromUnsignedLongLong(gp_report_evaluations(r, 0)));
    put(&d, "gradient_evaluations", PyLong_FromUnsignedLongLong(gp_report_evaluations(r, 1)));
    return d;
}

static PyObject *diagnosis(const gp_block_result *b) {
    PyObject *causes = PyTuple_New((Py_ssize_t)b->diagnoses);
    for (size_t k = 0; k < b->diagnoses && causes; k++) {
        const gp_diagnosis *cause = &b->diagnosis[k];
        PyObject *one = Py_BuildValue("(sds)", cause->kind, cause->factor, cause->message);
        if (!one || PyTuple_SetItem(causes, (Py_ssize_t)k, one) != 0)
            Py_CLEAR(causes);
    }
    return causes;
}

static PyObject *shape(size_t dimensions, const size_t *of) {
    PyObject *extents = PyTuple_New((Py_ssize_t)dimensions);
    for (size_t k = 0; k < dimensions && extents; k++) {
        PyObject *extent = PyLong_FromSize_t(of[k]);
        if (!extent || PyTuple_SetItem(extents, (Py_ssize_t)k, extent) != 0)
            Py_CLEAR(extents);
    }
    return extents;
}

/* A tuple of (name, shape, first, count). */
static PyObject *outputs(const gp_block_result *b) {
    PyObject *arrays = PyTuple_New((Py_ssize_t)b->outputs);
    for (size_t k = 0; k < b->outputs && arrays; k++) {
        const gp_named_output *o = &b->output[k];
        PyObject *extents = shape(o->dimensions, o->shape);
        PyObject *one = extents ? Py_BuildValue("(sNnn)", o->name, extents, (Py_ssize_t)o->first,
                                                (Py_ssize_t)o->count)
                                : NULL;
        if (!one || PyTuple_SetItem(arrays, (Py_ssize_t)k, one) != 0)
            Py_CLEAR(arrays);
    }
    return arrays;
}

static PyObject *block(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    Py_ssize_t number;
    gp_block_result b;
    gp_self_test_result tested;
    if (!PyArg_ParseTuple(arguments, "On:block", &capsule, &number))
        return NULL;
    const gp_report *r = report_of(capsule);
    if (!r)
        return NULL;
    if (gp_report_block(r, (size_t)number, &b) != GP_OK) {
        PyErr_SetString(PyExc_IndexError, "no block of this number");
        return NULL;
    }
    PyObject *d = PyDict_New(), *counts = PyDict_New();
    for (int k = 0; k < GP_ENTRY_STATUSES; k++)
        put(&counts, gp_entry_status_string((gp_entry_status)k), PyLong_FromSize_t(b.count[k]));
    put(&d, "name", string(b.name));
    put(&d, "shape", shape(b.dimensions, b.shape));
    put(&d, "outputs", outputs(&b));
    put(&d, "verdict", string(gp_verdict_string(b.verdict)));
    put(&d, "counts", counts);
    put(&d, "offset", PyLong_FromSize_t(b.offset));
    put(&d, "entries", PyLong_FromSize_t(b.entries));
    put(&d, "sparse", PyBool_FromLong(b.row != NULL));
    put(&d, "exercised", PyLong_FromSize_t(b.exercised));
    put(&d, "floor", PyFloat_FromDouble(b.floor));
    put(&d, "resolution", PyFloat_FromDouble(b.resolution));
    put(&d, "worst", b.has_worst ? PyLong_FromSize_t(b.worst_index) : string(NULL));
    put(&d, "directions", PyLong_FromSize_t(b.directions));
    put(&d, "diagnosis", diagnosis(&b));
    put(&d, "self_test",
        gp_report_self_test(r, (size_t)number, &tested) != GP_OK
            ? string(NULL)
            : Py_BuildValue("{s:n,s:n,s:n,s:d}", "planted", (Py_ssize_t)tested.planted, "caught",
                            (Py_ssize_t)tested.caught, "below", (Py_ssize_t)tested.below,
                            "smallest", tested.smallest));
    return d;
}

static PyObject *blocks(PyObject *module, PyObject *capsule) {
    (void)module;
    const gp_report *r = report_of(capsule);
    return r ? PyLong_FromSize_t(gp_report_blocks(r)) : NULL;
}

/* entries(report, first, count, status, analytic, numeric, bound): into arrays, by their addresses.
 */
static PyObject *entries(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *to[4];
    Py_ssize_t first, count;
    void *array[4];
    if (!PyArg_ParseTuple(arguments, "OnnOOOO:entries", &capsule, &first, &count, &to[0], &to[1],
                          &to[2], &to[3]))
        return NULL;
    const gp_report *r = report_of(capsule);
    for (int k = 0; k < 4; k++)
        array[k] = PyLong_AsVoidPtr(to[k]);
    if (!r || PyErr_Occurred())
        return NULL;
    if (gp_report_copy_entries(r, (size_t)first, (size_t)count, array[0], array[1], array[2],
                               array[3]) != GP_OK) {
        PyErr_SetString(PyExc_IndexError, "no entries of these numbers");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The places of a sparse block's entries are copied to two arrays, by their addresses. */
static PyObject *places(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *row, *column;
    Py_ssize_t number;
    gp_block_result b;
    if (!PyArg_ParseTuple(arguments, "OnOO:places", &capsule, &number, &row, &column))
        return NULL;
    const gp_report *r = report_of(capsule);
    size_t *to[] = {PyLong_AsVoidPtr(row), PyLong_AsVoidPtr(column)};
    if (!r || PyErr_Occurred())
        return NULL;
    if (gp_report_block(r, (size_t)number, &b) != GP_OK || !b.row) {
        PyErr_SetString(PyExc_IndexError, "no sparse block of this number");
        return NULL;
    }
    for (size_t k = 0; k < b.entries; k++) {
        to[0][k] = b.row[k];
        to[1][k] = b.column[k];
    }
    Py_RETURN_NONE;
}

/* ---- the module -------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"check", check, METH_VARARGS, check_doc},
    {"text", text, METH_VARARGS, "text(report, flags) -> str"},
    {"write_as", write_as, METH_VARARGS, "write_as(report, format) -> str"},
    {"summary", summary, METH_O, "summary(report) -> dict"},
    {"blocks", blocks, METH_O, "blocks(report) -> int"},
    {"block", block, METH_VARARGS, "block(report, number) -> dict"},
    {"entries", entries, METH_VARARGS, "entries(report, first, count, *addresses)"},
    {"places", places, METH_VARARGS, "places(report, block, rows, columns)"},
    {NULL, NULL, 0, NULL}};

/* OPTIONS = {name: kind}; STATUSES, FORMATS = names in their order; SPACES = {name: [gradients]}.
 */
static int add_constants(PyObject *module) {
    PyObject *options = PyDict_New(), *statuses = PyTuple_New(GP_ENTRY_STATUSES);
    for (size_t k = 0; k < OPTION_COUNT; k++)
        put(&options, OPTIONS[k].name, string(KINDS[OPTIONS[k].kind]));
    for (int k = 0; k < GP_ENTRY_STATUSES && statuses; k++)
        if (PyTuple_SetItem(statuses, k, string(gp_entry_status_string((gp_entry_status)k))) != 0)
            Py_CLEAR(statuses);
    PyObject *formats = PyTuple_New(FORMAT_COUNT);
    for (int k = 0; k < FORMAT_COUNT && formats; k++)
        if (PyTuple_SetItem(formats, k, string(FORMATS[k].name)) != 0)
            Py_CLEAR(formats);
    PyObject *spaces = PyDict_New();
    for (size_t k = 0; gp_space_name(k); k++) {
        PyObject *gradients = PyList_New(0);
        for (size_t j = 0; gradients && gp_space_gradient(k, j); j++) {
            PyObject *word = string(gp_space_gradient(k, j));
            if (!word || PyList_Append(gradients, word) != 0)
                Py_CLEAR(gradients);
            Py_XDECREF(word);
        }
        put(&spaces, gp_space_name(k), gradients);
    }
    int failed = !options || !statuses || !formats || !spaces ||
                 PyModule_AddObjectRef(module, "SPACES", spaces) != 0 ||
                 PyModule_AddStringConstant(module, "VERSION", gp_version()) != 0 ||
                 PyModule_AddObjectRef(module, "OPTIONS", options) != 0 ||
                 PyModule_AddObjectRef(module, "STATUSES", statuses) != 0 ||
                 PyModule_AddObjectRef(module, "FORMATS", formats) != 0;
    Py_XDECREF(spaces);
    Py_XDECREF(options);
    Py_XDECREF(statuses);
    Py_XDECREF(formats);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_constants}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gradproof._core", NULL, 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
