/* See evaluator.h. */
#include "function/evaluator.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "function/calls.h"
#include "function/reserve.h"
#include "function/team.h"
#include "system/clock.h"
#include "system/plain.h"
#include "system/text.h"
#include "system/vector.h"

/* Bytes on either side of an array, a multiple of GP_ALIGNMENT. What is next to the array is looked
 * at after each call, all of it now and then: that takes microseconds. */
enum { RED_ZONE = 1 << 16, NEAR_ZONE = 256 };
static const unsigned char RED = 0xA7;

/* A quiet NaN with a payload of ours. Arithmetic on it keeps the payload, so an entry that was only
 * added to still reads as poison; the second poison tells the two apart. */
static const uint64_t POISON_F64 = 0x7FF8C0FFEE15BAD1u;
static const uint32_t POISON_F32 = 0x7FC0BAD1u;

enum { MARGIN = 32 }; /* numbers on either side of what is returned by pointer */

/* n entries between red zones; NULL if there is no memory. */
static void *red_storage(size_t n, gp_dtype dtype) {
    size_t bytes = n * gp_dtype_size(dtype);
    char *storage = gp_large_alloc(bytes + 2 * RED_ZONE);
    if (storage) {
        memset(storage, RED, RED_ZONE);
        memset(storage + RED_ZONE + bytes, RED, RED_ZONE);
    }
    return storage;
}

/* The same for an entry each of x, of which only this rank's take memory: red on either side of
 * them.
 */
static void *new_array(const gp_function *f, gp_dtype dtype) {
    if (!f->team)
        return red_storage(f->n, dtype);
    size_t size = gp_dtype_size(dtype);
    char *storage = gp_reserve(f->n * size + 2 * RED_ZONE);
    if (storage) {
        memset(storage + f->own * size, RED, RED_ZONE);
        memset(storage + RED_ZONE + f->own_end * size, RED, RED_ZONE);
    }
    return storage;
}

static void free_array(const gp_function *f, gp_dtype dtype, void *storage) {
    if (f->team)
        gp_unreserve(storage, f->n * gp_dtype_size(dtype) + 2 * RED_ZONE);
    else
        free(storage);
}

static int within_bounds(const gp_function *f) {
    for (size_t i = 0; i < f->n && f->lower; i++)
        if (f->x[i] < f->lower[i] || f->x[i] > f->upper[i])
            return 0;
    return 1;
}

gp_status gp_evaluator_create(const gp_function *f, uint64_t seed, gp_progress *progress, int lean,
                              gp_evaluator **evaluator) {
    gp_evaluator *e = calloc(1, sizeof *e);
    if (!e)
        return GP_ERROR_MEMORY;
    e->function = f;
    e->seed = seed;
    e->progress = progress;
    e->made = gp_seconds_now();
    e->x_dtype = f->value_f64 ? GP_FLOAT64 : f->dtype;
    e->x_storage = new_array(f, e->x_dtype);
    e->g_storage = new_array(f, f->dtype);
    e->unstoppable = f->team != NULL;
    e->lean = lean && e->x_dtype == f->dtype && within_bounds(f);
    e->expected = e->lean ? NULL : malloc(f->n * gp_dtype_size(e->x_dtype));
    e->point = e->lean ? f->x : gp_large_alloc(f->n * sizeof *e->point);
    e->returned = aligned_alloc(64, (GP_MOST_RETURNED + 2 * MARGIN) * sizeof *e->returned);
    int complete =
        e->returned && e->x_storage && e->g_storage && (e->lean || e->expected) && e->point;
    if (e->x_dtype != f->dtype) {
        e->narrow_storage = red_storage(f->n, f->dtype);
        e->narrow_expected = malloc(f->n * sizeof *e->narrow_expected);
        complete = complete && e->narrow_storage && e->narrow_expected;
    }
    if (f->lower) {
        e->out = calloc(f->n, 1);
        complete = complete && e->out;
    }
    if (f->complex_value) {
        e->complex_x = gp_large_alloc(2 * f->n * sizeof *e->complex_x);
        complete = complete && e->complex_x;
    }
    if (!complete) {
        gp_evaluator_destroy(e);
        return GP_ERROR_MEMORY;
    }
    e->x = (char *)e->x_storage + RED_ZONE;
    e->g = (char *)e->g_storage + RED_ZONE;
    if (e->narrow_storage) {
        e->narrow = (float *)(void *)((char *)e->narrow_storage + RED_ZONE);
        memset(e->narrow, 0, f->n * sizeof *e->narrow); /* until the first gradient */
        memset(e->narrow_expected, 0, f->n * sizeof *e->narrow_expected);
    }
    gp_evaluator_set_point(e, f->x);
    *evaluator = e;
    return GP_OK;
}

gp_status gp_evaluator_clone(const gp_evaluator *e, gp_progress *progress, gp_evaluator **clone) {
    gp_status status = gp_evaluator_create(e->function, e->seed, progress, e->lean, clone);
    if (status != GP_OK || e->point == e->function->x)
        return status;
    gp_evaluator_set_point(*clone, e->point);
    if ((*clone)->fault_kind[0] == '\0')
        return GP_OK;
    gp_evaluator_destroy(*clone); /* no memory for the point */
    *clone = NULL;
    return GP_ERROR_MEMORY;
}

