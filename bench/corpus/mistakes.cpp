/* See mistakes.hpp. */
#include "mistakes.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace corpus {

namespace {

/* What a mistake works on. */
struct patient {
    const problem &p;
    const block &shape;
    size_t number, offset, n; /* of the block; n its entries */
    const std::vector<double> &x, &right;
    std::vector<double> &g; /* of the whole function, to be spoilt */
    random &draw;
    double relative;
    size_t index; /* an entry of the block whose derivative isn't zero */
    size_t alive; /* how many there are */
    double median;
    double *b() {
        return g.data() + offset;
    }
    const double *from() const {
        return right.data() + offset;
    }
};

/* Each returns false where it doesn't apply. */
bool scale(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] *= 1 + c.relative;
    return true;
}
bool twice(patient &c) {
    c.relative = 1;
    return scale(c);
}
bool half(patient &c) {
    c.relative = -0.5;
    return scale(c);
}
bool negate(patient &c) {
    c.relative = -2;
    return scale(c);
}
bool zero(patient &c) {
    std::fill(c.b(), c.b() + c.n, 0.0);
    return true;
}
bool sum_for_mean(patient &c) {
    c.relative = double(c.p.batch) - 1;
    return c.p.batch > 2 && scale(c);
}
bool mean_twice(patient &c) {
    c.relative = c.p.batch ? 1 / double(c.p.batch) - 1 : 0;
    return c.p.batch > 2 && scale(c);
}
bool transpose(patient &c) {
    size_t R = c.shape.rows, C = c.shape.columns;
    for (size_t i = 0; i < R; i++)
        for (size_t j = 0; j < C; j++)
            c.b()[j * R + i] = c.from()[i * C + j];
    return R > 1 && C > 1;
}
bool shift(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] = c.from()[(i + c.n - 1) % c.n];
    return c.n > 3;
}
bool shift_back(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] = c.from()[(i + 1) % c.n];
    return c.n > 3;
}
bool reverse(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] = c.from()[c.n - 1 - i];
    return c.n > 3;
}
bool swap_blocks(patient &c) {
    size_t offset = 0;
    for (size_t k = 0; k < c.p.blocks.size(); k++) {
        size_t entries = c.p.blocks[k].entries();
        if (k != c.number && entries == c.n) {
            std::copy_n(c.right.data() + offset, entries, c.b());
            std::copy_n(c.from(), entries, c.g.data() + offset);
            return true;
        }
        offset += entries;
    }
    return false;
}
/* A stray lambda x, or one that is missing: `relative` of the typical derivative at the typical x.
 */
bool decay(patient &c) {
    double norm = 0; /* neither overflows nor vanishes */
    size_t some = 0;
    for (size_t i = 0; i < c.n; i++) {
        norm = std::hypot(norm, c.x[c.offset + i]);
        some += c.x[c.offset + i] != 0;
    }
    if (some < 4 || c.median == 0)
        return false;
    if (!std::isnormal(c.relative * c.median / norm))
        return false; /* no lambda that anybody could have written */
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] += c.relative * c.median * (c.x[c.offset + i] / (norm / std::sqrt(double(c.n))));
    return true;
}
/* In all but the last entry, an intercept. */
bool decay_but_intercept(patient &c) {
    size_t last = c.n - 1;
    return c.n > 5 && decay(c) && (c.b()[last] = c.from()[last], true);
}
/* Parts of a block that aren't just one row. */
bool part(patient &c, size_t low, size_t high, double factor) {
    size_t alive = 0, rows = c.shape.rows, columns = c.shape.columns;
    for (size_t i = low; i < high; i++) {
        alive += c.from()[i] != 0;
        c.b()[i] *= factor;
    }
    return alive > 3 && (rows == 1 || columns == 1 || rows > 7);
}
bool half_negated(patient &c) {
    return part(c, 0, c.n / 2, -1);
}
bool half_zero(patient &c) {
    return part(c, c.n / 2, c.n, 0);
}
bool quarter_scaled(patient &c) {
    return part(c, c.n / 4, c.n / 2, 1 + c.relative);
}
bool missing_decay(patient &c) {
    c.relative = -c.relative;
    return decay(c);
}
bool one_entry(patient &c) {
    c.b()[c.index] *= 1 + c.relative;
    return c.n > 3;
}
bool sign_of_one(patient &c) {
    c.relative = -2;
    return one_entry(c);
}
bool one_zero(patient &c) {
    c.relative = -1;
    return one_entry(c);
}
bool row_masked(patient &c) {
    size_t C = c.shape.columns, row = c.index / C;
    for (size_t j = 0; j < C; j++)
        c.b()[row * C + j] = 0;
    return c.shape.rows > 2 && C > 1;
}
bool column_masked(patient &c) {
    size_t C = c.shape.columns, column = c.index % C;
    for (size_t i = 0; i < c.shape.rows; i++)
        c.b()[i * C + column] = 0;
    return c.shape.rows > 1 && C > 2;
}
/* A factor of the chain rule left out: a number of its own for each row (a gain, a mask, a width).
 */
