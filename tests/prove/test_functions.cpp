/* gradproof/prove.hpp on functions of many kinds, with gradients written by hand: right, proven;
 * with a mistake in one entry, disproven, and that entry alone. */
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include <Eigen/Cholesky>
#include <Eigen/Dense>

#include "gradproof/prove.hpp"
#include "gradproof/prove_eigen.hpp"

using gradproof::ball;
using std::abs;
using std::max;
using std::min;
using numbers = std::vector<double>;

static int failures = 0;

static void expect(bool held, const std::string &what) {
    if (!held) {
        printf("FAILED: %s\n", what.c_str());
        failures++;
    }
}

/* The right gradient is proven, one with 1 + 1e-4 times an entry is disproven in that entry, and
 * the value of doubles is that of balls. */
template <class F, class G>
static void both_ways(const std::string &name, const numbers &x, F f, G gradient) {
    const numbers g = gradient(x);
    gradproof::proof right = gradproof::prove(f, g, x);
    if (right.verdict() != GP_PROVEN)
        expect(false, right.text(name));
    auto [low, high] = right.value();
    double size = 1e-11 * (1 + std::fabs(low));
    expect(low - size <= right.computed() && right.computed() <= high + size,
           name + ": the value on doubles");
    for (size_t i = 0; i < g.size(); i++) {
        numbers wrong = g;
        wrong[i] += 1e-4 * (std::fabs(g[i]) + 1e-3);
        gradproof::proof p = gradproof::prove(f, wrong, x);
        expect(p.verdict() == GP_DISPROVEN, name + ": a mistake is disproven");
        for (size_t k = 0; k < g.size(); k++)
            expect((p.entry(k).verdict == GP_DISPROVEN) == (k == i), name + ": that entry alone");
    }
}

/* ---- algebra and elementary functions ----------------------------------------------------- */

static void elementary() {
    both_ways(
        "rosenbrock", {-1.2, 1.0, 0.7},
        [](const auto &x) {
            auto sum = x[0] * 0.0;
            for (size_t i = 0; i + 1 < x.size(); i++)
                sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
            return sum;
        },
        [](const numbers &x) {
            double a = x[1] - x[0] * x[0], b = x[2] - x[1] * x[1];
            return numbers{-400 * x[0] * a - 2 * (1 - x[0]),
                           200 * a - 400 * x[1] * b - 2 * (1 - x[1]), 200 * b};
        });
    both_ways(
        "log of a sum of exponentials", {1, 700, -3, 699},
        [](const auto &x) {
            auto largest = x[0];
            for (const auto &v : x)
                if (v > largest)
                    largest = v;
            auto sum = x[0] * 0.0;
            for (const auto &v : x)
                sum += exp(v - largest);
            return largest + log(sum) + x[0] + x[2]; /* no entry of rounding alone */
        },
        [](const numbers &x) {
            double sum = 0;
            for (double v : x)
                sum += std::exp(v - 700);
            numbers g;
            for (double v : x)
                g.push_back(std::exp(v - 700) / sum);
            g[0] += 1;
            g[2] += 1;
            return g;
        });
    both_ways(
        "spherical coordinates", {1.5, 0.6, -2.0},
        [](const auto &x) { /* the angle between a point and an axis, and its distance */
                            auto a = x[0] * sin(x[1]) * cos(x[2]), b = x[0] * sin(x[1]) * sin(x[2]);
                            return atan2(b, a) + hypot(a, b) + acos(cos(x[1])) * x[0];
        },
        [](const numbers &x) {
            return numbers{std::sin(x[1]) + x[1], x[0] * std::cos(x[1]) + x[0], 1.0};
        });
    both_ways(
        "powers of a variable", {1.7, -0.6, 2.3},
        [](const auto &x) { return pow(x[0], x[1]) + pow(x[1], 3) + pow(x[2], -2) + cosh(x[2]); },
        [](const numbers &x) {
            return numbers{x[1] * std::pow(x[0], x[1] - 1),
                           std::pow(x[0], x[1]) * std::log(x[0]) + 3 * x[1] * x[1],
                           -2 * std::pow(x[2], -3) + std::sinh(x[2])};
        });
    both_ways(
        "inverse hyperbolic functions", {0.3, 1.9, -0.8},
        [](const auto &x) {
            return atanh(x[0]) * acosh(x[1]) + asinh(x[2]) + asin(x[0]) + atan(x[2]) + tan(x[0]);
        },
        [](const numbers &x) {
            double c = std::cos(x[0]);
            return numbers{std::acosh(x[1]) / (1 - x[0] * x[0]) + 1 / std::sqrt(1 - x[0] * x[0]) +
                               1 / (c * c),
                           std::atanh(x[0]) / std::sqrt(x[1] * x[1] - 1),
                           1 / std::sqrt(1 + x[2] * x[2]) + 1 / (1 + x[2] * x[2])};
        });
}

