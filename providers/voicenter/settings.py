"""The keys of a Voicenter account."""

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from providers.sdk.http import check_base_url
from providers.vendor import VendorSettings

BASE_URL = "https://monapisec.voicenter.co.il/comet/API/"
CLICK2CALL_PAGE = "click2call.aspx"


class VoicenterSettings(VendorSettings):
    """`request`: POST keeps the code out of addresses, GET cannot.

    `click2call_url`: what stands before ``click2call.aspx``, or that page. Set, calls can be placed and ended.
    """

    code: SecretStr = Field(min_length=1)
    base_url: str | None = BASE_URL
    request: Literal["post", "get"] = "post"
    click2call_url: str | None = None

    @field_validator("base_url", mode="after")
    @classmethod
    def _address(cls, value: str | None) -> str:
        return check_base_url(value or BASE_URL)

    @field_validator("click2call_url", mode="after")
    @classmethod
    def _click2call(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            found = check_base_url(value).rstrip("/")
        except ValueError as error:
            raise ValueError(str(error).replace("base_url", "click2call_url")) from None
        return re.sub(rf"/{re.escape(CLICK2CALL_PAGE)}$", "", found, flags=re.IGNORECASE) + "/"
