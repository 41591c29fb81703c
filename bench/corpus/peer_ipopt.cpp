/* Ipopt's first-order derivative test (forward differences of step 1e-8, tolerance 1e-4) on an
 * unconstrained problem. What it found stands in its output alone. */
#include <IpStdCInterface.h>

#include <cstdio>
#include <cstring>
#include <unistd.h>

#include "peer.hpp"

using namespace corpus;

namespace {

struct run {
    subject *s;
    size_t evaluations;
};

Bool value(Index, Number *x, Bool, Number *f, UserDataPtr user) {
    run *r = static_cast<run *>(user);
    r->evaluations++;
    *f = r->s->value(x);
    return std::isfinite(*f);
}

Bool gradient(Index n, Number *x, Bool, Number *g, UserDataPtr user) {
    std::fill(g, g + n, 0.0);
    static_cast<run *>(user)->s->gradient(x, g);
    return TRUE;
}

Bool no_constraints(Index, Number *, Bool, Index, Number *, UserDataPtr) {
    return TRUE;
}
Bool no_jacobian(Index, Number *, Bool, Index, Index, Index *, Index *, Number *, UserDataPtr) {
    return TRUE;
}
Bool no_hessian(Index, Number *, Bool, Number, Index, Number *, Bool, Index, Index *, Index *,
                Number *, UserDataPtr) {
    return FALSE;
}

char output[64];

opinion check(subject &s) {
    const int n = int(s.x.size());
    std::vector<double> low(s.x.size(), -2e19), high(s.x.size(), 2e19), x = s.x;
    IpoptProblem p = CreateIpoptProblem(n, low.data(), high.data(), 0, nullptr, nullptr, 0, 0, 0,
                                        value, no_constraints, gradient, no_jacobian, no_hessian);
    run r = {&s, 0};
    char test[] = "derivative_test", order[] = "first-order", level[] = "print_level",
         hessian[] = "hessian_approximation", limited[] = "limited-memory", most[] = "max_iter",
         random[] = "point_perturbation_radius", banner[] = "sb", yes[] = "yes";
    AddIpoptStrOption(p, test, order);
    AddIpoptStrOption(p, hessian, limited);
    AddIpoptStrOption(p, banner, yes);
    AddIpoptIntOption(p, level, 0);
    AddIpoptIntOption(p, most, 0);
    AddIpoptNumOption(p, random, 0); /* at the point itself, as every other checker */
    OpenIpoptOutputFile(p, output, 4);
    double f;
    IpoptSolve(p, x.data(), nullptr, &f, nullptr, nullptr, nullptr, &r);
    FreeIpoptProblem(p);
    bool accepted = false;
    if (FILE *file = fopen(output, "r")) {
        char line[1024];
        while (fgets(line, sizeof line, file))
            accepted |= strstr(line, "No errors detected") != nullptr;
        fclose(file);
    }
    return {accepted, r.evaluations};
}

} // namespace

int main(int argc, char **argv) {
    uint64_t seed;
    std::string data;
    snprintf(output, sizeof output, "/tmp/corpus_ipopt.%d", int(getpid()));
    peer_arguments(argc, argv, &seed, &data);
    ask_peer("Ipopt's derivative test", seed, data, false, check);
    remove(output);
}
