/* The forward and the backward pass of the dense network, written once for both precisions. dense.c
 * includes this twice, with
 *     REAL      double or float
 *     NAME(x)   x_f64 or x_f32
 *     GEMM      cblas_dgemm or cblas_sgemm
 *     INPUTS    the member of gp_network that holds X
 *
 * Shapes: m rows in use; layer l has u = width[l] units and v = width[l-1] inputs;
 *     W_l (u, v), b_l (u), A_{l-1} (m, v), Z_l and A_l (m, u), delta_l = dcost/dZ_l (m, u).
 *
 *     Z_l = A_{l-1} W_l^T + b_l        A_l = f(Z_l), dropped and rescaled where dropout says so
 *     dW_l = delta_l^T A_{l-1}         db_l = column sums of delta_l
 *     delta_{l-1} = (delta_l W_l) * f'(Z_{l-1})
 */

GP_VECTOR static void NAME(rectify)(size_t count, REAL leak, const REAL *z, REAL *a) {
    for (size_t i = 0; i < count && leak == 0; i++)
        a[i] = z[i] <= 0 ? 0 : z[i]; /* as gp_relu: NaN stays NaN */
    for (size_t i = 0; i < count && leak != 0; i++)
        a[i] = z[i] > 0 ? z[i] : leak * z[i];
}

/* a := f(z) */
static void NAME(activate)(gp_activation unit, size_t count, const REAL *z, REAL *a) {
    if (gp_unit_is_bent(unit)) {
        NAME(rectify)(count, (REAL)gp_activate_derivative(unit, -1), z, a);
        return;
    }
    for (size_t i = 0; i < count; i++)
        a[i] = (REAL)gp_activate(unit, z[i]);
}

GP_VECTOR static void NAME(multiply_rectified)(size_t count, REAL leak, const REAL *z,
                                               REAL *delta) {
    for (size_t i = 0; i < count; i++)
        delta[i] *= z[i] > 0 ? 1 : leak;
}

/* delta *= f'(z) */
static void NAME(multiply_by_derivative)(gp_activation unit, size_t count, const REAL *z,
                                         REAL *delta) {
    if (gp_unit_is_bent(unit)) {
        NAME(multiply_rectified)(count, (REAL)gp_activate_derivative(unit, -1), z, delta);
        return;
    }
    for (size_t i = 0; i < count; i++)
        delta[i] *= (REAL)gp_activate_derivative(unit, z[i]);
}

int NAME(gp_dense_forward)(gp_network *net, const REAL *theta, double *cost) {
    const gp_network_options *o = &net->options;
    size_t m = net->count, layers = o->layers;
    const REAL *below = net->INPUTS + net->first * net->width[0];
    net->mask_draw++;
    for (size_t l = 1; l <= layers; l++) {
        size_t u = net->width[l], v = net->width[l - 1];
        const REAL *W = theta + net->weights[l], *b = W + u * v;
        REAL *z = net->z[l], *a = net->a[l];
        for (size_t r = 0; r < m; r++)
            memcpy(z + r * u, b, u * sizeof *z);
        GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)u, (int)v, 1, below, (int)v, W,
             (int)v, 1, z, (int)u);
        if (l == layers)
            break;
        REAL rescale = (REAL)(1 / (1 - o->dropout));
        NAME(activate)(o->hidden, m * u, z, a);
        if (o->dropout > 0)
            for (size_t r = 0; r < m; r++)
                for (size_t k = 0; k < u; k++)
                    a[r * u + k] = gp_dropout_keeps(net, l, r, k) ? a[r * u + k] * rescale : 0;
        below = a;
    }

    /* cost = mean of the losses + (l2 / 2) sum of squared weights */
    size_t outputs = net->width[layers];
    const REAL *logits = net->z[layers];
    double sum = 0, squares = 0;
    for (size_t r = 0; r < m; r++) {
        double z[GP_MAX_OUTPUTS];
        for (size_t k = 0; k < outputs; k++)
            z[k] = logits[r * outputs + k];
        sum +=
            gp_loss_value(o, outputs, z, net->labels + (net->first + r) * net->label_columns, NULL);
    }
    double l2 = net->part == GP_PART_DATA ? 0 : o->l2;
    if (l2 > 0)
        for (size_t l = 1; l <= layers; l++)
            for (size_t i = 0; i < net->width[l] * net->width[l - 1]; i++)
                squares += (double)theta[net->weights[l] + i] * theta[net->weights[l] + i];
    *cost = (net->part == GP_PART_DECAY ? 0 : sum / (double)m) + 0.5 * l2 * squares;
    return 0;
}