void gp_evaluator_destroy(gp_evaluator *e) {
    if (!e)
        return;
    free_array(e->function, e->x_dtype, e->x_storage);
    free_array(e->function, e->function->dtype, e->g_storage);
    free(e->elsewhere);
    free(e->v_storage);
    free(e->narrow_storage);
    free(e->narrow_expected);
    free(e->expected);
    if (!e->lean)
        free(e->point);
    free(e->out);
    free(e->complex_x);
    for (int claim = 0; claim <= GP_CLAIMS; claim++) {
        free(e->claim_in[claim].storage);
        free(e->claim_out[claim].storage);
    }
    free(e->returned);
    free(e);
}

gp_outcome gp_evaluator_fault(gp_evaluator *e, const char *kind, const char *format, ...) {
    if (!e->fault_kind[0]) {
        snprintf(e->fault_kind, sizeof e->fault_kind, "%s", kind);
        va_list arguments;
        va_start(arguments, format);
        gp_plain_format(e->fault.message, sizeof e->fault.message, format, arguments);
        va_end(arguments);
    }
    return GP_FAULT;
}

/* Stores v at entry i in a precision and returns what was stored. */
static double store(gp_dtype dtype, void *array, size_t i, double v) {
    if (dtype == GP_FLOAT64) {
        ((double *)array)[i] = v;
        return v;
    }
    ((float *)array)[i] = (float)v;
    return (double)(float)v;
}

static double load(gp_dtype dtype, const void *array, size_t i) {
    return dtype == GP_FLOAT64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

double *gp_evaluator_elsewhere(gp_evaluator *e) {
    if (!e->elsewhere)
        e->elsewhere = gp_large_alloc(e->function->n * sizeof *e->elsewhere);
    if (!e->elsewhere)
        (void)gp_evaluator_fault(e, "memory", "out of memory for another point");
    return e->elsewhere;
}

/* Where the base point goes: lean, it is the function's own or lies elsewhere. */
static double *room_for(gp_evaluator *e, const double *point) {
    if (!e->lean)
        return e->point;
    double *elsewhere = point == e->function->x ? NULL : gp_evaluator_elsewhere(e);
    return elsewhere ? elsewhere : e->function->x;
}

void gp_evaluator_set_point(gp_evaluator *e, const double *point) {
    const gp_function *f = e->function;
    (void)gp_evaluator_look_after(e);
    double *base = e->point = room_for(e, point);
    if (e->lean && base == f->x)
        point = f->x;
    int plain = e->lean && f->dtype == GP_FLOAT64 && !f->lower;
    if (plain && base != point)
        memcpy(base + f->own, point + f->own, (f->own_end - f->own) * sizeof *point);
    if (plain)
        memcpy((double *)e->x + f->own, base + f->own, (f->own_end - f->own) * sizeof *base);
    for (size_t i = f->own; i < f->own_end && !plain; i++) {
        double v = point[i];
        if (f->lower) {
            v = fmin(fmax(v, f->lower[i]), f->upper[i]);
            e->out[i] = 0;
        }
        if (f->dtype == GP_FLOAT32)
            v = (double)(float)v;
        if (base != f->x)
            base[i] = v;
        store(e->x_dtype, e->x, i, v);
        if (e->expected)
            store(e->x_dtype, e->expected, i, v);
    }
    e->outside = e->astray = e->astray_end = 0;
    e->placement++;
    e->summed = f->own;
    e->same = e->same_direction = 0;
}

static double move(gp_evaluator *e, size_t i, double t) {
    const gp_function *f = e->function;
    double moved = store(e->x_dtype, e->x, i, e->point[i] + t);
    if (e->expected)
        store(e->x_dtype, e->expected, i, moved);
    if (f->lower) {
        int out = moved < f->lower[i] || moved > f->upper[i];
        e->outside += (size_t)out;
        e->outside -= e->out[i];
        e->out[i] = (unsigned char)out;
    }
    return moved - e->point[i];
}

double gp_evaluator_number(gp_evaluator *e, size_t i) {
    const gp_function *f = e->function;
    double number = gp_function_owns(f, i) ? e->point[i] : 0;
    return gp_team_sum(f->team, e, &number, 1) == GP_EVALUATED ? number : NAN;
}

double gp_evaluator_move(gp_evaluator *e, size_t i, double t) {
    gp_evaluator_settle(e);
    e->summed = e->function->own;
    return gp_function_owns(e->function, i) ? move(e, i, t) : 0;
}

/* Entries [first, end) back to the base point. */
static void put_back(gp_evaluator *e, size_t first, size_t end) {
    const gp_function *f = e->function;
    first = first > f->own ? first : f->own;
    end = end < f->own_end ? end : f->own_end;
    if (e->x_dtype == GP_FLOAT64 && !f->lower && first < end) {
        size_t bytes = (end - first) * sizeof(double);
        memcpy((double *)e->x + first, e->point + first, bytes);
        if (e->expected)
            memcpy((double *)e->expected + first, e->point + first, bytes);
        return;
    }
    for (size_t i = first; i < end; i++)
        move(e, i, 0);
}

void gp_evaluator_settle(gp_evaluator *e) {
    (void)gp_evaluator_look_after(e);
    if (e->astray < e->astray_end) {
        e->summed = e->function->own;
        put_back(e, e->astray, e->astray_end);
    }
    e->astray = e->astray_end = 0;
    e->placement++;
}

/* A checksum of x, piece by piece: words may trade places within a piece's lane and nowhere else.
 */
enum { PIECE = 512 };

static uint64_t sum_of_lanes(const gp_words *lane, size_t words) {
    uint64_t sum = words;
    for (size_t k = 0; k < GP_LANES; k++)
        sum = 0x9E3779B97F4A7C15u * sum + (*lane)[k];
    return sum;
}

GP_VECTOR static uint64_t piece_sum(const uint64_t *word, size_t words) {
    gp_words lane = {0};
    size_t i = 0;
    for (; i + GP_LANES <= words; i += GP_LANES)
        lane += *(const gp_words *)(word + i);
    for (; i < words; i++)
        lane[i % GP_LANES] += word[i];
    return sum_of_lanes(&lane, words);
}

static uint64_t add_piece(uint64_t sum, uint64_t piece) {
    return (sum ^ (sum >> 29)) * 0xBF58476D1CE4E5B9u + piece;
}

static uint64_t checksum_of(const char *first, size_t bytes) {
    size_t words = bytes / 8;
    const uint64_t *word = (const uint64_t *)(const void *)first;
    uint64_t sum = 0;
    for (size_t at = 0; at < words; at += PIECE)
        sum = add_piece(sum, piece_sum(word + at, words - at < PIECE ? words - at : PIECE));
    if (bytes % 8) { /* the last of an odd number of floats */
        uint32_t half;
        memcpy(&half, first + 8 * words, sizeof half);
        sum = add_piece(sum, half);
    }
    return sum;
}

static uint64_t checksum(const gp_evaluator *e) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(e->x_dtype);
    return checksum_of((const char *)e->x + f->own * size, (f->own_end - f->own) * size);
}

