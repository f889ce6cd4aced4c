"""How often intervals hold the truth, and how often tests cry wolf, on made-up data whose truth is known."""

from bench.coverage import groups_and_change, rates_and_shares, surveys

STUDIES = (*rates_and_shares.STUDIES, *groups_and_change.STUDIES, *surveys.STUDIES)
