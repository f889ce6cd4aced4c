"""One release: built in a draft folder, entered in the register, then moved to its place."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from openhalo.base.errors import SiteError
from openhalo.base.progress import Report
from openhalo.base.signing import site_key, site_salt
from openhalo.intake.receipts import receipts
from openhalo.language import message_files
from openhalo.publications.build import build
from openhalo.publications.imprint import Declared, Imprint
from openhalo.publications.protection.dry_run import DryRun, dry_run
from openhalo.publications.protection.earlier_releases import forget_kept, keep, still_public
from openhalo.publications.protection.release_protection import Precaution
from openhalo.publications.protection.still_read import versions_read
from openhalo.records.purged_counts import forget
from openhalo.releases.commitments import commitment
from openhalo.releases.register import Entry
from openhalo.releases.signature import previous_hash, sign_release
from openhalo.sites.analysis_plan import must_stand
from openhalo.sites.checking import check_site
from openhalo.sites.disclosure_policy import read_policy
from openhalo.sites.opened_site import OpenedSite, open_records
from openhalo.sites.oversight_release import forget_set_aside, given, set_aside
from openhalo.sites.settings import Settings, message_folders
from openhalo.sites.signed_receipts import must_be_counted

_DRAFT = ".draft-"


def publish(
    opened: OpenedSite,
    today: date | None,
    patience: float,
    report: Report,
) -> Path:
    """Make a release and return its folder; the arguments are those of `Site.publish`."""
    if problems := check_site(opened.path, opened.catalogue):
        raise SiteError(problems)
    must_be_counted(opened)
    settings, plan, records, register = opened.settings, opened.plan, open_records(opened), opened.register
    with register.changing(patience), _draft(opened) as draft:
        must_stand(plan, opened.releases)
        folder = opened.releases / register.next_number()
        made, earlier, imprint = Path(draft) / folder.name, register.public(), _imprint(opened, folder.name)
        done = build(
            made,
            records,
            imprint,
            receipts(opened.deliveries),
            plan=plan,
            charts=opened.layout.drawn_charts,
            previous=earlier[-1] if earlier else None,
            precaution=precaution_of(opened, folder.name, today or date.today()),
            report=report,
        )
        sign_release(made, done, previous_hash(register.entries()), site_key(opened.layout.keys))
        register.add(
            Entry(
                number=folder.name,
                created=imprint.created,
                store_version=done["store_version"],
                release_hash=done["release_hash"],
                state="waiting" if settings.approval.needed else "public",
            )
        )
        done_folder = made.rename(folder)
        if opened.layout.policy.is_file():
            told = still_public(opened.layout.kept_cells, opened.releases)
            forget(opened.store, versions_read(told))
        return done_folder


@contextmanager
def _draft(opened: OpenedSite) -> Iterator[str]:
    """Give a folder to build in, and remove what publishers that were killed left. Hold the register's lock."""
    releases, layout = opened.releases, opened.layout
    for left in releases.glob(f"{_DRAFT}*"):
        for number in (path.name for path in left.glob("[0-9]*") if not (releases / path.name).exists()):
            forget_kept(layout.kept_cells, number)
            forget_set_aside(layout.for_oversight, number)
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=releases) as draft:
        yield draft


def declared_of(settings: Settings) -> list[Declared]:
    """Return the fields that the agency publishes record by record."""
    return [Declared(one.record, one.fields, one.reason, one.reference) for one in settings.declared_public]


def precaution_of(opened: OpenedSite, number: str, today: date) -> Precaution | None:
    """Return how private figures of the next release are protected; None for a site without a policy."""
    layout = opened.layout
    if not layout.policy.is_file():
        return None
    earlier = still_public(layout.kept_cells, opened.releases)
    folders = sorted(one for one in opened.releases.glob("[0-9]*") if one.is_dir())
    policy = read_policy(layout.policy)
    made = Precaution(
        policy,
        folders,
        earlier,
        today,
        lambda kept: keep(kept, layout.kept_cells, number, policy.oversight is not None),
        lambda sha256: commitment(site_salt(layout.keys, used_before=bool(earlier)), sha256),
    )
    body, made = policy.oversight, replace(made, given=given(opened))
    if body is None:
        return made
    return replace(made, set_aside=lambda figures, kept: set_aside(opened, number, body, figures, kept))


def _imprint(opened: OpenedSite, number: str) -> Imprint:
    settings = opened.settings
    publisher = settings.publisher
    return Imprint(
        title=settings.title,
        publisher=publisher.name,
        publisher_kind=publisher.kind,
        note=publisher.note,
        contact=publisher.contact,
        languages=[message_files.read(tag, message_folders(opened.path)) for tag in settings.languages],
        agencies=[agency.name for agency in settings.agencies.values()],
        declared=declared_of(settings),
        next_release=settings.next_release,
        address=settings.address,
        complaint_door=settings.complaint_door,
        number=number,
        created=datetime.now(UTC),
    )


def try_policy(opened: OpenedSite, today: date | None) -> DryRun | None:
    """Try the disclosure policy on the records at hand; the argument is that of `Site.dry_run`."""
    precaution = precaution_of(opened, "", today or date.today())
    records = open_records(opened) if precaution else None
    if precaution is None or records is None or not records.manifest.tables:
        return None
    return dry_run(records, declared_of(opened.settings), precaution)
