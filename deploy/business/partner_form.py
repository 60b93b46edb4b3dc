"""What an entry of partners.yaml may say: the system of nodes, and how the labels of what they ship are asked for."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from connectors.x12.partner import X12File
from deploy.business.addresses import AddressForm
from deploy.business.forms import Form, Kinds, Name, Names, Region


class SenderForm(AddressForm):
    region: Region = Field(description="where it is sent from: US-CA, or a country's code")


class LabelsForm(Form):
    by: Literal["easypost", "file"] = Field(description="easypost, or file for those who buy by hand")
    sender: SenderForm = Field(description="a mapping of region, name, company, street, city, postcode, phone, email")
    key_file: str = Field("", max_length=1_000, description="a file that holds the API key of the EasyPost account")
    folder: str = Field("", pattern=r"^(file:///\S+)?$", description="the folder to put what is to be bought into, file:///…")
    url: str = Field("https://api.easypost.com", pattern=r"^https?://[^\s/@]+$", description="where EasyPost answers, https://…")


class PartnerForm(Form):
    """A system that acts on fulfilments; docs/partners.md."""

    partner: Name
    form: str = Field("webhook", max_length=64, description="how it is spoken to: webhook")
    url: str = Field(
        pattern=r"^(https?://[^\s/@]+(/\S*)?|file:///\S+)$",
        description="the address of its system, https://…, without user or password; for x12 that of a folder, file:///…",
    )
    secret_file: str = Field(min_length=1, max_length=1_000, description="a file that holds what its requests are signed with")
    nodes: Names = ()
    kinds: Kinds = ()
    opens_recipient: bool = Field(False, description="true where it may know name and address, or false")
    timeout_seconds: float = Field(10.0, gt=0, le=86_400, allow_inf_nan=False, description="how long it has to answer: up to 86400")
    concurrency: int = Field(8, ge=1, le=256, description="requests at once, 1 to 256")
    attempts: int = Field(12, ge=1, le=1_000, description="1 to 1000: after so many of one record it is a dead letter")
    give_up_hours: float = Field(72.0, gt=0, le=2_160, allow_inf_nan=False, description="hours up to 2160")
    options: dict[str, str] = Field({}, description="a mapping of what its form asks for")
    labels: LabelsForm | None = Field(None, description="a mapping of by, sender, and key_file or folder")

    @model_validator(mode="after")
    def _somebodys(self) -> "PartnerForm":
        if not (self.nodes or self.kinds):
            raise ValueError("a partner acts for somebody: give nodes, kinds, or both")
        return self

    @model_validator(mode="after")
    def _in_files_or_not(self) -> "PartnerForm":
        if (self.form == X12File.name) != self.url.startswith("file:"):
            raise ValueError("form x12, and no other, is told by files: its url is a folder's, file:///…")
        if self.form == X12File.name and not {"sender", "receiver"} <= self.options.keys():
            raise ValueError("form x12 needs options.sender and options.receiver, ISA06 and ISA08 as agreed")
        return self

    @model_validator(mode="after")
    def _labels_of_somebody(self) -> "PartnerForm":
        asked = self.labels
        if asked and ((asked.by == "easypost") != bool(asked.key_file) or (asked.by == "file") != bool(asked.folder)):
            raise ValueError("labels by easypost have a key_file, and labels by file a folder")
        return self


# One entry with the file of its secret, and that of the key to its labels.
KnownPartner = tuple[PartnerForm, Path, Path | None]
