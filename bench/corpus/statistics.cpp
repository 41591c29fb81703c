/* Statistics and science: likelihoods, regressions, differential equations, splines, rotations. */
#include "problem.hpp"

namespace corpus {

namespace {

template <class S> using matrix = std::vector<std::vector<S>>;

template <class S> matrix<S> zeros(size_t n) {
    return matrix<S>(n, std::vector<S>(n, S(0.0)));
}

/* A = L L', in place of nothing; A symmetric positive definite. */
template <class S> matrix<S> cholesky(const matrix<S> &A) {
    const size_t n = A.size();
    matrix<S> L = zeros<S>(n);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            S sum = A[i][j];
            for (size_t k = 0; k < j; k++)
                sum -= L[i][k] * L[j][k];
            L[i][j] = i == j ? Sqrt(sum) : sum / L[j][j];
        }
    return L;
}

/* log det A + y' A^-1 y */
template <class S> S gaussian(const matrix<S> &A, const std::vector<S> &y) {
    matrix<S> L = cholesky(A);
    S sum(0.0);
    std::vector<S> z(y.size());
    for (size_t i = 0; i < y.size(); i++) {
        S r = y[i];
        for (size_t k = 0; k < i; k++)
            r -= L[i][k] * z[k];
        z[i] = r / L[i][i];
        sum += 2.0 * Log(L[i][i]) + z[i] * z[i];
    }
    return sum;
}

struct table {
    size_t rows, columns;
    std::vector<double> X, y;
};

table made_up(uint64_t seed, const std::string &purpose, size_t rows, size_t columns) {
    random r(seed, purpose);
    table t{rows, columns, {}, {}};
    for (size_t i = 0; i < rows * columns; i++)
        t.X.push_back(r.normal());
    for (size_t i = 0; i < rows; i++)
        t.y.push_back(r.uniform());
    return t;
}

std::function<void(random &, size_t, double *)> normal_start(size_t n, double spread,
                                                             double centre = 0) {
    return [n, spread, centre](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = centre + spread * r.normal();
    };
}

/* A mean over examples of loss(eta_i, y_i), eta = X beta + b. */
template <class L>
void add_regression(corpus_list &list, const std::string &name, const table &t, L loss) {
    struct range {
        size_t first, count;
    };
    auto rows = std::make_shared<range>(range{0, t.rows});
    auto f = [t, loss, rows](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (size_t i = rows->first; i < rows->first + rows->count; i++) {
            S eta = x[t.columns];
            for (size_t k = 0; k < t.columns; k++)
                eta += t.X[i * t.columns + k] * x[k];
            sum += loss(eta, t.y[i]) / double(rows->count);
        }
        return sum;
    };
    problem *p = from_formula(list, "statistics", name,
                              {{"beta", 1, t.columns, 0}, {"intercept", 1, 1, 0}}, f);
    p->batch = t.rows;
    p->start = normal_start(t.columns + 1, 0.5);
    p->select = [rows](size_t first, size_t count) { *rows = {first, count}; };
}

} // namespace