bool row_factors(patient &c) {
    size_t C = c.shape.columns;
    for (size_t i = 0; i < c.shape.rows; i++) {
        double factor = c.draw.between(0.3, 1.7);
        for (size_t j = 0; j < C; j++)
            c.b()[i * C + j] *= factor;
    }
    return c.shape.rows > 2 && C > 2;
}
bool column_factors(patient &c) {
    size_t C = c.shape.columns;
    for (size_t j = 0; j < C; j++) {
        double factor = c.draw.between(0.3, 1.7);
        for (size_t i = 0; i < c.shape.rows; i++)
            c.b()[i * C + j] *= factor;
    }
    return c.shape.rows > 2 && C > 2;
}
bool broadcast_first(patient &c) {
    std::fill(c.b(), c.b() + c.n, c.from()[c.index]);
    return c.n > 3;
}
bool broadcast_rows(patient &c) {
    size_t C = c.shape.columns;
    bool some = false; /* gradients whose rows add up to 0 would just become 0 */
    for (size_t i = 0; i < c.shape.rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < C; j++)
            sum += c.from()[i * C + j];
        some |= std::fabs(sum) > 1e-3 * c.median;
        for (size_t j = 0; j < C; j++)
            c.b()[i * C + j] = sum / double(C);
    }
    return some && c.shape.rows > 1 && C > 2;
}
bool absolute(patient &c) {
    size_t negative = 0, positive = 0;
    for (size_t i = 0; i < c.n; i++) {
        negative += c.from()[i] < 0;
        positive += c.from()[i] > 0;
        c.b()[i] = std::fabs(c.from()[i]);
    }
    return negative > 1 && positive > 1 && c.n > 3;
}
bool one_example(patient &c) {
    if (!c.p.select || c.p.batch < 2)
        return false;
    c.p.select(0, 1);
    c.p.gradient(c.x.data(), c.g.data());
    c.p.select(0, c.p.batch);
    return true;
}
/* The gradient of another point, wherever it is asked for: plant_all() computes it once. */
bool stale(patient &) {
    return true;
}
bool truncated(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] = double(float(c.from()[i]));
    return true;
}
bool unstructured(patient &c) {
    for (size_t i = 0; i < c.n; i++)
        c.b()[i] *= 1 + c.relative * (c.draw.uniform() < 0.5 ? -1 : 1) * c.draw.between(0.3, 1);
    return c.alive > 5;
}
bool not_a_number(patient &c) {
    c.b()[c.index] = std::numeric_limits<double>::quiet_NaN();
    return true;
}
bool no_numbers(patient &c) {
    std::fill(c.b(), c.b() + c.n, std::numeric_limits<double>::quiet_NaN());
    return true;
}
bool all_infinite(patient &c) {
    std::fill(c.b(), c.b() + c.n, std::numeric_limits<double>::infinity());
    return true;
}
bool as_it_is(patient &) {
    return true;
}

