"""Receipts of purges, held against the public key of the site that signed them, and against what the store counts."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from openhalo.base.errors import Problem, SiteError, StoreError
from openhalo.base.kept_files import format_of, unread
from openhalo.base.provenance import hash_file
from openhalo.base.signing import is_by, is_public_key, is_signed, public_key_file, site_salt
from openhalo.records.manifest import PurgesCounted
from openhalo.records.purging import Purge, SignedPurge, journal_file, receipt_file, receipt_files
from openhalo.records.store import RESTORE, Store
from openhalo.sites.opened_site import OpenedSite


def public_key(file: Path) -> str:
    """Return the public half of a site's key (PEM).

    Raises:
        SiteError: there is no such file.
    """
    if not file.is_file():
        found = "there is no public key: a site makes its own when it first publishes or purges"
        raise SiteError(Problem(str(file), found, todo="name the site, or the file of the public key that it gave out"))
    text = file.read_text(encoding="utf-8", errors="replace")
    if not is_public_key(text):
        todo = "name the site, or the file of the public key that it gave out (keys/site.pub)"
        raise SiteError(Problem(str(file), "this is no public key", todo=todo))
    return text


def signed_purge(file: Path, public_key: str) -> Purge:
    """Return the facts of a signed receipt of a purge.

    Args:
        file: the receipt.
        public_key: of the site that should have signed it (PEM).

    Raises:
        StoreError: it was changed, or signed with another key, or is no receipt, or one of a later format.
    """
    try:
        signed = SignedPurge.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise StoreError(Problem(str(file), "there is no such file")) from None
    except (OSError, ValidationError):
        if file.is_file() and format_of(file) > SignedPurge.model_fields["format"].default:
            raise StoreError(unread(file, SignedPurge, "the receipt")) from None
        raise StoreError(Problem(str(file), "this is no signed receipt of a purge")) from None
    if not is_by(signed, public_key):
        found = "it was signed with another key than this site's"
        raise StoreError(Problem(str(file), found, todo="do not trust it; ask the site for its receipt"))
    if not is_signed(signed, public_key):
        found = "the signature does not fit: the receipt was changed after it was signed"
        raise StoreError(Problem(str(file), found, todo="do not trust it; ask the site for its receipt"))
    return signed.purge


def must_be_counted(opened: OpenedSite) -> None:
    """Refuse a store whose receipts of purges are not those that it counts; earlier versions counted none.

    Raises:
        StoreError: with every receipt that is gone, was changed, or is not the site's own; or the salt is gone by which
            they name what was purged.
    """
    store, public = opened.store, public_key_file(opened.layout.keys)
    while True:
        manifest, files = store.manifest(), receipt_files(store)
        under_way = journal_file(store).exists()
        if store.manifest().version == manifest.version:  # else a purge ended meanwhile
            break
    if manifest.purges is None:
        return
    number = manifest.purges.number
    named = {receipt_file(store, f"{count:06d}") for count in range(1, number + 1 + under_way)}
    found = f"the store counts {number} receipt(s) of purges, and not this one"
    problems = [Problem(str(file), found, todo=RESTORE) for file in files if file not in named]
    problems += _not_as_counted(store, manifest.purges, public)
    if problems:
        raise StoreError(problems)
    if number:
        site_salt(opened.layout.keys, used_before=True)


def waiting_receipts(store: Store) -> list[Path]:
    """Return the receipts of purges in a store that does not count them yet: an earlier version kept them."""
    return receipt_files(store) if store.manifest().purges is None else []


def signed_receipts(store: Store, number: int, public: Path) -> Iterator[tuple[Path, Purge | Problem]]:
    """Yield the first receipts of purges: what each says, or what is wrong with it."""
    if number and not public.is_file():
        yield public, Problem(str(public), "the site's public key is gone", todo=RESTORE)
        return
    key = public_key(public) if number else ""
    for count in range(1, number + 1):
        file = receipt_file(store, f"{count:06d}")
        try:
            yield file, signed_purge(file, key)
        except StoreError as error:
            (problem,) = error.problems
            found = problem.found if file.is_file() else "the receipt of a purge is gone"
            yield file, problem if problem.allowed else Problem(str(file), found, todo=RESTORE)


def _not_as_counted(store: Store, counted: PurgesCounted, public: Path) -> Iterator[Problem]:
    previous: str | None = ""
    """None after a receipt that is wrong: what comes next is held against nothing."""
    for file, told in signed_receipts(store, counted.number, public):
        follows = isinstance(told, Purge) and previous in (told.previous, None)
        if isinstance(told, Problem):
            yield told
        elif not follows:
            yield Problem(str(file), "it does not name the receipt before it", todo=RESTORE)
        previous = hash_file(file) if follows else None
    if previous not in (counted.last, None):
        yield Problem(str(file), "it is not the receipt that the store counts last", todo=RESTORE)
