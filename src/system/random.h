/* Counter-based random numbers: number i of stream s under a seed is a pure function of (seed, s,
 * i), so no process needs another's numbers and no order of work changes a report. Threefry-2x64,
 * Salmon, Moraes, Dror & Shaw (2011), from Random123. */
#ifndef GP_RANDOM_H
#define GP_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a stream is for: the streams of a check must not overlap. */
typedef enum gp_stream {
    GP_STREAM_POINT = 1, /* perturbations of theta at further points */
    GP_STREAM_NOISE,     /* the direction in which noise is measured */
    GP_STREAM_SAMPLE,    /* which entries are sampled */
    GP_STREAM_DIRECTION, /* projections */
    GP_STREAM_WEIGHTS,   /* initial weights of a network */
    GP_STREAM_DROPOUT,   /* its masks */
    GP_STREAM_SHUFFLE,   /* the order of examples */
    GP_STREAM_GENERATE,  /* made-up transactions */
    GP_STREAM_DRAW       /* seeds of the draws of a stochastic function */
} gp_stream;

/* 64 random bits: number `counter` of part `part` of a stream. */
uint64_t gp_random_bits(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter);
/* Uniform in (0, 1), never 0 or 1. */
double gp_random_uniform(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter);
/* Numbers first ... first + count - 1 of a part, uniform on the 2^16 centres of (-1, 1): eight from
 * each block of random bits, for vectors that are made anew again and again. */
void gp_random_symmetric(uint64_t seed, gp_stream stream, uint64_t part, uint64_t first,
                         size_t count, double *u);
/* Standard normal (Box & Muller 1958). */
double gp_random_normal(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter);

#endif