const std::vector<double> ONCE = {0}, GRADES = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6},
                          COARSE = {1e-1, 1e-3, 1e-5};

const struct {
    const char *name;
    bool (*spoil)(patient &);
    const std::vector<double> &sizes;
    const char *cause;
    int manner;
} MISTAKES[] = {
    {"block scaled", scale, GRADES, "scaled", planted::GRADIENT},
    {"block x 2", twice, ONCE, "scaled", planted::GRADIENT},
    {"block x 0.5", half, ONCE, "scaled", planted::GRADIENT},
    {"block negated", negate, ONCE, "sign", planted::GRADIENT},
    {"block zero", zero, ONCE, "zero", planted::GRADIENT},
    {"sum for mean", sum_for_mean, ONCE, "scaled", planted::GRADIENT},
    {"mean taken twice", mean_twice, ONCE, "scaled", planted::GRADIENT},
    {"one example for the batch", one_example, ONCE, "sample", planted::GRADIENT},
    {"transposed", transpose, ONCE, "transposed", planted::GRADIENT},
    {"shifted by one", shift, ONCE, "shifted", planted::GRADIENT},
    {"shifted back by one", shift_back, ONCE, "shifted", planted::GRADIENT},
    {"order reversed", reverse, ONCE, "reversed", planted::GRADIENT},
    {"blocks swapped", swap_blocks, ONCE, "swapped", planted::GRADIENT},
    {"stray decay", decay, COARSE, "decay", planted::GRADIENT},
    {"missing decay", missing_decay, COARSE, "decay", planted::GRADIENT},
    {"one entry off", one_entry, GRADES, "entries", planted::GRADIENT},
    {"sign of one entry", sign_of_one, ONCE, "entries", planted::GRADIENT},
    {"one entry zero", one_zero, ONCE, "entries", planted::GRADIENT},
    {"row masked", row_masked, ONCE, "rows", planted::GRADIENT},
    {"column masked", column_masked, ONCE, "columns", planted::GRADIENT},
    {"chain-rule factor a row", row_factors, ONCE, "rows", planted::GRADIENT},
    {"chain-rule factor a column", column_factors, ONCE, "columns", planted::GRADIENT},
    {"one entry broadcast", broadcast_first, ONCE, "broadcast", planted::GRADIENT},
    {"row means broadcast", broadcast_rows, ONCE, "broadcast", planted::GRADIENT},
    {"absolute values", absolute, ONCE, "absolute", planted::GRADIENT},
    {"stale point", stale, ONCE, "stale", planted::GRADIENT},
    {"float32 truncation", truncated, ONCE, "", planted::GRADIENT},
    {"unstructured", unstructured, COARSE, "unknown", planted::GRADIENT},
    {"decay but for the intercept", decay_but_intercept, COARSE, "decay", planted::GRADIENT},
    {"half negated", half_negated, ONCE, "sign", planted::GRADIENT},
    {"half zero", half_zero, ONCE, "zero", planted::GRADIENT},
    {"quarter scaled", quarter_scaled, COARSE, "scaled", planted::GRADIENT},
    {"all NaN", no_numbers, ONCE, "nonfinite", planted::GRADIENT},
    {"all infinite", all_infinite, ONCE, "nonfinite", planted::GRADIENT},
    {"NaN in one entry", not_a_number, ONCE, "nonfinite", planted::GRADIENT},
    {"accumulated", as_it_is, ONCE, "accumulated", planted::ACCUMULATED},
    {"one entry never written", as_it_is, ONCE, "unwritten", planted::UNWRITTEN},
};

double median_size(const double *g, size_t n) {
    std::vector<double> sizes;
    for (size_t i = 0; i < n; i++)
        if (g[i] != 0 && std::isfinite(g[i]))
            sizes.push_back(std::fabs(g[i]));
    if (sizes.empty())
        return 0;
    std::nth_element(sizes.begin(), sizes.begin() + long(sizes.size() / 2), sizes.end());
    return sizes[sizes.size() / 2];
}

