"""Analyses answered: records turned into the numbers that each statistical test needs, and its result into words."""
