"""One release: built in a draft folder, entered in the register, then moved to its place."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from openhalo.base.progress import Report
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.disclosure.policy import POLICY, read_policy
from openhalo.intake.receipts import receipts
from openhalo.language import message_files
from openhalo.publications.build import build
from openhalo.publications.imprint import Declared, Imprint
from openhalo.publications.protection.earlier_releases import keep, still_public
from openhalo.publications.protection.release_protection import Precaution
from openhalo.records.reading import Records
from openhalo.releases.register import Entry, Register
from openhalo.sites.analysis_plan import must_stand
from openhalo.sites.purging import SiteLayout
from openhalo.sites.settings import Settings, message_folders


def publish(
    premises: SiteLayout,
    settings: Settings,
    records: Records,
    plan: AnalysisPlan | None,
    today: date | None,
    patience: float,
    report: Report,
) -> Path:
    """Make a release and return its folder; the arguments are those of `Site.publish`."""
    register = Register(premises.releases)
    with register.changing(patience), tempfile.TemporaryDirectory(prefix=".draft-", dir=premises.releases) as draft:
        must_stand(plan, premises.releases)
        folder = premises.releases / register.next_number()
        made, earlier, imprint = Path(draft) / folder.name, register.public(), _imprint(premises, settings, folder.name)
        done = build(
            made,
            records,
            imprint,
            receipts(premises.deliveries),
            plan=plan,
            charts=premises.site / ".cache" / "charts",
            previous=earlier[-1] if earlier else None,
            precaution=precaution_of(premises, folder.name, today or date.today()),
            report=report,
        )
        register.add(
            Entry(
                number=folder.name,
                created=imprint.created,
                store_version=done["store_version"],
                release_hash=done["release_hash"],
                state="waiting" if settings.approval.needed else "public",
            )
        )
        return made.rename(folder)


def declared_of(settings: Settings) -> list[Declared]:
    """Return the fields that the agency publishes record by record."""
    return [Declared(one.record, one.fields, one.reason, one.reference) for one in settings.declared_public]


def precaution_of(premises: SiteLayout, number: str, today: date) -> Precaution | None:
    """Return how private figures of the next release are protected; None for a site without a policy."""
    path = premises.site / POLICY
    if not path.is_file():
        return None
    earlier = still_public(premises.site, premises.releases)
    folders = sorted(one for one in premises.releases.glob("[0-9]*") if one.is_dir())
    return Precaution(read_policy(path), folders, earlier, today, lambda kept: keep(kept, premises.site, number))


def _imprint(premises: SiteLayout, settings: Settings, number: str) -> Imprint:
    publisher = settings.publisher
    return Imprint(
        title=settings.title,
        publisher=publisher.name,
        publisher_kind=publisher.kind,
        note=publisher.note,
        contact=publisher.contact,
        languages=[message_files.read(tag, message_folders(premises.site)) for tag in settings.languages],
        agencies=[agency.name for agency in settings.agencies.values()],
        declared=declared_of(settings),
        next_release=settings.next_release,
        address=settings.address,
        complaint_door=settings.complaint_door,
        number=number,
        created=datetime.now(UTC),
    )
