/* Functions that rounding hides from differences: values that stand still at every step in use,
 * values in stairs below float64's own rounding, and parameters at either end of the number range.
 */
#include "problem.hpp"

namespace corpus {

namespace {

/* x rounded to `bits` significant bits, as a float64 function that stores it in a shorter format
 * rounds it. The quad reference, and the derivative on every tape, are of the mathematics. */
double Shortened(double x, int bits) {
    int exponent;
    double mantissa = std::frexp(x, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits);
}
f32 Shortened(f32 x, int bits) {
    return f32(Shortened(double(x.v), bits));
}
quad Shortened(quad x, int) {
    return x;
}
#ifdef GP_WITH_PROVE
gradproof::ball Shortened(const gradproof::ball &x, int) {
    return x;
}
#endif
template <class T> var<T> Shortened(const var<T> &x, int bits) {
    return var<T>(Shortened(x.v, bits), x.at, T(1.0));
}
enum { FLOAT32 = 24, FLOAT16 = 11, BFLOAT16 = 8 };

/* A sum of terms of this family. */
template <class F>
problem *add_sum(corpus_list &list, const std::string &name, size_t n, double low, double high,
                 F term, bool float32 = true) {
    return add_sum_of(list, "rounding", name, n, low, high, term, float32);
}

void add_saturated(corpus_list &list) {
    problem *p;
    add_sum(list, "saturated -log sigmoid(x)", 4, 38, 60,
            [](const auto &x, size_t) { return -Log(Sigmoid(x)); });
    add_sum(
        list, "saturated -log sigmoid(x) at the edge", 4, 30, 40,
        [](const auto &x, size_t) { return -Log(Sigmoid(x)); }, false);
    add_sum(list, "saturated 1 - tanh x", 5, 12, 25,
            [](const auto &x, size_t) { return 1.0 - Tanh(x); });
    add_sum(
        list, "1 - cos x near 1e-9", 3, 5e-10, 2e-9,
        [](const auto &x, size_t) { return 1.0 - Cos(x); }, false);
    add_sum(
        list, "1e20 (1 - cos x) near 1e-9", 3, 5e-10, 2e-9,
        [](const auto &x, size_t) { return 1e20 * (1.0 - Cos(x)); }, false)
        ->terms = 1e20;
    add_sum(list, "erfc form 1 - erf x, far out", 4, 6, 9,
            [](const auto &x, size_t i) { return (i + 1.0) * (1.0 - Erf(x)); });
    p = from_formula(list, "rounding", "confident softmax cross-entropy",
                     {{"W", 3, 4, 1}, {"b", 3, 1, 1}}, [](const auto *x) {
                         using S = SCALAR(x);
                         static const double in[4] = {1, 0.5, 2, 1.5};
                         S e[3], sum(0.0);
                         for (int k = 0; k < 3; k++) {
                             S z = x[12 + k];
                             for (int i = 0; i < 4; i++)
                                 z += x[4 * k + i] * in[i];
                             e[k] = Exp(z);
                             sum += e[k];
                         }
                         return -Log(e[0] / sum);
                     });
    p->start = [](random &r, size_t, double *x) {
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < 4; i++)
                x[4 * k + i] = (k ? -1 : 1) * r.between(3, 6);
        for (int k = 0; k < 3; k++)
            x[12 + k] = r.between(-1, 1);
    };
    p = from_formula(list, "rounding", "one saturated factor beside a live one", {{"x", 1, 6, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int i = 0; i < 6; i++)
                             sum += i % 2 ? 1.0 - Tanh(x[i]) : Sin(x[i]);
                         return sum;
                     });
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 6; i++)
            x[i] = i % 2 ? r.between(18, 24) : r.between(-2, 2);
    };
}

