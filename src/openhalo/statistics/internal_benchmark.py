"""How does each officer compare with others at similar stops? A benchmark made for each officer alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from openhalo.language.translation import message
from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.local_false_discovery import LocalRates, local_false_discovery
from openhalo.statistics.regression import fit
from openhalo.statistics.results import Refused
from openhalo.statistics.splines import natural_spline

_FEWEST_PEERS = 50
"""Peers' stops, after weighting, below which an officer is not compared."""


@dataclass(frozen=True)
class Compared:
    """One officer against the same number of similar stops by others.

    Attributes:
        officer: the code.
        stops: of the officer that have similar stops by others; the others of the officer's stops are left out.
        share: with the outcome among them, 0 to 1.
        difference, low, high: share less that of the benchmark, −1 to 1.
        error: standard error of the difference.
        z: difference / error.
        peers: how many equally weighted stops the benchmark is worth (Kish).
        imbalance: largest difference in the average of a characteristic that weighting leaves, in standard deviations.
    """

    officer: int
    stops: int
    share: float
    difference: float
    low: float
    high: float
    error: float
    z: float
    peers: float
    imbalance: float


@dataclass(frozen=True)
class Benchmark:
    """All officers who can be compared.

    Attributes:
        compared: one an officer, in the order of their codes: no ranking.
        p, adjusted: two-sided, and by Benjamini and Hochberg.
        local: local false discovery rates with a null learnt from the officers; None below 200 officers.
        refused: officer → why there is no comparison.
    """

    compared: tuple[Compared, ...]
    p: Numbers
    adjusted: Numbers
    local: LocalRates | None
    refused: dict[int, str]
    method: str = "doubly robust internal benchmark: propensity weights and weighted regression"
    citation: str = "Ridgeway and MacDonald (2009), JASA 104, 661-668."

    def sentence(self, rate: float = 0.05) -> str:
        """Return how many officers stand out, and what that does not mean."""
        out = int(np.sum(self.adjusted < rate))
        return (
            f"{out} of {len(self.compared)} officers differ from others at similar stops by more than chance explains; "
            f"at most about {100 * rate:g} % of those are expected to be there by chance. Stops are similar in what "
            "was recorded and in nothing else; it does not say why, and it is no ranking."
        )


def benchmark(
    outcome: ArrayLike,
    officer: ArrayLike,
    numbers: Sequence[ArrayLike] = (),
    kinds: Sequence[ArrayLike] = (),
    *,
    df: int = 4,
    least: int = 50,
    confidence: float = 0.95,
) -> Benchmark:
    """Return how often an outcome follows an officer's stops, less how often it follows similar stops by others.

    Args:
        outcome: (stops,) true where it happened; the person stopped was of the group, was searched, …
        officer: (stops,) codes, whole numbers.
        numbers: what makes stops similar, as (stops,) columns of numbers (hour, longitude): a natural spline each.
            Rounded values are far faster, because alike stops are counted once.
        kinds: the same as (stops,) columns of codes (place, reason, season): a term a code.
        df: degrees of freedom of each spline.
        least: stops below which an officer is not compared.
        confidence: of the intervals, 0 < confidence < 1.

    Returns:
        Officers with too few stops, whose stops nobody else makes, or whose model does not converge are in `refused`.

    Raises:
        ValueError: columns of different lengths, or values missing.
        Refused: no characteristic is given, or no officer can be compared.

    For each officer a logistic regression gives every stop the chance p that this officer made it; others' stops count
    p / (1 − p), so that they match the officer's in time, place and kind. A regression with these weights on the same
    characteristics gives the difference: it is right if either of the two models is. Standard errors are the sandwich's
    with weights taken as known, which is cautious.

    Source: Ridgeway and MacDonald (2009), JASA 104, 661-668, who boost trees for p; Bang and Robins (2005),
    Biometrics 61, 962-973.
    """
    y, who = np.asarray(outcome, bool), np.asarray(officer)
    columns = [np.asarray(one, float) for one in numbers] + [np.asarray(one) for one in kinds]
    if any(one.shape != y.shape for one in (who, *columns)) or y.ndim != 1:
        raise ValueError("outcome, officer and every characteristic must be columns of one length")
    if not all(np.all(np.isfinite(one)) for one in columns[: len(numbers)]):
        raise ValueError("a number is missing; leave such stops out or give them a code of their own")
    if not columns:
        raise Refused("nothing says which stops are similar; a comparison of officers needs place, time and reason")
    normal_quantile(confidence)
    cells = _cells(y, who, columns, len(numbers), df)
    compared, refused = [], {}
    for code, name in enumerate(cells.officers.tolist()):
        try:
            compared.append(_compare(cells, code, int(name), least, confidence))
        except Refused as reason:
            refused[int(name)] = str(reason)
    if not compared:
        raise Refused("no officer has enough stops that are similar to others'")
    z = np.array([one.z for one in compared])
    p = 2 * ndtr(-np.abs(z))
    try:
        local = local_false_discovery(z)
    except Refused:
        local = None
    return Benchmark(tuple(compared), p, np.asarray(false_discovery_control(p)), local, refused)


