/* Steps of the optimisers, written once for both precisions; learn.c includes this twice, with
 *     REAL      double or float
 *     NAME(x)   x_f64 or x_f32
 *     INPUTS    the member of gp_network that holds X */

/* Adam (Kingma & Ba, 2015): m and v are running means of g and g^2; step holds the correction for
 * their start. */
GP_VECTOR static void NAME(adam)(size_t n, REAL step, REAL *theta, REAL *m, REAL *v,
                                 const REAL *g) {
    const REAL keep = (REAL)0.9, keep_square = (REAL)0.999, epsilon = (REAL)1e-8;
    for (size_t i = 0; i < n; i++) {
        m[i] = keep * m[i] + (1 - keep) * g[i];
        v[i] = keep_square * v[i] + (1 - keep_square) * g[i] * g[i];
        theta[i] -= step * m[i] / ((REAL)NAME(root)(v[i]) + epsilon);
    }
}

/* Stochastic gradient descent with momentum: m is the velocity. */
GP_VECTOR static void NAME(sgd)(size_t n, REAL step, REAL momentum, REAL *theta, REAL *m,
                                const REAL *g) {
    for (size_t i = 0; i < n; i++) {
        m[i] = momentum * m[i] + g[i];
        theta[i] -= step * m[i];
    }
}

/* total := the weighted sum of the shares' gradients, for parameters [first, end). */
GP_VECTOR static void NAME(add_share)(size_t n, REAL weight, const REAL *g, int begin,
                                      REAL *total) {
    for (size_t i = 0; i < n && begin; i++)
        total[i] = weight * g[i];
    for (size_t i = 0; i < n && !begin; i++)
        total[i] += weight * g[i];
}

/* Moves parameters [first, end), step number `step` from 1. */
static void NAME(step)(gp_trainee *t, size_t first, size_t end, double rate, uint64_t step) {
    const gp_train_options *o = t->options;
    REAL *theta = t->theta, *g = t->gradient, *m = t->m, *v = t->v;
    size_t n = end - first;
    for (unsigned k = 0; k < o->jobs && o->jobs > 1; k++)
        NAME(add_share)
    (n, (REAL)t->share[k].weight, (const REAL *)t->share[k].gradient + first, k == 0, g + first);
    if (t->planted)
        NAME(plant)(t, theta, g);
    if (o->optimizer == GP_ADAM) {
        double correction = sqrt(1 - pow(0.999, (double)step)) / (1 - pow(0.9, (double)step));
        NAME(adam)(n, (REAL)(rate * correction), theta + first, m + first, v + first, g + first);
    } else {
        NAME(sgd)(n, (REAL)rate, (REAL)o->momentum, theta + first, m + first, g + first);
    }
}

/* Fetches a share's rows, by their place in the order of the epoch; forward and back. */
static void NAME(there_and_back)(gp_share *s, const size_t *row, size_t count) {
    const gp_trainee *t = s->trainee;
    gp_network *net = s->network;
    REAL *to = (REAL *)net->INPUTS;
    const REAL *X = t->X;
    for (size_t r = 0; r < count; r++) {
        memcpy(to + r * t->inputs, X + row[r] * t->inputs, t->inputs * sizeof *to);
        net->labels[r] = t->labels[row[r]];
    }
    (void)NAME(gp_dense_forward)(net, t->theta, &s->cost);
    (void)NAME(gp_dense_backward)(net, t->theta, s->gradient);
}