/* ---- statistics and special functions ------------------------------------------------------- */

static const double Y[] = {0.3, -1.2, 2.2, 0.7, -0.4};

static double digamma(double x) { /* the derivative of lgamma, by its recurrence and series */
    double sum = 0;
    for (; x < 12; x += 1)
        sum -= 1 / x;
    double r = 1 / (x * x);
    return sum + std::log(x) - 0.5 / x -
           r * (1 / 12. - r * (1 / 120. - r * (1 / 252. - r * (1 / 240. - r / 132))));
}

static void likelihoods() {
    both_ways(
        "normal likelihood", {0.2, 0.4},
        [](const auto &x) { /* mean, log of the deviation */
                            auto sum = x[1] * 5.0;
                            for (double y : Y)
                                sum += 0.5 * pow((y - x[0]) * exp(-x[1]), 2);
                            return sum;
        },
        [](const numbers &x) {
            numbers g = {0, 5};
            for (double y : Y) {
                double r = (y - x[0]) * std::exp(-2 * x[1]);
                g[0] -= r;
                g[1] -= r * (y - x[0]);
            }
            return g;
        });
    both_ways(
        "gamma likelihood", {2.3, 0.8},
        [](const auto &x) { /* shape and rate */
                            auto sum = x[0] * 0.0;
                            for (double y : Y)
                                sum += lgamma(x[0]) - x[0] * log(x[1]) - (x[0] - 1) * log(fabs(y)) +
                                       x[1] * fabs(y);
                            return sum;
        },
        [](const numbers &x) {
            numbers g = {0, 0};
            for (double y : Y) {
                g[0] += digamma(x[0]) - std::log(x[1]) - std::log(std::fabs(y));
                g[1] += -x[0] / x[1] + std::fabs(y);
            }
            return g;
        });
    both_ways(
        "beta function", {2.4, 1.3},
        [](const auto &x) { return tgamma(x[0]) * tgamma(x[1]) / tgamma(x[0] + x[1]); },
        [](const numbers &x) {
            double b = std::tgamma(x[0]) * std::tgamma(x[1]) / std::tgamma(x[0] + x[1]);
            return numbers{b * (digamma(x[0]) - digamma(x[0] + x[1])),
                           b * (digamma(x[1]) - digamma(x[0] + x[1]))};
        });
    both_ways(
        "probit regression", {0.3, -0.8},
        [](const auto &x) {
            auto sum = x[0] * 0.0;
            for (double y : Y) /* label: the sign of y */
                sum -= log(erfc((y < 0 ? 1.0 : -1.0) * (x[0] + y * x[1]) / sqrt(2.0)) / 2.0);
            return sum;
        },
        [](const numbers &x) {
            numbers g = {0, 0};
            for (double y : Y) {
                double s = y < 0 ? 1 : -1, u = s * (x[0] + y * x[1]);
                double d = s * std::exp(-u * u / 2) / std::sqrt(2 * M_PI) /
                           (std::erfc(u / std::sqrt(2.0)) / 2);
                g[0] += d;
                g[1] += d * y;
            }
            return g;
        });
    both_ways(
        "logistic regression", {0.3, -0.8},
        [](const auto &x) {
            auto sum = x[0] * 0.0;
            for (double y : Y) {
                auto z = x[0] + y * x[1];
                sum += log1p(exp(z)) - (y > 0 ? 1.0 : 0.0) * z;
            }
            return sum / 5.0;
        },
        [](const numbers &x) {
            numbers g = {0, 0};
            for (double y : Y) {
                double d = (1 / (1 + std::exp(-x[0] - y * x[1])) - (y > 0)) / 5;
                g[0] += d;
                g[1] += d * y;
            }
            return g;
        });
    both_ways(
        "error function and its complement", {0.4, -1.1},
        [](const auto &x) { return erf(x[0]) * expm1(x[1]) + erfc(x[1]) * log1p(x[0]); },
        [](const numbers &x) {
            auto bell = [](double v) { return 2 / std::sqrt(M_PI) * std::exp(-v * v); };
            return numbers{bell(x[0]) * std::expm1(x[1]) + std::erfc(x[1]) / (1 + x[0]),
                           std::erf(x[0]) * std::exp(x[1]) - bell(x[1]) * std::log1p(x[0])};
        });
}

