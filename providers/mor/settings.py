"""The keys of a MOR account."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from providers.mor.paths import check_path
from providers.mor.signature import EVERY, NONE, OFF, ORDER
from providers.sdk.http import check_base_url
from providers.vendor import VendorSettings

_ORDER = re.compile(rf"{OFF}|{NONE}|[a-z_]+(\s*,\s*[a-z_]+)*", re.IGNORECASE)


class MorSettings(VendorSettings):
    """`api_secret` is needed by MOR-4 and by `api: billing` alone; QUIRKS.md says when to change the rest."""

    base_url: str
    username: str = Field(min_length=1, max_length=200, repr=False)
    password: SecretStr = Field(min_length=1)
    user_id: str
    api_secret: SecretStr | None = None
    api: Literal["pages", "billing"] = "pages"
    paths: Mapping[str, str] = Field(default_factory=dict)
    hash_order: Mapping[str, str] = Field(default_factory=dict)
    login_fields: Literal["url", "form"] = "url"
    call_device: str | None = None
    fax_action: Literal["forward", "fax_detect"] = "forward"
    details_form: Literal["all", "changed"] = "all"
    processed: Literal["call", "flag"] = "call"

    @field_validator("base_url", mode="after")
    @classmethod
    def _address(cls, value: str) -> str:
        return check_base_url(value)

    @field_validator("user_id", "call_device", "username", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("user_id", "call_device")
    @classmethod
    def _id(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\d{1,18}", value.strip(), re.ASCII):
            raise ValueError("this is MOR's own id of it: digits alone, as in 17.")
        return value.strip() if value is not None else None

    @field_validator("paths")
    @classmethod
    def _paths(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return {operation: check_path(operation, text) for operation, text in value.items()}

    @field_validator("hash_order")
    @classmethod
    def _orders(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for operation, order in value.items():
            if operation not in {*ORDER, EVERY}:
                known = ", ".join(ORDER)
                raise ValueError(f"hash_order: {operation!r} is not signed; there are {known}, and * for all.")
            if not _ORDER.fullmatch(order.strip()):
                raise ValueError("hash_order: write field names like username,currency, or none, or off.")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.api == "billing" and self.api_secret is None:
            raise ValueError("api: billing needs api_secret, MOR's API secret key.")
        return self