static void compare(gp_evaluator *e, uint64_t sum) {
    if (sum != e->sum) {
        e->spoilt = 1;
        (void)gp_evaluator_fault(
            e, "wrote-x", "%s wrote to its input: x isn't what it was before the call", e->unseen);
    }
    e->unseen = NULL;
}

gp_outcome gp_evaluator_look_after(gp_evaluator *e) {
    if (e->unseen)
        compare(e, checksum(e));
    return e->spoilt ? GP_FAULT : GP_EVALUATED;
}

/* What a step along many entries comes to: the sums of steps times v and of v^2, and of a piece of
 * x the checksums before and after. */
typedef struct gp_moved {
    double along, square;
    uint64_t before, after;
} gp_moved;

/* The plain loops of a float64 function without bounds, the ones that large functions take. x :=
 * point + t v, for a piece at most; v NULL: as x is now, v being x - point. */
GP_VECTOR static void move_piece(double *x, const double *point, size_t count, double t,
                                 const double *v, gp_moved *moved) {
    gp_lanes products = {0}, squares = {0};
    gp_words before = {0}, after = {0};
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes was = *(const gp_lanes *)(x + i), base = *(const gp_lanes *)(point + i);
        gp_lanes step = was - base;
        if (v)
            step = *(const gp_lanes *)(v + i);
        gp_lanes is = base + t * step;
        *(gp_lanes *)(x + i) = is;
        products += (is - base) * step;
        squares += step * step;
        before += (gp_words)was;
        after += (gp_words)is;
    }
    for (; i < count; i++) {
        double was = x[i], step = v ? v[i] : was - point[i];
        uint64_t word;
        x[i] = point[i] + t * step;
        products[i % GP_LANES] += (x[i] - point[i]) * step;
        squares[i % GP_LANES] += step * step;
        memcpy(&word, &was, sizeof word);
        before[i % GP_LANES] += word;
        memcpy(&word, &x[i], sizeof word);
        after[i % GP_LANES] += word;
    }
    for (size_t k = 0; k < GP_LANES; k++) {
        moved->along += products[k];
        moved->square += squares[k];
    }
    moved->before = sum_of_lanes(&before, count);
    moved->after = sum_of_lanes(&after, count);
}

int gp_evaluator_is_placed(const gp_evaluator *e, uint64_t placement) {
    return placement == e->placement && e->x_dtype == GP_FLOAT64 && !e->function->lower;
}

/* Entries [first, end) are going to be moved piece by piece. Where that is all of x, what it was is
 * summed and compared on the way, else before. */
static void begin_pass(gp_evaluator *e, size_t first, size_t end) {
    const gp_function *f = e->function;
    e->passing =
        e->unseen && first == f->own && end == f->own_end && e->x_dtype == GP_FLOAT64 && !f->lower;
    if (!e->passing)
        (void)gp_evaluator_look_after(e);
    e->summed = f->own;
    e->along = 1;
}

/* As move_piece, and sums x as it was and as it becomes while that is at hand. */
static void pass_piece(gp_evaluator *e, size_t first, size_t count, double t, const double *v,
                       double *along, double *square) {
    const gp_function *f = e->function;
    double *x = (double *)e->x + first;
    gp_moved moved = {0};
    move_piece(x, e->point + first, count, t, v, &moved);
    *along += moved.along;
    *square += moved.square;
    if (e->expected)
        memcpy((double *)e->expected + first, x, count * sizeof *x);
    if (e->passing && first != e->summed) { /* out of turn: what x was can't be told any more */
        e->passing = 0;
        e->unseen = NULL;
    }
    if (!e->lean || first != e->summed || (count != PIECE && first + count != f->own_end))
        return;
    e->after = add_piece(first > f->own ? e->after : 0, moved.after);
    e->before = add_piece(first > f->own ? e->before : 0, moved.before);
    e->summed = first + count;
    if (e->summed < f->own_end)
        return;
    if (e->passing)
        compare(e, e->before);
    e->passing = 0;
    e->sum = e->after;
}

void gp_evaluator_scale(gp_evaluator *e, double ratio, double *along, double *square) {
    begin_pass(e, e->astray, e->astray_end);
    for (size_t at = e->astray; at < e->astray_end; at += PIECE)
        pass_piece(e, at, e->astray_end - at < PIECE ? e->astray_end - at : PIECE, ratio, NULL,
                   along, square);
}

