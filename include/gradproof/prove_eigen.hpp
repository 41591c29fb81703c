/* gradproof::ball as the scalar of Eigen's matrices: sums, products, and solvers without pivots
 * (LLT, LDLT of Eigen pivots). Code that chooses by comparing numbers that depend on x, as pivoting
 * does, may compare equal ones: that is open (gradproof/prove.h). */
#ifndef GRADPROOF_PROVE_EIGEN_HPP
#define GRADPROOF_PROVE_EIGEN_HPP

#include <Eigen/Core>
#include <limits>

#include <gradproof/prove.hpp>

namespace Eigen {

template <> struct NumTraits<gradproof::ball> : GenericNumTraits<gradproof::ball> {
    using Real = gradproof::ball;
    using NonInteger = gradproof::ball;
    using Nested = gradproof::ball;
    using Literal = double;
    enum {
        IsComplex = 0,
        IsInteger = 0,
        IsSigned = 1,
        RequireInitialization = 1,
        ReadCost = 2,
        AddCost = 50,
        MulCost = 50
    };
    static Real epsilon() {
        return std::numeric_limits<double>::epsilon();
    }
    static Real dummy_precision() {
        return 1e-12;
    }
    static Real highest() {
        return (std::numeric_limits<double>::max)();
    }
    static Real lowest() {
        return std::numeric_limits<double>::lowest();
    }
    static int digits10() {
        return std::numeric_limits<double>::digits10;
    }
};

template <class Operation> struct ScalarBinaryOpTraits<gradproof::ball, double, Operation> {
    using ReturnType = gradproof::ball;
};
template <class Operation> struct ScalarBinaryOpTraits<double, gradproof::ball, Operation> {
    using ReturnType = gradproof::ball;
};

} // namespace Eigen

#endif
