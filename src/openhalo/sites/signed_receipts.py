"""The receipt of a purge, held against the public key of the site that signed it."""

from pathlib import Path

from pydantic import ValidationError

from openhalo.base.errors import Problem, SiteError, StoreError
from openhalo.base.signing import Signed, is_by, is_public_key, is_signed
from openhalo.records.purging import Purge


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
        StoreError: it was changed, or signed with another key, or is no receipt.
    """
    try:
        signed = Signed.model_validate_json(file.read_bytes())
        purge = Purge.model_validate(signed.facts)
    except FileNotFoundError:
        raise StoreError(Problem(str(file), "there is no such file")) from None
    except (OSError, ValidationError):
        raise StoreError(Problem(str(file), "this is no signed receipt of a purge")) from None
    if not is_by(signed, public_key):
        found = "it was signed with another key than this site's"
        raise StoreError(Problem(str(file), found, todo="do not trust it; ask the site for its receipt"))
    if not is_signed(signed, public_key):
        found = "the signature does not fit: the receipt was changed after it was signed"
        raise StoreError(Problem(str(file), found, todo="do not trust it; ask the site for its receipt"))
    return purge
