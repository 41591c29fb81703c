/* The callbacks of kinds.c in one precision: included once for each. */

static int NAME(value)(void *user, size_t n, const REAL *x, double *value) {
    (void)user;
    *value = 0;
    for (size_t i = 0; i + 1 < n; i++)
        *value += (double)x[i] * sin((double)x[i + 1]);
    return 0;
}

static int NAME(gradient)(void *user, size_t n, const REAL *x, REAL *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        g[i] += (REAL)sin((double)x[i + 1]);
        g[i + 1] += (REAL)(x[i] * cos((double)x[i + 1]));
    }
    return 0;
}

static int NAME(map)(void *user, size_t n, const REAL *x, size_t m, REAL *y) {
    (void)user, (void)n;
    for (size_t j = 0; j < m; j++)
        y[j] = (REAL)(x[j] * sin((double)x[j + 1]));
    return 0;
}

/* The two entries of row j that aren't zero. */
static void NAME(row)(const REAL *x, size_t j, REAL *pair) {
    pair[0] = (REAL)sin((double)x[j + 1]);
    pair[1] = (REAL)(x[j] * cos((double)x[j + 1]));
}

static int NAME(vjp)(void *user, size_t n, const REAL *x, size_t m, const REAL *u, REAL *g) {
    REAL pair[2];
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < m; j++) {
        NAME(row)(x, j, pair);
        g[j] += u[j] * pair[0];
        g[j + 1] += u[j] * pair[1];
    }
    return 0;
}

static int NAME(jvp)(void *user, size_t n, const REAL *x, const REAL *v, size_t m, REAL *y) {
    REAL pair[2];
    (void)user, (void)n;
    for (size_t j = 0; j < m; j++) {
        NAME(row)(x, j, pair);
        y[j] = pair[0] * v[j] + pair[1] * v[j + 1];
    }
    return 0;
}

static int NAME(jacobian)(void *user, size_t n, const REAL *x, size_t count, REAL *J) {
    (void)user;
    memset(J, 0, count * sizeof *J);
    for (size_t j = 0; j < M; j++)
        NAME(row)(x, j, count == 2 * M ? J + 2 * j : J + j * n + j);
    return 0;
}

static int NAME(hvp)(void *user, size_t n, const REAL *x, const REAL *v, REAL *y) {
    (void)user;
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i + 1 < n; i++) {
        REAL mixed = (REAL)cos((double)x[i + 1]);
        y[i] += mixed * v[i + 1];
        y[i + 1] += mixed * v[i] - (REAL)(x[i] * sin((double)x[i + 1])) * v[i + 1];
    }
    return 0;
}

static int NAME(hessian)(void *user, size_t n, const REAL *x, size_t count, REAL *H) {
    REAL e[N], column[N];
    (void)count;
    for (size_t i = 0; i < n; i++) {
        memset(e, 0, sizeof e);
        e[i] = 1;
        NAME(hvp)(user, n, x, e, column);
        for (size_t j = 0; j < n; j++)
            H[j * n + i] = column[j];
    }
    return 0;
}

static gp_status NAME(set)(gp_function *f, const char *kind) {
    if (strcmp(kind, "gradient") == 0 || strcmp(kind, "hessian") == 0 || strcmp(kind, "hvp") == 0) {
        gp_function_set_value(f, NAME(value));
        gp_function_set_gradient(f, NAME(gradient));
    } else {
        gp_function_set_map(f, M, NAME(map));
    }
    if (strcmp(kind, "gradient") == 0)
        return GP_OK;
    if (strcmp(kind, "vjp") == 0)
        return gp_function_set_vjp(f, NAME(vjp));
    if (strcmp(kind, "jvp") == 0)
        return gp_function_set_jvp(f, NAME(jvp));
    if (strcmp(kind, "hessian") == 0)
        return gp_function_set_hessian(f, NAME(hessian));
    if (strcmp(kind, "hvp") == 0)
        return gp_function_set_hvp(f, NAME(hvp));
    if (strcmp(kind, "jacobian") == 0 || strcmp(kind, "sparse") == 0)
        return gp_function_set_jacobian(f, NAME(jacobian));
    return GP_ERROR_ARGUMENT;
}
