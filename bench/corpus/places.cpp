/* Places where a right gradient is easily accused: descent from them ends beside singular matrices
 * and poles, clips are within reach, or they are exact minima, where nothing moves the value. */
#include "problem.hpp"

namespace corpus {

namespace {

std::function<void(random &, size_t, double *)> normal_start(size_t n) {
    return [n](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = r.normal();
    };
}

std::function<void(random &, size_t, double *)> fixed_start(const std::vector<double> &at) {
    return [at](random &, size_t, double *x) { std::copy(at.begin(), at.end(), x); };
}

/* Gaussian elimination with pivots: returns log |det A| and leaves A's solution in b. */
template <class S> S eliminate(size_t n, std::vector<S> a, std::vector<S> &b) {
    S sum(0.0);
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            pivot = Abs(a[i * n + k]) > Abs(a[pivot * n + k]) ? i : pivot;
        for (size_t j = 0; j < n; j++)
            std::swap(a[pivot * n + j], a[k * n + j]);
        std::swap(b[pivot], b[k]);
        sum += Log(Abs(a[k * n + k]));
        for (size_t i = k + 1; i < n; i++) {
            S factor = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            b[i] -= a[i * n + j] * b[j];
        b[i] /= a[i * n + i];
    }
    return sum;
}

template <class S> S clip(const S &x, double low, double high) {
    return x < S(low) ? S(low) : S(high) < x ? S(high) : x;
}

void add_singular(corpus_list &list) {
    problem *p;
    p = from_formula(list, "singular", "log |det| by elimination", {{"A", 4, 4, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         std::vector<S> b(4, S(0.0));
                         return eliminate(4, std::vector<S>(x, x + 16), b);
                     });
    p->start = normal_start(16);
    p = from_formula(list, "singular", "linear system, solved", {{"A", 3, 3, 0}, {"b", 1, 3, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         std::vector<S> b(x + 9, x + 12);
                         (void)eliminate(3, std::vector<S>(x, x + 9), b);
                         return b[0] + 2.0 * b[1] + b[2] * b[2];
                     });
    p->start = normal_start(12);
    p = from_formula(list, "singular", "inverse of a nearly singular matrix", {{"A", 3, 3, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         std::vector<S> b = {S(1.0), S(-2.0), S(0.5)};
                         (void)eliminate(3, std::vector<S>(x, x + 9), b);
                         return b[0] + b[1] + b[2];
                     });
    p->start = [](random &r, size_t, double *x) {
        double off = std::pow(10, -r.between(2, 6));
        for (size_t i = 0; i < 6; i++)
            x[i] = r.normal();
        for (size_t i = 0; i < 3; i++)
            x[6 + i] = x[i] + x[3 + i] + off * r.normal();
    };
    p = from_formula(list, "singular", "1 / (a - b)", {{"x", 1, 8, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 8; i += 2)
            sum += 1.0 / (x[i] - x[i + 1]);
        return sum;
    });
    p->start = uniform_start(8, 0, 1);
    p = from_formula(list, "singular", "attraction -1/r", {{"x", 4, 3, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < i; j++)
                sum -=
                    1.0 / Sqrt(Square(x[3 * i] - x[3 * j]) + Square(x[3 * i + 1] - x[3 * j + 1]) +
                               Square(x[3 * i + 2] - x[3 * j + 2]));
        return sum;
    });
    p->start = normal_start(12);
    p = from_formula(list, "singular", "tangent and log |x|", {{"x", 1, 8, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 8; i += 2)
            sum += Sin(2.0 * x[i]) / Cos(2.0 * x[i]) + (i + 1.0) * Log(Abs(x[i + 1]));
        return sum;
    });
    p->start = uniform_start(8, -1, 1);
}

/* a (1 + d), d between 1e-7 and 1e-1 to either side */
double beside(random &r, double a) {
    double off = std::pow(10, -r.between(1, 7));
    return a * (1 + (r.uniform() < 0.5 ? -off : off));
}

/* The given point itself is nearer to a pole than steps go. */
void add_edges(corpus_list &list) {
    problem *p;
    p = from_formula(list, "singular", "log |x - y|, close", {{"x", 1, 6, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 6; i += 2)
            sum += (i + 1.0) * Log(Abs(x[i] - x[i + 1]));
        return sum;
    });
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 6; i += 2)
            x[i + 1] = beside(r, x[i] = r.normal());
    };
    p = from_formula(list, "singular", "x / (x - a), close", {{"x", 1, 6, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 6; i++)
            sum += x[i] / (x[i] - (1.0 + i));
        return sum;
    });
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 6; i++)
            x[i] = beside(r, 1.0 + i);
    };
    p = from_formula(list, "singular", "one pole beside squares", {{"x", 1, 6, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum = 1.0 / (x[0] - 1.0);
                         for (int i = 1; i < 6; i++)
                             sum += x[i] * x[i];
                         return sum;
                     });
    p->start = [](random &r, size_t, double *x) {
        x[0] = beside(r, 1);
        for (int i = 1; i < 6; i++)
            x[i] = r.normal();
    };
}

void add_clipped(corpus_list &list) {
    problem *p;
    p = from_formula(list, "clipped", "log of clipped probabilities", {{"p", 1, 10, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int i = 0; i < 10; i++)
                             sum += (i % 3 - 1.0) * Log(clip<S>(x[i], 1e-6, 1 - 1e-6));
                         return sum;
                     });
    p->smooth = false;
    p->start = uniform_start(10, -0.2, 1.1);
    p = from_formula(list, "clipped", "cross-entropy of clipped sigmoids", {{"w", 1, 6, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int e = 0; e < 20; e++) {
                             S z(0.0);
                             for (int k = 0; k < 6; k++)
                                 z += std::sin(1.3 * e * (k + 1) + k) * x[k];
                             S y = clip<S>(Sigmoid(z), 1e-3, 1 - 1e-3);
                             sum -= (e % 2 ? Log(y) : Log(1.0 - y)) / 20.0;
                         }
                         return sum;
                     });
    p->smooth = false;
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 6; i++)
            x[i] = 3 * r.normal();
    };
    p = from_formula(list, "clipped", "angle of a clipped cosine", {{"c", 1, 8, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int i = 0; i < 8; i++) {
                             S c = clip<S>(x[i], -1 + 1e-5, 1 - 1e-5);
                             sum += (i + 1.0) * Atan(Sqrt((1.0 - c) / (1.0 + c)));
                         }
                         return sum;
                     });
    p->smooth = false;
    p->start = uniform_start(8, 0.3, 1.2);
    p = from_formula(list, "clipped", "roots, dead below 0", {{"x", 1, 12, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 12; i++)
            sum += (i + 1.0) * Sqrt(Max(x[i], S(1e-8)));
        return sum;
    });
    p->smooth = false;
    p->start = uniform_start(12, -1, 1);
}

