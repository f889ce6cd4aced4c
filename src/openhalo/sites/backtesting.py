"""A backtest at a site: how good each way to choose officers for a review would have been on past days."""

from datetime import MAXYEAR, MINYEAR, date

from openhalo.base.errors import MeasureError, Problem, name_all
from openhalo.base.progress import Report
from openhalo.early_intervention.backtest import Backtest, backtest
from openhalo.early_intervention.counts import ROSTER, count_over_a_year, held_of, must_hold
from openhalo.early_intervention.look_back import months_before
from openhalo.early_intervention.roster import read_roster
from openhalo.sites.opened_site import OpenedSite, open_records
from openhalo.sites.risk_gate import keep


def try_out(
    opened: OpenedSite, outcome: str, counted: str, first: int, last: int, capacity: int, report: Report
) -> Backtest:
    """Try every way to choose at the ends of some years, and keep what came of it; the arguments of `Site.backtest`."""
    records = open_records(opened)
    must_hold(records, *ROSTER)
    governance = opened.governance
    outcome = outcome or (governance.outcome if governance else "allegations")
    foreseen, history = (count_over_a_year(opened.catalogue, name) for name in (outcome, counted or outcome))
    held = held_of(records, foreseen)
    held_of(records, history)
    roster = read_roster(records)
    if not MINYEAR <= first <= last < MAXYEAR:
        raise MeasureError(Problem("--first, --last", f"{first} to {last}", "two years, the earlier one first"))
    if capacity < 0:
        raise MeasureError(Problem("--capacity", f"{capacity} officers", "a whole number above 0"))
    origins = [date(year, 12, 31) for year in range(first, last + 1)]
    reach = min(max((cover.last for cover in records.coverage(one)), default=date.min) for one in held)
    if months_before(origins[-1], -12) > reach:
        found = f"the records of {name_all(held)} end on {reach}"
        raise MeasureError(Problem("--last", found, f"years before {reach.year}"))
    if not capacity and governance is not None:
        capacity = governance.capacity
    capacity = capacity or max(1, round(0.02 * roster.serving(origins[-1]).sum()))
    rules = list(opened.catalogue.rules.values())
    tried = backtest(records, roster, foreseen, history, rules, origins, capacity, report)
    keep(opened.layout.backtests, tried)
    return tried
