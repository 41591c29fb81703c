/* See problem.hpp. */
#include "problem.hpp"

namespace corpus {

random::random(uint64_t seed, const std::string &purpose, uint64_t part) : state(seed + 1) {
    for (char c : purpose)
        state = (state ^ uint64_t((unsigned char)c)) * 0x100000001B3u + 0x9E3779B97F4A7C15u;
    state += part * 0xD1B54A32D192ED03u;
    (void)bits();
}

uint64_t random::bits() {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double random::uniform() {
    return (double(bits() >> 11) + 0.5) * 0x1p-53;
}

double random::between(double low, double high) {
    return low + (high - low) * uniform();
}

double random::normal() {
    double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
}

size_t random::below(size_t count) {
    return size_t(uniform() * double(count));
}

corpus_list make_corpus(uint64_t seed, const std::string &transactions) {
    corpus_list list;
    add_more_garbow_hillstrom(list, seed);
    add_networks(list, seed, transactions);
    add_kernels(list, seed);
    add_statistics(list, seed);
    add_hard(list, seed);
    add_kinks(list, seed);
    add_rounding(list, seed);
    add_places(list, seed);
    return list;
}

void reference_range(const problem &p, const double *x, double *low, double *high) {
    const size_t n = p.n();
    std::vector<quad> point(x, x + n), g(n);
    p.reference(point.data(), g.data());
    for (size_t i = 0; i < n; i++)
        low[i] = high[i] = double(g[i]);
    for (size_t i = 0; i < n && p.at_kink; i++)
        for (int side = -1; side <= 1; side += 2) { /* far closer than double can see */
            quad keep = point[i];
            point[i] += side * quad(1e-25) * (x[i] != 0 ? std::fabs(x[i]) : 1);
            p.reference(point.data(), g.data());
            point[i] = keep;
            low[i] = std::fmin(low[i], double(g[i]));
            high[i] = std::fmax(high[i], double(g[i]));
        }
}

} // namespace corpus
