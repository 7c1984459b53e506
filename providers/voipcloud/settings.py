"""The keys of a VoIPcloud account."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from providers.sdk.http import check_base_url
from providers.vendor import VendorSettings


class VoipcloudSettings(VendorSettings):
    """`base_url` is the host, which the document does not name; `version` is the one of the API's paths.

    `call_body` is how VPC-4 is written: ``form``, ``multipart`` as v2 wants it, or ``json``.
    """

    token: SecretStr = Field(min_length=1)
    base_url: str
    version: Literal["v1", "v2"] = "v1"
    call_body: Literal["form", "multipart", "json"] | None = None

    @field_validator("base_url", mode="after")
    @classmethod
    def _address(cls, value: str) -> str:
        address = check_base_url(value)
        if "/api/integration" in address:
            raise ValueError("base_url is the host alone, without /api/integration; v1 or v2 goes into version.")
        return address
