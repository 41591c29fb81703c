/* See peer.hpp. */
#include "peer.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace corpus {

void tell_peer(const char *checker, uint64_t seed, const subject &s, const opinion &o,
               double seconds) {
    const problem &p = *s.p;
    const planted *m = s.mistake;
    char size[32] = "0";
    if (m)
        snprintf(size, sizeof size, std::isfinite(m->size) ? "%.6g" : "null", m->size);
    printf("{\"checker\": \"%s\", \"seed\": %llu, \"problem\": \"%s\", \"family\": \"%s\", "
           "\"dtype\": \"%s\", \"smooth\": %s, \"noisy\": %s, \"n\": %zu, \"point\": %zu, "
           "\"mistake\": %s%s%s, \"relative\": %.6g, \"size\": %s, \"verdict\": \"%s\", "
           "\"evaluations\": %zu, \"seconds\": %.6f}\n",
           checker, (unsigned long long)seed, p.name.c_str(), p.family.c_str(),
           s.narrow ? "float32" : "float64", p.smooth ? "true" : "false",
           p.noisy ? "true" : "false", p.n(), s.point, m ? "\"" : "", m ? m->name.c_str() : "null",
           m ? "\"" : "", m ? m->relative : 0, size, o.accepted ? "verified" : "refuted",
           o.evaluations, seconds);
}

void ask_peer(const char *checker, uint64_t seed, const std::string &transactions, bool float32,
              const std::function<opinion(subject &)> &checks) {
    for (const auto &p : make_corpus(seed, transactions))
        for (int narrow = 0; narrow < (float32 && p->value32 ? 2 : 1); narrow++) {
            subject s;
            if (p->unseeded || !prepare(*p, seed, 0, narrow, narrow ? 1e-3 : 1e-5, s))
                continue;
            std::vector<planted> all = plant_all(*p, seed, 0, s.x, s.right);
            for (size_t k = 0; k <= all.size(); k++) {
                s.mistake = k ? &all[k - 1] : nullptr;
                s.accumulated.assign(p->n(), 0);
                auto start = std::chrono::steady_clock::now();
                opinion o = checks(s);
                std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
                tell_peer(checker, seed, s, o, took.count());
            }
        }
}

void peer_arguments(int argc, char **argv, uint64_t *seed, std::string *transactions) {
    *seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            *seed = strtoull(argv[i + 1], nullptr, 10);
        if (strcmp(argv[i], "--data") == 0)
            *transactions = argv[i + 1];
    }
}

} // namespace corpus
