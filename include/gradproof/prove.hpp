/* Proofs of functions of your own, in C++17: a value that is written once, as a template over its
 * scalar, is run on doubles and on balls, and its derivative is enclosed by the tape.
 *
 *     auto f = [](const auto &x) { return exp(x[0]) * x[1] + sqrt(x[1]); };
 *     gradproof::proof p = gradproof::prove(f, g, x);       g and x: std::vector<double>
 *     p.verdict() == GP_PROVEN
 *
 * f takes a const std::vector<S> & and returns an S. It is trusted: what is proven is that g is the
 * derivative of the function of real numbers that f is with S = gradproof::ball. Its elementary
 * functions are called without std:: (or after a using std::exp), so that ball's are found. A
 * double in it is that exact number: 0.1 is the double next to a tenth, S(1) / S(10) the tenth.
 *
 * Comparisons of balls decide, or throw gradproof::undecided: prove() catches it, takes more
 * precision, and calls what stays undecided open. Link with libgradproof_prove; what is proven, and
 * what it means, is in gradproof/prove.h. For Eigen's matrices, see gradproof/prove_eigen.hpp. */
#ifndef GRADPROOF_PROVE_HPP
#define GRADPROOF_PROVE_HPP

#include <cmath>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradproof/prove.h>

namespace gradproof {

/* A comparison that can't be decided with the precision that there is. */
class undecided : public std::exception {
  public:
    const char *what() const noexcept override {
        return "a comparison of balls can't be decided";
    }
};

namespace detail {
/* The tape that this thread's balls are on, while prove() runs a function. */
inline gp_tape *&current_tape() {
    static thread_local gp_tape *tape = nullptr;
    return tape;
}
} // namespace detail

/* A real number within an interval: a result on the tape, or a constant that is a double exactly.
 */
class ball {
    static constexpr gp_ball NOWHERE = static_cast<gp_ball>(-1);
    double constant = 0;
    gp_ball place = NOWHERE;

    static gp_tape *tape() {
        if (!detail::current_tape())
            throw std::logic_error("gradproof: balls are reckoned with within prove() alone");
        return detail::current_tape();
    }

  public:
    ball() = default;
    ball(double number) : constant(number) {
    }
    /* Whole numbers that a double doesn't hold are refused, rather than rounded. */
    template <class I, class = std::enable_if_t<std::is_integral_v<I>>>
    ball(I number) : constant(static_cast<double>(number)) {
        if (!(std::fabs(constant) <= 9007199254740992.0))
            throw std::domain_error("gradproof: a whole number of more than 2^53");
    }
    static ball at(gp_ball number) {
        ball b;
        b.place = number;
        return b;
    }

    /* Its number on the tape. */
    gp_ball on_tape() const {
        return place == NOWHERE ? gp_tape_constant(tape(), constant) : place;
    }
    static ball apply(gp_operation operation, const ball &a) {
        return at(gp_tape_apply(tape(), operation, a.on_tape(), 0));
    }
    static ball apply(gp_operation operation, const ball &a, const ball &b) {
        gp_ball first = a.on_tape();
        return at(gp_tape_apply(tape(), operation, first, b.on_tape()));
    }
    /* -1, 0, 1 */
    static int compare(const ball &a, const ball &b) {
        gp_ball first = a.on_tape();
        int order = gp_tape_compare(tape(), first, b.on_tape());
        if (order == GP_UNDECIDED)
            throw undecided();
        return order;
    }
    /* Doubles around it. */
    std::pair<double, double> interval() const {
        std::pair<double, double> i;
        gp_tape_interval(tape(), on_tape(), &i.first, &i.second);
        return i;
    }