/* ---- matrices of Eigen's -----------------------------------------------------------------------
 */

template <class S> using matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
template <class S> using column = Eigen::Matrix<S, Eigen::Dynamic, 1>;

/* A = L L' + I from the entries of a lower triangle. */
template <class S> static matrix<S> positive(const std::vector<S> &x) {
    matrix<S> L = matrix<S>::Zero(3, 3);
    size_t at = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++)
            L(i, j) = x[at++];
    return L * L.transpose() + matrix<S>::Identity(3, 3);
}

static void matrices() {
    const numbers lower = {0.9, -0.3, 1.2, 0.5, 0.7, -0.8};
    both_ways(
        "log-determinant by Cholesky", lower,
        [](const auto &x) {
            using S = std::decay_t<decltype(x[0])>;
            matrix<S> R = Eigen::LLT<matrix<S>>(positive(x)).matrixL();
            S sum(0.0);
            for (int i = 0; i < 3; i++)
                sum += 2.0 * log(R(i, i));
            return sum;
        },
        [](const numbers &x) { /* d log det A = tr(A^-1 dA), dA = dL L' + L dL' */
                               matrix<double> L = matrix<double>::Zero(3, 3);
                               size_t at = 0;
                               for (int i = 0; i < 3; i++)
                                   for (int j = 0; j <= i; j++)
                                       L(i, j) = x[at++];
                               matrix<double> G = 2 * positive(x).inverse() * L;
                               numbers g;
                               for (int i = 0; i < 3; i++)
                                   for (int j = 0; j <= i; j++)
                                       g.push_back(G(i, j));
                               return g;
        });
    both_ways(
        "Gaussian quadratic form", {0.9, 0.4, 1.7},
        [](const auto &x) { /* y' (K + I)^-1 y for a kernel matrix K, length scale x[0] */
                            using S = std::decay_t<decltype(x[0])>;
                            matrix<S> K(2, 2);
                            K << x[1] + S(1), x[1] * exp(-1 / x[0]), x[1] * exp(-1 / x[0]),
                                x[1] + S(2);
                            column<S> y(2);
                            y << x[2], S(0.5);
                            return S(y.dot(Eigen::LLT<matrix<S>>(K).solve(y)));
        },
        [](const numbers &x) {
            /* (c y^2 + a z^2 - 2 b y z) / (a c - b^2) */
            double e = std::exp(-1 / x[0]), a = x[1] + 1, c = x[1] + 2, b = x[1] * e;
            double y = x[2], z = 0.5, det = a * c - b * b;
            double top = c * y * y + a * z * z - 2 * b * y * z;
            auto change = [&](double dac,
                              double db) { /* da = dc = dac */
                                           return (dac * (y * y + z * z) - 2 * db * y * z) / det -
                                                  top * (dac * (a + c) - 2 * b * db) / (det * det);
            };
            return numbers{change(0, b / (x[0] * x[0])), change(1, e),
                           (2 * c * y - 2 * b * z) / det};
        });
    both_ways(
        "rotation of a vector", {0.3, -0.7, 1.1},
        [](const auto &x) { /* by Euler's angles: the third coordinate, and a product */
                            using S = std::decay_t<decltype(x[0])>;
                            matrix<S> A(3, 3), B(3, 3);
                            A << cos(x[0]), -sin(x[0]), S(0), sin(x[0]), cos(x[0]), S(0), S(0),
                                S(0), S(1);
                            B << S(1), S(0), S(0), S(0), cos(x[1]), -sin(x[1]), S(0), sin(x[1]),
                                cos(x[1]);
                            column<S> v(3);
                            v << S(1), S(2), x[2];
                            column<S> r = A * (B * v);
                            return S(r(0) + 2.0 * r(1) - r(2));
        },
        [](const numbers &x) {
            double c = std::cos(x[0]), s = std::sin(x[0]), d = std::cos(x[1]), t = std::sin(x[1]);
            double u = 2 * d - t * x[2], du = -2 * t - d * x[2];
            return numbers{(-s - c * u) + 2 * (c - s * u),
                           (-s * du + 2 * c * du) - (2 * d - t * x[2]), (s * t - 2 * c * t) - d};
        });
    both_ways(
        "network of two layers", {0.5, -0.3, 0.8, 0.2, 1.1, -0.7, 0.4},
        [](const auto &x) {
            using S = std::decay_t<decltype(x[0])>;
            matrix<S> W(2, 2);
            W << x[0], x[1], x[2], x[3];
            column<S> in(2), v(2);
            in << S(0.7), S(-1.2);
            v << x[4], x[5];
            column<S> h = (W * in).unaryExpr([](const S &z) {
                using std::tanh;
                return S(tanh(z));
            });
            S z = v.dot(h) + x[6];
            return S(log(1.0 + exp(-z)));
        },
        [](const numbers &x) {
            double in[] = {0.7, -1.2}, h[2], z = x[6];
            for (int i = 0; i < 2; i++) {
                h[i] = std::tanh(x[2 * i] * in[0] + x[2 * i + 1] * in[1]);
                z += x[4 + i] * h[i];
            }
            double d = -1 / (1 + std::exp(z));
            numbers g(7);
            for (int i = 0; i < 2; i++) {
                g[4 + i] = d * h[i];
                for (int j = 0; j < 2; j++)
                    g[2 * i + j] = d * x[4 + i] * (1 - h[i] * h[i]) * in[j];
            }
            g[6] = d;
            return g;
        });
}

