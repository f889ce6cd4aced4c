"""From figures to a release."""
