"""Verbs that bring figures out and stand by them: publish, approve, recall, hand-over, verify, recompute, diff."""

from pathlib import Path
from typing import Annotated

import typer

import openhalo
from openhalo.base.errors import ReleaseError, StoreError
from openhalo.cli.terminal import AsJson, err, out, print_json, progress, say_problems, warn_of_uncounted

PLACE = 70
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    for verb in (publish, approve, recall, hand_over, verify, recompute, diff, serve):
        app.command(verb.__name__.replace("_", "-"))(verb)


def publish(site: Annotated[Path, typer.Argument(help="The site's folder")], as_json: AsJson = False) -> None:
    """Build a release from the newest store version: figures, pages, descriptor with every hash.

    Example: openhalo publish springfield
    """
    opened = openhalo.open_site(site)
    warn_of_uncounted(opened)
    with progress() as report:
        folder = opened.publish(report=report)
    approval = opened.settings.approval
    if as_json:
        print_json({"release": str(folder), "state": "waiting" if approval.needed else "public"})
        return
    if approval.needed:
        who = f" of the {approval.by}" if approval.by else ""
        out.print(f"it waits for the approval{who}: openhalo approve {site} {folder.name} --by NAME", soft_wrap=True)
    out.print(f"release: {folder}", soft_wrap=True)


def approve(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    number: Annotated[str, typer.Argument(help="The release, such as 0003")],
    by: Annotated[str, typer.Option(help="Who approves it; kept in the register")],
    as_json: AsJson = False,
) -> None:
    """Make a waiting release public.

    Example: openhalo approve springfield 0003 --by "J. Rivera, oversight board"
    """
    entry = openhalo.open_site(site).register.approve(number, by)
    if as_json:
        print_json(entry.model_dump(mode="json"))
    else:
        out.print(f"release {entry.number} is public; approved by {entry.approved_by}", highlight=False)


def recall(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    number: Annotated[str, typer.Argument(help="The release, such as 0003")],
    reason: Annotated[str, typer.Option(help="Why; kept in the register")],
    as_json: AsJson = False,
) -> None:
    """Take a release back: the public no longer sees it. Its folder and the reason are kept.

    Example: openhalo recall springfield 0003 --reason "A record was purged by court order"
    """
    entry = openhalo.open_site(site).register.recall(number, reason)
    if as_json:
        print_json(entry.model_dump(mode="json"))
    else:
        out.print(f"release {entry.number} is recalled: {entry.reason}", highlight=False)


def hand_over(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    file: Annotated[Path, typer.Argument(help="A new file that ends in .zip")],
    by: Annotated[str, typer.Option(help="Who hands it over; kept in a signed receipt")],
    release: Annotated[str, typer.Option(help="The release, such as 0003; the newest public one without it")] = "",
    as_json: AsJson = False,
) -> None:
    """Hand over to the oversight body what a release withholds only because few officers did it.

    Example: openhalo hand-over springfield march.zip --by "J. Rivera"
    """
    done = openhalo.open_site(site).hand_over(file, by=by, release=release)
    if as_json:
        print_json(done)
    else:
        out.print(f"{file}: what release {done['release']} leaves to oversight, SHA-256 {done['sha256']}")
        out.print("a signed receipt of it stands in the site's folder oversight", highlight=False)