/* ---- simulations
 * --------------------------------------------------------------------------------- */

static void simulations() {
    both_ways(
        "decay by Heun's steps", {0.8, 1.5},
        [](const auto &x) { /* y' = -k y: each step multiplies by 1 - hk + (hk)^2 / 2 */
                            auto y = x[1];
                            for (int i = 0; i < 10; i++) {
                                auto slope = -x[0] * y, ahead = y + 0.125 * slope;
                                y = y + 0.0625 * (slope - x[0] * ahead);
                            }
                            return y;
        },
        [](const numbers &x) {
            double h = 0.125, m = 1 - h * x[0] + h * h * x[0] * x[0] / 2;
            return numbers{10 * std::pow(m, 9) * (h * h * x[0] - h) * x[1], std::pow(m, 10)};
        });
    both_ways(
        "pendulum by one step of Verlet", {0.9, -0.4},
        [](const auto &x) {
            auto half = x[1] - 0.25 * sin(x[0]);
            auto angle = x[0] + 0.5 * half;
            auto speed = half - 0.25 * sin(angle);
            return 0.5 * speed * speed - cos(angle);
        },
        [](const numbers &x) {
            double half = x[1] - 0.25 * std::sin(x[0]), a = x[0] + 0.5 * half;
            double v = half - 0.25 * std::sin(a);
            double dh0 = -0.25 * std::cos(x[0]), da0 = 1 + 0.5 * dh0;
            double dv0 = dh0 - 0.25 * std::cos(a) * da0, dv1 = 1 - 0.25 * std::cos(a) * 0.5;
            return numbers{v * dv0 + std::sin(a) * da0, v * dv1 + std::sin(a) * 0.5};
        });
    both_ways(
        "attraction of two bodies", {0.3, 0.8, -0.5, 1.9},
        [](const auto &x) {
            auto dx = x[0] - x[2], dy = x[1] - x[3];
            return -1 / sqrt(dx * dx + dy * dy) + pow(dx * dx + dy * dy, -6);
        },
        [](const numbers &x) {
            double dx = x[0] - x[2], dy = x[1] - x[3], r2 = dx * dx + dy * dy;
            double d = std::pow(r2, -1.5) / 2 - 6 * std::pow(r2, -7);
            return numbers{2 * d * dx, 2 * d * dy, -2 * d * dx, -2 * d * dy};
        });
}

/* ---- kinks, ties, edges
 * ---------------------------------------------------------------------------- */

