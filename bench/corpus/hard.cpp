/* Smooth functions that break checkers: scales, cancellation, oscillation, singularities, flatness.
 */
#include "problem.hpp"

#include <limits>

namespace corpus {

namespace {

double decade(size_t i, size_t n, double lowest, double highest) {
    return std::pow(10, lowest + (highest - lowest) * double(i) / double(n - 1));
}

/* A sum of terms of this family. */
template <class F>
problem *add_sum(corpus_list &list, const std::string &name, size_t n, double low, double high,
                 F term, bool float32 = true) {
    return add_sum_of(list, "hard", name, n, low, high, term, float32);
}

} // namespace

void add_hard(corpus_list &list, uint64_t) {
    problem *p;
    p = from_formula(list, "hard", "Rosenbrock, variables over 16 decades", {{"x", 1, 16, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (size_t i = 0; i < 16; i += 2) {
                             S a = x[i] / decade(i, 16, -8, 8),
                               b = x[i + 1] / decade(i + 1, 16, -8, 8);
                             sum += 100.0 * Square(b - a * a) + Square(1.0 - a);
                         }
                         return sum;
                     });
    p->start = [](random &r, size_t, double *x) {
        for (size_t i = 0; i < 16; i++)
            x[i] = decade(i, 16, -8, 8) * r.between(0.5, 1.5);
    };
    add_sum(list, "curvatures over 16 decades", 17, -2, 2,
            [](const auto &x, size_t i) { return 0.5 * decade(i, 17, -8, 8) * x * x; });
    add_sum(
        list, "1e8 + sum sin x", 12, -2, 2,
        [](const auto &x, size_t i) { return Sin(x) + (i ? 0.0 : 1e8); }, false);
    add_sum(
        list, "values near 1e300", 10, -2, 2,
        [](const auto &x, size_t i) { return 1e299 * (i + 1.0) * Sin(x); }, false);
    add_sum(
        list, "values near 1e-300", 10, -2, 2,
        [](const auto &x, size_t i) { return 1e-300 * (i + 1.0) * Sin(x); }, false);
    add_sum(
        list, "gradients of 1e-9 beside 1e9", 10, -2, 2,
        [](const auto &x, size_t i) { return decade(i, 10, -9, 9) * Sin(x); }, false);
    add_sum(list, "1e-9 sum k cos x", 12, -2, 2,
            [](const auto &x, size_t i) { return 1e-9 * (i + 1.0) * Cos(x); });
    add_sum(
        list, "sum exp(30 x)", 12, 0, 1, [](const auto &x, size_t) { return Exp(30.0 * x); },
        false);
    add_sum(
        list, "sum sin(100 x)", 12, -2, 2, [](const auto &x, size_t) { return Sin(100.0 * x); },
        false);
    add_sum(
        list, "sum sin(1e4 x)", 12, -2, 2, [](const auto &x, size_t) { return Sin(1e4 * x); },
        false);
    add_sum(
        list, "sum sin(1e6 x)", 12, -2, 2, [](const auto &x, size_t) { return Sin(1e6 * x); },
        false);
    add_sum(
        list, "sin x and a ripple of 1e-3 sin(1000 x)", 8, -2, 2,
        [](const auto &x, size_t) { return Sin(x) + 1e-3 * Sin(1000.0 * x); }, false);

    p = add_sum(list, "log near 0", 12, 0, 1, [](const auto &x, size_t) { return Log(x); });
    p->start = [](random &r, size_t, double *x) {
        for (size_t i = 0; i < 12; i++)
            x[i] = decade(i, 12, -8, 0) * r.between(0.5, 1.5);
    };
    auto log_start = p->start;
    p = add_sum(list, "square root near 0", 12, 0, 1,
                [](const auto &x, size_t) { return Sqrt(x); });
    p->start = log_start;
    p = add_sum(
        list, "1/x near 0", 12, 0, 1, [](const auto &x, size_t) { return 1.0 / x; }, false);
    p->start = log_start;
    p = add_sum(list, "entropy x log x near 0", 12, 0, 1,
                [](const auto &x, size_t) { return x * Log(x); });
    p->start = log_start;
    add_sum(list, "barrier log x + log(1 - x)", 12, 0.001, 0.999,
            [](const auto &x, size_t i) { return -(i + 1.0) * (Log(x) + Log(1.0 - x)); });
    p = add_sum(list, "near both bounds of [0, 1]", 8, 0, 1,
                [](const auto &x, size_t) { return Sqrt(x) + Sqrt(1.0 - x); });
    p->start = [](random &r, size_t, double *x) {
        for (size_t i = 0; i < 8; i++) {
            double d = std::pow(10, -6 * r.uniform());
            x[i] = i % 2 ? d : 1 - 0.999 * d;
        }
    };
    add_sum(list, "arc sine form sqrt(1 - x^2)", 8, -0.99, 0.99,
            [](const auto &x, size_t) { return Sqrt(1.0 - x * x); });
    add_sum(
        list, "removable singularity sin(x) / x", 8, -0.01, 0.01,
        [](const auto &x, size_t) { return Sin(x) / x; }, false);
    add_sum(
        list, "removable singularity (exp x - 1) / x", 8, -0.01, 0.01,
        [](const auto &x, size_t) { return (Exp(x) - 1.0) / x; }, false);
    add_sum(list, "removable singularity (1 - cos x) / x^2", 8, 0.1, 2,
            [](const auto &x, size_t) { return (1.0 - Cos(x)) / (x * x); });
    add_sum(list, "flat: exp(-x^2) far out", 8, 2, 5,
            [](const auto &x, size_t) { return Exp(-x * x); });
    add_sum(list, "flat: x^8 near 0", 8, -0.3, 0.3,
            [](const auto &x, size_t) { return Square(Square(x * x)); });
    add_sum(
        list, "narrow peaks exp(-(100 (x - 1))^2)", 8, 0.98, 1.02,
        [](const auto &x, size_t) { return Exp(-Square(100.0 * (x - 1.0))); }, false);
    add_sum(list, "saturated sigmoid(20 x)", 8, -1, 1,
            [](const auto &x, size_t) { return Sigmoid(20.0 * x); });
    add_sum(
        list, "cancellation (1e4 + x)^2 - 1e8", 8, -2, 2,
        [](const auto &x, size_t) { return Square(1e4 + x) - 1e8; }, false);
    p = from_formula(list, "hard", "product of 16 variables", {{"x", 1, 16, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S product(1.0);
        for (int i = 0; i < 16; i++)
            product *= x[i];
        return product;
    });
    p->start = uniform_start(16, 0.5, 2);
    p = from_formula(list, "hard", "Hilbert quadratic", {{"x", 1, 10, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 10; i++)
            for (int j = 0; j < 10; j++)
                sum += 0.5 / (i + j + 1.0) * x[i] * x[j];
        return sum;
    });
    p->start = uniform_start(10, -1, 1);
    p = from_formula(list, "hard", "tanh composed 20 times", {{"w", 1, 20, 0}}, [](const auto *w) {
        using S = SCALAR(w);
        S h(0.5);
        for (int i = 0; i < 20; i++)
            h = Tanh(w[i] * h + 0.1);
        return h * h;
    });
    p->start = uniform_start(20, 1, 2);
    p = from_formula(
        list, "hard", "logistic map iterated 12 times", {{"x", 1, 2, 0}},
        [](const auto *x) {
            using S = SCALAR(x);
            S u = x[0];
            for (int i = 0; i < 12; i++)
                u = x[1] * u * (1.0 - u);
            return u;
        },
        false);
    p->start = [](random &r, size_t, double *x) {
        x[0] = r.between(0.2, 0.8);
        x[1] = r.between(3.6, 3.9);
    };
    p = from_formula(
        list, "hard", "Wilkinson's polynomial", {{"x", 1, 4, 0}},
        [](const auto *x) {
            using S = SCALAR(x);
            S sum(0.0);
            for (int k = 0; k < 4; k++) {
                S product(1.0);
                for (int i = 1; i <= 20; i++)
                    product *= x[k] - double(i);
                sum += 1e-15 * product;
            }
            return sum;
        },
        false);
    p->start = uniform_start(4, 1, 20);
}

} // namespace corpus