def verify(
    release: Annotated[
        Path, typer.Argument(help="A release's folder; with --receipt, the site's, or the file of its public key")
    ],
    receipt: Annotated[
        Path | None, typer.Option(help="Check this signed receipt of a purge instead, against the site's public key")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Public key (site.pub), or folder, of the site that must have signed it"),
    ] = None,
    delivery: Annotated[
        Path | None,
        typer.Option(help="Prove instead that the release rests on this delivered file", exists=True, dir_okay=False),
    ] = None,
    salt: Annotated[
        Path | None,
        typer.Option(
            help="The site's salt (keys/site.salt), for files that the release does not name",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every byte of a release, count its figures again from its own incident files, and compare its pages.

    Needs nothing but the folder: no site, no records, no network. With --key it checks, too, that the site signed it,
    after the release that lies beside it; with --delivery, that it rests on a delivered file. With --receipt it checks
    that a site signed the receipt of a purge, and that nobody changed it since.

    Example: openhalo verify springfield/releases/0001
    Example: openhalo verify springfield/releases/0001 --key springfield/keys/site.pub
    Example: openhalo verify springfield --receipt springfield/store/purges/000001.json
    """
    from openhalo.releases import hashes
    from openhalo.releases.signature import SIGNATURE
    from openhalo.verification.rederivation import Rederived, rederive

    if receipt is not None:
        _verify_receipt(_public_key(release), receipt, as_json)
        return
    if delivery is not None:
        _verify_delivery(release, delivery, salt, as_json)
        return
    problems = hashes.verify(release, _public_key(key) if key else "")
    again = rederive(release) if not problems else Rederived()
    problems += again.problems
    if as_json:
        facts = {"figures": again.figures, "counted_again": again.agree, "withheld": again.withheld}
        facts |= {"numbers_on_pages": again.on_pages.agree, "pages_with_numbers": again.on_pages.pages}
        told = [str(problem) for problem in problems]
        print_json({"release": str(release), "problems": told, **facts, "cannot": again.cannot})
    elif problems:
        say_problems(ReleaseError(problems))
    else:
        bare = not (release / SIGNATURE).is_file()
        signed = ", signed with this key" if key else "; nobody signed it" if bare else ""
        out.print(f"{release}: every file is as published{signed}", soft_wrap=True)
        out.print(f"  {again.agree:,} of {again.figures:,} figures counted again from the incident files: all agree")
        for why, figures in sorted(again.cannot.items()):
            out.print(f"  {figures:,} only the agency can check: {why}", soft_wrap=True, highlight=False)
        pages = again.on_pages
        marked = f"{pages.agree:,} on {pages.pages:,} pages, as in the data" if pages.pages else "not marked"
        out.print(f"  numbers on pages: {marked}", highlight=False)
    if problems:
        raise typer.Exit(ReleaseError.exit_code)


def _public_key(signer: Path) -> str:
    """Return the public key of a site's folder, or of a file."""
    from openhalo.sites.signed_receipts import public_key

    return openhalo.open_site(signer).public_key() if signer.is_dir() else public_key(signer)


def _verify_delivery(release: Path, file: Path, salt: Path | None, as_json: bool) -> None:
    """Say by which delivery of a release a file came in."""
    from openhalo.releases.commitments import find_delivery

    found = find_delivery(release, file, salt.read_text(encoding="utf-8", errors="replace").strip() if salt else "")
    if as_json:
        print_json({"release": str(release), "file": str(file), "delivery": found})
    else:
        out.print(f"{release} rests on {file}: it is delivery {found}", soft_wrap=True, highlight=False)


def _verify_receipt(known: str, receipt: Path, as_json: bool) -> None:
    """Say whether a receipt was signed with a key, and stands as it was signed."""
    from openhalo.sites.signed_receipts import signed_purge

    try:
        purge = signed_purge(receipt, known)
    except StoreError as error:
        if as_json:
            print_json({"receipt": str(receipt), "problems": [str(problem) for problem in error.problems]})
            raise typer.Exit(error.exit_code) from None
        raise
    if as_json:
        print_json({"receipt": str(receipt), "problems": [], **purge.model_dump(mode="json")})
        return
    out.print(f"{receipt}: signed by the site, and as it was signed", soft_wrap=True, highlight=False)
    told = f"purge {purge.purge} of {purge.date}, a record of {purge.record}, on the authority of: {purge.authority}"
    out.print(f"  {told}", soft_wrap=True, highlight=False)


def recompute(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    release: Annotated[str, typer.Argument(help="The release, such as 0003; the newest without it")] = "",
    store: Annotated[
        bool, typer.Option("--store", help="Hold every file of this and of the newest version against its hash, too")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute a release's figures again from the records of the store version that it names, and compare them.

    With --store it finds, too, what was altered in the records where no figure reads it.

    Example: openhalo recompute springfield 0003 --store
    """
    opened = openhalo.open_site(site)
    warn_of_uncounted(opened)
    with progress() as report:
        done = opened.recompute(release, store=store, report=report)
    if as_json:
        print_json({**vars(done), "problems": [str(problem) for problem in done.problems]})
    else:
        if done.problems:
            say_problems(ReleaseError(done.problems))
        out.print(
            f"release {done.release}, records version {done.store_version}: {done.agree:,} of {done.figures:,} figures "
            "come out as published",
            highlight=False,
        )
        if store:
            out.print("  every file of the store is as it was written", highlight=False)
        if done.moved:
            out.print(f"  {done.moved:,} differ by no more than the records that were purged since", highlight=False)
        for why, figures in sorted(done.cannot.items()):
            out.print(f"  {figures:,} cannot be computed again: {why}", soft_wrap=True, highlight=False)
        if done.withheld:
            out.print(f"  {done.withheld:,} are withheld in the release", highlight=False)
        if not done.same_catalogue:
            out.print("  definitions have changed since; figures were computed by those of the release")
    if done.problems:
        raise typer.Exit(ReleaseError.exit_code)


def diff(
    before: Annotated[Path, typer.Argument(help="A release's folder")],
    after: Annotated[Path, typer.Argument(help="The folder of a later one")],
    as_json: AsJson = False,
) -> None:
    """Tell what changed between two releases, and whether records, a definition or a purge made it so.

    Example: openhalo diff springfield/releases/0001 springfield/releases/0002
    """
    from openhalo.releases.comparing import compare, must_follow

    must_follow(before, after)
    facts = compare(before, after)
    if as_json:
        print_json(facts)
        return
    counts = facts["counts"]
    out.print(", ".join(f"{counts[what]:,} {what}" for what in counts), highlight=False)
    for one in facts["measures"]:
        parts = ", ".join(f"{one[what]:,} {what}" for what in ("appeared", "changed", "vanished") if one[what])
        out.print(f"  {one['measure']}: {parts} ({', '.join(one['why'])})", soft_wrap=True, highlight=False)


def serve(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free", min=0, max=65535)] = 8000,
    as_json: AsJson = False,
) -> None:
    """Show the public releases in a browser, the newest first, until interrupted (Ctrl+C).

    The newest stands at the address itself, each for good under `releases/0001/` and whole as `releases/0001.zip`. What
    is approved or recalled meanwhile shows at once.

    Example: openhalo serve springfield --port 8080
    """
    from openhalo.releases import http_server
    from openhalo.releases.serving import site_releases

    register = openhalo.open_site(site).register
    folder = register.newest()
    err.print(f"serving {folder}; stop with Ctrl+C", soft_wrap=True)
    say = (lambda address: print_json({"address": address, "release": str(folder)})) if as_json else print
    http_server.serve(site_releases(register.folder), host, port, say)
