"""The paths of MOR's operations: one table, each entry of which a setting may replace. Sends nothing."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

Method = Literal["GET", "POST"]

TABLE: Mapping[str, str] = MappingProxyType(
    {
        "MOR-1": "GET /callc/login",
        "MOR-2": "POST /api/login",
        "MOR-3": "GET /callc/main",
        "MOR-4": "POST /billing/api/user_details_get",
        "MOR-5": "GET /users/personal_details",
        "MOR-6": "POST /users/update_personal_details/{user_id}",
        "MOR-7": "GET /devices/user_devices",
        "MOR-8": "GET /devices/callflow/{device_id}",
        "MOR-9": "GET /devices/callflow_edit/{device_id}",
        "MOR-10": "POST /devices/callflow_edit/{device_id}",
        "MOR-11": "GET /tariffs/user_rates",
        "MOR-12": "GET /directions/dg_list_user_destinations/{dest_id}",
        "MOR-13": "GET /tariffs/generate_personal_rates_pdf/{user_id}",
        "MOR-14": "GET /tariffs/generate_personal_rates_csv/{user_id}",
        "MOR-15": "GET /tariffs/user_rates",
        "MOR-16": "GET /payments/personal_payments",
        "MOR-17": "GET /accounting/user_invoices",
        "MOR-18": "GET /services/user_subscriptions",
        "MOR-19": "GET /stats/call_list",
        "MOR-20": "POST /stats/call_list",
        "MOR-21": "GET /stats/call_list_to_pdf/{user_id}",
        "MOR-22": "GET /stats/call_list_to_csv/{user_id}",
        "MOR-23": "GET /stats/new_calls_list",
        "MOR-24": "GET /stats/missed_calls",
        "MOR-25": "POST /stats/missed_calls",
        "MOR-26": "POST /stats/missed_calls",
        "MOR-27": "GET /stats/user_stats",
        "MOR-28": "POST /billing/stats/user_stats",
        "MOR-29": "GET /devices/user_device_clis",
        "MOR-30": "POST /devices/cli_add",
        "MOR-31": "GET /phonebooks/list/{user_id}",
        "MOR-32": "POST /phonebooks/add_new/{user_id}",
        "MOR-33": "POST /phonebooks/destroy/{entry_id}",
        "MOR-34": "GET /stats/faxes_list/{user_id}",
        "MOR-35": "POST /stats/faxes_list/{user_id}",
        "MOR-36": "POST /functions/activate_callback",
        "user_balance_get": "POST /billing/api/user_balance_get",
        "callback_init": "POST /billing/api/callback_init",
    }
)
"""The document's paths, and the two methods of the real `/billing/api` that may stand in for pages."""

_ENTRY = re.compile(r"(?:(GET|POST) +)?(/[A-Za-z0-9._~!$'()*+,;:@%/{}-]*)(\?[^#\s]*)?")
_BLANK = re.compile(r"\{([a-z_]+)\}")
_HOLDS = ("user_id", "device_id", "dest_id", "entry_id")


def check_path(operation: str, text: str) -> str:
    """Returns an entry that may replace the table's, with its method; raises `ValueError` with a sentence."""
    if operation not in TABLE:
        raise ValueError(f"paths: there is no operation {operation!r}; write MOR-3, MOR-20, … or user_balance_get.")
    found = _ENTRY.fullmatch(text.strip())
    if not found or text.count("{") != len(_BLANK.findall(text)) or text.count("}") != text.count("{"):
        raise ValueError(f"paths.{operation}: write a path like /callc/main, or a method before it: POST /callc/main.")
    unknown = [name for name in _BLANK.findall(text) if name not in _HOLDS]
    if unknown:
        raise ValueError(f"paths.{operation}: {{{unknown[0]}}} is not known; there are {{{'}, {'.join(_HOLDS)}}}.")
    method = found[1] or TABLE[operation].partition(" ")[0]
    return f"{method} {found[2]}{found[3] or ''}"


class Paths:
    """The table of one account. `base_url` may already end in ``/billing``, which is then not said twice."""

    def __init__(self, overrides: Mapping[str, str], base_url: str) -> None:
        self._entries = {**TABLE, **{name: check_path(name, text) for name, text in overrides.items()}}
        self._based = base_url.rstrip("/").endswith("/billing")

    def of(self, operation: str, fill: Mapping[str, str]) -> tuple[Method, str]:
        """Returns method and path; ``MOR-10a`` to ``e`` share one path. What fills the blanks is encoded here."""
        key = operation if operation in self._entries else operation.rstrip("abcde")
        method, _, path = self._entries[key].partition(" ")
        path = _BLANK.sub(lambda blank: quote(fill.get(blank[1], ""), safe=""), path)
        if self._based and path.startswith("/billing/"):
            path = path.removeprefix("/billing")
        return ("POST" if method == "POST" else "GET"), path
