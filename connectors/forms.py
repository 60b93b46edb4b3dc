"""The forms in which partners are spoken to, by name."""

from collections.abc import Mapping

from connectors import partner_qimen, partner_webhook
from connectors.partner import Form
from connectors.x12 import partner as partner_x12

FORMS: Mapping[str, Form] = {form.name: form for form in (partner_qimen.FORM, partner_webhook.FORM, partner_x12.FORM)}
