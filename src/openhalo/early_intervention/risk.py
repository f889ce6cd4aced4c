"""Risk models from an agency's own history: they must beat the shrunken count before anyone may use them."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from openhalo.base.errors import MissingExtra

Model = Literal["logistic", "lightgbm"]
Values = NDArray[np.float64]


def installed() -> bool:
    """Return whether the libraries that risk models need are there."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("sklearn", "lightgbm"))


def predict(model: Model, known: Values, happened: NDArray[np.bool_], now: Values) -> Values:
    """Return the probability of the outcome for each row of `now`.

    Args:
        model: which model.
        known: (rows, features) what was known at the beginning of past windows; NaN: no such event, no exposure.
        happened: (rows,) whether the outcome came within each of these windows; both answers must occur.
        now: (officers, features) the same features today.

    Returns:
        (officers,) between 0 and 1; the same on every run.

    Raises:
        MissingExtra: scikit-learn or LightGBM is not installed.
    """
    if not installed():
        raise MissingExtra("risk", "a risk model")
    return explain(model, known, happened, now)[0]


def explain(model: Model, known: Values, happened: NDArray[np.bool_], now: Values) -> tuple[Values, Values]:
    """Return what `predict` does, and (officers, features): what each feature adds to the log odds of the outcome.

    It is held against the average row of `known`; the parts and the model's average add up to the log odds.
    """
    if not installed():
        raise MissingExtra("risk", "a risk model")
    if model == "lightgbm":
        trees = _trees(known, happened)
        return np.asarray(trees.predict(now), float), np.asarray(trees.predict(now, pred_contrib=True), float)[:, :-1]
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(_levelled(known))
    line = LogisticRegression(C=0.1, solver="newton-cholesky").fit(scale.transform(_levelled(known)), happened)
    parts = np.asarray(scale.transform(_levelled(now)), float)
    return np.asarray(line.predict_proba(parts)[:, 1], float), parts * np.asarray(line.coef_[0], float)


def _trees(known: Values, happened: NDArray[np.bool_]) -> Any:
    import lightgbm

    settings: dict[str, Any] = {
        "objective": "binary",
        "learning_rate": 0.04,
        "num_leaves": 15,
        "min_child_samples": 80,
        "num_threads": 1,
        "feature_fraction": 0.7,
        "seed": 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(known, label=happened.astype(float)), num_boost_round=150)


def _levelled(features: Values) -> Values:
    """Return features without gaps and long tails: NaN means that nothing happened, so it becomes zero."""
    return np.asarray(np.log1p(np.nan_to_num(features, nan=0.0)))