    friend ball operator+(const ball &a, const ball &b) {
        return apply(GP_OP_ADD, a, b);
    }
    friend ball operator-(const ball &a, const ball &b) {
        return apply(GP_OP_SUBTRACT, a, b);
    }
    friend ball operator*(const ball &a, const ball &b) {
        return apply(GP_OP_MULTIPLY, a, b);
    }
    friend ball operator/(const ball &a, const ball &b) {
        return apply(GP_OP_DIVIDE, a, b);
    }
    friend ball operator-(const ball &a) {
        return apply(GP_OP_NEGATE, a);
    }
    friend ball operator+(const ball &a) {
        return a;
    }
    ball &operator+=(const ball &b) {
        return *this = *this + b;
    }
    ball &operator-=(const ball &b) {
        return *this = *this - b;
    }
    ball &operator*=(const ball &b) {
        return *this = *this * b;
    }
    ball &operator/=(const ball &b) {
        return *this = *this / b;
    }
    friend bool operator<(const ball &a, const ball &b) {
        return compare(a, b) < 0;
    }
    friend bool operator>(const ball &a, const ball &b) {
        return compare(a, b) > 0;
    }
    friend bool operator<=(const ball &a, const ball &b) {
        return compare(a, b) <= 0;
    }
    friend bool operator>=(const ball &a, const ball &b) {
        return compare(a, b) >= 0;
    }
    friend bool operator==(const ball &a, const ball &b) {
        return compare(a, b) == 0;
    }
    friend bool operator!=(const ball &a, const ball &b) {
        return compare(a, b) != 0;
    }
};

#define GRADPROOF_OF_ONE(name, operation)                                                          \
    inline ball name(const ball &a) {                                                              \
        return ball::apply(operation, a);                                                          \
    }
#define GRADPROOF_OF_TWO(name, operation)                                                          \
    inline ball name(const ball &a, const ball &b) {                                               \
        return ball::apply(operation, a, b);                                                       \
    }
GRADPROOF_OF_ONE(sqrt, GP_OP_SQRT)
GRADPROOF_OF_ONE(exp, GP_OP_EXP)
GRADPROOF_OF_ONE(expm1, GP_OP_EXPM1)
GRADPROOF_OF_ONE(log, GP_OP_LOG)
GRADPROOF_OF_ONE(log1p, GP_OP_LOG1P)
GRADPROOF_OF_ONE(sin, GP_OP_SIN)
GRADPROOF_OF_ONE(cos, GP_OP_COS)
GRADPROOF_OF_ONE(tan, GP_OP_TAN)
GRADPROOF_OF_ONE(asin, GP_OP_ASIN)
GRADPROOF_OF_ONE(acos, GP_OP_ACOS)
GRADPROOF_OF_ONE(atan, GP_OP_ATAN)
GRADPROOF_OF_ONE(sinh, GP_OP_SINH)
GRADPROOF_OF_ONE(cosh, GP_OP_COSH)
GRADPROOF_OF_ONE(tanh, GP_OP_TANH)
GRADPROOF_OF_ONE(asinh, GP_OP_ASINH)
GRADPROOF_OF_ONE(acosh, GP_OP_ACOSH)
GRADPROOF_OF_ONE(atanh, GP_OP_ATANH)
GRADPROOF_OF_ONE(erf, GP_OP_ERF)
GRADPROOF_OF_ONE(erfc, GP_OP_ERFC)
GRADPROOF_OF_ONE(tgamma, GP_OP_GAMMA)
GRADPROOF_OF_ONE(lgamma, GP_OP_LGAMMA)
GRADPROOF_OF_ONE(abs, GP_OP_ABS)
GRADPROOF_OF_ONE(fabs, GP_OP_ABS)
GRADPROOF_OF_TWO(pow, GP_OP_POW)
GRADPROOF_OF_TWO(atan2, GP_OP_ATAN2)
GRADPROOF_OF_TWO(min, GP_OP_MIN)
GRADPROOF_OF_TWO(max, GP_OP_MAX)
GRADPROOF_OF_TWO(fmin, GP_OP_MIN)
GRADPROOF_OF_TWO(fmax, GP_OP_MAX)
#undef GRADPROOF_OF_ONE
#undef GRADPROOF_OF_TWO

inline ball log2(const ball &a) {
    return log(a) / log(ball(2));
}
inline ball log10(const ball &a) {
    return log(a) / log(ball(10));
}
inline ball exp2(const ball &a) {
    return exp(a * log(ball(2)));
}
/* Not where both are 0. */
inline ball hypot(const ball &a, const ball &b) {
    return sqrt(a * a + b * b);
}

/* A gp_proof, and what f came to on doubles. */
class proof {
    std::unique_ptr<gp_proof, void (*)(gp_proof *)> owned;
    double value_of_doubles;

