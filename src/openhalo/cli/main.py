"""`openhalo`: every verb, and what a failure looks like."""

import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import typer

import openhalo.cli
from openhalo.base.errors import OpenHaloError, Problem
from openhalo.cli.terminal import say_problems


def _groups() -> list[ModuleType]:
    """Return the modules of this package that bring verbs, in the order in which records flow through them."""
    names = [one.name for one in iter_modules(openhalo.cli.__path__) if one.name.isidentifier() and one.name != "main"]
    found = [import_module(f"{openhalo.cli.__name__}.{name}") for name in names]
    groups = [module for module in found if hasattr(module, "register")]
    for module in groups:
        if not isinstance(getattr(module, "PLACE", None), int):
            raise SystemExit(f"{module.__file__}: a module of verbs says where they stand: PLACE = a whole number")
    return sorted(groups, key=lambda module: module.PLACE)


app = typer.Typer(
    name="openhalo",
    help="From a police department's own records to accountability that anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _module in _groups():
    _module.register(app)


def run() -> None:
    """Run the command line; a user's mistake ends with its own exit code and no traceback."""
    try:
        try:
            app()
        except OSError as error:  # no space, no permission, a file open elsewhere: nothing that OpenHALO could mend
            if type(error).__module__.startswith("jinja2"):  # a template that is not there: a fault of the code
                raise
            found = f"the operating system refuses: {error.strerror or error}"
            raise OpenHaloError(Problem(str(error.filename or ""), found)) from None
    except OpenHaloError as error:
        say_problems(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    run()
