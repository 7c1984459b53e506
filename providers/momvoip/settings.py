"""The keys of a MoMVOIP account."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from providers.sdk.http import check_base_url
from providers.vendor import VendorSettings

BASE_URL = "https://panel.momvoip.com/"


class MomvoipSettings(VendorSettings):
    """`call_user`: what MOM-1 calls `user_id`, the id of MOM-12 or the agent's extension."""

    api_key: SecretStr = Field(min_length=1)
    base_url: str | None = BASE_URL
    call_user: Literal["id", "extension"] = "id"

    @field_validator("base_url", mode="after")
    @classmethod
    def _address(cls, value: str | None) -> str:
        return check_base_url(value or BASE_URL)
