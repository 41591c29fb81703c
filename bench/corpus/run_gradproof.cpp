/* Runs gradproof over the corpus: right gradients at several points, then every mistake. One line
 * of JSON a check, to standard output; table.py makes tables of them.
 *
 *     corpus_gradproof [--seed S] [--points P] [--wrong-points W] [--jobs J] [--only NAME] [--data
 * FILE.csv] */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sys/wait.h>
#include <unistd.h>

#include "gradproof.h"
#include "subject.hpp"

using namespace corpus;

namespace {

struct settings {
    uint64_t seed = 1;
    size_t points = 4, wrong_points = 1;
    unsigned jobs = 1;
    std::string only, data;
    double rtol = 0;
    double constant = 0; /* added to the value, in units of |f(x)| */
    gp_strategy strategy = GP_AUTO;
    std::string show;   /* print the reports with this verdict, and entries outside their bound */
    bool whole = false; /* each line is followed by the report itself */
};

int value64(void *user, size_t, const double *x, double *v) {
    auto *s = static_cast<subject *>(user);
    *v = s->value(x) + s->constant;
    return 0;
}
int gradient64(void *user, size_t, const double *x, double *g) {
    static_cast<subject *>(user)->gradient(x, g);
    return 0;
}
int value32(void *user, size_t n, const float *x, double *v) {
    std::vector<double> wide(x, x + n);
    *v = static_cast<subject *>(user)->value(wide.data());
    return 0;
}
int gradient32(void *user, size_t n, const float *x, float *g) {
    auto *s = static_cast<subject *>(user);
    std::vector<double> wide(x, x + n), slope(n);
    s->gradient(wide.data(), slope.data());
    for (size_t i = 0; i < n; i++)
        if (i != s->unwritten())
            g[i] = float(slope[i]);
    return 0;
}
int select(void *user, size_t first, size_t count) {
    static_cast<subject *>(user)->p->select(first, count);
    return 0;
}

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/* How well the bounds of a report hold against the reference. */
struct bounds {
    size_t known = 0, outside = 0;
    double worst = 0;           /* error / bound, largest */
    std::vector<double> ratios; /* bound / error, where there is an error */
};

bounds hold_against(const gp_report *report, const std::vector<double> &low,
                    const std::vector<double> &high) {
    bounds b;
    for (size_t i = 0; i < gp_report_entries(report); i++) {
        gp_entry e;
        gp_report_entry(report, i, &e);
        if (e.point != 0 || e.examples != 0 || !std::isfinite(e.bound) ||
            e.status == GP_ENTRY_UNCHECKED)
            continue;
        double off = std::fmax(0, std::fmax(low[i] - e.numeric, e.numeric - high[i]));
        if (e.status == GP_ENTRY_KINK) /* the slopes on both sides bracket what the function has */
            off = std::fmax(0, std::fmax(std::fmin(e.left, e.right) - low[i],
                                         high[i] - std::fmax(e.left, e.right)));
        b.known++;
        b.outside += off > e.bound;
        if (off > 0) {
            b.worst = std::fmax(b.worst, off / e.bound);
            b.ratios.push_back(e.bound / off);
        }
    }
    return b;
}

/* For whoever wants to know why: the report and the entries that aren't verified, or beyond their
 * bounds. */
void show(const gp_report *report, size_t point, const std::vector<double> &low,
          const std::vector<double> &high) {
    fprintf(stderr, "\npoint %zu: ", point);
    gp_report_print(report, stderr, 0);
    for (size_t i = 0; i < gp_report_entries(report); i++) {
        gp_entry e;
        gp_report_entry(report, i, &e);
        double off = std::fmax(0, std::fmax(low[i] - e.numeric, e.numeric - high[i]));
        if (e.status != GP_ENTRY_VERIFIED || off > e.bound || gp_report_entries(report) <= 8)
            fprintf(stderr,
                    "%6zu %-11s point %zu a %.9g reference %.9g %.9g d %.9g b %.3g off %.3g %s\n",
                    i, gp_entry_status_string(e.status), e.point, e.analytic, low[i], high[i],
                    e.numeric, e.bound, off, gp_limit_string(e.limit));
    }
}

std::string escaped(const std::string &text) {
    std::string out;
    for (char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

std::string number_or_null(double v) {
    char text[64];
    snprintf(text, sizeof text, std::isfinite(v) ? "%.6g" : "null", v);
    return text;
}

gp_report *check(subject &s, const settings &o, gp_dtype dtype) {
    gp_function *f = nullptr;
    gp_report *report = nullptr;
    gp_error error = {""};
    gp_options options;
    gp_options_init(&options);
    options.rtol = o.rtol;
    options.seed = o.seed;
    options.strategy = o.strategy;
    s.accumulated.assign(s.x.size(), 0);
    /* Where the value is 0, in units of 1. */
    double size = o.constant != 0 ? std::fabs(s.value(s.x.data())) : 0;
    s.constant = o.constant * (size > 0 ? size : 1);
    gp_status status = gp_function_create(s.p->name.c_str(), dtype, &s, &f);
    size_t at = 0;
    for (const block &b : s.p->blocks) {
        size_t shape[] = {b.rows, b.columns};
        if (status == GP_OK)
            status = gp_function_add_block(f, b.name.c_str(), b.stage, 2, shape, s.x.data() + at);
        at += b.entries();
    }
    if (status == GP_OK) {
        if (s.p->select)
            gp_function_set_examples(f, s.p->batch, select);
        else
            gp_function_set_batch_size(f, s.p->batch);
        if (dtype == GP_FLOAT64) {
            gp_function_set_value(f, value64);
            gp_function_set_gradient(f, gradient64);
        } else {
            gp_function_set_value(f, value32);
            gp_function_set_gradient(f, gradient32);
        }
        status = gp_check(f, &options, &report, &error);
    }
    gp_function_destroy(f);
    if (status != GP_OK) {
        fprintf(stderr, "corpus: %s: %s\n", s.p->name.c_str(), error.message);
        exit(70);
    }
    return report;
}

/* How large a mistake is, as resolutions are: relative to max(|g'|, |derivative|) + the block's
 * floor. Inside the two slopes of a kink nothing is a mistake. */
double size_in(const gp_report *r, const subject &s) {
    if (s.mistake->manner != planted::GRADIENT)
        return std::numeric_limits<double>::infinity();
    std::vector<double> spoilt;
    const std::vector<double> &low = s.low, &high = s.high;
    s.mistake->spoil(*s.p, s.x, s.right, spoilt);
    double largest = 0;
    for (size_t k = 0; k < gp_report_blocks(r); k++) {
        gp_block_result block;
        gp_report_block(r, k, &block);
        for (size_t i = block.offset; i < block.offset + block.entries; i++) {
            if (!std::isfinite(spoilt[i]))
                return std::numeric_limits<double>::infinity();
            double off = std::fmax(0, std::fmax(low[i] - spoilt[i], spoilt[i] - high[i]));
            double scale =
                std::fmax(std::fabs(spoilt[i]), std::fmax(std::fabs(low[i]), std::fabs(high[i])));
            if (off > 0)
                largest = std::fmax(largest, off / (scale + block.floor));
        }
    }
    return largest;
}

/* The same as random directions reckon it: |w e| / |w g| of a block, e its error and w the weights
 * of docs/numerics.md, a power of two within a factor of 8 of the block's typical |g| over its own.
 */
double size_along(const gp_report *r, const subject &s) {
    std::vector<double> g;
    double largest = 0;
    if (s.mistake->manner != planted::GRADIENT || !s.mistake->spoil(*s.p, s.x, s.right, g))
        return size_in(r, s);
    for (size_t k = 0; k < gp_report_blocks(r); k++) {
        gp_block_result block;
        gp_report_block(r, k, &block);
        size_t end = block.offset + block.entries;
        double unit = 0, squares = 0, off = 0, all = 0;
        for (size_t i = block.offset; i < end; i++)
            unit = std::fmax(unit, std::fabs(g[i]));
        for (size_t i = block.offset; i < end && unit > 0; i++)
            squares += g[i] / unit * (g[i] / unit);
        double typical = unit * std::sqrt(squares / double(block.entries));
        for (size_t i = block.offset; i < end && typical > 0; i++) {
            int exponent;
            std::frexp(g[i] / typical, &exponent); /* in [2^(exponent-1), 2^exponent) */
            double w = std::ldexp(1, -std::min(3, std::max(-3, g[i] == 0 ? -3 : exponent - 1)));
            double e = std::fmax(0, std::fmax(s.low[i] - g[i], g[i] - s.high[i]));
            off = std::hypot(off, w * e / typical);
            all = std::hypot(all, w * g[i] / typical);
        }
        largest = std::fmax(largest, all > 0 ? off / all : size_in(r, s));
    }
    return std::isfinite(largest) ? largest : size_in(r, s);
}

/* Is the spoilt block a multiple of the right one, whatever the mistake was meant to be? */
bool is_multiple(const subject &s) {
    const planted &m = *s.mistake;
    std::vector<double> spoilt;
    size_t at = 0;
    if (m.manner != planted::GRADIENT || !m.spoil(*s.p, s.x, s.right, spoilt))
        return false;
    for (size_t k = 0; k < m.block; k++)
        at += s.p->blocks[k].entries();
    size_t end = at + s.p->blocks[m.block].entries(), largest = at;
    for (size_t i = at; i < end; i++)
        if (std::fabs(s.right[i]) > std::fabs(s.right[largest]))
            largest = i;
    double factor = spoilt[largest] / s.right[largest];
    for (size_t i = at; i < end; i++)
        if (!(std::fabs(spoilt[i] - factor * s.right[i]) <=
              1e-6 * (std::fabs(spoilt[i]) + 1e-2 * std::fabs(spoilt[largest]))))
            return false;
    return true;
}

/* One line of JSON. */
void tell(FILE *out, const settings &o, const subject &s, gp_dtype dtype, const gp_report *r,
          double took, double size, const bounds *b) {
    const problem &p = *s.p;
    const planted *m = s.mistake;
    /* Some mistakes concern all blocks: the cause is right where one names it and the others point
     * there. */
    std::string named, cause = m ? m->cause : "";
    size_t blocks = gp_report_blocks(r), limits = 0, telling = 0, entries = gp_report_entries(r);
    for (size_t k = 0; k < blocks && m; k++) {
        gp_block_result block;
        gp_report_block(r, k, &block);
        telling += k == m->block ? block.count[GP_ENTRY_REFUTED] : 0;
        for (size_t d = 0; d < block.diagnoses; d++)
            if (block.diagnosis[d].kind == cause || (k == m->block && named.empty()))
                named = block.diagnosis[d].kind;
    }
    if (m && is_multiple(s) && (named == "scaled" || named == "sign"))
        cause = named; /* on this function the mistake is a factor */
    std::string limit;
    std::vector<unsigned> spent;
    for (size_t i = 0; i < entries; i++) {
        gp_entry e;
        gp_report_entry(r, i, &e);
        spent.push_back(e.evaluations);
        if (e.status == GP_ENTRY_UNRESOLVED && limits++ == 0)
            limit = gp_limit_string(e.limit);
    }
    std::nth_element(spent.begin(), spent.begin() + long(entries / 2), spent.end());
    const char *failure = gp_report_failure(r);
    fprintf(out,
            "{\"checker\": \"gradproof\", \"seed\": %llu, \"problem\": \"%s\", \"family\": \"%s\", "
            "\"dtype\": \"%s\", \"smooth\": %s, \"noisy\": %s, \"n\": %zu, \"point\": %zu, "
            "\"mistake\": %s%s%s, \"block\": \"%s\", \"relative\": %s, \"size\": %s, \"cause\": "
            "\"%s\", "
            "\"named\": \"%s\", \"telling\": %zu, \"verdict\": \"%s\", \"resolution\": %s, "
            "\"unresolved\": %zu, "
            "\"limit\": \"%s\", \"evaluations\": %llu, \"per_entry\": %u, \"exercised\": %zu, "
            "\"seconds\": %.6f, \"failure\": \"%s\"",
            (unsigned long long)o.seed, escaped(p.name).c_str(),
            p.unseeded ? "unseeded" : p.family.c_str(), dtype == GP_FLOAT64 ? "float64" : "float32",
            p.smooth ? "true" : "false", p.noisy ? "true" : "false", p.n(), s.point, m ? "\"" : "",
            m ? m->name.c_str() : "null", m ? "\"" : "", m ? p.blocks[m->block].name.c_str() : "",
            number_or_null(m ? m->relative : 0).c_str(), number_or_null(size).c_str(),
            cause.c_str(), named.c_str(), telling, gp_verdict_string(gp_report_verdict(r)),
            number_or_null(gp_report_resolution(r)).c_str(), limits, limit.c_str(),
            (unsigned long long)gp_report_evaluations(r, 0), spent[entries / 2],
            gp_report_exercised(r), took, failure ? escaped(failure).c_str() : "");
    if (b) {
        std::vector<double> ratios = b->ratios;
        double median = NAN;
        if (!ratios.empty()) {
            std::nth_element(ratios.begin(), ratios.begin() + long(ratios.size() / 2),
                             ratios.end());
            median = ratios[ratios.size() / 2];
        }
        fprintf(out, ", \"known\": %zu, \"outside\": %zu, \"beyond\": %s, \"ratio\": %s", b->known,
                b->outside, number_or_null(b->worst).c_str(), number_or_null(median).c_str());
    }
    fprintf(out, "}\n");
    if (o.whole && gp_report_write_json(r, out) != GP_OK)
        exit(70);
}

void run(FILE *out, const settings &o, const problem &p) {
    for (int narrow = 0; narrow < (p.value32 ? 2 : 1); narrow++) {
        gp_dtype dtype = narrow ? GP_FLOAT32 : GP_FLOAT64;
        double rtol = o.rtol > 0 ? o.rtol : narrow ? 1e-3 : 1e-5;
        for (size_t point = 0; point < o.points; point++) {
            subject s;
            if (!prepare(p, o.seed, point, narrow, rtol, s) && !p.unseeded) {
                fprintf(out,
                        "{\"checker\": \"gradproof\", \"problem\": \"%s\", \"dtype\": \"%s\", "
                        "\"point\": %zu, \"skipped\": true}\n",
                        escaped(p.name).c_str(), narrow ? "float32" : "float64", point);
                continue;
            }
            double start = seconds();
            gp_report *report = check(s, o, dtype);
            bounds b = hold_against(report, s.low, s.high);
            if (!o.show.empty() && (o.show == gp_verdict_string(gp_report_verdict(report)) ||
                                    (o.show == "outside" && b.outside)))
                show(report, point, s.low, s.high);
            tell(out, o, s, dtype, report, seconds() - start, 0, &b);
            gp_report_destroy(report);
            if (point >= o.wrong_points || p.unseeded)
                continue;
            for (const planted &m : plant_all(p, o.seed, point, s.x, s.right)) {
                s.mistake = &m;
                start = seconds();
                report = check(s, o, dtype);
                double took = seconds() - start;
                if (!o.show.empty() && o.show == m.name)
                    show(report, point, s.low, s.high);
                tell(out, o, s, dtype, report, took,
                     o.strategy == GP_PROJECT ? size_along(report, s) : size_in(report, s),
                     nullptr);
                gp_report_destroy(report);
            }
        }
    }
}

int usage() {
    fprintf(stderr,
            "usage: corpus_gradproof [--seed S] [--points P] [--wrong-points W] [--jobs J] "
            "[--only NAME] [--data FILE.csv] [--rtol R] [--constant C] [--show VERDICT|outside] "
            "[--strategy full|project|sample] [--whole yes]\n");
    return 64;
}

} // namespace

int main(int argc, char **argv) {
    settings o;
    for (int i = 1; i < argc; i += 2) {
        std::string option = argv[i];
        if (i + 1 >= argc)
            return usage();
        const char *word = argv[i + 1];
        if (option == "--seed")
            o.seed = strtoull(word, nullptr, 10);
        else if (option == "--points")
            o.points = strtoull(word, nullptr, 10);
        else if (option == "--wrong-points")
            o.wrong_points = strtoull(word, nullptr, 10);
        else if (option == "--jobs")
            o.jobs = unsigned(atoi(word));
        else if (option == "--only")
            o.only = word;
        else if (option == "--data")
            o.data = word;
        else if (option == "--show")
            o.show = word;
        else if (option == "--strategy")
            o.strategy = std::string(word) == "project"  ? GP_PROJECT
                         : std::string(word) == "sample" ? GP_SAMPLE
                                                         : GP_FULL;
        else if (option == "--whole") /* whole reports, for scripts/goldens */
            o.whole = true;
        else if (option == "--constant")
            o.constant = atof(word);
        else if (option == "--rtol")
            o.rtol = atof(word);
        else
            return usage();
    }
    corpus_list list = make_corpus(o.seed, o.data);
    /* Every job takes the next problem in turn and keeps its lines in a file of its own. */
    std::vector<FILE *> parts;
    unsigned jobs = o.jobs > 1 ? o.jobs : 1;
    for (unsigned w = 0; w < jobs; w++) {
        FILE *part = w == 0 && jobs == 1 ? stdout : tmpfile();
        if (!part) {
            perror("corpus_gradproof: a temporary file");
            return 70;
        }
        parts.push_back(part);
        if (jobs > 1 && fork() != 0)
            continue;
        for (size_t i = w; i < list.size(); i += jobs)
            if (o.only.empty() || list[i]->name.find(o.only) != std::string::npos ||
                list[i]->family == o.only || (list[i]->unseeded && o.only == "unseeded")) {
                run(part, o, *list[i]);
                fprintf(stderr, "corpus: seed %llu, function %zu of %zu: %s\n",
                        (unsigned long long)o.seed, i + 1, list.size(), list[i]->name.c_str());
            }
        fflush(part);
        if (jobs > 1)
            _exit(0);
    }
    int status, worst = 0;
    while (jobs > 1 && wait(&status) > 0)
        worst |= status;
    for (FILE *part : parts) {
        if (part == stdout)
            continue;
        char line[4096];
        rewind(part);
        while (fgets(line, sizeof line, part))
            fputs(line, stdout);
        fclose(part);
    }
    return worst ? 70 : 0;
}
