"""Measures answered: figures with n, denominator, interval, and what may not be concluded from them."""
