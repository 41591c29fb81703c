/* A problem of the corpus: a function, a right gradient to test, and an independent reference. */
#ifndef CORPUS_PROBLEM_HPP
#define CORPUS_PROBLEM_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scalar.hpp"

namespace corpus {

/* Numbers that follow from (seed, what they are for) alone. SplitMix64: Steele, Lea & Flood 2014.
 */
class random {
    uint64_t state;

  public:
    random(uint64_t seed, const std::string &purpose, uint64_t part = 0);
    uint64_t bits();
    double uniform(); /* (0, 1) */
    double between(double low, double high);
    double normal();
    size_t below(size_t count);
};

struct block {
    std::string name;
    size_t rows, columns;
    unsigned stage; /* see gp_function_add_block */
    size_t entries() const {
        return rows * columns;
    }
};

/* All functions take n numbers. Those of float32 are empty where a problem has no float32 form. */
struct problem {
    std::string name, family;
    std::vector<block> blocks;
    size_t batch = 0;      /* examples that the value is a mean over; 0: none */
    bool smooth = true;    /* false: kinks or jumps can be within reach of a step */
    bool noisy = false;    /* noise far above the rounding of values, on purpose */
    double terms = 0;      /* size of the terms that cancel in the value, where it is far smaller */
    bool at_kink = false;  /* points may lie on a kink: the reference is an interval */
    bool unseeded = false; /* draws anew at each call: no gradient can be held against it */
    std::function<void(random &, size_t point, double *x)> start;
    std::function<double(const double *x)> value;
    std::function<void(const double *x, double *g)> gradient;
    std::function<double(const float *x)> value32;
    std::function<void(const float *x, float *g)> gradient32;
    std::function<void(const quad *x, quad *g)> reference;
    std::function<quad(const quad *x)> exact; /* the value in quad, for tests */
#ifdef GP_WITH_PROVE
    /* the value on balls, for proofs; empty where a problem isn't one formula */
    std::function<gradproof::ball(const gradproof::ball *x)> balls;
#endif
    /* Makes value and gradient those over examples [first, first + count); empty where there are
     * none. */
    std::function<void(size_t first, size_t count)> select;

    size_t n() const {
        size_t sum = 0;
        for (const block &b : blocks)
            sum += b.entries();
        return sum;
    }
};

/* What is drawn anew for each seed: problems may hold data and weights of their own. */
using corpus_list = std::vector<std::unique_ptr<problem>>;

void add_more_garbow_hillstrom(corpus_list &list, uint64_t seed);
void add_networks(corpus_list &list, uint64_t seed, const std::string &transactions);
void add_kernels(corpus_list &list, uint64_t seed);
void add_statistics(corpus_list &list, uint64_t seed);
void add_hard(corpus_list &list, uint64_t seed);
void add_kinks(corpus_list &list, uint64_t seed);
void add_rounding(corpus_list &list, uint64_t seed);
void add_places(corpus_list &list, uint64_t seed);

/* The whole corpus; transactions is a CSV file or "" for made-up payments. */
corpus_list make_corpus(uint64_t seed, const std::string &transactions);

/* The derivative from the left and from the right of each entry, in quad; equal away from kinks. */
void reference_range(const problem &p, const double *x, double *low, double *high);

/* A problem from one generic lambda f(const S *x) -> S. Its right gradient comes from a tape in the
 * precision under test. */
template <class F>
problem *from_formula(corpus_list &list, const std::string &family, const std::string &name,
                      std::vector<block> blocks, F f, bool float32 = true) {
    auto p = std::make_unique<problem>();
    p->name = name;
    p->family = family;
    p->blocks = std::move(blocks);
    const size_t n = p->n();
    p->value = [f](const double *x) { return f(x); };
    p->gradient = [f, n](const double *x, double *g) { (void)differentiate<double>(f, n, x, g); };
    p->exact = [f](const quad *x) { return f(x); };
    p->reference = [f, n](const quad *x, quad *g) { (void)differentiate<quad>(f, n, x, g); };
#ifdef GP_WITH_PROVE
    p->balls = [f](const gradproof::ball *x) { return f(x); };
#endif
    if (float32) {
        p->value32 = [f, n](const float *x) {
            std::vector<f32> wrapped(n);
            for (size_t i = 0; i < n; i++)
                wrapped[i].v = x[i];
            return double(f(wrapped.data()).v);
        };
        p->gradient32 = [f, n](const float *x, float *g) {
            std::vector<f32> wrapped(n), slope(n);
            for (size_t i = 0; i < n; i++)
                wrapped[i].v = x[i];
            (void)differentiate<f32>(f, n, wrapped.data(), slope.data());
            for (size_t i = 0; i < n; i++)
                g[i] = slope[i].v;
        };
    }
    list.push_back(std::move(p));
    return list.back().get();
}

/* The type that x points to. */
#define SCALAR(x) std::decay_t<decltype(*(x))>

/* Starts uniform in [low, high]. */
inline std::function<void(random &, size_t, double *)> uniform_start(size_t n, double low,
                                                                     double high) {
    return [n, low, high](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = r.between(low, high);
    };
}

/* sum_i term(x_i, i), started so */
template <class F>
problem *add_sum_of(corpus_list &list, const std::string &family, const std::string &name, size_t n,
                    double low, double high, F term, bool float32) {
    problem *p = from_formula(
        list, family, name, {{"x", 1, n, 0}},
        [n, term](const auto *x) {
            using S = SCALAR(x);
            S sum(0.0);
            for (size_t i = 0; i < n; i++)
                sum += term(x[i], i);
            return sum;
        },
        float32);
    p->start = uniform_start(n, low, high);
    return p;
}

} // namespace corpus

#endif
