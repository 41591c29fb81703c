/* Numbers for the corpus. Every function is written once, as a template over its scalar type, and
 * runs in
 *
 *     double, f32      the function under test (f32: each operation rounded to float, constants
 * too) quad             113 bits: what the function is without rounding var<T>           a tape in
 * T: reverse-mode differentiation (Linnainmaa 1976)
 *
 * The derivative of var<quad> is the reference that gradients and estimates are held against: it
 * shares neither the rounding of the function under test nor anything of a hand-written backward
 * pass. A test holds it in turn against differences in quad. */
#ifndef CORPUS_SCALAR_HPP
#define CORPUS_SCALAR_HPP

#include <cmath>
#include <cstddef>
#include <quadmath.h>
#include <vector>

#ifdef GP_WITH_PROVE
#include "gradproof/prove.hpp"
#endif

namespace corpus {

using quad = __float128;

/* A float that stays one: 2.0 * x is rounded to float like everything else. */
struct f32 {
    float v;
    f32() : v(0) {
    }
    f32(double x) : v(static_cast<float>(x)) {
    }
    explicit operator double() const {
        return v;
    }
    friend f32 operator+(f32 a, f32 b) {
        return f32(double(a.v + b.v));
    }
    friend f32 operator-(f32 a, f32 b) {
        return f32(double(a.v - b.v));
    }
    friend f32 operator*(f32 a, f32 b) {
        return f32(double(a.v * b.v));
    }
    friend f32 operator/(f32 a, f32 b) {
        return f32(double(a.v / b.v));
    }
    friend f32 operator-(f32 a) {
        return f32(double(-a.v));
    }
    friend bool operator<(f32 a, f32 b) {
        return a.v < b.v;
    }
    friend bool operator>(f32 a, f32 b) {
        return a.v > b.v;
    }
    f32 &operator+=(f32 b) {
        return *this = *this + b;
    }
    f32 &operator-=(f32 b) {
        return *this = *this - b;
    }
    f32 &operator*=(f32 b) {
        return *this = *this * b;
    }
    f32 &operator/=(f32 b) {
        return *this = *this / b;
    }
};

/* Elementary functions under one name for every scalar. */
#define CORPUS_ELEMENTARY(Name, name, nameq)                                                       \
    inline double Name(double x) {                                                                 \
        return std::name(x);                                                                       \
    }                                                                                              \
    inline f32 Name(f32 x) {                                                                       \
        return f32(double(std::name(x.v)));                                                        \
    }                                                                                              \
    inline quad Name(quad x) {                                                                     \
        return nameq(x);                                                                           \
    }
CORPUS_ELEMENTARY(Exp, exp, expq)
CORPUS_ELEMENTARY(Log, log, logq)
CORPUS_ELEMENTARY(Sin, sin, sinq)
CORPUS_ELEMENTARY(Cos, cos, cosq)
CORPUS_ELEMENTARY(Tanh, tanh, tanhq)
CORPUS_ELEMENTARY(Sqrt, sqrt, sqrtq)
CORPUS_ELEMENTARY(Atan, atan, atanq)
CORPUS_ELEMENTARY(Erf, erf, erfq)
CORPUS_ELEMENTARY(Log1p, log1p, log1pq)
#undef CORPUS_ELEMENTARY

#ifdef GP_WITH_PROVE
/* Balls, for proofs. */
#define CORPUS_ELEMENTARY(Name, name)                                                              \
    inline gradproof::ball Name(const gradproof::ball &x) {                                        \
        return name(x);                                                                            \
    }
CORPUS_ELEMENTARY(Exp, exp)
CORPUS_ELEMENTARY(Log, log)
CORPUS_ELEMENTARY(Sin, sin)
CORPUS_ELEMENTARY(Cos, cos)
CORPUS_ELEMENTARY(Tanh, tanh)
CORPUS_ELEMENTARY(Sqrt, sqrt)
CORPUS_ELEMENTARY(Atan, atan)
CORPUS_ELEMENTARY(Erf, erf)
CORPUS_ELEMENTARY(Log1p, log1p)
#undef CORPUS_ELEMENTARY
#endif

inline double number(double x) {
    return x;
}
inline double number(f32 x) {
    return x.v;
}
inline double number(quad x) {
    return static_cast<double>(x);
}

/* One operation: where its operands stand on the tape, and its derivative with respect to each. */
template <class T> struct node {
    std::ptrdiff_t a, b;
    T da, db;
};
template <class T> std::vector<node<T>> &tape() {
    static thread_local std::vector<node<T>> nodes;
    return nodes;
}

template <class T> struct var {
    T v;
    std::ptrdiff_t at; /* on the tape; -1: a constant */
    var() : v(0.0), at(-1) {
    }
    var(double x) : v(x), at(-1) {
    }
    var(T value, std::ptrdiff_t a, T da, std::ptrdiff_t b = -1, T db = T(0.0)) : v(value), at(-1) {
        if (a < 0 && b < 0)
            return;
        tape<T>().push_back({a, b, da, db});
        at = static_cast<std::ptrdiff_t>(tape<T>().size()) - 1;
    }
    friend var operator+(const var &x, const var &y) {
        return var(x.v + y.v, x.at, T(1.0), y.at, T(1.0));
    }
    friend var operator-(const var &x, const var &y) {
        return var(x.v - y.v, x.at, T(1.0), y.at, T(-1.0));
    }
    friend var operator*(const var &x, const var &y) {
        return var(x.v * y.v, x.at, y.v, y.at, x.v);
    }
    friend var operator/(const var &x, const var &y) {
        return var(x.v / y.v, x.at, T(1.0) / y.v, y.at, -x.v / y.v / y.v);
    }
    friend var operator-(const var &x) {
        return var(-x.v, x.at, T(-1.0));
    }
    friend bool operator<(const var &x, const var &y) {
        return x.v < y.v;
    }
    friend bool operator>(const var &x, const var &y) {
        return x.v > y.v;
    }
    var &operator+=(const var &y) {
        return *this = *this + y;
    }
    var &operator-=(const var &y) {
        return *this = *this - y;
    }
    var &operator*=(const var &y) {
        return *this = *this * y;
    }
    var &operator/=(const var &y) {
        return *this = *this / y;
    }
};

template <class T> double number(const var<T> &x) {
    return number(x.v);
}

#define CORPUS_DERIVATIVE(Name, value, derivative)                                                 \
    template <class T> var<T> Name(const var<T> &x) {                                              \
        T y = value;                                                                               \
        return var<T>(y, x.at, derivative);                                                        \
    }
CORPUS_DERIVATIVE(Exp, Exp(x.v), y)
CORPUS_DERIVATIVE(Log, Log(x.v), T(1.0) / x.v)
CORPUS_DERIVATIVE(Sin, Sin(x.v), Cos(x.v))
CORPUS_DERIVATIVE(Cos, Cos(x.v), -Sin(x.v))
CORPUS_DERIVATIVE(Tanh, Tanh(x.v), T(1.0) - y * y)
CORPUS_DERIVATIVE(Sqrt, Sqrt(x.v), T(0.5) / y)
CORPUS_DERIVATIVE(Atan, Atan(x.v), T(1.0) / (T(1.0) + x.v * x.v))
CORPUS_DERIVATIVE(Erf, Erf(x.v), T(1.1283791670955126) * Exp(-x.v * x.v))
CORPUS_DERIVATIVE(Log1p, Log1p(x.v), T(1.0) / (T(1.0) + x.v))
#undef CORPUS_DERIVATIVE

/* erf' needs 2/sqrt(pi) to all of quad's digits. */
template <> inline var<quad> Erf(const var<quad> &x) {
    return var<quad>(erfq(x.v), x.at, M_2_SQRTPIq * expq(-x.v * x.v));
}

template <class S> S Square(const S &x) {
    return x * x;
}
template <class S> S Max(const S &a, const S &b) {
    return a < b ? b : a;
}
template <class S> S Abs(const S &a) {
    return a < S(0.0) ? -a : a;
}
#ifdef GP_WITH_PROVE
/* Kinks that are known as such, rather than branches. */
inline gradproof::ball Max(const gradproof::ball &a, const gradproof::ball &b) {
    return fmax(b, a);
}
inline gradproof::ball Abs(const gradproof::ball &a) {
    return fabs(a);
}
#endif
/* x^p for x > 0 */
template <class S> S Power(const S &x, const S &p) {
    return Exp(p * Log(x));
}
template <class S> S Sigmoid(const S &z) {
    return S(1.0) / (S(1.0) + Exp(-z));
}
/* log(1 + exp(z)) without overflow */
template <class S> S Softplus(const S &z) {
    return z > S(0.0) ? z + Log1p(Exp(-z)) : Log1p(Exp(z));
}

/* g (n) := the gradient of f at x, by a tape in T. */
template <class T, class F> T differentiate(const F &f, size_t n, const T *x, T *g) {
    auto &nodes = tape<T>();
    nodes.clear();
    std::vector<var<T>> point(n);
    for (size_t i = 0; i < n; i++) {
        nodes.push_back({-1, -1, T(0.0), T(0.0)});
        point[i].v = x[i];
        point[i].at = static_cast<std::ptrdiff_t>(i);
    }
    var<T> y = f(point.data());
    std::vector<T> bar(nodes.size(), T(0.0));
    if (y.at >= 0)
        bar[static_cast<size_t>(y.at)] = T(1.0);
    for (size_t k = nodes.size(); k-- > 0;) {
        const node<T> &op = nodes[k];
        if (op.a >= 0)
            bar[static_cast<size_t>(op.a)] += bar[k] * op.da;
        if (op.b >= 0)
            bar[static_cast<size_t>(op.b)] += bar[k] * op.db;
    }
    for (size_t i = 0; i < n; i++)
        g[i] = bar[i];
    return y.v;
}

} // namespace corpus

#endif
