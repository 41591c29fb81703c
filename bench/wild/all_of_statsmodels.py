"""statsmodels: derivatives of links, variance functions, robust norms, copulas' generators and likelihoods."""

import warnings

import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.discrete import conditional_models, count_model, discrete_model, truncated_model
from statsmodels.distributions.copula import transforms
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.genmod.families import links, varfuncs
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import _gpa_rotation as rotation
from statsmodels.othermod.betareg import BetaModel
from statsmodels.robust import norms

from wild import Sweep

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
ROWS = 50
X = sm.add_constant(rng.normal(size=(ROWS, 2)) / 2)
POINT = np.array([0.3, 0.2, -0.3])
ETA = X @ POINT
COUNTS = rng.poisson(np.exp(ETA))
INFLATED = np.where(rng.random(ROWS) < 0.3, 0, COUNTS)
COIN = (rng.random(ROWS) < 0.5).astype(float)
THREE = rng.integers(0, 3, ROWS)


def check_links(sweep):
    shares, means = np.array([0.1, 0.3, 0.62, 0.85]), np.array([0.4, 1.3, 2.7])
    for link, at in [*((cls(), shares) for cls in (links.Logit, links.Probit, links.CLogLog, links.Cauchy, links.LogLog, links.LogC)),
                     *((cls(), means) for cls in (links.Log, links.InversePower, links.InverseSquared, links.Sqrt)),
                     (links.NegativeBinomial(alpha=0.7), means), (links.Power(1.5), means)]:
        name = type(link).__name__
        domain = {"bounds": (1e-3, 1 - 1e-3) if at is shares else None}  # they clip beyond it
        sweep.elementwise(f"link {name}: deriv", link, link.deriv, at, **domain)
        sweep.elementwise(f"link {name}: deriv2", link.deriv, link.deriv2, at, **domain)
        sweep.elementwise(f"link {name}: inverse_deriv", link.inverse, link.inverse_deriv, link(at))
        sweep.elementwise(f"link {name}: inverse_deriv2", link.inverse_deriv, link.inverse_deriv2, link(at))
    for name in ("mu", "mu_squared", "mu_cubed", "binary", "nbinom"):
        function = getattr(varfuncs, name)
        sweep.elementwise(f"variance {name}", function, function.deriv, shares, bounds=(1e-3, 1 - 1e-3))


def check_norms(sweep):
    at = np.array([-3.3, -1.1, -0.4, 0.3, 0.9, 2.2, 4.5])
    for name, cls in vars(norms).items():
        if not isinstance(cls, type) or not issubclass(cls, norms.RobustNorm) or cls in (norms.RobustNorm, norms.MQuantileNorm):
            continue
        sweep.elementwise(f"norm {name}: psi", cls().rho, cls().psi, at)
        sweep.elementwise(f"norm {name}: psi_deriv", cls().psi, cls().psi_deriv, at)


def check_copulas(sweep):
    at = np.array([0.15, 0.4, 0.77])
    order = (("evaluate", "deriv"), ("deriv", "deriv2"), ("inverse", "deriv_inverse"), ("deriv_inverse", "deriv2_inverse"),
             ("deriv2_inverse", "deriv3_inverse"), ("deriv3_inverse", "deriv4_inverse"))
    for name, theta in (("TransfFrank", (1.7,)), ("TransfClayton", (1.3,)), ("TransfGumbel", (1.6,)), ("TransfIndep", ())):
        transform = getattr(transforms, name)()
        for below, above in order:
            if hasattr(transform, below) and hasattr(transform, above):
                f, derivative = getattr(transform, below), getattr(transform, above)
                x = transform.evaluate(at, *theta) if "inverse" in above else at
                sweep.elementwise(f"{name}: {above}", lambda v: f(v, *theta), lambda v: derivative(v, *theta), x)


def check_model(sweep, name, model, point, second=True):
    hessian = {"hess": lambda q: np.asarray(model.hessian(q))} if second else {}
    sweep.scalar(name, lambda q: float(model.loglike(q)), lambda q: np.asarray(model.score(q)).ravel(), point, **hessian)


def check_linear_models(sweep):
    families = sm.families
    data = {families.Gaussian: rng.normal(size=ROWS), families.Poisson: COUNTS, families.Binomial: COIN,
            families.Gamma: rng.gamma(2, np.exp(ETA)), families.InverseGaussian: rng.wald(np.exp(ETA), 2),
            families.NegativeBinomial: COUNTS}
    for family, y in data.items():
        for link in ((links.Logit, links.CLogLog, links.Probit) if family is families.Binomial else (links.Log, links.Identity)):
            model = sm.GLM(y, X, family=family(link=link()))
            sweep.scalar(f"GLM {family.__name__}, {link.__name__}", lambda q: float(model.loglike(q, scale=1.0)),
                         lambda q: model.score(q, scale=1.0), [2, 0.1, 0.1] if link is links.Identity else POINT,
                         hess=lambda q: model.hessian(q, scale=1.0, observed=True))
    for ties in ("breslow", "efron"):
        times = np.round(rng.exponential(1, ROWS), 1) + 0.1
        check_model(sweep, f"PHReg {ties}", PHReg(times, X[:, 1:], status=COIN, ties=ties), POINT[1:])
    shares = rng.beta(2, 3, ROWS)
    check_model(sweep, "BetaModel", BetaModel(shares, X), [0.1, 0.2, -0.1, 1.0])
    check_model(sweep, "BetaModel with precision", BetaModel(shares, X, exog_precision=X[:, :2]), [0.1, 0.2, -0.1, 1.0, 0.2])