void gp_evaluator_leave(gp_evaluator *e, size_t first, size_t end) {
    begin_pass(e, first, end);
    if (e->astray < e->astray_end) {
        put_back(e, e->astray, e->astray_end < first ? e->astray_end : first);
        put_back(e, e->astray > end ? e->astray : end, e->astray_end);
    }
    e->astray = first;
    e->astray_end = end;
    e->placement++;
}

void gp_evaluator_shift(gp_evaluator *e, size_t first, size_t count, double t, const double *v,
                        double *along, double *square) {
    const gp_function *f = e->function;
    for (size_t at = 0; at < count && e->x_dtype == GP_FLOAT64 && !f->lower; at += PIECE)
        pass_piece(e, first + at, count - at < PIECE ? count - at : PIECE, t, v + at, along,
                   square);
    if (e->x_dtype == GP_FLOAT64 && !f->lower)
        return;
    for (size_t i = 0; i < count; i++) {
        *along += move(e, first + i, t * v[i]) * v[i];
        *square += v[i] * v[i];
    }
}

static void tell(const gp_evaluator *e, gp_call_kind call) {
    if (e->progress)
        gp_tell(e->progress->call, (int)call);
}

/* What a callback has returned means that much. */
static gp_outcome meaning_of(gp_evaluator *e, int returned) {
    if (returned == GP_NO_MEMORY)
        return gp_evaluator_fault(e, "memory", "a callback is out of memory");
    return returned ? GP_NOT_HERE : GP_EVALUATED;
}

static gp_outcome stop(gp_evaluator *e) {
    return gp_evaluator_fault(e, "interrupted", "the check was interrupted");
}

gp_outcome gp_evaluator_set_batch(gp_evaluator *e, size_t batch) {
    if (!e->function->batch)
        return GP_EVALUATED;
    tell(e, GP_CALL_CHOICE);
    int refused = e->function->batch(e->function->user, batch);
    tell(e, GP_CALL_NONE);
    return meaning_of(e, refused);
}

gp_outcome gp_evaluator_select_examples(gp_evaluator *e, size_t first, size_t count) {
    const gp_function *f = e->function;
    if (!f->select_examples)
        return GP_EVALUATED;
    tell(e, GP_CALL_CHOICE);
    int refused = f->select_examples(f->user, first, count);
    tell(e, GP_CALL_NONE);
    return meaning_of(e, refused);
}

gp_outcome gp_evaluator_select_part(gp_evaluator *e, size_t part) {
    const gp_function *f = e->function;
    if (!f->select_part)
        return GP_EVALUATED;
    tell(e, GP_CALL_CHOICE);
    int refused = f->select_part(f->user, part);
    tell(e, GP_CALL_NONE);
    return meaning_of(e, refused);
}

gp_outcome gp_evaluator_silence(gp_evaluator *e, size_t i, char *name, size_t size) {
    if (gp_evaluator_is_stopped(e))
        return stop(e);
    memset(name, 0, size);
    if (e->progress) /* who watches sees one call end and the next begin */
        gp_tell(e->progress->entry, i);
    tell(e, GP_CALL_SILENCE);
    int unknown = e->function->silence(e->function->user, i, name, size - 1);
    tell(e, GP_CALL_NONE);
    name[size - 1] = '\0';
    return meaning_of(e, unknown);
}

/* The first byte that isn't red, or `bytes`. */
static size_t first_stain(const char *zone, size_t bytes) {
    const unsigned char *byte = (const unsigned char *)zone;
    size_t i = 0;
    if (byte[0] == RED && memcmp(zone, zone + 1, bytes - 1) == 0)
        return bytes;
    while (byte[i] == RED)
        i++;
    return i;
}

/* The same of the zones before and after an array of `bytes`: so many bytes next to it. */
static int is_stained_before(const char *array, size_t zone) {
    return first_stain(array - zone, zone) < zone;
}

static size_t stain_after(const char *array, size_t bytes, size_t zone) {
    return first_stain(array + bytes, zone);
}

/* How much of the red zones is looked at after this call: all after each gradient, after values
 * number 1, 2, 4, ... (and as a run of tasks ends), and where x takes longer anyway. */
static size_t zone_of(gp_evaluator *e, int gradient) {
    static const size_t LARGE = 1 << 17; /* entries */
    uint64_t number = gradient ? 0 : ++e->calls;
    return (number & (number - 1)) == 0 || gradient || e->function->n >= LARGE ? RED_ZONE
                                                                               : NEAR_ZONE;
}

/* Both red zones of an array, and that x (`expected`; NULL for g) wasn't written to. */
static gp_outcome check_array(gp_evaluator *e, const char *callback, const char *name,
                              const char *storage, gp_dtype dtype, const void *expected,
                              size_t zone) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(dtype), bytes = f->n * size;
    const char *array = storage + RED_ZONE;
    size_t after = stain_after(array, f->own_end * size, zone);
    if (after < zone)
        return gp_evaluator_fault(
            e, "overrun", "%s wrote past the end of %s: at index %zu of %zu entries (after %s)",
            callback, name, f->own_end + after / size, f->n,
            f->block[gp_function_block_number(f, f->own_end - 1)].name);
    if (is_stained_before(array + f->own * size, zone))
        return gp_evaluator_fault(e, "overrun", "%s wrote before the start of %s (before %s)",
                                  callback, name, f->block[0].name);
    if (expected && memcmp(array, expected, bytes) != 0) {
        size_t i = 0;
        while (memcmp(array + i * size, (const char *)expected + i * size, size) == 0)
            i++;
        char entry[256];
        gp_function_entry_name(f, i, entry, sizeof entry);
        return gp_evaluator_fault(e, "wrote-x",
                                  "%s wrote to its input: x entry %s went from %g to %g", callback,
                                  entry, load(dtype, expected, i), load(dtype, array, i));
    }
    return GP_EVALUATED;
}