    template <class Writer> std::string written(Writer writer) const {
        char *text = nullptr;
        if (writer(&text) != GP_OK)
            throw std::bad_alloc();
        std::string copy(text);
        gp_text_free(text);
        return copy;
    }

  public:
    proof(gp_proof *made, double value) : owned(made, gp_proof_destroy), value_of_doubles(value) {
    }
    const gp_proof *get() const {
        return owned.get();
    }
    gp_proof_verdict verdict() const {
        return gp_proof_verdict_of(owned.get());
    }
    /* An interval that contains the value of the real-number function, and what f returns for
     * doubles: if that is nowhere near, f isn't the same function with either scalar. */
    std::pair<double, double> value() const {
        std::pair<double, double> v;
        gp_proof_value(owned.get(), &v.first, &v.second);
        return v;
    }
    double computed() const {
        return value_of_doubles;
    }
    gp_proof_entry entry(std::size_t i) const {
        gp_proof_entry e;
        if (gp_proof_entry_of(owned.get(), i, &e) != GP_OK)
            throw std::out_of_range("gradproof: no such entry");
        return e;
    }
    /* What was met at kinks and edges. */
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (std::size_t k = 0; const char *line = gp_proof_open_line(owned.get(), k); k++)
            all.emplace_back(line);
        return all;
    }
    std::string text(const std::string &title, unsigned flags = 0) const {
        return written([&](char **to) {
            return gp_proof_text(owned.get(), title.c_str(), flags, to, nullptr);
        });
    }
    std::string json(const std::string &title) const {
        return written(
            [&](char **to) { return gp_proof_json(owned.get(), title.c_str(), to, nullptr); });
    }
};

namespace detail {

/* A function under proof: no exception may pass through C. */
template <class F> struct running {
    F &f;
    std::exception_ptr thrown;

    static int write(void *user, gp_tape *tape, std::size_t n, const gp_ball *x, gp_ball *value) {
        running *self = static_cast<running *>(user);
        gp_tape *before = std::exchange(current_tape(), tape);
        int said = 0;
        try {
            std::vector<ball> variables;
            for (std::size_t i = 0; i < n; i++)
                variables.push_back(ball::at(x[i]));
            *value = ball(self->f(variables)).on_tape();
        } catch (const undecided &) {
            said = GP_UNDECIDED;
        } catch (...) {
            self->thrown = std::current_exception();
            said = GP_NO_MEMORY; /* ends the proof */
        }
        current_tape() = before;
        return said;
    }
};

} // namespace detail

/* Is g the derivative of f at x? Throws what f throws; std::invalid_argument where g and x don't
 * have the same size, where x isn't finite, or for options that are wrong. */
template <class F>
proof prove(F &&f, const std::vector<double> &g, const std::vector<double> &x,
            const gp_proof_options &options = {}) {
    if (g.size() != x.size() || x.empty())
        throw std::invalid_argument("gradproof: a gradient has as many entries as its point");
    const double value = static_cast<double>(f(x));
    const std::size_t n = x.size();
    const gp_proof_block block = {"x", 1, &n};
    detail::running<std::remove_reference_t<F>> under_proof{f, nullptr};
    gp_proof *made = nullptr;
    gp_error error = {};
    gp_status status = gp_prove(detail::running<std::remove_reference_t<F>>::write, &under_proof, 1,
                                &block, x.data(), g.data(), &options, &made, &error);
    if (under_proof.thrown)
        std::rethrow_exception(under_proof.thrown);
    if (status == GP_ERROR_MEMORY)
        throw std::bad_alloc();
    if (status != GP_OK)
        throw std::invalid_argument(error.message);
    return proof(made, value);
}

/* The same for a gradient that is a function of x. */
template <class F, class G,
          class = std::enable_if_t<std::is_invocable_v<G &, const std::vector<double> &>>>
proof prove(F &&f, G &&g, const std::vector<double> &x, const gp_proof_options &options = {}) {
    const std::vector<double> claimed = g(x);
    return prove(std::forward<F>(f), claimed, x, options);
}

} // namespace gradproof

#endif
