/* The notebook's rule: central differences of step 1e-7, and a gradient is right if
 * |grad - gradapprox| / (|grad| + |gradapprox|) <= 1e-7. */
#include "peer.hpp"

using namespace corpus;

static double norm(const std::vector<double> &v) {
    double sum = 0;
    for (double x : v)
        sum = std::hypot(sum, x);
    return sum;
}

static opinion notebook(subject &s) {
    const double step = 1e-7;
    const size_t n = s.x.size();
    std::vector<double> x = s.x, g(n, 0), d(n), off(n);
    s.gradient(x.data(), g.data());
    for (size_t i = 0; i < n; i++) {
        x[i] = s.x[i] + step;
        double plus = s.value(x.data());
        x[i] = s.x[i] - step;
        d[i] = (plus - s.value(x.data())) / (2 * step);
        x[i] = s.x[i];
        off[i] = g[i] - d[i];
    }
    return {norm(off) / (norm(g) + norm(d)) <= 1e-7, 2 * n};
}

int main(int argc, char **argv) {
    uint64_t seed;
    std::string data;
    peer_arguments(argc, argv, &seed, &data);
    ask_peer("the notebook's rule at 1e-7", seed, data, true, notebook);
}