void add_minima(corpus_list &list) {
    problem *p;
    p = from_formula(list, "minimum", "Rosenbrock at its minimum", {{"x", 1, 6, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int i = 0; i < 5; i++)
                             sum += 100.0 * Square(x[i + 1] - x[i] * x[i]) + Square(1.0 - x[i]);
                         return sum;
                     });
    p->start = fixed_start(std::vector<double>(6, 1));
    const std::vector<double> truth = {1, -2, 0.5, 3, -0.25};
    p = from_formula(list, "minimum", "least squares, an exact fit", {{"w", 1, 5, 0}},
                     [truth](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int e = 0; e < 12; e++) {
                             S r(0.0);
                             double y = 0;
                             for (int k = 0; k < 5; k++) {
                                 double a = (e * 7 + k * 3) % 11 - 5.0;
                                 r += a * x[k];
                                 y += a * truth[size_t(k)];
                             }
                             sum += 0.5 * Square(r - y);
                         }
                         return sum;
                     });
    p->start = fixed_start(truth);
    p = from_formula(list, "minimum", "network that fits exactly", {{"W", 4, 2, 1}, {"v", 1, 4, 2}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int e = 0; e < 8; e++) {
                             S y(0.0), z(0.0);
                             for (int h = 0; h < 4; h++) {
                                 double a = (e % 3 - 1.0) * (h + 1), b = (e % 5 - 2.3) / (h + 1);
                                 y += x[8 + h] * Max(S(0.0), a * x[2 * h] + b * x[2 * h + 1]);
                                 z += Max(S(0.0), S(a) + S(b));
                             }
                             sum += Square(y - z);
                         }
                         return sum;
                     });
    p->smooth = false;
    p->start = fixed_start(std::vector<double>(12, 1));
}

} // namespace

void add_places(corpus_list &list, uint64_t) {
    add_singular(list);
    add_edges(list);
    add_clipped(list);
    add_minima(list);
}

} // namespace corpus
