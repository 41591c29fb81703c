/* Noise, kinks, jumps, and random functions. Noise is a function of x like any other: what a table
 * or a coarse output leaves behind. The reference is the derivative of the function without it;
 * that of the iterative solver, which jumps where its number of iterations changes, the derivative
 * between jumps. */
#include "problem.hpp"

#include <cstring>

namespace corpus {

namespace {

/* Uniform in (-1, 1), from the bits of x: the same at the same x, unrelated at the next. */
template <class R> double scatter(const R *x, size_t n) {
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < n; i++) {
        double wide = double(x[i]);
        uint64_t bits;
        std::memcpy(&bits, &wide, sizeof bits);
        h = (h ^ bits) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 29;
    }
    return 2 * double(h >> 11) * 0x1p-53 - 1;
}

template <class F>
problem *add(corpus_list &list, const char *family, const std::string &name, size_t n, F f,
             bool float32 = true) {
    problem *p = from_formula(list, family, name, {{"x", 1, n, 0}}, f, float32);
    p->start = [n](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = r.between(-2, 2);
    };
    return p;
}

/* The same point, but some entries exactly at `where` the kink is. */
void at_kinks(problem *p, double where) {
    const size_t n = p->n();
    p->smooth = false;
    p->at_kink = true;
    p->start = [n, where](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = i % 4 == 1 ? where : where + r.between(-2, 2);
    };
}

void add_noise(corpus_list &list, const std::string &name, double amplitude) {
    auto wave = [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 10; i++)
            sum += Sin(x[i]) * (1.0 + 0.2 * i);
        return sum;
    };
    problem *p = add(list, "noisy", name, 10, wave, false);
    p->noisy = true;
    p->value = [wave, amplitude](const double *x) { return wave(x) + amplitude * scatter(x, 10); };
}

} // namespace

