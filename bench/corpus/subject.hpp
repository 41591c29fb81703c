/* A problem at a point, in either precision, with or without a mistake: what every checker is
 * handed. */
#ifndef CORPUS_SUBJECT_HPP
#define CORPUS_SUBJECT_HPP

#include "mistakes.hpp"

namespace corpus {

struct subject {
    const problem *p = nullptr;
    bool narrow = false; /* float32 */
    size_t point = 0;
    std::vector<double> x, right, low, high; /* n: the point, the right gradient, the reference */
    const planted *mistake = nullptr;
    std::vector<double> accumulated;
    double constant = 0; /* added to the float64 value that is checked */

    double value(const double *at) const;
    /* The entry that is never written; n if all are. */
    size_t unwritten() const;
    /* The gradient under test; that entry keeps what it was. */
    void gradient(const double *at, double *g);
};

/* Point number `point` of a problem under a seed. False where it says nothing: the value isn't
 * finite there, or the gradient is right and its own rounding still as large as the tolerance rtol.
 */
bool prepare(const problem &p, uint64_t seed, size_t point, bool narrow, double rtol, subject &s);

} // namespace corpus

#endif
