/* What a peer's driver does with the corpus: every problem at its first point, right and with every
 * mistake; one line of JSON a check, with the same keys as gradproof's own. */
#ifndef CORPUS_PEER_HPP
#define CORPUS_PEER_HPP

#include "subject.hpp"

namespace corpus {

/* What a checker came to: did it accept the gradient, and after how many evaluations of the value?
 */
struct opinion {
    bool accepted;
    size_t evaluations;
};

/* Asks the checker about everything; float64 alone, unless the checker can do float32. */
void ask_peer(const char *checker, uint64_t seed, const std::string &transactions, bool float32,
              const std::function<opinion(subject &)> &checks);

/* --seed S --data FILE.csv */
void peer_arguments(int argc, char **argv, uint64_t *seed, std::string *transactions);

/* One line; mistake NULL: the right gradient. */
void tell_peer(const char *checker, uint64_t seed, const subject &s, const opinion &o,
               double seconds);

} // namespace corpus

#endif