/* All arrays of the evaluator's own, but for lean x. */
static gp_outcome check_arrays(gp_evaluator *e, const char *callback, size_t zone) {
    gp_outcome outcome = check_array(e, callback, "x", e->x_storage, e->x_dtype, e->expected, zone);
    if (outcome == GP_EVALUATED && e->narrow)
        outcome =
            check_array(e, callback, "x", e->narrow_storage, GP_FLOAT32, e->narrow_expected, zone);
    if (outcome == GP_EVALUATED)
        outcome =
            check_array(e, callback, "the gradient", e->g_storage, e->function->dtype, NULL, zone);
    return outcome;
}

gp_outcome gp_evaluator_look_around(gp_evaluator *e) {
    return check_arrays(e, "a callback", RED_ZONE);
}

/* put_off: x may be looked after later. */
static gp_outcome check_guards(gp_evaluator *e, const char *callback, int put_off, size_t zone) {
    if (e->lean)
        e->unseen = callback;
    if (e->spoilt || (!put_off && gp_evaluator_look_after(e) == GP_FAULT))
        return GP_FAULT;
    return check_arrays(e, callback, zone);
}

/* Before a call: hold the random draw, tell who watches. */
static void begin(gp_evaluator *e, gp_call_kind call) {
    if (call != GP_CALL_VALUE)
        gp_evaluator_settle(e);
    if (e->lean && e->summed != e->function->own_end)
        e->sum = checksum(e);
    e->summed = e->function->own_end;
    if (e->progress)
        gp_tell(e->progress->evaluations, gp_told(e->progress->evaluations) + 1);
    if (e->function->seed) {
        tell(e, GP_CALL_SEED);
        (void)meaning_of(e, e->function->seed(e->function->user, e->seed));
    }
    tell(e, call);
}

static void end(gp_evaluator *e) {
    tell(e, GP_CALL_NONE);
}

int gp_evaluator_is_spent(gp_evaluator *e, uint64_t evaluations) {
    e->spent |= (e->allowance > 0 && evaluations >= e->allowance) ||
                (e->deadline > 0 && gp_seconds_now() > e->deadline);
    return e->spent;
}

double gp_evaluator_grace(const gp_evaluator *e) {
    return gp_grace(e->deadline - e->made);
}

int gp_evaluator_is_stopped(gp_evaluator *e) {
    if (e->unstoppable)
        return 0;
    return (e->progress && gp_told(e->progress->stop)) ||
           gp_evaluator_is_spent(e, e->values + e->gradients);
}