void add_stairs(corpus_list &list) {
    problem *p;
    p = from_formula(
        list, "rounding", "attention with float32 logits beside a float64 penalty",
        {{"Q", 3, 4, 1}, {"K", 3, 4, 1}, {"V", 3, 2, 2}},
        [](const auto *x) {
            using S = SCALAR(x);
            const S *q = x, *k = x + 12, *v = x + 24;
            S total(0.0);
            for (int i = 0; i < 3; i++) {
                S e[3], sum(0.0);
                for (int j = 0; j < 3; j++) {
                    S logit(0.0);
                    for (int d = 0; d < 4; d++)
                        logit += q[4 * i + d] * k[4 * j + d];
                    e[j] = Exp(Shortened(0.5 * logit, FLOAT32));
                    sum += e[j];
                }
                for (int d = 0; d < 2; d++) {
                    S out(0.0);
                    for (int j = 0; j < 3; j++)
                        out += e[j] / sum * v[2 * j + d];
                    total += Square(out - 0.3);
                }
            }
            for (int i = 0; i < 30; i++)
                total += 1e-3 * x[i] * x[i];
            return total;
        },
        false);
    p->noisy = true;
    p->start = uniform_start(30, -1.5, 1.5);
    add_sum(
        list, "float32 exponentials among float64 squares", 8, -1, 2,
        [](const auto &x, size_t i) {
            return i % 2 ? Shortened(Exp(x), FLOAT32) : x * x * (i + 1.0);
        },
        false)
        ->noisy = true;
    add_sum(
        list, "a float32 product and a float64 sine of one variable", 6, 0.2, 2,
        [](const auto &x, size_t) { return Shortened(x * x, FLOAT32) + Sin(3.0 * x); }, false)
        ->noisy = true;
    add_sum(
        list, "bfloat16 storage of each variable", 6, 0.2, 2,
        [](const auto &x, size_t) { return Sin(Shortened(x, BFLOAT16)); }, false)
        ->noisy = true;
    add_sum(
        list, "float16 storage of every other variable", 6, 0.2, 2,
        [](const auto &x, size_t i) { return Square(i % 2 ? x : Shortened(x, FLOAT16)); }, false)
        ->noisy = true;
    p = from_formula(
        list, "rounding", "bfloat16 activations of a layer", {{"W", 4, 3, 1}},
        [](const auto *x) {
            using S = SCALAR(x);
            static const double in[3] = {0.7, -1.1, 0.4}, out[4] = {0.9, -1.3, 0.6, 1.1};
            S sum(0.0);
            for (int j = 0; j < 4; j++) {
                S z(0.0);
                for (int i = 0; i < 3; i++)
                    z += x[3 * j + i] * in[i];
                sum += out[j] * Shortened(Tanh(z), BFLOAT16);
            }
            return Sin(sum);
        },
        false);
    p->noisy = true;
    p->start = uniform_start(12, -1.5, 1.5);
    p = from_formula(
        list, "rounding", "float16 sum of terms that cancel, beside a line", {{"w", 1, 6, 0}},
        [](const auto *x) {
            using S = SCALAR(x);
            S z(0.0);
            for (int i = 0; i < 6; i++)
                z += x[i] * (i - 2.5);
            return Sin(Shortened(z, FLOAT16)) + 0.01 * z;
        },
        false);
    p->noisy = true;
    p->start = uniform_start(6, -1, 1);
    p = from_formula(
        list, "rounding", "squares of bfloat16 products", {{"x", 1, 5, 0}},
        [](const auto *x) {
            using S = SCALAR(x);
            S sum(0.0);
            for (int i = 0; i < 5; i++)
                sum += Square(Shortened(x[i] * (i + 1.0), BFLOAT16)) + 0.1 * x[i];
            return sum;
        },
        false);
    p->noisy = true;
    p->start = uniform_start(5, 0.3, 2);
    add_sum(
        list, "a sum that is kept in float32, and its logarithm", 10, 0.5, 2,
        [](const auto &x, size_t i) {
            return Log(1.0 + Shortened(x * (i + 1.0), FLOAT32)) + 0.1 * x * x;
        },
        false)
        ->noisy = true;
}

void add_extreme(corpus_list &list) {
    add_sum(
        list, "log x near 1e200", 5, 1e199, 3e200,
        [](const auto &x, size_t i) { return (i + 1.0) * Log(x); }, false);
    add_sum(
        list, "(x / 1e200)^2", 5, -2e200, 2e200,
        [](const auto &x, size_t) { return Square(x / 1e200); }, false);
    add_sum(
        list, "sin(1e200 x)", 5, -2e-200, 2e-200,
        [](const auto &x, size_t) { return Sin(1e200 * x); }, false);
    add_sum(
        list, "1 / (1 + x / 1e-250)", 5, 1e-250, 3e-250,
        [](const auto &x, size_t) { return 1.0 / (1.0 + x / 1e-250); }, false);
    add_sum(
        list, "sqrt x near 1e280", 5, 1e280, 3e280,
        [](const auto &x, size_t i) { return (i + 1.0) * Sqrt(x); }, false);
    add_sum(
        list, "sqrt x near 1e-280", 5, 1e-280, 3e-280,
        [](const auto &x, size_t i) { return (i + 1.0) * Sqrt(x); }, false);
}

/* A derivative by hand would be written without the cancellation that a tape inherits, or of the
 * function without its rounding: what is right is the reference, rounded. */
void take_reference(problem *p) {
    auto reference = p->reference;
    size_t n = p->n();
    p->gradient = [reference, n](const double *x, double *g) {
        std::vector<quad> point(x, x + n), exact(n);
        reference(point.data(), exact.data());
        for (size_t i = 0; i < n; i++)
            g[i] = double(exact[i]);
    };
    if (p->gradient32)
        p->gradient32 = [reference, n](const float *x, float *g) {
            std::vector<quad> point(x, x + n), exact(n);
            reference(point.data(), exact.data());
            for (size_t i = 0; i < n; i++)
                g[i] = float(exact[i]);
        };
}

} // namespace

void add_rounding(corpus_list &list, uint64_t) {
    size_t first = list.size();
    add_saturated(list);
    for (size_t k = first; k < list.size(); k++) {
        list[k]->noisy = true; /* no value near x tells the derivative */
        list[k]->terms = std::fmax(list[k]->terms, 1);
        take_reference(list[k].get());
    }
    first = list.size();
    add_stairs(list);
    for (size_t k = first; k < list.size(); k++)
        if (list[k]->name.find("float16") != std::string::npos)
            take_reference(list[k].get());
    add_extreme(list);
}

} // namespace corpus
