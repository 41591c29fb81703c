/* Mistakes to plant into a right gradient. To add one: a function in mistakes.cpp that spoils a
 * block, and a row in its table. */
#ifndef CORPUS_MISTAKES_HPP
#define CORPUS_MISTAKES_HPP

#include "problem.hpp"

namespace corpus {

/* A mistake made concrete: in this block, of this size. */
struct planted {
    std::string name;
    size_t row;      /* of the table of mistakes */
    size_t block;    /* where it is planted */
    size_t index;    /* an entry of that block, for mistakes that concern one */
    double relative; /* the size asked for, where the mistake is graded; else 0 */
    uint64_t seed;   /* of its own random choices */
    /* The largest error of any entry beside the right gradient, |g' - g| / (max(|g'|, |g|) +
     * floor), floor a tenth of the block's median |g|: what a report's resolution is about.
     * Infinite: no number at all, or a gradient that differs from call to call. */
    double size;
    std::string
        cause; /* the diagnosis that is right; "" where any may be, "unknown" where none is */
    enum { GRADIENT, ACCUMULATED, UNWRITTEN } manner;
    std::vector<double> stored; /* of a stale gradient: what is returned everywhere; else empty */

    /* The spoilt gradient at x, where the right one is `right`; false if the mistake doesn't apply.
     */
    bool spoil(const problem &p, const std::vector<double> &x, const std::vector<double> &right,
               std::vector<double> &g) const;
};

/* All mistakes that make a difference at x, where the right gradient is g: random choices by
 * `seed`. */
std::vector<planted> plant_all(const problem &p, uint64_t seed, size_t point,
                               const std::vector<double> &x, const std::vector<double> &g);

} // namespace corpus

#endif