/* See planted::size. */
double size_of(const problem &p, const std::vector<double> &right, const std::vector<double> &g) {
    double largest = 0;
    size_t at = 0;
    for (const block &b : p.blocks) {
        double floor = 0.1 * median_size(right.data() + at, b.entries());
        for (size_t end = at + b.entries(); at < end; at++) {
            double scale = std::fmax(std::fabs(g[at]), std::fabs(right[at])) + floor;
            double off = std::fabs(g[at] - right[at]);
            if (!std::isfinite(g[at]))
                return std::numeric_limits<double>::infinity();
            if (off > 0)
                largest = std::fmax(largest, off / scale);
        }
    }
    return largest;
}

} // namespace

bool planted::spoil(const problem &p, const std::vector<double> &x,
                    const std::vector<double> &right, std::vector<double> &g) const {
    if (!stored.empty()) {
        g = stored;
        return true;
    }
    size_t offset = 0;
    for (size_t i = 0; i < block; i++)
        offset += p.blocks[i].entries();
    const size_t n = p.blocks[block].entries();
    random draw(seed, name);
    g = right;
    size_t alive = 0;
    for (size_t i = 0; i < n; i++)
        alive += right[offset + i] != 0;
    patient c = {p,
                 p.blocks[block],
                 block,
                 offset,
                 n,
                 x,
                 right,
                 g,
                 draw,
                 relative,
                 index,
                 alive,
                 median_size(right.data() + offset, n)};
    return MISTAKES[row].spoil(c);
}

std::vector<planted> plant_all(const problem &p, uint64_t seed, size_t point,
                               const std::vector<double> &x, const std::vector<double> &g) {
    std::vector<planted> all;
    for (size_t row = 0; row < sizeof MISTAKES / sizeof *MISTAKES; row++)
        for (double relative : MISTAKES[row].sizes) {
            const auto &kind = MISTAKES[row];
            random draw(seed, p.name + kind.name, point * 64 + all.size());
            planted m = {kind.name,
                         row,
                         0,
                         0,
                         relative,
                         draw.bits(),
                         0,
                         kind.cause,
                         kind.manner == planted::ACCUMULATED ? planted::ACCUMULATED
                         : kind.manner == planted::UNWRITTEN ? planted::UNWRITTEN
                                                             : planted::GRADIENT,
                         {}};
            if (kind.spoil == stale) {
                std::vector<double> elsewhere(x);
                for (double &v : elsewhere)
                    v *= draw.between(0.7, 0.9); /* towards 0: inside most domains */
                m.stored.resize(g.size());
                p.gradient(elsewhere.data(), m.stored.data());
            }
            /* From a random block on, the first that the mistake fits. */
            size_t first = draw.below(p.blocks.size());
            for (size_t k = 0; k < p.blocks.size() && m.size == 0; k++) {
                size_t offset = 0;
                m.block = (first + k) % p.blocks.size();
                for (size_t i = 0; i < m.block; i++)
                    offset += p.blocks[i].entries();
                std::vector<size_t> alive; /* entries with something to be wrong about */
                for (size_t i = 0; i < p.blocks[m.block].entries(); i++)
                    if (g[offset + i] != 0)
                        alive.push_back(i);
                std::vector<double> spoilt;
                if (alive.empty() || (alive.size() < 2 && p.n() > 1))
                    continue;
                m.index = alive[draw.below(alive.size())];
                if (!m.spoil(p, x, g, spoilt))
                    continue;
                m.size = m.manner != planted::GRADIENT ? std::numeric_limits<double>::infinity()
                                                       : size_of(p, g, spoilt);
            }
            if (m.size > 0)
                all.push_back(m);
        }
    return all;
}

} // namespace corpus