static void kinks() {
    both_ways(
        "distance and hinge away from their kinks", {0.5, -0.25},
        [](const auto &x) { return abs(x[0]) + 3 * max(x[1], x[0] * 0.0) + min(x[0], x[1]); },
        [](const numbers &) {
            return numbers{1, 1};
        });
    auto hinge = [](const auto &x) { return max(1 - x[0] * x[1], 0 * x[0]) + x[1]; };
    /* 1 - 0.5 * 2 = 0: at the kink, where -2 or 0, and -0.5 or 0, are slopes of a side */
    for (double s : {0.0, 1.0, 0.5})
        expect(gradproof::prove(hinge, {-2 * s, 1 - 0.5 * s}, {0.5, 2}).verdict() == GP_PROVEN,
               "a slope of the subdifferential");
    expect(gradproof::prove(hinge, {-2.0, 1.0}, {0.5, 2}).verdict() == GP_OPEN, "sides mixed");
    gradproof::proof off = gradproof::prove(hinge, {-3.0, 1.0}, {0.5, 2});
    expect(off.verdict() == GP_DISPROVEN && off.entry(0).verdict == GP_DISPROVEN,
           "off for every slope");
    expect(!off.lines().empty(), "the kink is named");

    auto branches = [](const auto &x) { return x[0] < x[1] ? x[1] : x[0]; };
    gradproof::proof tie = gradproof::prove(branches, {1, 0}, {2, 2});
    expect(tie.verdict() == GP_OPEN && tie.lines()[0].find("comparison") != std::string::npos,
           "a tie is open");
    expect(gradproof::prove(branches, {1, 0}, {2, 1}).verdict() == GP_PROVEN, "no tie");

    auto same = [](const auto &x) { /* equal for every x, but no ball knows */
                                    using S = std::decay_t<decltype(x[0])>;
                                    S once = S(1) / x[0], twice = (S(1) / (3 * x[0])) * 3;
                                    return once < twice ? x[0] : 2 * x[0];
    };
    gradproof::proof never = gradproof::prove(same, {2}, {3});
    expect(never.verdict() == GP_OPEN && never.lines()[0].find("decided") != std::string::npos,
           "a comparison that can't be decided is reported");
    expect(gp_proof_precision(never.get()) == 4096, "with all bits that there are");

    auto edge = [](const auto &x) { return sqrt(x[0]) + x[1]; };
    expect(gradproof::prove(edge, {1, 1}, {0, 1}).verdict() == GP_OPEN, "the edge of a domain");
}

/* ---- what is thrown
 * ------------------------------------------------------------------------------- */

template <class E, class F> static void expect_throw(F f, const std::string &what) {
    try {
        f();
        expect(false, what);
    } catch (const E &) {
    }
}

static void exceptions() {
    auto f = [](const auto &x) { return x[0] * x[0]; };
    expect_throw<std::invalid_argument>([&] { gradproof::prove(f, {1, 2}, {1}); }, "sizes");
    expect_throw<std::invalid_argument>([&] { gradproof::prove(f, {1}, {INFINITY}); }, "a point");
    expect_throw<std::logic_error>([&] { ball(1) + ball(2); }, "balls outside of a proof");
    expect_throw<std::domain_error>([] { ball((1LL << 60) + 1); }, "whole numbers that don't fit");
    auto throws = [](const auto &x) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(x[0])>, double>)
            throw std::runtime_error("mine");
        return x[0];
    };
    expect_throw<std::runtime_error>([&] { gradproof::prove(throws, {1}, {1}); }, "f's own");
    gradproof::proof p =
        gradproof::prove(f, [](const numbers &x) { return numbers{2 * x[0]}; }, {3});
    expect(p.verdict() == GP_PROVEN &&
               p.json("square").find("gradproof.proof/1") != std::string::npos,
           "a gradient that is a function");
    /* a tenth, and the double next to it */
    auto tenth = [](const auto &x) {
        using S = std::decay_t<decltype(x[0])>;
        return S(1) / S(10) * x[0];
    };
    gradproof::proof q = gradproof::prove(tenth, {0.1}, {3});
    expect(q.entry(0).least > 5e-18 && q.entry(0).error < 6e-18, "0.1 is no tenth");
}

int main() {
    elementary();
    likelihoods();
    matrices();
    simulations();
    kinks();
    exceptions();
    printf("%d failures\n", failures);
    return failures != 0;
}
