/* The corpus' functions, which are templates over their scalar, under proof: right gradients are
 * proven, planted mistakes disproven, and every interval contains the derivative that a tape in
 * quad arithmetic finds. What is open must say why. */
#include <cstdio>
#include <map>

#include "gradproof/prove.hpp"
#include "subject.hpp"

using namespace corpus;

enum { PROVEN, OPEN, DISPROVEN, CAUGHT, MISSED, PLANTED_OPEN };

static std::map<int, size_t> counted;
static size_t failures = 0;

static void fail(const problem &p, const std::string &what) {
    printf("%s: %s\n", p.name.c_str(), what.c_str());
    failures++;
}

/* Some of the rounding family keep intermediates in float32 or less: right gradients that are off
 * by that. */
static double rtol_of(const problem &p) {
    return p.family == "rounding" ? 1e-3 : 1e-5;
}

/* The same value on doubles and on balls. */
static gradproof::proof prove(const problem &p, const std::vector<double> &g,
                              const std::vector<double> &x) {
    gp_proof_options options = {};
    options.rtol = rtol_of(p);
    return gradproof::prove(
        [&p](const auto &at) {
            if constexpr (std::is_same_v<std::decay_t<decltype(at[0])>, double>)
                return p.value(at.data());
            else
                return p.balls(at.data());
        },
        g, x, options);
}

/* Does each interval contain the reference, as far as quad and then double can say? */
static void compare(const problem &p, const subject &s, const gradproof::proof &proof) {
    double largest = 0;
    for (double v : s.right)
        largest = std::fmax(largest, std::fabs(v));
    for (size_t i = 0; i < s.x.size(); i++) {
        gp_proof_entry e = proof.entry(i);
        if (s.low[i] < s.high[i]) /* a kink */
            continue;
        double slack = 1e-15 * std::fabs(s.low[i]) + 1e-20 * largest;
        if (!(e.low - slack <= s.low[i] && s.low[i] <= e.high + slack))
            fail(p, "entry " + std::to_string(i) + ": " + std::to_string(s.low[i]) + " isn't in [" +
                        std::to_string(e.low) + ", " + std::to_string(e.high) + "]");
    }
}

static void plant(const problem &p, const subject &s, uint64_t seed, size_t point) {
    for (const planted &mistake : plant_all(p, seed, point, s.x, s.right)) {
        std::vector<double> g;
        if (mistake.manner != planted::GRADIENT || !mistake.stored.empty() ||
            !(mistake.size > 10 * rtol_of(p)) || std::isinf(mistake.size) ||
            !mistake.spoil(p, s.x, s.right, g))
            continue;
        gp_proof_verdict verdict = prove(p, g, s.x).verdict();
        counted[verdict == GP_DISPROVEN ? CAUGHT : verdict == GP_OPEN ? PLANTED_OPEN : MISSED]++;
        if (verdict == GP_PROVEN)
            fail(p, "proven with " + mistake.name);
    }
}

int main(int argc, char **argv) {
    const uint64_t seed = argc > 1 ? strtoull(argv[1], nullptr, 10) : 1;
    size_t functions = 0;
    for (const auto &p : make_corpus(seed, "")) {
        if (!p->balls || p->unseeded)
            continue;
        functions++;
        for (size_t point = 0; point < 2; point++) {
            subject s;
            if (!prepare(*p, seed, point, false, 1e-5, s))
                continue;
            gradproof::proof proof = prove(*p, s.right, s.x);
            compare(*p, s, proof);
            switch (proof.verdict()) {
            case GP_PROVEN:
                counted[PROVEN]++;
                break;
            case GP_OPEN:
                counted[OPEN]++;
                printf("open: %s: %s\n", p->name.c_str(),
                       proof.lines().empty() ? "?" : proof.lines()[0].c_str());
                if (proof.lines().empty())
                    fail(*p, "open without a reason");
                continue;
            default:
                counted[DISPROVEN]++;
                fail(*p, proof.text("a right gradient"));
            }
            if (s.x.size() <= 200)
                plant(*p, s, seed, point);
        }
    }
    printf("%zu functions: right gradients %zu proven, %zu open, %zu disproven; mistakes %zu "
           "disproven, %zu open, %zu proven\n",
           functions, counted[PROVEN], counted[OPEN], counted[DISPROVEN], counted[CAUGHT],
           counted[PLANTED_OPEN], counted[MISSED]);
    return failures || functions < 25 || counted[PROVEN] < 50 || counted[CAUGHT] < 500;
}
