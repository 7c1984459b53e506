"""The tables of docs/configuration.md, from the types. ``python -m tools.configuration_reference`` renews them."""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.settings.automation_keys import AutomationKeys
from bot.settings.models import (
    DEFAULT_POLL,
    AccountKeys,
    AgentLink,
    AlertKeys,
    ApiKeys,
    Calls,
    EscalateKeys,
    HeartbeatKeys,
    Http,
    Slack,
)
from bot.settings.mqtt_keys import MqttKeys
from bot.settings.sources import Configuration
from bot.text.durations import show_duration
from bot.watches import Watch
from providers.vendor import Vendor

DOCUMENT = FilePath(__file__).parents[1] / "docs" / "configuration.md"
SECTIONS: Mapping[str, type[BaseModel]] = {
    "top": Configuration,
    "http": Http,
    "slack": Slack,
    "agents": AgentLink,
    "calls": Calls,
    "account": AccountKeys,
    "alert": AlertKeys,
    "escalate": EscalateKeys,
    "automation": AutomationKeys,
    "heartbeat": HeartbeatKeys,
    "api": ApiKeys,
    "mqtt": MqttKeys,
}
_ELSEWHERE = {
    "http": "See [http](#http).",
    "slack": "See [slack](#slack).",
    "accounts": "See [accounts](#accounts).",
    "agents": "See [agents](#agents).",
    "calls": "See [calls](#calls).",
    "alerts": "See [alerts](#alerts).",
    "automations": "See [automations](#automations).",
    "heartbeat": "See [heartbeat](#heartbeat).",
    "api": "See [api](#api).",
    "mqtt": "See [mqtt](#mqtt).",
    "permissions": "See [permissions](#permissions).",
    "poll": "See [poll](#poll).",
}


def blocks(vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> dict[str, str]:
    """Every generated part of the page, by its name."""
    found = {name: _table(model, _ELSEWHERE if name == "top" else {}) for name, model in SECTIONS.items()}
    found["poll"] = _poll(vendors)
    found["vendors"] = "\n\n".join(_vendor(vendor) for vendor in vendors.values())
    found["watches"] = "\n\n".join(_watch(watch) for watch in watches.values())
    return found


def renewed(page: str, parts: Mapping[str, str]) -> str:
    """The page with its generated parts written anew. Raises `KeyError` for a part that there is not."""
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda m: f"{m[1]}{parts[m[2]]}\n{m[3]}",
        page,
        flags=re.DOTALL,
    )


def _table(model: type[BaseModel], elsewhere: Mapping[str, str]) -> str:
    rows = [(f"`{name}`", elsewhere.get(name) or info.description or "", _default(info)) for name, info in _keys(model)]
    head = [("key", "means", "default"), ("---", "---", "---")]
    explained = any(means for _, means, _ in rows)  # else the text around the table does
    return "\n".join(
        f"| {key} | {means} | {default} |" if explained else f"| {key} | {default} |"
        for key, means, default in [*head, *rows]
    )


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "needed"
    default = info.get_default(call_default_factory=False)
    if default is PydanticUndefined or isinstance(default, BaseModel) or default in (None, "", (), [], {}):
        return ""
    if isinstance(default, timedelta):
        return f"`{show_duration(default)}`"
    if isinstance(default, SecretStr):
        return f"`{default.get_secret_value()}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, StrEnum | ZoneInfo):
        return f"`{default}`"
    return f"`{default}`"


def _poll(vendors: Mapping[str, Vendor]) -> str:
    rows = ["| kind | default | never faster than |", "| --- | --- | --- |"]
    for kind, interval in DEFAULT_POLL.items():
        shortest = [
            f"{v.title} {show_duration(v.min_intervals[kind])}" for v in vendors.values() if kind in v.min_intervals
        ]
        rows.append(f"| `{kind}` | `{show_duration(interval)}` | {', '.join(shortest)} |")
    return "\n".join(rows)


def _vendor(vendor: Vendor) -> str:
    limit = f"It allows {vendor.rate_limit} requests, unless `rate_limit` says otherwise." if vendor.rate_limit else ""
    said = " ".join(
        part for part in (f"`provider: {vendor.slug}`: {vendor.title}.", limit, _said(vendor.settings)) if part
    )
    return f"{said}\n\n{_table(vendor.settings, {})}"


def _watch(watch: Watch) -> str:
    kinds = ", ".join(f"`{kind}`" for kind in watch.kinds) or "whatever is polled"
    said = f"`watch: {watch.name}` looks at {kinds}."
    if not watch.keys.model_fields:
        return f"{said} It has no keys of its own."
    return f"{said} {_said(watch.keys)}\n\n{_table(watch.keys, {})}"


def _said(model: type[BaseModel]) -> str:
    """What its author says of the keys."""
    return " ".join(cleandoc(model.__doc__ or "").split())


def main() -> None:
    """Write the page anew."""
    from bot.watches.registry import watches  # noqa: PLC0415  # only this script walks the folders
    from providers.registry import vendors  # noqa: PLC0415

    page = renewed(DOCUMENT.read_text(encoding="utf-8"), blocks(vendors(), watches()))
    DOCUMENT.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")


if __name__ == "__main__":
    main()
