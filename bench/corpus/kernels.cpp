/* Kernels of neural networks with hand-written backward passes, each under the loss
 *
 *     L = sum_k c_k y_k ,   c fixed and random,
 *
 * so that the backward pass starts from dL/dy = c. Arrays are row by row; the comment above each
 * kernel gives their shapes. */
#include "problem.hpp"

namespace corpus {

namespace {

template <class S> using row = std::vector<S>;

row<double> numbers(uint64_t seed, const std::string &purpose, size_t count) {
    random r(seed, purpose);
    row<double> v(count);
    for (double &x : v)
        x = r.normal();
    return v;
}

/* kernel(x) -> L and kernel.backward(x, g), both templates over the scalar. */
template <class K>
void add(corpus_list &list, const std::string &name, std::vector<block> blocks, K kernel,
         double spread = 1) {
    problem *p = from_formula(list, "kernel", name, std::move(blocks), kernel);
    const size_t n = p->n();
    p->start = [n, spread](random &r, size_t, double *x) {
        for (size_t i = 0; i < n; i++)
            x[i] = spread * r.normal();
    };
    p->gradient = [kernel](const double *x, double *g) { kernel.backward(x, g); };
    p->gradient32 = [kernel, n](const float *x, float *g) {
        row<f32> wrapped(n), slope(n);
        for (size_t i = 0; i < n; i++)
            wrapped[i].v = x[i];
        kernel.backward(wrapped.data(), slope.data());
        for (size_t i = 0; i < n; i++)
            g[i] = slope[i].v;
    };
}

/* Layer norm (Ba, Kiros & Hinton 2016): x (R, C), gamma (C), beta (C);
 * y = gamma u + beta, u = (x - mean) / sqrt(var + eps) over each row. */
struct layer_norm {
    size_t R, C;
    row<double> c;
    template <class S> void normalise(const S *x, size_t r, S *u, S &inverse) const {
        S mean(0.0), variance(0.0);
        for (size_t k = 0; k < C; k++)
            mean += x[r * C + k] / double(C);
        for (size_t k = 0; k < C; k++)
            variance += Square(x[r * C + k] - mean) / double(C);
        inverse = S(1.0) / Sqrt(variance + 1e-5);
        for (size_t k = 0; k < C; k++)
            u[k] = (x[r * C + k] - mean) * inverse;
    }
    template <class S> S operator()(const S *x) const {
        const S *gamma = x + R * C, *beta = gamma + C;
        row<S> u(C);
        S inverse, sum(0.0);
        for (size_t r = 0; r < R; r++) {
            normalise(x, r, u.data(), inverse);
            for (size_t k = 0; k < C; k++)
                sum += c[r * C + k] * (gamma[k] * u[k] + beta[k]);
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *gamma = x + R * C;
        S *dgamma = g + R * C, *dbeta = dgamma + C;
        row<S> u(C);
        S inverse;
        for (size_t k = 0; k < 2 * C; k++)
            dgamma[k] = S(0.0);
        for (size_t r = 0; r < R; r++) {
            normalise(x, r, u.data(), inverse);
            S mean(0.0), along(0.0);
            for (size_t k = 0; k < C; k++) {
                S du = c[r * C + k] * gamma[k];
                mean += du / double(C);
                along += du * u[k] / double(C);
                dgamma[k] += c[r * C + k] * u[k];
                dbeta[k] += S(c[r * C + k]);
            }
            for (size_t k = 0; k < C; k++)
                g[r * C + k] = (c[r * C + k] * gamma[k] - mean - u[k] * along) * inverse;
        }
    }
};

/* RMS norm (Zhang & Sennrich 2019): x (R, C), gamma (C); y = gamma x / sqrt(mean x^2 + eps). */
struct rms_norm {
    size_t R, C;
    row<double> c;
    template <class S> S inverse(const S *x, size_t r) const {
        S square(1e-6);
        for (size_t k = 0; k < C; k++)
            square += Square(x[r * C + k]) / double(C);
        return S(1.0) / Sqrt(square);
    }
    template <class S> S operator()(const S *x) const {
        const S *gamma = x + R * C;
        S sum(0.0);
        for (size_t r = 0; r < R; r++) {
            S scale = inverse(x, r);
            for (size_t k = 0; k < C; k++)
                sum += c[r * C + k] * gamma[k] * x[r * C + k] * scale;
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *gamma = x + R * C;
        S *dgamma = g + R * C;
        for (size_t k = 0; k < C; k++)
            dgamma[k] = S(0.0);
        for (size_t r = 0; r < R; r++) {
            S scale = inverse(x, r), along(0.0);
            for (size_t k = 0; k < C; k++) {
                dgamma[k] += c[r * C + k] * x[r * C + k] * scale;
                along += c[r * C + k] * gamma[k] * x[r * C + k] / double(C);
            }
            for (size_t k = 0; k < C; k++)
                g[r * C + k] =
                    c[r * C + k] * gamma[k] * scale - x[r * C + k] * along * scale * scale * scale;
        }
    }
};

template <class S> void softmax_row(const S *z, size_t count, S *p) {
    S largest = z[0], sum(0.0);
    for (size_t k = 1; k < count; k++)
        largest = Max(largest, z[k]);
    for (size_t k = 0; k < count; k++) {
        p[k] = Exp(z[k] - largest);
        sum += p[k];
    }
    for (size_t k = 0; k < count; k++)
        p[k] = p[k] / sum;
}

/* Softmax over rows of z (R, C). */
struct softmax {
    size_t R, C;
    row<double> c;
    template <class S> S operator()(const S *z) const {
        row<S> p(C);
        S sum(0.0);
        for (size_t r = 0; r < R; r++) {
            softmax_row(z + r * C, C, p.data());
            for (size_t k = 0; k < C; k++)
                sum += c[r * C + k] * p[k];
        }
        return sum;
    }
    template <class S> void backward(const S *z, S *g) const {
        row<S> p(C);
        for (size_t r = 0; r < R; r++) {
            softmax_row(z + r * C, C, p.data());
            S mean(0.0);
            for (size_t k = 0; k < C; k++)
                mean += c[r * C + k] * p[k];
            for (size_t k = 0; k < C; k++)
                g[r * C + k] = p[k] * (c[r * C + k] - mean);
        }
    }
};

/* Softmax cross-entropy, mean over rows: z (R, C), classes fixed. */
struct cross_entropy {
    size_t R, C;
    template <class S> S operator()(const S *z) const {
        row<S> p(C);
        S sum(0.0);
        for (size_t r = 0; r < R; r++) {
            softmax_row(z + r * C, C, p.data());
            sum -= Log(p[(3 * r + 1) % C]) / double(R);
        }
        return sum;
    }
    template <class S> void backward(const S *z, S *g) const {
        row<S> p(C);
        for (size_t r = 0; r < R; r++) {
            softmax_row(z + r * C, C, p.data());
            for (size_t k = 0; k < C; k++)
                g[r * C + k] = (p[k] - (k == (3 * r + 1) % C ? 1.0 : 0.0)) / double(R);
        }
    }
};

/* Causal attention, one head (Vaswani et al. 2017): Q, K, V (T, D); Y = softmax(Q K' / sqrt D) V.
 */
struct attention {
    size_t T, D;
    row<double> c;
    template <class S> void weights(const S *x, size_t t, S *p) const {
        const S *Q = x, *K = x + T * D;
        row<S> z(t + 1);
        for (size_t s = 0; s <= t; s++) {
            z[s] = S(0.0);
            for (size_t k = 0; k < D; k++)
                z[s] += Q[t * D + k] * K[s * D + k];
            z[s] = z[s] / std::sqrt(double(D));
        }
        softmax_row(z.data(), t + 1, p);
    }
    template <class S> S operator()(const S *x) const {
        const S *V = x + 2 * T * D;
        row<S> p(T);
        S sum(0.0);
        for (size_t t = 0; t < T; t++) {
            weights(x, t, p.data());
            for (size_t s = 0; s <= t; s++)
                for (size_t k = 0; k < D; k++)
                    sum += c[t * D + k] * p[s] * V[s * D + k];
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *Q = x, *K = x + T * D, *V = K + T * D;
        S *dQ = g, *dK = g + T * D, *dV = dK + T * D;
        for (size_t i = 0; i < 3 * T * D; i++)
            g[i] = S(0.0);
        row<S> p(T), dp(T);
        for (size_t t = 0; t < T; t++) {
            weights(x, t, p.data());
            S mean(0.0);
            for (size_t s = 0; s <= t; s++) {
                dp[s] = S(0.0);
                for (size_t k = 0; k < D; k++) {
                    dp[s] += c[t * D + k] * V[s * D + k];
                    dV[s * D + k] += c[t * D + k] * p[s];
                }
                mean += dp[s] * p[s];
            }
            for (size_t s = 0; s <= t; s++) {
                S dz = p[s] * (dp[s] - mean) / std::sqrt(double(D));
                for (size_t k = 0; k < D; k++) {
                    dQ[t * D + k] += dz * K[s * D + k];
                    dK[s * D + k] += dz * Q[t * D + k];
                }
            }
        }
    }
};

/* Convolution (as networks mean it: cross-correlation): input (H, W), kernels (F, 3, 3), bias (F).
 */
struct convolution {
    size_t H, W, F;
    row<double> c; /* (F, H-2, W-2) */
    template <class S, class V> void visit(const S *x, V visitor) const {
        (void)x;
        for (size_t f = 0; f < F; f++)
            for (size_t i = 0; i + 2 < H; i++)
                for (size_t j = 0; j + 2 < W; j++)
                    visitor(f, i, j, c[(f * (H - 2) + i) * (W - 2) + j]);
    }
    template <class S> S operator()(const S *x) const {
        const S *kernel = x + H * W, *bias = kernel + 9 * F;
        S sum(0.0);
        visit(x, [&](size_t f, size_t i, size_t j, double dy) {
            S y = bias[f];
            for (size_t a = 0; a < 3; a++)
                for (size_t b = 0; b < 3; b++)
                    y += kernel[9 * f + 3 * a + b] * x[(i + a) * W + j + b];
            sum += dy * y;
        });
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *kernel = x + H * W;
        S *dkernel = g + H * W, *dbias = dkernel + 9 * F;
        for (size_t i = 0; i < H * W + 10 * F; i++)
            g[i] = S(0.0);
        visit(x, [&](size_t f, size_t i, size_t j, double dy) {
            dbias[f] += S(dy);
            for (size_t a = 0; a < 3; a++)
                for (size_t b = 0; b < 3; b++) {
                    g[(i + a) * W + j + b] += dy * kernel[9 * f + 3 * a + b];
                    dkernel[9 * f + 3 * a + b] += dy * x[(i + a) * W + j + b];
                }
        });
    }
};

/* LSTM cell (Hochreiter & Schmidhuber 1997; gates i, f, o and candidate q): W (4H, I + H), b (4H),
 * input (I), state h (H), cell s (H). L = c . h' + c . s'. */
struct lstm_cell {
    size_t I, H;
    row<double> c; /* (2H) */
    template <class S> void gates(const S *x, row<S> &z) const {
        const size_t width = I + H;
        const S *b = x + 4 * H * width, *input = b + 4 * H;
        for (size_t u = 0; u < 4 * H; u++) {
            z[u] = b[u];
            for (size_t k = 0; k < width; k++)
                z[u] += x[u * width + k] * input[k]; /* the state follows the input in x */
            z[u] = u < 3 * H ? Sigmoid(z[u]) : Tanh(z[u]);
        }
    }
    template <class S> S operator()(const S *x) const {
        const S *cell = x + 4 * H * (I + H) + 4 * H + I + H;
        row<S> z(4 * H);
        S sum(0.0);
        gates(x, z);
        for (size_t u = 0; u < H; u++) {
            S s = z[H + u] * cell[u] + z[u] * z[3 * H + u];
            sum += c[u] * z[2 * H + u] * Tanh(s) + c[H + u] * s;
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const size_t width = I + H;
        const S *input = x + 4 * H * width + 4 * H, *cell = input + width;
        S *db = g + 4 * H * width, *dinput = db + 4 * H, *dcell = dinput + width;
        row<S> z(4 * H), dz(4 * H);
        gates(x, z);
        for (size_t u = 0; u < H; u++) {
            S in = z[u], forget = z[H + u], out = z[2 * H + u], candidate = z[3 * H + u];
            S s = forget * cell[u] + in * candidate, t = Tanh(s);
            S ds = c[u] * out * (1.0 - t * t) + S(c[H + u]);
            dz[u] = ds * candidate * in * (1.0 - in);
            dz[H + u] = ds * cell[u] * forget * (1.0 - forget);
            dz[2 * H + u] = c[u] * t * out * (1.0 - out);
            dz[3 * H + u] = ds * in * (1.0 - candidate * candidate);
            dcell[u] = ds * forget;
        }
        for (size_t k = 0; k < width; k++)
            dinput[k] = S(0.0);
        for (size_t u = 0; u < 4 * H; u++) {
            db[u] = dz[u];
            for (size_t k = 0; k < width; k++) {
                g[u * width + k] = dz[u] * input[k];
                dinput[k] += dz[u] * x[u * width + k];
            }
        }
    }
};

/* GRU cell (Cho et al. 2014): W (3H, I), U (3H, H), b (3H), input (I), state h (H);
 * r, z = s(W x + U h + b), q = tanh(W x + r (U h) + b), h' = (1 - z) q + z h. */
struct gru_cell {
    size_t I, H;
    row<double> c;
    template <class S> struct state { row<S> r, z, q, inner; };
    template <class S> state<S> forward(const S *x) const {
        const S *W = x, *U = W + 3 * H * I, *b = U + 3 * H * H, *in = b + 3 * H, *h = in + I;
        state<S> s{row<S>(H), row<S>(H), row<S>(H), row<S>(H)};
        for (size_t u = 0; u < 3 * H; u++) {
            S a = b[u], inner(0.0);
            for (size_t k = 0; k < I; k++)
                a += W[u * I + k] * in[k];
            for (size_t k = 0; k < H; k++)
                inner += U[u * H + k] * h[k];
            if (u < H) {
                s.r[u] = Sigmoid(a + inner);
            } else if (u < 2 * H) {
                s.z[u - H] = Sigmoid(a + inner);
            } else {
                s.inner[u - 2 * H] = inner;
                s.q[u - 2 * H] = Tanh(a + s.r[u - 2 * H] * inner);
            }
        }
        return s;
    }
    template <class S> S operator()(const S *x) const {
        const S *h = x + 3 * H * (I + H + 1) + I;
        state<S> s = forward(x);
        S sum(0.0);
        for (size_t u = 0; u < H; u++)
            sum += c[u] * ((1.0 - s.z[u]) * s.q[u] + s.z[u] * h[u]);
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *W = x, *U = W + 3 * H * I, *b = U + 3 * H * H, *in = b + 3 * H, *h = in + I;
        S *dW = g, *dU = dW + 3 * H * I, *db = dU + 3 * H * H, *din = db + 3 * H, *dh = din + I;
        state<S> s = forward(x);
        row<S> da(3 * H), dinner(3 * H);
        for (size_t k = 0; k < I; k++)
            din[k] = S(0.0);
        for (size_t u = 0; u < H; u++) {
            S dq = c[u] * (1.0 - s.z[u]) * (1.0 - s.q[u] * s.q[u]);
            dh[u] = c[u] * s.z[u];
            da[u] = dq * s.inner[u] * s.r[u] * (1.0 - s.r[u]);
            da[H + u] = c[u] * (h[u] - s.q[u]) * s.z[u] * (1.0 - s.z[u]);
            da[2 * H + u] = dq;
            dinner[u] = da[u];
            dinner[H + u] = da[H + u];
            dinner[2 * H + u] = dq * s.r[u];
        }
        for (size_t u = 0; u < 3 * H; u++) {
            db[u] = da[u];
            for (size_t k = 0; k < I; k++) {
                dW[u * I + k] = da[u] * in[k];
                din[k] += da[u] * W[u * I + k];
            }
            for (size_t k = 0; k < H; k++) {
                dU[u * H + k] = dinner[u] * h[k];
                dh[k] += dinner[u] * U[u * H + k];
            }
        }
    }
};

/* Embedding: a table (V, D) read at fixed places, some more than once, some never; L = |sum|^2 / 2.
 */
struct embedding {
    size_t V, D;
    row<double> c; /* (6, D) */
    static size_t word(size_t k) {
        const size_t words[] = {2, 0, 5, 2, 2, 4};
        return words[k];
    }
    template <class S> S operator()(const S *x) const {
        S sum(0.0);
        for (size_t k = 0; k < 6; k++)
            for (size_t j = 0; j < D; j++)
                sum += c[k * D + j] * Tanh(x[word(k) * D + j]);
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        for (size_t i = 0; i < V * D; i++)
            g[i] = S(0.0);
        for (size_t k = 0; k < 6; k++)
            for (size_t j = 0; j < D; j++)
                g[word(k) * D + j] += c[k * D + j] * (1.0 - Square(Tanh(x[word(k) * D + j])));
    }
};

/* Batch norm in training (Ioffe & Szegedy 2015): x (R, C), gamma (C), beta (C), over columns. */
struct batch_norm {
    size_t R, C;
    row<double> c;
    template <class S> void normalise(const S *x, size_t k, S *u, S &inverse) const {
        S mean(0.0), variance(0.0);
        for (size_t r = 0; r < R; r++)
            mean += x[r * C + k] / double(R);
        for (size_t r = 0; r < R; r++)
            variance += Square(x[r * C + k] - mean) / double(R);
        inverse = S(1.0) / Sqrt(variance + 1e-5);
        for (size_t r = 0; r < R; r++)
            u[r] = (x[r * C + k] - mean) * inverse;
    }
    template <class S> S operator()(const S *x) const {
        const S *gamma = x + R * C, *beta = gamma + C;
        row<S> u(R);
        S inverse, sum(0.0);
        for (size_t k = 0; k < C; k++) {
            normalise(x, k, u.data(), inverse);
            for (size_t r = 0; r < R; r++)
                sum += c[r * C + k] * (gamma[k] * u[r] + beta[k]);
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *gamma = x + R * C;
        S *dgamma = g + R * C, *dbeta = dgamma + C;
        row<S> u(R);
        S inverse;
        for (size_t k = 0; k < C; k++) {
            normalise(x, k, u.data(), inverse);
            S mean(0.0), along(0.0);
            for (size_t r = 0; r < R; r++) {
                mean += S(c[r * C + k] / double(R));
                along += c[r * C + k] * u[r] / double(R);
            }
            dbeta[k] = mean * double(R);
            dgamma[k] = along * double(R);
            for (size_t r = 0; r < R; r++)
                g[r * C + k] = gamma[k] * inverse * (c[r * C + k] - mean - u[r] * along);
        }
    }
};

/* GELU (Hendrycks & Gimpel 2016): y = x Phi(x), and its tanh form. */
struct gelu {
    row<double> c;
    bool by_tanh;
    template <class S> S operator()(const S *x) const {
        S sum(0.0);
        for (size_t k = 0; k < c.size(); k++)
            sum += c[k] * x[k] *
                   (by_tanh ? 0.5 * (1.0 + Tanh(inner(x[k])))
                            : 0.5 * (1.0 + Erf(x[k] * 0.7071067811865476)));
        return sum;
    }
    template <class S> static S inner(const S &x) {
        return 0.7978845608028654 * (x + 0.044715 * x * x * x);
    }
    template <class S> void backward(const S *x, S *g) const {
        for (size_t k = 0; k < c.size(); k++) {
            if (by_tanh) {
                S t = Tanh(inner(x[k]));
                g[k] = c[k] * (0.5 * (1.0 + t) + 0.5 * x[k] * (1.0 - t * t) * 0.7978845608028654 *
                                                     (1.0 + 0.134145 * x[k] * x[k]));
            } else {
                g[k] = c[k] * (0.5 * (1.0 + Erf(x[k] * 0.7071067811865476)) +
                               x[k] * 0.3989422804014327 * Exp(-0.5 * x[k] * x[k]));
            }
        }
    }
};

/* Gated unit (Shazeer 2020): A (H, I), B (H, I), input (I); y = silu(A x) (B x). */
struct swiglu {
    size_t I, H;
    row<double> c;
    template <class S> S operator()(const S *x) const {
        const S *in = x + 2 * H * I;
        S sum(0.0);
        for (size_t u = 0; u < H; u++) {
            S a(0.0), b(0.0);
            for (size_t k = 0; k < I; k++) {
                a += x[u * I + k] * in[k];
                b += x[(H + u) * I + k] * in[k];
            }
            sum += c[u] * a * Sigmoid(a) * b;
        }
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        const S *in = x + 2 * H * I;
        S *din = g + 2 * H * I;
        for (size_t k = 0; k < I; k++)
            din[k] = S(0.0);
        for (size_t u = 0; u < H; u++) {
            S a(0.0), b(0.0);
            for (size_t k = 0; k < I; k++) {
                a += x[u * I + k] * in[k];
                b += x[(H + u) * I + k] * in[k];
            }
            S s = Sigmoid(a), da = c[u] * b * s * (1.0 + a * (1.0 - s)), db = c[u] * a * s;
            for (size_t k = 0; k < I; k++) {
                g[u * I + k] = da * in[k];
                g[(H + u) * I + k] = db * in[k];
                din[k] += da * x[u * I + k] + db * x[(H + u) * I + k];
            }
        }
    }
};

/* Max pooling of an image (H, W) by 2 x 2: a kink where two of the four are equal. */
struct max_pool {
    size_t H, W;
    row<double> c;
    template <class S> size_t winner(const S *x, size_t i, size_t j) const {
        size_t best = i * W + j;
        for (size_t k : {i * W + j + 1, (i + 1) * W + j, (i + 1) * W + j + 1})
            if (x[best] < x[k])
                best = k;
        return best;
    }
    template <class S> S operator()(const S *x) const {
        S sum(0.0);
        size_t at = 0;
        for (size_t i = 0; i < H; i += 2)
            for (size_t j = 0; j < W; j += 2)
                sum += c[at++] * x[winner(x, i, j)];
        return sum;
    }
    template <class S> void backward(const S *x, S *g) const {
        size_t at = 0;
        for (size_t i = 0; i < H * W; i++)
            g[i] = S(0.0);
        for (size_t i = 0; i < H; i += 2)
            for (size_t j = 0; j < W; j += 2)
                g[winner(x, i, j)] = S(c[at++]);
    }
};

} // namespace

void add_kernels(corpus_list &list, uint64_t seed) {
    add(list, "layer norm", {{"x", 4, 8, 1}, {"gamma", 1, 8, 2}, {"beta", 1, 8, 2}},
        layer_norm{4, 8, numbers(seed, "layer norm", 32)});
    add(list, "RMS norm", {{"x", 4, 8, 1}, {"gamma", 1, 8, 2}},
        rms_norm{4, 8, numbers(seed, "rms norm", 32)});
    add(list, "softmax", {{"z", 4, 6, 0}}, softmax{4, 6, numbers(seed, "softmax", 24)});
    add(list, "softmax cross-entropy", {{"z", 8, 5, 0}}, cross_entropy{8, 5});
    add(list, "attention", {{"Q", 5, 4, 1}, {"K", 5, 4, 1}, {"V", 5, 4, 1}},
        attention{5, 4, numbers(seed, "attention", 20)});
    add(list, "convolution", {{"input", 6, 7, 0}, {"kernel", 2, 9, 0}, {"bias", 1, 2, 0}},
        convolution{6, 7, 2, numbers(seed, "convolution", 40)});
    add(list, "LSTM cell",
        {{"W", 16, 7, 0}, {"b", 1, 16, 0}, {"input", 1, 3, 0}, {"h", 1, 4, 0}, {"s", 1, 4, 0}},
        lstm_cell{3, 4, numbers(seed, "lstm", 8)}, 0.7);
    add(list, "GRU cell",
        {{"W", 12, 3, 0}, {"U", 12, 4, 0}, {"b", 1, 12, 0}, {"input", 1, 3, 0}, {"h", 1, 4, 0}},
        gru_cell{3, 4, numbers(seed, "gru", 4)}, 0.7);
    add(list, "embedding", {{"table", 6, 4, 0}}, embedding{6, 4, numbers(seed, "embedding", 24)});
    add(list, "batch norm", {{"x", 8, 4, 1}, {"gamma", 1, 4, 2}, {"beta", 1, 4, 2}},
        batch_norm{8, 4, numbers(seed, "batch norm", 32)});
    add(list, "GELU", {{"x", 4, 5, 0}}, gelu{numbers(seed, "gelu", 20), false});
    add(list, "GELU by tanh", {{"x", 4, 5, 0}}, gelu{numbers(seed, "gelu tanh", 20), true});
    add(list, "SwiGLU", {{"A", 6, 4, 1}, {"B", 6, 4, 1}, {"input", 1, 4, 0}},
        swiglu{4, 6, numbers(seed, "swiglu", 6)});
    add(list, "max pooling", {{"x", 6, 6, 0}}, max_pool{6, 6, numbers(seed, "pool", 9)});
    list.back()->smooth = false;
}

} // namespace corpus
