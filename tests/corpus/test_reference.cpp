/* Two routes to every reference gradient of the corpus: the tape in quad, and sixth-order
 * differences in quad
 *
 *     f'(x) = (45 (f1 - f-1) - 9 (f2 - f-2) + (f3 - f-3)) / 60 h + O(h^6) ,   fk = f(x + k h).
 *
 * And the right gradients are right: within rounding of the reference wherever a point is used. */
#include <cstdio>

#include "subject.hpp"

using namespace corpus;

static quad difference(const problem &p, std::vector<quad> &x, size_t i, quad h) {
    const int weight[] = {0, 45, -9, 1};
    quad keep = x[i], sum = 0;
    for (int k = 1; k <= 3; k++) {
        x[i] = keep + k * h;
        quad plus = p.exact(x.data());
        x[i] = keep - k * h;
        sum += weight[k] * (plus - p.exact(x.data()));
    }
    x[i] = keep;
    return sum / (60 * h);
}

int main(int argc, char **argv) {
    const uint64_t seed = 1;
    size_t compared = 0, wrong = 0, points = 0, unused = 0;
    for (const auto &p : make_corpus(seed, argc > 1 ? argv[1] : ""))
        for (size_t point = 0; point < 2; point++) {
            subject s;
            if (p->unseeded)
                continue;
            if (!prepare(*p, seed, point, false, 1e-5, s)) {
                unused++;
                continue;
            }
            points++;
            const size_t n = s.x.size(), stride = n > 40 ? n / 40 : 1;
            std::vector<quad> x(s.x.begin(), s.x.end()), g(n);
            p->reference(x.data(), g.data());
            quad value = p->exact(x.data());
            double largest = 0;
            for (quad v : g)
                largest = std::fmax(largest, std::fabs(double(v)));
            for (size_t i = 0; i < n; i += stride) {
                if (s.low[i] < s.high[i])
                    continue; /* a kink has no derivative to differ about */
                double size = s.x[i] != 0 ? std::fabs(s.x[i]) : 1;
                quad h = quad(1e-10) * size, d = difference(*p, x, i, h);
                /* what rounding in quad leaves (of x alone in an exact minimum), and the sixth
                 * derivative of the fastest oscillation */
                double slack =
                    1e-14 * std::fabs(double(d)) + (largest > 0 ? 1e-18 * largest : 1e-28) +
                    1e-30 * std::fmax(std::fabs(double(value)), 1e-2 * p->terms) / double(h);
                compared++;
                if (!(std::fabs(double(d - g[i])) <= slack)) {
                    printf("%s, point %zu, entry %zu: tape %.15g, difference %.15g\n",
                           p->name.c_str(), point, i, double(g[i]), double(d));
                    wrong++;
                }
            }
        }
    printf("%zu derivatives at %zu points compared (%zu points not used): %zu differ\n", compared,
           points, unused, wrong);
    return wrong || compared < 5000 || unused > points / 20;
}
