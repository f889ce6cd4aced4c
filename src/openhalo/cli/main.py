"""`openhalo`: every verb, and what a failure looks like."""

import sys

import typer

from openhalo.base.errors import OpenHaloError, Problem
from openhalo.cli import analysing, asking, delivering, following, keeping, making, publishing, supporting
from openhalo.cli.terminal import say_problems

app = typer.Typer(
    name="openhalo",
    help="From a police department's own records to accountability that anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (making, delivering, keeping, asking, analysing, supporting, following, publishing):
    module.register(app)


def run() -> None:
    """Run the command line; a user's mistake ends with its own exit code and no traceback."""
    try:
        try:
            app()
        except OSError as error:  # no space, no permission, a file open elsewhere: nothing that OpenHALO could mend
            found = f"the operating system refuses: {error.strerror or error}"
            raise OpenHaloError(Problem(str(error.filename or ""), found)) from None
    except OpenHaloError as error:
        say_problems(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    run()