/* Ranks that see different values would go different ways. */
static gp_outcome agree_on_value(gp_evaluator *e, gp_outcome outcome, double value) {
    const gp_team *team = e->function->team;
    size_t ranks = (size_t)team->ranks;
    double *all = malloc(ranks * sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    outcome = gp_team_agree(team, e, outcome);
    gp_outcome exchanged = gp_team_gather(team, e, &value, sizeof value, all);
    for (size_t r = 1; r < ranks && exchanged == GP_EVALUATED && outcome == GP_EVALUATED; r++)
        if (memcmp(&all[r], &all[0], sizeof *all) != 0)
            outcome = gp_evaluator_fault(e, "team",
                                         "the value callback returns %.17g on rank 0 and %.17g on "
                                         "rank %zu: reduce it to the same number on all",
                                         all[0], all[r], r);
    free(all);
    return exchanged == GP_EVALUATED ? outcome : exchanged;
}

/* Where a callback is to write `count` numbers: in the middle of margins of their own, for it may
 * write more than it was asked for. */
static double *new_returned(gp_evaluator *e, size_t count) {
    double *to = e->returned + MARGIN;
    memset(e->returned, RED, MARGIN * sizeof *to);
    memset(to + count, RED, MARGIN * sizeof *to);
    for (size_t k = 0; k < count; k++)
        to[k] = NAN;
    return to;
}

static int is_margin_clean(const double *margin) {
    const unsigned char *byte = (const unsigned char *)margin;
    int clean = 1;
    for (size_t k = 0; k < MARGIN * sizeof *margin; k++)
        clean &= byte[k] == RED;
    return clean;
}

static gp_outcome check_returned(gp_evaluator *e, const char *callback, size_t count) {
    if (is_margin_clean(e->returned) && is_margin_clean(e->returned + MARGIN + count))
        return GP_EVALUATED;
    return gp_evaluator_fault(e, "overrun", "%s wrote past the %zu %s that it returns", callback,
                              count, gp_plural(count, "number", "numbers"));
}

gp_outcome gp_evaluator_value(gp_evaluator *e, double *value) {
    const gp_function *f = e->function;
    int refused, along = e->along;
    if (gp_evaluator_is_stopped(e))
        return stop(e);
    if (!along)
        gp_evaluator_settle(e);
    e->along = 0;
    if (e->outside)
        return GP_NOT_HERE;
    double *returned = new_returned(e, 1);
    begin(e, GP_CALL_VALUE);
    if (f->value_f64)
        refused = f->value_f64(f->user, f->n, e->x, returned);
    else if (f->value_f32)
        refused = f->value_f32(f->user, f->n, e->x, returned);
    else if (f->value_gradient_f64)
        refused = f->value_gradient_f64(f->user, f->n, e->x, returned, e->g);
    else
        refused = f->value_gradient_f32(f->user, f->n, e->x, returned, e->g);
    end(e);
    e->values++;
    double v = *returned;
    gp_outcome outcome = check_guards(e, "the value callback", along, zone_of(e, 0));
    if (outcome == GP_EVALUATED)
        outcome = check_returned(e, "the value callback", 1);
    if (outcome == GP_EVALUATED)
        outcome = meaning_of(e, refused);
    if (f->team)
        outcome = agree_on_value(e, outcome, v);
    if (outcome == GP_FAULT)
        return outcome;
    *value = v;
    return outcome == GP_NOT_HERE || !isfinite(v) ? GP_NOT_HERE : GP_EVALUATED;
}

int gp_evaluator_has_entries(const gp_evaluator *e) {
    const gp_function *f = e->function;
    return f->entries_f64 && f->value_f64 && f->dtype == GP_FLOAT64 && !f->lower;
}

gp_outcome gp_evaluator_entries(gp_evaluator *e, size_t count, const size_t *entry,
                                const double *number, double *values) {
    const gp_function *f = e->function;
    gp_evaluator_settle(e);
    e->along = 0;
    if (gp_evaluator_is_stopped(e))
        return stop(e);
    double *returned = new_returned(e, count);
    begin(e, GP_CALL_VALUE);
    int refused = f->entries_f64(f->user, f->n, e->x, e->same, count, entry, number, returned);
    e->same = 1;
    end(e);
    e->values += count;
    if (e->progress)
        gp_tell(e->progress->evaluations, gp_told(e->progress->evaluations) + count - 1);
    for (size_t k = 0; k < count; k++)
        values[k] = refused ? NAN : returned[k];
    if (check_returned(e, "the entries callback", count) == GP_FAULT ||
        meaning_of(e, refused) == GP_FAULT)
        return GP_FAULT;
    /* Comparing all of x would cost more than a few entries do: the next large call sees to it. */
    static const size_t LARGE = 64;
    return count < LARGE ? GP_EVALUATED : check_guards(e, "the entries callback", 0, zone_of(e, 0));
}

int gp_evaluator_has_changes(const gp_evaluator *e) {
    const gp_function *f = e->function;
    return f->changes_f64 && f->value_f64 && !f->lower && !f->team;
}

double *gp_evaluator_new_direction(gp_evaluator *e) {
    size_t n = e->function->n;
    if (!e->v_storage)
        e->v_storage = red_storage(n, GP_FLOAT64);
    if (!e->v_storage)
        return NULL;
    e->direction++;
    e->same_direction = 0;
    return memset((char *)e->v_storage + RED_ZONE, 0, n * sizeof(double));
}

gp_outcome gp_evaluator_changes(gp_evaluator *e, size_t count, const double *step,
                                double *changes) {
    const gp_function *f = e->function;
    const char *v = (const char *)e->v_storage + RED_ZONE;
    gp_evaluator_settle(e);
    e->along = 0;
    if (gp_evaluator_is_stopped(e))
        return stop(e);
    double *returned = new_returned(e, count);
    uint64_t sum = checksum_of(v, f->n * sizeof(double));
    begin(e, GP_CALL_VALUE);
    int refused = f->changes_f64(f->user, f->n, e->x, (const double *)(const void *)v,
                                 e->same_direction, count, step, returned);
    e->same_direction = 1;
    end(e);
    e->values += count;
    if (e->progress)
        gp_tell(e->progress->evaluations, gp_told(e->progress->evaluations) + count - 1);
    for (size_t k = 0; k < count; k++)
        changes[k] = refused ? NAN : returned[k];
    if (check_returned(e, "the changes callback", count) == GP_FAULT ||
        meaning_of(e, refused) == GP_FAULT)
        return GP_FAULT;
    if (checksum_of(v, f->n * sizeof(double)) != sum)
        return gp_evaluator_fault(e, "wrote-x", "the changes callback wrote to its direction v");
    size_t zone = zone_of(e, 0);
    gp_outcome outcome =
        check_array(e, "the changes callback", "v", e->v_storage, GP_FLOAT64, NULL, zone);
    return outcome == GP_EVALUATED ? check_guards(e, "the changes callback", 0, zone) : outcome;
}

/* x in the function's own precision, which is wider where a float32 function has a float64 value.
 */
static const void *own_precision(gp_evaluator *e) {
    for (size_t i = 0; i < e->function->n && e->narrow; i++)
        e->narrow[i] = e->narrow_expected[i] = (float)load(e->x_dtype, e->x, i);
    return e->narrow ? (const void *)e->narrow : e->x;
}

static int is_poison(gp_dtype dtype, const void *array, size_t k) {
    return dtype == GP_FLOAT64
               ? memcmp((const double *)array + k, &POISON_F64, sizeof POISON_F64) == 0
               : memcmp((const float *)array + k, &POISON_F32, sizeof POISON_F32) == 0;
}

GP_VECTOR static void fill_with_poison(gp_dtype dtype, void *array, size_t count) {
    for (size_t k = 0; k < count && dtype == GP_FLOAT64; k++)
        memcpy((double *)array + k, &POISON_F64, sizeof POISON_F64);
    for (size_t k = 0; k < count && dtype == GP_FLOAT32; k++)
        memcpy((float *)array + k, &POISON_F32, sizeof POISON_F32);
}

/* Is there no poison among `count` doubles? */
GP_VECTOR static int is_clean(const double *array, size_t count) {
    gp_bits poisoned = {0}, poison = {0};
    poison += (int64_t)POISON_F64;
    size_t k = 0;
    int clean = 1;
    for (; k + GP_LANES <= count; k += GP_LANES)
        poisoned |= *(const gp_bits *)(array + k) == poison;
    for (; k < count; k++)
        clean &= memcmp(array + k, &POISON_F64, sizeof POISON_F64) != 0;
    for (size_t lane = 0; lane < GP_LANES; lane++)
        clean &= poisoned[lane] == 0;
    return clean;
}

gp_outcome gp_evaluator_gradient(gp_evaluator *e, gp_poison poison, double *gradient,
                                 unsigned char *written, double *value) {
    const gp_function *f = e->function;
    int wide = f->dtype == GP_FLOAT64;
    if (e->outside)
        return GP_NOT_HERE;
    if (poison == GP_POISON_NAN)
        fill_with_poison(f->dtype, (char *)e->g + f->own * gp_dtype_size(f->dtype),
                         f->own_end - f->own);
    for (size_t i = f->own; i < f->own_end && poison == GP_POISON_NUMBER; i++)
        store(f->dtype, e->g, i, GP_POISON_NUMBER_VALUE);
    gp_evaluator_settle(e);
    const void *x = own_precision(e);
    double *together = new_returned(e, 1);
    int refused, with_value = 0;
    begin(e, GP_CALL_GRADIENT);
    if (f->gradient_f64) {
        refused = f->gradient_f64(f->user, f->n, x, e->g);
    } else if (f->gradient_f32) {
        refused = f->gradient_f32(f->user, f->n, x, e->g);
    } else {
        with_value = 1;
        refused = wide ? f->value_gradient_f64(f->user, f->n, x, together, e->g)
                       : f->value_gradient_f32(f->user, f->n, x, together, e->g);
    }
    end(e);
    e->gradients++;
    gp_outcome outcome = check_guards(e, "the gradient callback", 0, zone_of(e, 1));
    if (outcome == GP_EVALUATED && with_value)
        outcome = check_returned(e, "the value-and-gradient callback", 1);
    if (outcome == GP_EVALUATED)
        outcome = meaning_of(e, refused);
    outcome = gp_team_agree(f->team, e, outcome);
    if (outcome != GP_EVALUATED)
        return outcome;
    if (with_value && value)
        *value = *together;
    int in_place =
        e->lean && wide && gradient == (double *)e->g && !written && poison == GP_POISON_NAN;
    int all_written = !in_place || !f->plants || is_clean(gradient + f->own, f->own_end - f->own);
    for (size_t i = f->own; i < f->own_end && !in_place; i++) {
        int changed = poison == GP_POISON_NUMBER ? load(f->dtype, e->g, i) != GP_POISON_NUMBER_VALUE
                                                 : !is_poison(f->dtype, e->g, i);
        all_written &= changed;
        if (written)
            written[i] = (unsigned char)changed;
        gradient[i] = load(f->dtype, e->g, i);
    }
    /* A plant is made on a whole gradient; poison must stay recognisable. */
    if (f->plants && (all_written || poison == GP_POISON_NUMBER) &&
        gp_function_apply_plants(f, e->point, gradient) != GP_OK)
        return gp_evaluator_fault(e, "memory", "out of memory while planting a mistake");
    return GP_EVALUATED;
}

double *gp_evaluator_new_suspect(const gp_evaluator *e) {
    size_t n = e->function->n;
    double *g = gp_large_alloc((n + MARGIN) * sizeof *g);
    if (g)
        memset(g + n, RED, MARGIN * sizeof *g);
    return g;
}

gp_outcome gp_evaluator_suspect(gp_evaluator *e, size_t suspect, double *g) {
    const gp_function *f = e->function;
    begin(e, GP_CALL_GRADIENT);
    int refused = f->suspect_gradient(f->user, suspect, f->n, e->point, g);
    end(e);
    if (!is_margin_clean(g + f->n))
        return gp_evaluator_fault(e, "overrun", "the suspects' callback wrote past the end of g");
    return meaning_of(e, refused);
}

gp_outcome gp_evaluator_complex(gp_evaluator *e, size_t entry, double h, double *re, double *im) {
    const gp_function *f = e->function;
    double *w = new_returned(e, 2);
    for (size_t i = 0; i < f->n; i++) {
        e->complex_x[2 * i] = e->point[i];
        e->complex_x[2 * i + 1] = 0;
    }
    e->complex_x[2 * entry + 1] = h;
    gp_evaluator_settle(e);
    begin(e, GP_CALL_VALUE);
    int refused = f->complex_value(f->user, f->n, e->complex_x, w);
    end(e);
    e->values++;
    gp_outcome outcome = check_guards(e, "the complex value callback", 0, zone_of(e, 0));
    if (outcome == GP_EVALUATED)
        outcome = check_returned(e, "the complex value callback", 2);
    *re = w[0];
    *im = w[1];
    if (outcome == GP_EVALUATED)
        outcome = meaning_of(e, refused);
    if (outcome != GP_EVALUATED)
        return outcome;
    return !isfinite(w[0]) || !isfinite(w[1]) ? GP_NOT_HERE : GP_EVALUATED;
}

int gp_call_map(const gp_function *f, int claim, const void *x, const void *in, size_t count,
                void *out) {
    size_t n = f->n, m = f->outputs;
    int wide = f->dtype == GP_FLOAT64;
    switch (claim) {
    case GP_CLAIM_JACOBIAN:
        return wide ? f->jacobian_f64(f->user, n, x, count, out)
                    : f->jacobian_f32(f->user, n, x, count, out);
    case GP_CLAIM_VJP:
        return wide ? f->vjp_f64(f->user, n, x, m, in, out) : f->vjp_f32(f->user, n, x, m, in, out);
    case GP_CLAIM_JVP:
        return wide ? f->jvp_f64(f->user, n, x, in, m, out) : f->jvp_f32(f->user, n, x, in, m, out);
    case GP_CLAIM_HESSIAN:
        return wide ? f->hessian_f64(f->user, n, x, count, out)
                    : f->hessian_f32(f->user, n, x, count, out);
    case GP_CLAIM_HVP:
        return wide ? f->hvp_f64(f->user, n, x, in, out) : f->hvp_f32(f->user, n, x, in, out);
    default:
        return wide ? f->map_f64(f->user, n, x, m, out) : f->map_f32(f->user, n, x, m, out);
    }
}

/* Arrays in red zones for one call: `to` for count outputs, `from` for its vector, `keep` what that
 * was. */
/* An array of `count` between red zones, the room's own: kept where it is small, since red zones
 * take longer to make than a small map takes. NULL without memory. */
static char *take_room(gp_room *room, size_t count, gp_dtype dtype) {
    if (room->storage && room->count == count)
        return room->storage + RED_ZONE;
    free(room->storage);
    *room = (gp_room){red_storage(count, dtype), count};
    return room->storage ? room->storage + RED_ZONE : NULL;
}

static void leave_room(gp_room *room) {
    enum { SMALL = 1 << 17 }; /* numbers */
    if (room->count <= SMALL)
        return;
    free(room->storage);
    *room = (gp_room){NULL, 0};
}

/* Calls the callback of `claim` (a gp_claim, or GP_CLAIMS for the map itself) and looks at the red
 * zones of what it was given: `inputs` numbers in `in`, or NULL, and `count` to be written. */
static gp_outcome call_guarded(gp_evaluator *e, int claim, const char *callback, gp_poison poison,
                               const char *in, size_t inputs, char *result, size_t count) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(f->dtype), zone = zone_of(e, claim != GP_CLAIMS);
    uint64_t sum = in ? checksum_of(in, inputs * size) : 0;
    if (poison == GP_POISON_NAN)
        fill_with_poison(f->dtype, result, count);
    for (size_t k = 0; k < count && poison == GP_POISON_NUMBER; k++)
        store(f->dtype, result, k, GP_POISON_NUMBER_VALUE);
    if (claim == GP_CLAIMS)
        gp_evaluator_settle(e);
    begin(e, claim == GP_CLAIMS ? GP_CALL_MAP : GP_CALL_CLAIM);
    int refused = gp_call_map(f, claim, own_precision(e), in, count, result);
    end(e);
    if (claim == GP_CLAIMS)
        e->values++;
    else
        e->gradients++;
    gp_outcome outcome = check_guards(e, callback, 0, zone);
    if (outcome != GP_EVALUATED)
        return outcome;
    size_t after = stain_after(result, count * size, zone);
    if (after < zone)
        return gp_evaluator_fault(e, "overrun",
                                  "%s wrote past the end of its %zu outputs, at index %zu",
                                  callback, count, count + after / size);
    if (is_stained_before(result, zone))
        return gp_evaluator_fault(e, "overrun", "%s wrote before the start of its outputs",
                                  callback);
    if (in && (stain_after(in, inputs * size, zone) < zone || is_stained_before(in, zone) ||
               checksum_of(in, inputs * size) != sum))
        return gp_evaluator_fault(e, "wrote-x", "%s wrote to the vector it was given", callback);
    return meaning_of(e, refused);
}

