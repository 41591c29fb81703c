/* See place.h. */
#include "evaluate/place.h"

#include <math.h>

#include "evaluate/sums.h"
#include "function/reserve.h"
#include "system/vector.h"

double *gp_evaluator_elsewhere(gp_evaluator *e) {
    if (!e->elsewhere)
        e->elsewhere = gp_large_alloc(e->function->n * sizeof *e->elsewhere);
    if (!e->elsewhere)
        (void)gp_evaluator_fault(e, "memory", "out of memory for another point");
    return e->elsewhere;
}

/* Where the base point goes: kept in place, it is the function's own or lies elsewhere. */
static double *room_for(gp_evaluator *e, const double *point) {
    if (!e->in_place)
        return e->point;
    double *elsewhere = point == e->function->x ? NULL : gp_evaluator_elsewhere(e);
    return elsewhere ? elsewhere : e->function->x;
}

void gp_evaluator_set_point(gp_evaluator *e, const double *point) {
    const gp_function *f = e->function;
    (void)gp_evaluator_verify_x(e);
    double *base = e->point = room_for(e, point);
    if (e->in_place && base == f->x)
        point = f->x;
    int plain = e->in_place && f->dtype == GP_FLOAT64 && !f->lower;
    if (plain && base != point)
        memcpy(base + f->own, point + f->own, (f->own_end - f->own) * sizeof *point);
    if (plain)
        memcpy((double *)e->x + f->own, base + f->own, (f->own_end - f->own) * sizeof *base);
    for (size_t i = f->own; i < f->own_end && !plain; i++) {
        double v = point[i];
        if (f->lower) {
            v = fmin(fmax(v, f->lower[i]), f->upper[i]);
            e->place.out[i] = 0;
        }
        if (f->dtype == GP_FLOAT32)
            v = (double)(float)v;
        if (base != f->x)
            base[i] = v;
        gp_store(e->x_dtype, e->x, i, v);
        if (e->array.expected)
            gp_store(e->x_dtype, e->array.expected, i, v);
    }
    e->place.outside = e->place.first = e->place.end = 0;
    e->place.line = 0;
    e->watch.summed = f->own;
    e->place.told = e->place.v_told = 0;
}

/* Is x moved by the plain loops: float64 numbers without bounds, as large functions have? */
static int is_plain(const gp_evaluator *e) {
    return e->x_dtype == GP_FLOAT64 && !e->function->lower;
}

static double move(gp_evaluator *e, size_t i, double t) {
    const gp_function *f = e->function;
    double moved = gp_store(e->x_dtype, e->x, i, e->point[i] + t);
    if (e->array.expected)
        gp_store(e->x_dtype, e->array.expected, i, moved);
    if (f->lower) {
        int out = moved < f->lower[i] || moved > f->upper[i];
        e->place.outside += (size_t)out;
        e->place.outside -= e->place.out[i];
        e->place.out[i] = (unsigned char)out;
    }
    return moved - e->point[i];
}

double gp_evaluator_number(gp_evaluator *e, size_t i) {
    const gp_function *f = e->function;
    double number = gp_function_owns(f, i) ? e->point[i] : 0;
    return gp_evaluator_sum(e, &number, 1) == GP_EVALUATED ? number : NAN;
}

double gp_evaluator_move(gp_evaluator *e, size_t i, double t) {
    gp_evaluator_restore_base(e);
    e->watch.summed = e->function->own;
    return gp_function_owns(e->function, i) ? move(e, i, t) : 0;
}

/* Entries [first, end) back to the base point. */
static void put_back(gp_evaluator *e, size_t first, size_t end) {
    const gp_function *f = e->function;
    first = first > f->own ? first : f->own;
    end = end < f->own_end ? end : f->own_end;
    if (is_plain(e) && first < end) {
        size_t bytes = (end - first) * sizeof(double);
        memcpy((double *)e->x + first, e->point + first, bytes);
        if (e->array.expected)
            memcpy((double *)e->array.expected + first, e->point + first, bytes);
        return;
    }
    for (size_t i = first; i < end; i++)
        move(e, i, 0);
}

void gp_evaluator_restore_base(gp_evaluator *e) {
    (void)gp_evaluator_verify_x(e);
    if (e->place.first < e->place.end) {
        e->watch.summed = e->function->own;
        put_back(e, e->place.first, e->place.end);
    }
    e->place.first = e->place.end = 0;
    e->place.line = 0;
}

