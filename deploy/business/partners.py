"""Partners as an import leaves them on this machine, and as `yipan deliver` finds them."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from connectors.labels import LabelTerms
from connectors.partner import Partner
from deploy.business.load import load_partners
from deploy.business.partner_form import KnownPartner, LabelsForm, PartnerForm
from deploy.business.publish import keep_secret
from deploy.faults import Fault

HOUR_S = 3_600.0


def keep_partners(partners: Iterable[KnownPartner], file: Path) -> None:
    """Written whole and last: a process that looks meanwhile sees the partners of before, or all of these with their secrets."""
    entries = []
    for form, secret, key in partners:
        keep_secret(file.parent, f"{form.partner}.secret", secret.read_bytes().strip())
        entry = form.model_dump(exclude_defaults=True) | {"secret_file": f"{form.partner}.secret"}
        if key is not None:
            keep_secret(file.parent, f"{form.partner}.labels", key.read_bytes().strip())
            entry["labels"] |= {"key_file": f"{form.partner}.labels"}
        entries.append(entry)
    # JSON is YAML
    keep_secret(file.parent, file.name, msgspec.json.format(msgspec.json.encode(entries)))


def read_partners(file: Path) -> tuple[Partner, ...]:
    """Raises Fault with every problem of the file, by line."""
    found = load_partners(file)
    if isinstance(found, list):
        said = "\n".join(f"{problem.file}:{problem.line}: {problem.sentence}" for problem in found)
        raise Fault(f"Nothing is delivered; put right:\n{said}")
    return tuple(_partner(form, secret, key) for form, secret, key in found)


def _partner(form: PartnerForm, secret: Path, key: Path | None) -> Partner:
    return Partner(
        name=form.partner,
        form=form.form,
        url=form.url,
        secret=secret.read_bytes().strip(),
        nodes=form.nodes,
        kinds=form.kinds,
        opens_recipient=form.opens_recipient,
        timeout_seconds=form.timeout_seconds,
        concurrency=form.concurrency,
        attempts=form.attempts,
        give_up_seconds=form.give_up_hours * HOUR_S,
        options=form.options,
        labels=_terms(form.labels, key) if form.labels else None,
    )


def _terms(form: LabelsForm, key: Path | None) -> LabelTerms:
    return LabelTerms(
        by=form.by,
        url=form.folder or form.url,
        sender=form.sender.person(form.sender.region),
        sender_region=form.sender.region,
        key=key.read_bytes().strip() if key else b"",
    )