static gp_outcome guarded_map(gp_evaluator *e, int claim, gp_poison poison, const double *in,
                              size_t count, double *out, unsigned char *written) {
    char callback[32];
    snprintf(callback, sizeof callback, "the %s callback",
             claim == GP_CLAIMS ? "map" : gp_claim_string((gp_claim)claim));
    size_t inputs = claim == GP_CLAIM_VJP ? e->function->outputs : e->function->n;
    gp_dtype dtype = e->function->dtype;
    if (gp_evaluator_is_stopped(e))
        return stop(e);
    if (e->outside)
        return GP_NOT_HERE;
    gp_room *room_in = &e->claim_in[claim], *room_out = &e->claim_out[claim];
    char *from = in ? take_room(room_in, inputs, dtype) : NULL;
    char *to = take_room(room_out, count, dtype);
    if (!to || (in && !from))
        return gp_evaluator_fault(e, "memory", "out of memory");
    for (size_t k = 0; k < inputs && in; k++)
        store(dtype, from, k, in[k]);
    gp_outcome outcome = call_guarded(e, claim, callback, poison, from, inputs, to, count);
    for (size_t k = 0; k < count && outcome != GP_FAULT; k++) {
        if (written)
            written[k] = poison == GP_POISON_NUMBER ? load(dtype, to, k) != GP_POISON_NUMBER_VALUE
                                                    : !is_poison(dtype, to, k);
        out[k] = load(dtype, to, k);
    }
    leave_room(room_in);
    leave_room(room_out);
    return outcome;
}

gp_outcome gp_evaluator_map(gp_evaluator *e, int second, double *y) {
    const gp_function *f = e->function;
    if (second)
        return gp_evaluator_gradient(e, GP_POISON_NAN, y, NULL, NULL);
    return guarded_map(e, GP_CLAIMS, GP_POISON_NAN, NULL, f->outputs, y, NULL);
}

gp_outcome gp_evaluator_claim(gp_evaluator *e, gp_claim claim, gp_poison poison, const double *in,
                              size_t count, double *out, unsigned char *written) {
    return guarded_map(e, claim, poison, in, count, out, written);
}
