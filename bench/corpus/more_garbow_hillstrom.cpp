/* The 35 problems of J. J. More, B. S. Garbow & K. E. Hillstrom, "Testing unconstrained
 * optimization software", ACM TOMS 7 (1981), numbered as there: sums of squares of residuals
 * r_i(x), at the standard starting points, at 10 and at 100 times those, each with a tenth of a
 * percent of seeded jitter. */
#include "problem.hpp"

namespace corpus {

namespace {

const double BARD[] = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39,
                       0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
const double GAUSSIAN[] = {0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                           0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009};
const double MEYER[] = {34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744,
                        8261,  7030,  6005,  5147,  4427,  3820,  3307,  2872};
const double KOWALIK_Y[] = {.1957, .1947, .1735, .1600, .0844, .0627,
                            .0456, .0342, .0323, .0235, .0246};
const double KOWALIK_U[] = {4, 2, 1, .5, .25, .167, .125, .1, .0833, .0714, .0625};
const double OSBORNE_1[] = {0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818,
                            0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558,
                            0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438,
                            0.431, 0.424, 0.420, 0.414, 0.411, 0.406};
const double OSBORNE_2[] = {
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
    0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
    0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
    0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
    0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054};

/* residuals(x, r): r is called with each residual. */
template <class F>
void add(corpus_list &list, int number, const char *name, std::vector<double> standard,
         F residuals) {
    const size_t n = standard.size();
    auto f = [residuals](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        residuals(x, [&sum](const S &r) { sum += r * r; });
        return sum;
    };
    problem *p = from_formula(list, "optimisation", "MGH " + std::to_string(number) + ", " + name,
                              {{"x", 1, n, 0}}, f);
    p->start = [standard](random &r, size_t point, double *x) {
        const double far[] = {1, 10, 100};
        for (size_t i = 0; i < standard.size(); i++) {
            double base = standard[i] != 0 ? standard[i] : 0;
            x[i] = far[point % 3] *
                   (base + (point < 3 && base == 0
                                ? 0
                                : 1e-3 * r.normal() * (base != 0 ? std::fabs(base) : 1)));
        }
    };
}

std::vector<double> filled(size_t n, double (*value)(double j, double n)) {
    std::vector<double> x(n);
    for (size_t j = 0; j < n; j++)
        x[j] = value(double(j + 1), double(n));
    return x;
}

} // namespace

void add_more_garbow_hillstrom(corpus_list &list, uint64_t) {
    add(list, 1, "Rosenbrock", {-1.2, 1}, [](const auto *x, auto r) {
        r(10.0 * (x[1] - x[0] * x[0]));
        r(1.0 - x[0]);
    });
    add(list, 2, "Freudenstein and Roth", {0.5, -2}, [](const auto *x, auto r) {
        r(-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1]);
        r(-29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]);
    });
    add(list, 3, "Powell badly scaled", {0, 1}, [](const auto *x, auto r) {
        r(1e4 * x[0] * x[1] - 1.0);
        r(Exp(-x[0]) + Exp(-x[1]) - 1.0001);
    });
    add(list, 4, "Brown badly scaled", {1, 1}, [](const auto *x, auto r) {
        r(x[0] - 1e6);
        r(x[1] - 2e-6);
        r(x[0] * x[1] - 2.0);
    });
    add(list, 5, "Beale", {1, 1}, [](const auto *x, auto r) {
        using S = SCALAR(x);
        const double y[] = {1.5, 2.25, 2.625};
        S power(1.0);
        for (double yi : y) {
            power *= x[1];
            r(yi - x[0] * (1.0 - power));
        }
    });
    add(list, 6, "Jennrich and Sampson", {0.3, 0.4}, [](const auto *x, auto r) {
        for (int i = 1; i <= 10; i++)
            r(2.0 + 2.0 * i - (Exp(double(i) * x[0]) + Exp(double(i) * x[1])));
    });
    add(list, 7, "helical valley", {-1, 0, 0}, [](const auto *x, auto r) {
        using S = SCALAR(x);
        S theta = Atan(x[1] / x[0]) * 0.15915494309189535 + (x[0] < S(0.0) ? 0.5 : 0.0);
        r(10.0 * (x[2] - 10.0 * theta));
        r(10.0 * (Sqrt(x[0] * x[0] + x[1] * x[1]) - 1.0));
        r(x[2]);
    });
    add(list, 8, "Bard", {1, 1, 1}, [](const auto *x, auto r) {
        for (int i = 1; i <= 15; i++) {
            double u = i, v = 16 - i, w = u < v ? u : v;
            r(BARD[i - 1] - (x[0] + u / (v * x[1] + w * x[2])));
        }
    });
    add(list, 9, "Gaussian", {0.4, 1, 0}, [](const auto *x, auto r) {
        for (int i = 1; i <= 15; i++)
            r(x[0] * Exp(-0.5 * x[1] * Square((8.0 - i) / 2 - x[2])) - GAUSSIAN[i - 1]);
    });
    add(list, 10, "Meyer", {0.02, 4000, 250}, [](const auto *x, auto r) {
        for (int i = 1; i <= 16; i++)
            r(x[0] * Exp(x[1] / (45.0 + 5.0 * i + x[2])) - MEYER[i - 1]);
    });
    add(list, 11, "Gulf research and development", {5, 2.5, 0.15}, [](const auto *x, auto r) {
        for (int i = 1; i <= 20; i++) {
            double t = i / 100.0, y = 25 + std::pow(-50 * std::log(t), 2.0 / 3);
            r(Exp(-Power(Abs(y - x[1]), x[2]) / x[0]) - t);
        }
    });
    add(list, 12, "Box three-dimensional", {0, 10, 20}, [](const auto *x, auto r) {
        for (int i = 1; i <= 10; i++) {
            double t = 0.1 * i;
            r(Exp(-t * x[0]) - Exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
        }
    });
    add(list, 13, "Powell singular", {3, -1, 0, 1}, [](const auto *x, auto r) {
        r(x[0] + 10.0 * x[1]);
        r(std::sqrt(5.0) * (x[2] - x[3]));
        r(Square(x[1] - 2.0 * x[2]));
        r(std::sqrt(10.0) * Square(x[0] - x[3]));
    });
    add(list, 14, "Wood", {-3, -1, -3, -1}, [](const auto *x, auto r) {
        r(10.0 * (x[1] - x[0] * x[0]));
        r(1.0 - x[0]);
        r(std::sqrt(90.0) * (x[3] - x[2] * x[2]));
        r(1.0 - x[2]);
        r(std::sqrt(10.0) * (x[1] + x[3] - 2.0));
        r((x[1] - x[3]) / std::sqrt(10.0));
    });
    add(list, 15, "Kowalik and Osborne", {.25, .39, .415, .39}, [](const auto *x, auto r) {
        for (int i = 0; i < 11; i++) {
            double u = KOWALIK_U[i];
            r(KOWALIK_Y[i] - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]));
        }
    });
    add(list, 16, "Brown and Dennis", {25, 5, -5, -1}, [](const auto *x, auto r) {
        for (int i = 1; i <= 20; i++) {
            double t = i / 5.0;
            r(Square(x[0] + t * x[1] - std::exp(t)) +
              Square(x[2] + x[3] * std::sin(t) - std::cos(t)));
        }
    });
    add(list, 17, "Osborne 1", {0.5, 1.5, -1, 0.01, 0.02}, [](const auto *x, auto r) {
        for (int i = 0; i < 33; i++) {
            double t = 10.0 * i;
            r(OSBORNE_1[i] - (x[0] + x[1] * Exp(-t * x[3]) + x[2] * Exp(-t * x[4])));
        }
    });
    add(list, 18, "Biggs EXP6", {1, 2, 1, 1, 1, 1}, [](const auto *x, auto r) {
        for (int i = 1; i <= 13; i++) {
            double t = 0.1 * i, y = std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t);
            r(x[2] * Exp(-t * x[0]) - x[3] * Exp(-t * x[1]) + x[5] * Exp(-t * x[4]) - y);
        }
    });
    add(list, 19, "Osborne 2", {1.3, .65, .65, .7, .6, 3, 5, 7, 2, 4.5, 5.5},
        [](const auto *x, auto r) {
            for (int i = 0; i < 65; i++) {
                double t = i / 10.0;
                r(OSBORNE_2[i] -
                  (x[0] * Exp(-t * x[4]) + x[1] * Exp(-Square(t - x[8]) * x[5]) +
                   x[2] * Exp(-Square(t - x[9]) * x[6]) + x[3] * Exp(-Square(t - x[10]) * x[7])));
            }
        });
    add(list, 20, "Watson", std::vector<double>(9, 0), [](const auto *x, auto r) {
        using S = SCALAR(x);
        for (int i = 1; i <= 29; i++) {
            double t = i / 29.0, power = 1;
            S slope(0.0), sum(0.0);
            for (int j = 0; j < 9; j++) {
                if (j > 0)
                    slope += double(j) * (power / t) * x[j];
                sum += power * x[j];
                power *= t;
            }
            r(slope - sum * sum - 1.0);
        }
        r(x[0] + 0.0);
        r(x[1] - x[0] * x[0] - 1.0);
    });
    add(list, 21, "extended Rosenbrock",
        filled(12, [](double j, double) { return int(j) % 2 ? -1.2 : 1.0; }),
        [](const auto *x, auto r) {
            for (int i = 0; i < 12; i += 2) {
                r(10.0 * (x[i + 1] - x[i] * x[i]));
                r(1.0 - x[i]);
            }
        });
    add(list, 22, "extended Powell singular",
        filled(12,
               [](double j, double) {
                   const double start[] = {1, 3, -1, 0};
                   return start[int(j) % 4];
               }),
        [](const auto *x, auto r) {
            for (int i = 0; i < 12; i += 4) {
                r(x[i] + 10.0 * x[i + 1]);
                r(std::sqrt(5.0) * (x[i + 2] - x[i + 3]));
                r(Square(x[i + 1] - 2.0 * x[i + 2]));
                r(std::sqrt(10.0) * Square(x[i] - x[i + 3]));
            }
        });
    add(list, 23, "penalty I", filled(10, [](double j, double) { return j; }),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            S sum(-0.25);
            for (int i = 0; i < 10; i++) {
                r(std::sqrt(1e-5) * (x[i] - 1.0));
                sum += x[i] * x[i];
            }
            r(sum);
        });
    add(list, 24, "penalty II", std::vector<double>(10, 0.5), [](const auto *x, auto r) {
        using S = SCALAR(x);
        const double a = std::sqrt(1e-5);
        S sum(-1.0);
        for (int i = 0; i < 10; i++)
            sum += double(10 - i) * x[i] * x[i];
        r(x[0] - 0.2);
        for (int i = 2; i <= 10; i++) {
            double y = std::exp(i / 10.0) + std::exp((i - 1) / 10.0);
            r(a * (Exp(x[i - 1] / 10.0) + Exp(x[i - 2] / 10.0) - y));
        }
        for (int i = 1; i < 10; i++)
            r(a * (Exp(x[i] / 10.0) - std::exp(-0.1)));
        r(sum);
    });
    add(list, 25, "variably dimensioned", filled(10, [](double j, double n) { return 1 - j / n; }),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            S sum(0.0);
            for (int i = 0; i < 10; i++) {
                r(x[i] - 1.0);
                sum += double(i + 1) * (x[i] - 1.0);
            }
            r(sum);
            r(sum * sum);
        });
    add(list, 26, "trigonometric", std::vector<double>(10, 0.1), [](const auto *x, auto r) {
        using S = SCALAR(x);
        S sum(10.0);
        for (int j = 0; j < 10; j++)
            sum -= Cos(x[j]);
        for (int i = 0; i < 10; i++)
            r(sum + double(i + 1) * (1.0 - Cos(x[i])) - Sin(x[i]));
    });
    add(list, 27, "Brown almost-linear", std::vector<double>(10, 0.5), [](const auto *x, auto r) {
        using S = SCALAR(x);
        S sum(-11.0), product(1.0);
        for (int j = 0; j < 10; j++) {
            sum += x[j];
            product *= x[j];
        }
        for (int i = 0; i < 9; i++)
            r(x[i] + sum);
        r(product - 1.0);
    });
    add(list, 28, "discrete boundary value",
        filled(10, [](double j, double n) { return j / (n + 1) * (j / (n + 1) - 1); }),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            const double h = 1.0 / 11;
            for (int i = 0; i < 10; i++) {
                S below = i > 0 ? x[i - 1] : S(0.0), above = i < 9 ? x[i + 1] : S(0.0);
                S c = x[i] + (i + 1) * h + 1.0;
                r(2.0 * x[i] - below - above + 0.5 * h * h * c * c * c);
            }
        });
    add(list, 29, "discrete integral equation",
        filled(10, [](double j, double n) { return j / (n + 1) * (j / (n + 1) - 1); }),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            const double h = 1.0 / 11;
            for (int i = 0; i < 10; i++) {
                S left(0.0), right(0.0);
                for (int j = 0; j < 10; j++) {
                    double t = (j + 1) * h;
                    S c = x[j] + t + 1.0;
                    if (j <= i)
                        left += t * c * c * c;
                    else
                        right += (1 - t) * c * c * c;
                }
                double t = (i + 1) * h;
                r(x[i] + 0.5 * h * ((1 - t) * left + t * right));
            }
        });
    add(list, 30, "Broyden tridiagonal", std::vector<double>(10, -1), [](const auto *x, auto r) {
        using S = SCALAR(x);
        for (int i = 0; i < 10; i++) {
            S below = i > 0 ? x[i - 1] : S(0.0), above = i < 9 ? x[i + 1] : S(0.0);
            r((3.0 - 2.0 * x[i]) * x[i] - below - 2.0 * above + 1.0);
        }
    });
    add(list, 31, "Broyden banded", std::vector<double>(10, -1), [](const auto *x, auto r) {
        using S = SCALAR(x);
        for (int i = 0; i < 10; i++) {
            S sum = x[i] * (2.0 + 5.0 * x[i] * x[i]) + 1.0;
            for (int j = i > 5 ? i - 5 : 0; j <= i + 1 && j < 10; j++)
                if (j != i)
                    sum -= x[j] * (1.0 + x[j]);
            r(sum);
        }
    });
    add(list, 32, "linear, full rank", std::vector<double>(10, 1), [](const auto *x, auto r) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int j = 0; j < 10; j++)
            sum += x[j];
        for (int i = 0; i < 20; i++)
            r((i < 10 ? x[i] : S(0.0)) - 0.1 * sum - 1.0);
    });
    add(list, 33, "linear, rank 1", std::vector<double>(10, 1), [](const auto *x, auto r) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int j = 0; j < 10; j++)
            sum += (j + 1.0) * x[j];
        for (int i = 1; i <= 20; i++)
            r(double(i) * sum - 1.0);
    });
    add(list, 34, "linear, rank 1 with zero columns and rows", std::vector<double>(10, 1),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            S sum(0.0);
            for (int j = 1; j < 9; j++)
                sum += (j + 1.0) * x[j];
            r(S(-1.0));
            for (int i = 2; i < 20; i++)
                r((i - 1.0) * sum - 1.0);
            r(S(-1.0));
        });
    add(list, 35, "Chebyquad", filled(9, [](double j, double n) { return j / (n + 1); }),
        [](const auto *x, auto r) {
            using S = SCALAR(x);
            S before[9], here[9];
            for (int j = 0; j < 9; j++) {
                before[j] = S(1.0);
                here[j] = 2.0 * x[j] - 1.0;
            }
            for (int i = 1; i <= 9; i++) {
                S sum(0.0);
                for (int j = 0; j < 9; j++) {
                    sum += here[j];
                    S next = 2.0 * (2.0 * x[j] - 1.0) * here[j] - before[j];
                    before[j] = here[j];
                    here[j] = next;
                }
                r(sum / 9.0 + (i % 2 ? 0.0 : 1.0 / (double(i) * i - 1)));
            }
        });
}

} // namespace corpus