/* to (u) := the sums of delta's columns, some at a time, added up in double in the order of rows.
 */
GP_VECTOR static void NAME(add_columns)(size_t m, size_t u, const REAL *delta, REAL *to) {
    enum { COLUMNS = 64 };
    for (size_t first = 0; first < u; first += COLUMNS) {
        size_t some = u - first < COLUMNS ? u - first : COLUMNS;
        double sum[COLUMNS] = {0};
        for (size_t r = 0; r < m; r++)
            for (size_t k = 0; k < some; k++)
                sum[k] += delta[r * u + first + k];
        for (size_t k = 0; k < some; k++)
            to[first + k] = (REAL)sum[k];
    }
}

int NAME(gp_dense_backward)(gp_network *net, const REAL *theta, REAL *gradient) {
    const gp_network_options *o = &net->options;
    size_t m = net->count, layers = o->layers, outputs = net->width[layers];
    REAL *delta = net->delta, *delta_below = net->delta_below;
    const REAL *logits = net->z[layers];
    for (size_t r = 0; r < m; r++) {
        double z[GP_MAX_OUTPUTS], dz[GP_MAX_OUTPUTS];
        for (size_t k = 0; k < outputs; k++)
            z[k] = logits[r * outputs + k];
        (void)gp_loss_value(o, outputs, z, net->labels + (net->first + r) * net->label_columns, dz);
        for (size_t k = 0; k < outputs; k++)
            delta[r * outputs + k] = net->part == GP_PART_DECAY ? 0 : (REAL)(dz[k] / (double)m);
    }
    for (size_t l = layers; l >= 1; l--) {
        size_t u = net->width[l], v = net->width[l - 1];
        const REAL *W = theta + net->weights[l];
        REAL *dW = gradient + net->weights[l], *db = dW + u * v;
        const REAL *below =
            l > 1 ? (const REAL *)net->a[l - 1] : net->INPUTS + net->first * net->width[0];
        GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, (int)u, (int)v, (int)m, 1, delta, (int)u,
             below, (int)v, 0, dW, (int)v);
        if (o->l2 > 0 && net->part != GP_PART_DATA)
            for (size_t i = 0; i < u * v; i++)
                dW[i] += (REAL)o->l2 * W[i];
        NAME(add_columns)(m, u, delta, db);
        if (l == 1)
            break;
        GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)v, (int)u, 1, delta, (int)u, W,
             (int)v, 0, delta_below, (int)v);
        const REAL *z = net->z[l - 1];
        REAL rescale = (REAL)(1 / (1 - o->dropout));
        NAME(multiply_by_derivative)(o->hidden, m * v, z, delta_below);
        if (o->dropout > 0)
            for (size_t r = 0; r < m; r++)
                for (size_t k = 0; k < v; k++)
                    delta_below[r * v + k] =
                        gp_dropout_keeps(net, l - 1, r, k) ? delta_below[r * v + k] * rescale : 0;
        REAL *swap = delta;
        delta = delta_below;
        delta_below = swap;
    }
    return 0;
}

/* dX (m x inputs) := the derivative of the one logit of each row by that row, after a forward pass
 * at the same theta and rows, without dropout. */
int NAME(gp_dense_input_gradient)(gp_network *net, const REAL *theta, REAL *dX) {
    const gp_network_options *o = &net->options;
    size_t m = net->count;
    REAL *delta = net->delta, *delta_below = net->delta_below;
    for (size_t r = 0; r < m; r++)
        delta[r] = 1;
    for (size_t l = o->layers; l >= 1; l--) {
        size_t u = net->width[l], v = net->width[l - 1];
        REAL *to = l > 1 ? delta_below : dX;
        GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)v, (int)u, 1, delta, (int)u,
             theta + net->weights[l], (int)v, 0, to, (int)v);
        if (l > 1)
            NAME(multiply_by_derivative)(o->hidden, m * v, net->z[l - 1], to);
        delta_below = delta;
        delta = to;
    }
    return 0;
}