void add_kinks(corpus_list &list, uint64_t seed) {
    problem *p;
    add_noise(list, "rounding-like noise of 1e-12", 1e-12);
    add_noise(list, "rounding-like noise of 1e-10", 1e-10);
    add_noise(list, "rounding-like noise of 1e-8", 1e-8);
    add_noise(list, "rounding-like noise of 1e-6", 1e-6);
    add_noise(list, "rounding-like noise of 1e-4", 1e-4);
    auto wave = [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 8; i++)
            sum += Sin(x[i]) * Cos(x[(i + 1) % 8]);
        return sum;
    };
    p = add(list, "noisy", "high-frequency noise of 1e-9", 8, wave, false);
    p->noisy = true;
    p->value = [wave](const double *x) {
        double sum = 0;
        for (int i = 0; i < 8; i++)
            sum += x[i];
        return wave(x) + 1e-9 * std::sin(1e9 * sum);
    };
    p = add(list, "noisy", "output rounded to 9 decimals", 8, wave, false);
    p->noisy = true;
    p->value = [wave](const double *x) { return std::round(1e9 * wave(x)) / 1e9; };
    p = add(list, "noisy", "computed in float32, returned in float64", 8, wave, false);
    p->noisy = true;
    p->value = [wave](const double *x) {
        f32 narrow[8];
        for (int i = 0; i < 8; i++)
            narrow[i] = f32(x[i]);
        return double(wave(narrow).v);
    };
    /* u = x + 0.3 sin u, solved by iteration until it moves by less than 1e-8 (a contraction by
     * 0.3) */
    auto solved = [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 6; i++) {
            S u = x[i];
            for (int k = 0; k < 200; k++) {
                S next = x[i] + 0.3 * Sin(u), change = Abs(next - u);
                u = next;
                if (change < S(1e-8))
                    break;
            }
            sum += u * u;
        }
        return sum;
    };
    p = add(list, "noisy", "iterative solver, tolerance 1e-8", 6, solved, false);
    p->noisy = true;

    p = add(list, "kink", "ReLU sum, some x = 0", 12, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 12; i++)
            sum += (i + 1.0) * Max(x[i], S(0.0));
        return sum;
    });
    at_kinks(p, 0);
    p = add(list, "kink", "absolute values, some x = 1", 12, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 12; i++)
            sum += (i + 1.0) * Abs(x[i] - 1.0) + 0.5 * x[i] * x[i];
        return sum;
    });
    at_kinks(p, 1);
    p = add(list, "kink", "L1 penalty (lasso) with zeros", 12, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0), fit(0.0);
        for (int i = 0; i < 12; i++) {
            fit += std::sin(1.0 + 3.0 * i) * x[i];
            sum += 0.1 * Abs(x[i]);
        }
        return sum + 0.5 * Square(fit - 1.0);
    });
    at_kinks(p, 0);
    p = add(list, "kink", "maximum of neighbours, some equal", 8, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 7; i++)
            sum += (i + 1.0) * Max(x[i], x[i + 1]);
        return sum;
    });
    p->smooth = false;
    p->at_kink = true;
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 8; i++)
            x[i] = i == 3 ? x[2] : r.between(-2, 2);
    };
    p = add(list, "kink", "hinge loss", 6, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 30; i++) {
            S margin(0.0);
            for (int k = 0; k < 6; k++)
                margin += std::sin(1.7 * i * (k + 1) + k) * x[k];
            sum += Max(S(0.0), 1.0 - (i % 2 ? 1.0 : -1.0) * margin) / 30.0;
        }
        return sum;
    });
    p->smooth = false;
    p = add(list, "kink", "Huber loss", 6, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 30; i++) {
            S r(std::cos(2.3 * i));
            for (int k = 0; k < 6; k++)
                r -= std::sin(1.7 * i * (k + 1) + k) * x[k];
            S size = Abs(r);
            sum += (size < S(0.5) ? 0.5 * r * r : 0.5 * (size - 0.25)) / 30.0;
        }
        return sum;
    });
    p->smooth = false;
    p = add(list, "kink", "quantile regression", 5, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 40; i++) {
            S r(std::cos(2.3 * i));
            for (int k = 0; k < 5; k++)
                r -= std::sin(1.7 * i * (k + 1) + k) * x[k];
            sum += Max(0.9 * r, -0.1 * r) / 40.0;
        }
        return sum;
    });
    p->smooth = false;
    p = add(list, "kink", "kink within 1e-6", 10, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 10; i++)
            sum += (i + 1.0) * Max(x[i], S(1.0)) + Sin(x[i]);
        return sum;
    });
    p->smooth = false;
    p->start = [](random &r, size_t, double *x) {
        for (int i = 0; i < 10; i++)
            x[i] = 1 + (r.uniform() < 0.5 ? -1 : 1) * std::pow(10, -r.between(1, 6));
    };
    p = add(list, "kink", "clipped to [-1, 1]", 10, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 10; i++) {
            S y = Sin(2.0 * x[i]) + x[i];
            sum += (i + 1.0) * (y < S(-1.0) ? S(-1.0) : S(1.0) < y ? S(1.0) : y);
        }
        return sum;
    });
    p->smooth = false;
    p = add(list, "kink", "jump: a step in the value", 8, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 8; i++)
            sum += Sin(x[i]) * (i + 1.0) + (S(0.3) < x[i] ? 1.0 : 0.0);
        return sum;
    });
    p->smooth = false;
    p = add(list, "kink", "leaky ReLU network of one unit a sample", 6, [](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 64; i++) {
            S z(0.0);
            for (int k = 0; k < 6; k++)
                z += std::sin(0.9 * i * (k + 1) + k) * x[k];
            sum += Square((z < S(0.0) ? 0.01 * z : z) - 0.5) / 64.0;
        }
        return sum;
    });
    p->smooth = false;

    /* Random functions whose draw is held: dropout's mask, Monte Carlo with common random numbers.
     */
    random draw(seed, "held draws");
    std::vector<double> mask(12), sample(200);
    for (double &m : mask)
        m = draw.uniform() < 0.3 ? 0 : 1 / 0.7;
    for (double &s : sample)
        s = draw.normal();
    add(list, "random", "dropout, mask held", 12, [mask](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (int i = 0; i < 12; i++)
            sum += mask[i] * Tanh(x[i]) * (i + 1.0);
        return sum;
    });
    add(list, "random", "Monte Carlo, draws held", 4, [sample](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (double s : sample)
            sum += Exp(-Square(x[0] + x[1] * s)) * Cos(x[2] * s + x[3]) / 200.0;
        return sum;
    });
    add(list, "random", "reparametrised expectation", 4, [sample](const auto *x) {
        using S = SCALAR(x);
        S sum(0.0);
        for (size_t k = 0; k + 1 < sample.size(); k += 2) {
            S a = x[0] + Exp(x[1]) * sample[k], b = x[2] + Exp(x[3]) * sample[k + 1];
            sum += Log1p(a * a + 0.5 * b * b) / 100.0;
        }
        return sum;
    });

    /* The same two without a seed. */
    auto anew = std::make_shared<random>(seed, "draws anew");
    p = add(
        list, "random", "dropout, mask drawn anew", 12, [](const auto *x) { return x[0] * x[0]; },
        false);
    p->unseeded = true;
    p->value = [anew](const double *x) {
        double sum = 0;
        for (int i = 0; i < 12; i++)
            sum += (anew->uniform() < 0.3 ? 0 : 1 / 0.7) * std::tanh(x[i]) * (i + 1);
        return sum;
    };
    p = add(
        list, "random", "Monte Carlo, drawn anew", 4, [](const auto *x) { return x[0] * x[0]; },
        false);
    p->unseeded = true;
    p->value = [anew](const double *x) {
        double sum = 0;
        for (int k = 0; k < 200; k++) {
            double s = anew->normal();
            sum += std::exp(-std::pow(x[0] + x[1] * s, 2)) * std::cos(x[2] * s + x[3]) / 200;
        }
        return sum;
    };
}

} // namespace corpus
