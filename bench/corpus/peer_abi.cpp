/* The corpus for other languages: a shared object with plain C functions, for ctypes (peers.py). */
#include <chrono>

#include "peer.hpp"

using namespace corpus;

namespace {

struct session {
    corpus_list list;
    uint64_t seed;
    subject s;
    std::vector<planted> mistakes;
};

} // namespace

extern "C" {

void *corpus_open(uint64_t seed, const char *transactions) {
    return new session{make_corpus(seed, transactions), seed, {}, {}};
}

size_t corpus_problems(void *handle) {
    return static_cast<session *>(handle)->list.size();
}

/* Takes up a problem; returns its size, 0 if there is nothing to check in this precision. */
size_t corpus_take(void *handle, size_t number, int narrow) {
    auto *c = static_cast<session *>(handle);
    const problem &p = *c->list[number];
    if (p.unseeded || (narrow && !p.value32) ||
        !prepare(p, c->seed, 0, narrow, narrow ? 1e-3 : 1e-5, c->s))
        return 0;
    c->mistakes = plant_all(p, c->seed, 0, c->s.x, c->s.right);
    return p.n();
}

void corpus_start(void *handle, double *x) {
    auto *c = static_cast<session *>(handle);
    std::copy(c->s.x.begin(), c->s.x.end(), x);
}

size_t corpus_mistakes(void *handle) {
    return static_cast<session *>(handle)->mistakes.size();
}

/* Plants mistake k - 1; none for 0. */
void corpus_plant(void *handle, size_t k) {
    auto *c = static_cast<session *>(handle);
    c->s.mistake = k ? &c->mistakes[k - 1] : nullptr;
    c->s.accumulated.assign(c->s.x.size(), 0);
}

double corpus_value(void *handle, const double *x) {
    return static_cast<session *>(handle)->s.value(x);
}

void corpus_gradient(void *handle, const double *x, double *g) {
    static_cast<session *>(handle)->s.gradient(x, g);
}

void corpus_tell(void *handle, const char *checker, int accepted, size_t evaluations,
                 double seconds) {
    auto *c = static_cast<session *>(handle);
    tell_peer(checker, c->seed, c->s, {accepted != 0, evaluations}, seconds);
    fflush(stdout);
}
}
