"""The keys of an IEXPBX account."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from providers.sdk.http import check_base_url
from providers.vendor import VendorSettings


class IexpbxSettings(VendorSettings):
    """`base_url` is the host, as in ``http://pbx.example.com``; everything else is optional.

    `international`: how a number abroad is sent, ``90…``, ``+90…`` or ``0090…``. `dial_plan` and `ivr` are what
    IEX-7 and IEX-8 are sent as `dp`, and IEX-7 as `dest`, where nobody names another. `talking`: words, separated by
    commas, by which this server calls a call that is being talked on, beside those that are known.
    """

    base_url: str
    username: str = Field(min_length=1, repr=False)
    password: SecretStr = Field(min_length=1)
    international: Literal["bare", "plus", "00"] = "bare"
    dial_plan: str | None = None
    ivr: str | None = None
    talking: str = ""

    @field_validator("base_url", mode="after")
    @classmethod
    def _address(cls, value: str) -> str:
        return check_base_url(value)