static uint64_t checksum(const gp_evaluator *e) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(e->x_dtype);
    return gp_sum_of_array((const char *)e->x + f->own * size, (f->own_end - f->own) * size);
}

/* `sum`: of x as it was found after the call. */
static void compare(gp_evaluator *e, uint64_t sum) {
    if (sum != e->watch.sum) {
        e->watch.spoilt = 1;
        (void)gp_evaluator_fault(e, "wrote-x",
                                 "%s wrote to its input: x isn't what it was before the call",
                                 e->watch.unseen);
    }
    e->watch.unseen = NULL;
}

gp_outcome gp_evaluator_verify_x(gp_evaluator *e) {
    if (e->watch.unseen)
        compare(e, checksum(e));
    return e->watch.spoilt ? GP_FAULT : GP_EVALUATED;
}

void gp_evaluator_watch_x(gp_evaluator *e) {
    if (e->in_place && e->watch.summed != e->function->own_end)
        e->watch.sum = checksum(e);
    e->watch.summed = e->function->own_end;
}

/* What a step along many entries comes to: the sums of steps times v and of v^2, and of a piece of
 * x the checksums before and after. */
typedef struct gp_moved {
    double along, square;
    uint64_t before, after;
} gp_moved;

/* x := point + t v, for a piece at most; v NULL: x - point, as x is now. */
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
    moved->before = gp_sum_of_lanes(&before, count);
    moved->after = gp_sum_of_lanes(&after, count);
}

int gp_evaluator_is_on(const gp_evaluator *e, uint64_t line) {
    return line == e->place.line && is_plain(e);
}

/* Entries [first, end) are going to be moved piece by piece. Where that is all of x, what it was is
 * summed and compared on the way, else before. */
static void begin_pass(gp_evaluator *e, size_t first, size_t end) {
    const gp_function *f = e->function;
    e->watch.passing = e->watch.unseen && first == f->own && end == f->own_end && is_plain(e);
    if (!e->watch.passing)
        (void)gp_evaluator_verify_x(e);
    e->watch.summed = f->own;
}

/* As move_piece, and sums x as it was and as it becomes while that is at hand. */
static void pass_piece(gp_evaluator *e, size_t first, size_t count, double t, const double *v,
                       double *along, double *square) {
    const gp_function *f = e->function;
    gp_watch *w = &e->watch;
    double *x = (double *)e->x + first;
    gp_moved moved = {0};
    move_piece(x, e->point + first, count, t, v, &moved);
    *along += moved.along;
    *square += moved.square;
    if (e->array.expected)
        memcpy((double *)e->array.expected + first, x, count * sizeof *x);
    if (w->passing && first != w->summed) { /* out of turn: what x was can't be told any more */
        w->passing = 0;
        w->unseen = NULL;
    }
    if (!e->in_place || first != w->summed || (count != GP_PIECE && first + count != f->own_end))
        return;
    w->after = gp_sum_add(first > f->own ? w->after : 0, moved.after);
    w->before = gp_sum_add(first > f->own ? w->before : 0, moved.before);
    w->summed = first + count;
    if (w->summed < f->own_end)
        return;
    if (w->passing)
        compare(e, w->before);
    w->passing = 0;
    w->sum = w->after;
}

void gp_evaluator_scale(gp_evaluator *e, double ratio, double *along, double *square) {
    begin_pass(e, e->place.first, e->place.end);
    for (size_t at = e->place.first; at < e->place.end; at += GP_PIECE)
        pass_piece(e, at, e->place.end - at < GP_PIECE ? e->place.end - at : GP_PIECE, ratio, NULL,
                   along, square);
}

void gp_evaluator_leave(gp_evaluator *e, uint64_t line, size_t first, size_t end) {
    begin_pass(e, first, end);
    if (e->place.first < e->place.end) {
        put_back(e, e->place.first, e->place.end < first ? e->place.end : first);
        put_back(e, e->place.first > end ? e->place.first : end, e->place.end);
    }
    e->place.first = first;
    e->place.end = end;
    e->place.line = line;
}

void gp_evaluator_shift(gp_evaluator *e, size_t first, size_t count, double t, const double *v,
                        double *along, double *square) {
    int plain = is_plain(e);
    for (size_t at = 0; at < count && plain; at += GP_PIECE)
        pass_piece(e, first + at, count - at < GP_PIECE ? count - at : GP_PIECE, t, v + at, along,
                   square);
    for (size_t i = 0; i < count && !plain; i++) {
        *along += move(e, first + i, t * v[i]) * v[i];
        *square += v[i] * v[i];
    }
}
