/* See subject.hpp. */
#include "subject.hpp"

#include <algorithm>

namespace corpus {

static double value_at(const problem &p, bool narrow, const double *at) {
    if (!narrow)
        return p.value(at);
    std::vector<float> x(at, at + p.n());
    return p.value32(x.data());
}

static std::vector<double> gradient_at(const problem &p, bool narrow, const double *at) {
    const size_t n = p.n();
    std::vector<double> g(n);
    if (!narrow) {
        p.gradient(at, g.data());
        return g;
    }
    std::vector<float> x(at, at + n), slope(n);
    p.gradient32(x.data(), slope.data());
    return std::vector<double>(slope.begin(), slope.end());
}

double subject::value(const double *at) const {
    return value_at(*p, narrow, at);
}

size_t subject::unwritten() const {
    if (!mistake || mistake->manner != planted::UNWRITTEN)
        return p->n();
    size_t at = mistake->index;
    for (size_t k = 0; k < mistake->block; k++)
        at += p->blocks[k].entries();
    return at;
}

void subject::gradient(const double *at, double *g) {
    const size_t n = p->n();
    std::vector<double> correct = gradient_at(*p, narrow, at);
    const size_t missing = unwritten();
    if (mistake && mistake->manner == planted::GRADIENT) {
        std::vector<double> spoilt;
        mistake->spoil(*p, std::vector<double>(at, at + n), correct, spoilt);
        correct = spoilt;
    }
    accumulated.resize(n);
    for (size_t i = 0; i < n; i++) {
        double v = correct[i];
        if (mistake && mistake->manner == planted::ACCUMULATED)
            v = accumulated[i] += v;
        if (i != missing)
            g[i] = narrow ? double(float(v)) : v;
    }
}

/* A gradient may be right and its own rounding still be as large as the tolerance: such a point
 * says nothing. */
static bool is_right(const problem &p, const std::vector<double> &g, const std::vector<double> &low,
                     const std::vector<double> &high, double rtol) {
    size_t at = 0;
    for (const block &b : p.blocks) {
        std::vector<double> sizes;
        for (size_t i = at; i < at + b.entries(); i++)
            if (double size = std::fmax(std::fabs(low[i]), std::fabs(high[i])))
                sizes.push_back(size);
        std::sort(sizes.begin(), sizes.end());
        double typical = sizes.empty() ? 0 : sizes[sizes.size() / 2];
        for (size_t end = at + b.entries(); at < end; at++) {
            double size = std::fmax(std::fabs(low[at]), std::fabs(high[at]));
            double off = std::fmax(low[at] - g[at], g[at] - high[at]);
            if (!std::isfinite(g[at]) || !std::isfinite(size) ||
                off > 0.25 * rtol * (size + 0.1 * typical))
                return false;
        }
    }
    return true;
}

bool prepare(const problem &p, uint64_t seed, size_t point, bool narrow, double rtol, subject &s) {
    const size_t n = p.n();
    random draw(seed, p.name + " point", point);
    s = subject();
    s.p = &p;
    s.narrow = narrow;
    s.point = point;
    s.x.resize(n);
    s.low.resize(n);
    s.high.resize(n);
    p.start(draw, point, s.x.data());
    for (double &v : s.x)
        v = narrow ? double(float(v)) : v;
    s.right = gradient_at(p, narrow, s.x.data());
    reference_range(p, s.x.data(), s.low.data(), s.high.data());
    return std::isfinite(s.value(s.x.data())) && is_right(p, s.right, s.low, s.high, rtol);
}

} // namespace corpus
