"""The forms in which partners are spoken to, by name."""

from collections.abc import Mapping

from connectors import partner_qimen, partner_webhook
from connectors.partner import Form

FORMS: Mapping[str, Form] = {form.name: form for form in (partner_qimen.FORM, partner_webhook.FORM)}
