/* Steps of the optimisers, written once for both precisions; train.c includes this twice, with
 *     REAL      double or float
 *     NAME(x)   x_f64 or x_f32 */

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

/* One step on the rows in use: the cost there, before it. */
static double NAME(step_once)(gp_trainee *t, double rate) {
    gp_network *net = t->network;
    REAL *theta = t->theta, *g = t->gradient;
    double cost = 0;
    (void)NAME(gp_dense_forward)(net, theta, &cost);
    (void)NAME(gp_dense_backward)(net, theta, g);
    if (t->planted)
        NAME(plant)(t, theta, g);
    t->steps++;
    if (t->options->optimizer == GP_ADAM) {
        double correction =
            sqrt(1 - pow(0.999, (double)t->steps)) / (1 - pow(0.9, (double)t->steps));
        NAME(adam)(t->n, (REAL)(rate * correction), theta, t->m, t->v, g);
    } else {
        NAME(sgd)(t->n, (REAL)rate, (REAL)t->options->momentum, theta, t->m, g);
    }
    return cost;
}

/* The rows of a batch, by their place in the order of the epoch. */
static void NAME(gather)(gp_trainee *t, const size_t *row, size_t count) {
    gp_network *net = t->network;
    REAL *to = (REAL *)net->INPUTS;
    const REAL *X = t->X;
    for (size_t r = 0; r < count; r++) {
        memcpy(to + r * t->inputs, X + row[r] * t->inputs, t->inputs * sizeof *to);
        net->labels[r] = t->labels[row[r]];
    }
}