@dataclass(frozen=True)
class _Cells:
    """Alike stops counted once: smooth terms, codes, totals; and each officer's own cells."""

    officers: NDArray[np.integer]
    smooth: Numbers
    codes: NDArray[np.int64]
    n: Numbers
    k: Numbers
    owner: NDArray[np.int64]
    at: NDArray[np.int64]
    own_n: Numbers
    own_k: Numbers


def _cells(
    y: NDArray[np.bool_], who: NDArray[np.generic], columns: list[NDArray[np.generic]], smooth: int, df: int
) -> _Cells:
    levels = [np.unique(one, return_inverse=True) for one in columns]
    alike = np.zeros(len(y), np.int64)
    for values, code in levels:
        alike = np.unique(alike * len(values) + code, return_inverse=True)[1]
    first = np.unique(alike, return_index=True)[1]
    curves = [
        natural_spline(values, min(df, len(values) - 1), np.bincount(code))[code[first]]
        for values, code in levels[:smooth]
        if len(values) > 1
    ]
    officers, officer = np.unique(who, return_inverse=True)
    pairs, pair = np.unique(officer * (int(alike.max()) + 1) + alike, return_inverse=True)
    return _Cells(
        officers=officers,
        smooth=np.hstack(curves) if curves else np.zeros((len(first), 0)),
        codes=np.stack([code[first] for _, code in levels[smooth:]], axis=1)
        if levels[smooth:]
        else np.zeros((len(first), 0), np.int64),
        n=np.bincount(alike).astype(float),
        k=np.bincount(alike, y).astype(float),
        owner=pairs // (int(alike.max()) + 1),
        at=pairs % (int(alike.max()) + 1),
        own_n=np.bincount(pair).astype(float),
        own_k=np.bincount(pair, y).astype(float),
    )


def _compare(cells: _Cells, code: int, name: int, least: int, confidence: float) -> Compared:
    mine = slice(*np.searchsorted(cells.owner, [code, code + 1]))
    own, hits = np.zeros(len(cells.n)), np.zeros(len(cells.n))
    own[cells.at[mine]], hits[cells.at[mine]] = cells.own_n[mine], cells.own_k[mine]
    others, other_hits = cells.n - own, cells.k - hits
    # Where only the officer, or only others, stop anybody there is nothing to compare.
    shared = np.ones(len(own), bool)
    for _ in range(5):
        for column in cells.codes.T:
            sides = np.bincount(column, own * shared) * np.bincount(column, others * shared)
            shared &= (sides > 0)[column]
    own, hits, others, other_hits = (part[shared] for part in (own, hits, others, other_hits))
    if own.sum() < least:
        raise Refused(message("fewer than {n} stops that are similar to others'", n=least))
    terms = _terms(cells, shared)
    design = np.column_stack([np.ones(len(own)), terms])
    chance = fit(design, own, "binomial", trials=own + others).fitted / (own + others)
    weight = others * chance / (1 - chance)
    worth = float(weight.sum() ** 2 / np.sum(weight * chance / (1 - chance)))
    if worth < _FEWEST_PEERS:
        raise Refused("too few similar stops by others")
    x = np.vstack([np.column_stack([np.ones(len(own)), design]), np.column_stack([np.zeros(len(own)), design])])
    m, k = np.concatenate([own, others]), np.concatenate([hits, other_hits])
    w = np.concatenate([np.ones(len(own)), chance / (1 - chance)])
    bread = (x * (w * m)[:, None]).T @ x
    try:
        factor = cho_factor(bread)
    except LinAlgError:
        raise Refused("a characteristic is determined by the others") from None
    beta = cho_solve(factor, x.T @ (w * k))
    fitted = x @ beta
    square = k * (1 - fitted) ** 2 + (m - k) * fitted**2
    influence = cho_solve(factor, np.eye(len(beta)))[0] @ x.T
    error = float(np.sqrt(np.sum((influence * w) ** 2 * square)))
    if error < 1e-9:
        raise Refused("the outcome is the same at all of these stops")
    size = float(own.sum())
    gap = own @ terms / size - weight @ terms / weight.sum()
    scale = np.sqrt(np.maximum(own @ terms**2 / size - (own @ terms / size) ** 2, 1e-12))
    half = normal_quantile(confidence) * error
    return Compared(
        officer=name,
        stops=round(size),
        share=float(hits.sum() / size),
        difference=float(beta[0]),
        low=float(beta[0]) - half,
        high=float(beta[0]) + half,
        error=error,
        z=float(beta[0]) / error,
        peers=worth,
        imbalance=float(np.max(np.abs(gap) / scale)),
    )


def _terms(cells: _Cells, shared: NDArray[np.bool_]) -> Numbers:
    """Return the columns of the two models for cells that can be compared, without those that never vary."""
    columns = [*cells.smooth[shared].T]
    for column in cells.codes[shared].T:
        columns += [(column == level).astype(float) for level in np.unique(column)[1:]]
    terms = np.column_stack(columns) if columns else np.zeros((int(shared.sum()), 0))
    varies = np.ptp(terms, axis=0) > 1e-9 if terms.size else np.zeros(0, bool)
    found: Numbers = terms[:, varies]
    if not found.shape[1]:
        raise Refused("similar stops do not differ in anything recorded")
    return found