def check_discrete_models(sweep):
    groups = np.repeat(np.arange(ROWS // 5), 5)
    dispersed, inflated = [0.2, -0.4, 0.5, 0.4], [0.2, -0.4, 0.5, 0.3, -0.2]
    for name, model, point in (
            ("Poisson", discrete_model.Poisson(COUNTS, X), POINT), ("Logit", discrete_model.Logit(COIN, X), POINT),
            ("Probit", discrete_model.Probit(COIN, X), POINT),
            ("MNLogit", discrete_model.MNLogit(THREE, X), np.concatenate([POINT, -POINT])),
            ("NegativeBinomial nb1", discrete_model.NegativeBinomial(COUNTS, X, loglike_method="nb1"), dispersed),
            ("NegativeBinomial nb2", discrete_model.NegativeBinomial(COUNTS, X, loglike_method="nb2"), dispersed),
            ("NegativeBinomial geometric", discrete_model.NegativeBinomial(COUNTS, X, loglike_method="geometric"), POINT),
            ("NegativeBinomialP p=1", discrete_model.NegativeBinomialP(COUNTS, X, p=1), dispersed),
            ("NegativeBinomialP p=2", discrete_model.NegativeBinomialP(COUNTS, X, p=2), dispersed),
            ("GeneralizedPoisson p=1", discrete_model.GeneralizedPoisson(COUNTS, X, p=1), dispersed),
            ("GeneralizedPoisson p=2", discrete_model.GeneralizedPoisson(COUNTS, X, p=2), dispersed),
            ("ZeroInflatedPoisson", count_model.ZeroInflatedPoisson(INFLATED, X, exog_infl=X[:, :2]), inflated),
            ("ZeroInflatedGeneralizedPoisson",
             count_model.ZeroInflatedGeneralizedPoisson(INFLATED, X, exog_infl=X[:, :2]), [*inflated, 0.4]),
            ("ZeroInflatedNegativeBinomialP",
             count_model.ZeroInflatedNegativeBinomialP(INFLATED, X, exog_infl=X[:, :2]), [*inflated, 0.4]),
            ("TruncatedLFPoisson", truncated_model.TruncatedLFPoisson(np.maximum(COUNTS, 1), X), POINT),
            ("TruncatedLFNegativeBinomialP", truncated_model.TruncatedLFNegativeBinomialP(np.maximum(COUNTS, 1), X), dispersed),
            ("HurdleCountModel", truncated_model.HurdleCountModel(INFLATED, X), np.concatenate([POINT, -POINT]))):
        check_model(sweep, name, model, point)
    conditional = (conditional_models.ConditionalLogit(COIN, X[:, 1:], groups=groups),
                   conditional_models.ConditionalPoisson(COUNTS, X[:, 1:], groups=groups))
    for model in conditional:
        check_model(sweep, type(model).__name__, model, POINT[1:], second=False)
    check_model(sweep, "ConditionalMNLogit", conditional_models.ConditionalMNLogit(THREE, X[:, 1:], groups=groups),
                [0.2, -0.3, 0.1, 0.4], second=False)


def check_factors(sweep):
    correlation = np.corrcoef(rng.normal(size=(5, 40)) + rng.normal(size=40))
    model = Factor(corr=correlation, n_factor=2, nobs=40, method="ml")
    check_model(sweep, "Factor", model, np.concatenate([np.full(5, 0.7), 0.4 * rng.normal(size=10)]), second=False)
    loadings = rng.normal(size=(6, 3))
    for name, objective in (("oblimin", lambda q: rotation.oblimin_objective(L=q, gamma=0.3)),
                            ("orthomax", lambda q: rotation.orthomax_objective(L=q, gamma=0.5)),
                            ("Crawford-Ferguson", lambda q: rotation.CF_objective(L=q, kappa=0.3)),
                            ("partial target", lambda q: rotation.vgQ_partial_target(L=q, H=np.ones((6, 3))))):
        sweep.both(f"rotation {name}", lambda q: (float(objective(q)[0]), objective(q)[1]), loadings)


def main():
    sweep = Sweep(f"statsmodels {statsmodels.__version__}")
    for part in (check_links, check_norms, check_copulas, check_linear_models, check_discrete_models, check_factors):
        part(sweep)
    sweep.summary()


if __name__ == "__main__":
    main()