void add_statistics(corpus_list &list, uint64_t seed) {
    const std::string family = "statistics";
    problem *p;

    table t = made_up(seed, "logistic", 40, 8);
    for (double &y : t.y)
        y = y > 0.7;
    add_regression(list, "logistic regression", t,
                   [](const auto &eta, double y) { return Softplus(eta) - y * eta; });
    t = made_up(seed, "poisson", 40, 6);
    for (double &y : t.y)
        y = std::floor(5 * y);
    add_regression(list, "Poisson regression", t,
                   [](const auto &eta, double y) { return Exp(eta) - y * eta; });
    t = made_up(seed, "least squares", 30, 7);
    add_regression(list, "least squares", t,
                   [](const auto &eta, double y) { return 0.5 * Square(eta - y); });
    t = made_up(seed, "student", 30, 5);
    add_regression(list, "Student t regression", t,
                   [](const auto &eta, double y) { return 2.5 * Log1p(Square(eta - y) / 4.0); });

    /* Gaussian likelihood with log-determinant: mean mu (4) and the Cholesky factor's entries (10),
     * Sigma = L L' + 0.1 I */
    t = made_up(seed, "gaussian", 12, 4);
    p = from_formula(list, family, "Gaussian likelihood with log-determinant",
                     {{"mu", 1, 4, 0}, {"L", 1, 10, 0}}, [t](const auto *x) {
                         using S = SCALAR(x);
                         matrix<S> A = zeros<S>(4), L = zeros<S>(4);
                         for (size_t i = 0, k = 4; i < 4; i++)
                             for (size_t j = 0; j <= i; j++)
                                 L[i][j] = x[k++];
                         for (size_t i = 0; i < 4; i++)
                             for (size_t j = 0; j < 4; j++) {
                                 A[i][j] = S(i == j ? 0.1 : 0.0);
                                 for (size_t k = 0; k < 4; k++)
                                     A[i][j] += L[i][k] * L[j][k];
                             }
                         S sum(0.0);
                         for (size_t r = 0; r < t.rows; r++) {
                             std::vector<S> y(4);
                             for (size_t k = 0; k < 4; k++)
                                 y[k] = t.X[r * 4 + k] - x[k];
                             sum += 0.5 * gaussian(A, y) / double(t.rows);
                         }
                         return sum;
                     });
    p->start = normal_start(14, 1);

    /* Gaussian process: log length scale, log amplitude, log noise (Rasmussen & Williams 2006, 5.8)
     */
    t = made_up(seed, "process", 10, 2);
    p = from_formula(list, family, "Gaussian process marginal likelihood",
                     {{"hyperparameters", 1, 3, 0}}, [t](const auto *x) {
                         using S = SCALAR(x);
                         matrix<S> K = zeros<S>(t.rows);
                         std::vector<S> y(t.rows);
                         for (size_t i = 0; i < t.rows; i++) {
                             y[i] = S(t.y[i]);
                             for (size_t j = 0; j < t.rows; j++) {
                                 double square = 0;
                                 for (size_t k = 0; k < 2; k++)
                                     square += std::pow(t.X[2 * i + k] - t.X[2 * j + k], 2);
                                 K[i][j] = Exp(2.0 * x[1] - 0.5 * square * Exp(-2.0 * x[0]));
                             }
                             K[i][i] += Exp(2.0 * x[2]);
                         }
                         return 0.5 * gaussian(K, y);
                     });
    p->start = normal_start(3, 0.5, -0.5);

    p = from_formula(list, family, "log-sum-exp", {{"x", 1, 16, 0}}, [](const auto *x) {
        using S = SCALAR(x);
        S largest = x[0], sum(0.0);
        for (int i = 1; i < 16; i++)
            largest = Max(largest, x[i]);
        for (int i = 0; i < 16; i++)
            sum += Exp(x[i] - largest);
        return largest + Log(sum);
    });
    p->start = normal_start(16, 3);

    /* Mixture of three normal distributions in one dimension */
    t = made_up(seed, "mixture", 25, 1);
    p = from_formula(list, family, "Gaussian mixture",
                     {{"weight", 1, 3, 0}, {"mean", 1, 3, 0}, {"log deviation", 1, 3, 0}},
                     [t](const auto *x) {
                         using S = SCALAR(x);
                         S total(0.0), sum(0.0);
                         for (int k = 0; k < 3; k++)
                             total += Exp(x[k]);
                         for (size_t i = 0; i < t.rows; i++) {
                             S density(0.0);
                             for (int k = 0; k < 3; k++)
                                 density += Exp(x[k] - x[6 + k] -
                                                0.5 * Square((t.X[i] - x[3 + k]) * Exp(-x[6 + k])));
                             sum -= Log(density / total) / double(t.rows);
                         }
                         return sum;
                     });
    p->start = normal_start(9, 0.7);

    /* Lotka-Volterra by 40 steps of classical Runge-Kutta: four rates and two initial values
     * against measurements; the gradient is that of the discrete adjoint. */
    p = from_formula(list, "science", "ODE adjoint (Lotka-Volterra, RK4)",
                     {{"rates", 1, 4, 0}, {"initial", 1, 2, 0}}, [](const auto *x) {
                         using S = SCALAR(x);
                         S u = x[4], v = x[5], sum(0.0);
                         const double h = 0.1;
                         auto du = [x](const S &a, const S &b) { return a * (x[0] - x[1] * b); };
                         auto dv = [x](const S &a, const S &b) { return b * (x[2] * a - x[3]); };
                         for (int k = 1; k <= 40; k++) {
                             S k1 = du(u, v), l1 = dv(u, v);
                             S k2 = du(u + 0.5 * h * k1, v + 0.5 * h * l1);
                             S l2 = dv(u + 0.5 * h * k1, v + 0.5 * h * l1);
                             S k3 = du(u + 0.5 * h * k2, v + 0.5 * h * l2);
                             S l3 = dv(u + 0.5 * h * k2, v + 0.5 * h * l2);
                             S k4 = du(u + h * k3, v + h * l3), l4 = dv(u + h * k3, v + h * l3);
                             u += h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
                             v += h / 6 * (l1 + 2.0 * l2 + 2.0 * l3 + l4);
                             if (k % 8 == 0)
                                 sum += Square(u - 1.5) + Square(v - std::sin(0.3 * k));
                         }
                         return sum;
                     });
    p->start = [](random &r, size_t, double *x) {
        const double centre[] = {1.1, 0.6, 0.5, 0.9, 1.3, 0.8};
        for (int i = 0; i < 6; i++)
            x[i] = centre[i] * r.between(0.8, 1.2);
    };

    /* -(k u')' = 1 on 20 cells, log k the parameters, u measured at 5 places: Thomas' algorithm */
    p = from_formula(list, "science", "PDE-constrained misfit (diffusion)",
                     {{"log conductivity", 1, 20, 0}}, [](const auto *x) {
                         using S = SCALAR(x);
                         const int n = 19;
                         const double h = 1.0 / 20;
                         std::vector<S> k(20), c(n), d(n), u(n);
                         for (int i = 0; i < 20; i++)
                             k[i] = Exp(x[i]);
                         for (int i = 0; i < n; i++) {
                             S below = i > 0 ? -k[i] : S(0.0), diagonal = k[i] + k[i + 1];
                             S pivot = i > 0 ? diagonal - below * c[i - 1] : diagonal;
                             c[i] = -k[i + 1] / pivot;
                             d[i] = ((h * h) - (i > 0 ? below * d[i - 1] : S(0.0))) / pivot;
                         }
                         S sum(0.0);
                         for (int i = n; i-- > 0;) {
                             u[i] = i + 1 < n ? d[i] - c[i] * u[i + 1] : d[i];
                             if (i % 4 == 1)
                                 sum += 50.0 * Square(u[i] - 0.1);
                         }
                         return sum;
                     });
    p->start = normal_start(20, 0.5);

    /* Natural cubic spline through 8 values; integral of its square by the trapezoidal rule. */
    p = from_formula(list, "science", "natural cubic spline", {{"values", 1, 8, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         std::vector<S> m(8, S(0.0)), c(8, S(0.0)), d(8, S(0.0));
                         for (int i = 1; i < 7; i++) {
                             S pivot = 4.0 - c[i - 1];
                             c[i] = S(1.0) / pivot;
                             d[i] = (6.0 * (x[i - 1] - 2.0 * x[i] + x[i + 1]) - d[i - 1]) / pivot;
                         }
                         for (int i = 6; i > 0; i--)
                             m[i] = d[i] - c[i] * m[i + 1];
                         S sum(0.0);
                         for (int k = 0; k <= 28; k++) {
                             int i = k < 28 ? k / 4 : 6;
                             double b = k / 4.0 - i, a = 1 - b;
                             S s = a * x[i] + b * x[i + 1] +
                                   ((a * a * a - a) * m[i] + (b * b * b - b) * m[i + 1]) / 6.0;
                             sum += 0.25 * s * s;
                         }
                         return sum;
                     });
    p->start = normal_start(8, 1);

    /* Rotation vector w: R(w) by Rodrigues' formula, points turned onto others. */
    t = made_up(seed, "rotation", 6, 6);
    p = from_formula(list, "science", "rotation (Rodrigues)", {{"w", 1, 3, 0}}, [t](const auto *w) {
        using S = SCALAR(w);
        S angle = Sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]), sum(0.0);
        S k[3] = {w[0] / angle, w[1] / angle, w[2] / angle};
        S sine = Sin(angle), cosine = Cos(angle);
        for (size_t r = 0; r < t.rows; r++) {
            const double *q = &t.X[6 * r];
            S along = k[0] * q[0] + k[1] * q[1] + k[2] * q[2];
            for (size_t i = 0; i < 3; i++) {
                size_t j = (i + 1) % 3, l = (i + 2) % 3;
                S turned = cosine * q[i] + sine * (k[j] * q[l] - k[l] * q[j]) +
                           (1.0 - cosine) * along * k[i];
                sum += Square(turned - q[3 + i]);
            }
        }
        return sum;
    });
    p->start = normal_start(3, 1);

    /* Quaternion that need not have length 1 */
    t = made_up(seed, "quaternion", 5, 6);
    p = from_formula(list, "science", "rotation (quaternion)", {{"q", 1, 4, 0}},
                     [t](const auto *q) {
                         using S = SCALAR(q);
                         S norm = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3], sum(0.0);
                         for (size_t r = 0; r < t.rows; r++) {
                             const double *p3 = &t.X[6 * r];
                             for (size_t i = 0; i < 3; i++) {
                                 size_t j = (i + 1) % 3, l = (i + 2) % 3;
                                 S along = q[1] * p3[0] + q[2] * p3[1] + q[3] * p3[2];
                                 S cross = q[1 + j] * p3[l] - q[1 + l] * p3[j];
                                 S turned = ((q[0] * q[0] - (norm - q[0] * q[0])) * p3[i] +
                                             2.0 * along * q[1 + i] + 2.0 * q[0] * cross) /
                                            norm;
                                 sum += Square(turned - p3[3 + i]);
                             }
                         }
                         return sum;
                     });
    p->start = normal_start(4, 1);

    /* Lennard-Jones energy of six atoms */
    p = from_formula(list, "science", "Lennard-Jones energy", {{"position", 6, 3, 0}},
                     [](const auto *x) {
                         using S = SCALAR(x);
                         S sum(0.0);
                         for (int a = 0; a < 6; a++)
                             for (int b = 0; b < a; b++) {
                                 S square(0.0);
                                 for (int k = 0; k < 3; k++)
                                     square += Square(x[3 * a + k] - x[3 * b + k]);
                                 S sixth = S(1.0) / (square * square * square);
                                 sum += 4.0 * (sixth * sixth - sixth);
                             }
                         return sum;
                     });
    p->start = [](random &r, size_t, double *x) {
        for (int a = 0; a < 6; a++)
            for (int k = 0; k < 3; k++)
                x[3 * a + k] = 1.2 * ((a >> k) & 1) + 0.1 * r.normal() + (a > 3 ? 0.3 : 0);
    };
}

} // namespace corpus
