/* Ceres' GradientChecker (Ridders' method) on a cost function of one residual, at the precision
 * that its solver asks for by default, 1e-8. */
#include <ceres/ceres.h>
#include <ceres/gradient_checker.h>

#include "peer.hpp"

using namespace corpus;

namespace {

class cost : public ceres::CostFunction {
    subject &s;
    mutable size_t evaluations = 0;

  public:
    explicit cost(subject &subject) : s(subject) {
        set_num_residuals(1);
        mutable_parameter_block_sizes()->push_back(int(s.x.size()));
    }
    bool Evaluate(double const *const *x, double *residual, double **jacobian) const override {
        evaluations++;
        residual[0] = s.value(x[0]);
        if (jacobian && jacobian[0]) {
            std::fill(jacobian[0], jacobian[0] + s.x.size(), 0.0);
            s.gradient(x[0], jacobian[0]);
        }
        return std::isfinite(residual[0]);
    }
    size_t count() const {
        return evaluations;
    }
};

opinion check(subject &s) {
    cost function(s);
    ceres::NumericDiffOptions options;
    options.relative_step_size = 1e-6; /* Solver::Options' own */
    const std::vector<const ceres::Manifold *> *no_manifolds = nullptr;
    ceres::GradientChecker checker(&function, no_manifolds, options);
    ceres::GradientChecker::ProbeResults results;
    const double *x[] = {s.x.data()};
    bool accepted = checker.Probe(x, 1e-8, &results);
    return {accepted, function.count()};
}

} // namespace

int main(int argc, char **argv) {
    uint64_t seed;
    std::string data;
    google::InitGoogleLogging(argv[0]);
    FLAGS_minloglevel = 3;
    peer_arguments(argc, argv, &seed, &data);
    ask_peer("Ceres GradientChecker", seed, data, false, check);
}
