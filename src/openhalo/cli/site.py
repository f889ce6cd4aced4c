"""Verbs that make, check and keep a site: `init`, `check`, `upgrade`, `demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import openhalo
from openhalo.base.errors import CatalogueError, Problem, ReleaseError
from openhalo.cli.terminal import AsJson, out, print_json, progress, say_problems

if TYPE_CHECKING:
    from openhalo.publications.protection.dry_run import DryRun

PLACE = 10
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(init)
    app.command()(check)
    app.command()(upgrade)
    app.command()(demo)


def init(
    site: Annotated[Path, typer.Argument(help="A new or empty folder")],
    name: Annotated[str, typer.Option(help="The agency's name in full")] = "Your police department",
    agency: Annotated[str, typer.Option(help="A short id for it: small letters, digits and _")] = "pd",
    title: Annotated[str, typer.Option(help="What stands on top of the pages; the agency's name without it")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a site: settings to fill in, and folders for definitions, deliveries, records and releases.

    Example: openhalo init springfield --name "Springfield Police Department" --agency spd
    """
    from openhalo.sites.init import init_site
    from openhalo.sites.layout import SiteLayout

    init_site(site, title or name, name, agency)
    settings = SiteLayout(site).settings
    if as_json:
        print_json({"site": str(site), "settings": str(settings)})
    else:
        out.print(f"made {site}; next: fill in {settings}", soft_wrap=True, highlight=False)


def check(
    site: Annotated[
        Path | None, typer.Argument(help="A site's folder; without it, the shipped catalogue alone")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every definition and setting: unknown keys and codes, dangling references, conditions that do not read.

    Example: openhalo check springfield
    """
    from openhalo.analyses import runner
    from openhalo.catalogue import index
    from openhalo.early_intervention import alerts
    from openhalo.measures import kinds
    from openhalo.sites.checking import check_site
    from openhalo.sites.layout import SiteLayout

    catalogue, problems = index.examine(SiteLayout(site).catalogue if site else None)
    problems += [*kinds.check_kinds(), *runner.check_kinds(), *alerts.check_kinds()]
    if site is not None:
        problems = [*check_site(site, catalogue), *problems]
    tried = None if site is None or problems else openhalo.open_site(site).dry_run()
    if tried is not None:
        problems = tried.problems
    shelves = ("vocabularies", "record_types", "sources", "measures", "analyses", "indicators")
    counts = {shelf: len(getattr(catalogue, shelf)) for shelf in shelves}
    if as_json:
        print_json({"counts": counts, "problems": [_facts(problem) for problem in problems]})
    elif not problems:
        out.print(", ".join(f"{count} {shelf.replace('_', ' ')}" for shelf, count in counts.items()) + ": all good")
        if tried is not None:
            _say_cost(tried)
    if problems:
        error = CatalogueError(problems)
        if not as_json:
            say_problems(error)
        raise typer.Exit(error.exit_code)


def _say_cost(tried: "DryRun") -> None:
    """Say what the disclosure policy costs: figures withheld, and records of an incident file lost, by group."""
    for measure, (withheld, figures) in tried.withheld.items():
        out.print(f"{measure}: {withheld:,} of {figures:,} figures would be withheld")
    for record, loss in tried.loss.items():
        for row in loss.to_dicts():
            group = f"{row['field']} {row['group']}" if row["field"] else "all"
            out.print(f"incident file {record}, {group}: {row['lost']:.1%} of {row['records']:,} records would be lost")


def upgrade(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be changed, and change nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Carry a site that an earlier version of OpenHALO made over to the formats of this one.

    Records, figures and releases stay as they are. It may be broken off and run again.

    Example: openhalo upgrade springfield --dry-run
    """
    with progress() as report:
        changes = openhalo.open_site(site).upgrade(dry_run=dry_run, report=report)
    if as_json:
        told = [{"file": str(one.file), "change": one.what} for one in changes]
        print_json({"site": str(site), "changed": not dry_run and bool(told), "changes": told})
        return
    for one in changes:
        out.print(f"{one.file}: {one.what}", soft_wrap=True, highlight=False)
    would = "would be changed; nothing was yet" if dry_run else "changed"
    out.print(f"{len(changes)} file(s) {would}" if changes else "nothing to do", highlight=False)


def demo(
    site: Annotated[Path, typer.Option(help="Where the demo's site goes")] = Path("demo"),
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Show the release in a browser afterwards")] = True,
    host: Annotated[str, typer.Option(help="Address to serve at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve at")] = 8000,
    as_json: AsJson = False,
) -> None:
    """Make a site from real public records: import, publish, verify, serve. The last line is the release's folder.

    Example: openhalo demo --site demo --no-serve
    """
    from openhalo.releases import http_server
    from openhalo.releases.hashes import verify
    from openhalo.releases.serving import site_releases
    from openhalo.sites.demo import make_demo

    with progress() as report:
        made = make_demo(site, report)
        report("verifying")
        problems = verify(made.release)
    if problems:
        raise ReleaseError(problems)
    if as_json:
        print_json({"release": str(made.release), "receipts": [r.model_dump(mode="json") for r in made.receipts]})
    else:
        for receipt in made.receipts:
            read, taken, refused = receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected
            done = ", seen before" if receipt.repeated else ""
            out.print(f"{receipt.source}: {read:,} rows read = {taken:,} accepted + {refused:,} rejected{done}")
        out.print(str(made.release), soft_wrap=True, highlight=False)
    if serve:
        http_server.serve(site_releases(made.site.releases), host, port)


def _facts(problem: Problem) -> dict[str, str]:
    return {name: getattr(problem, name) for name in ("where", "found", "allowed", "todo")}
