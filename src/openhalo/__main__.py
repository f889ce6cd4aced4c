"""`python -m openhalo`."""

from openhalo.cli.main import run

run()
