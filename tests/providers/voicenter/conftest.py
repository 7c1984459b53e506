"""A Voicenter that answers what a test gives it, and an account opened on it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from providers.voicenter import VENDOR, Voicenter, VoicenterSettings
from tests.clocks import HandClock
from tests.providers.panel import Panel

CODE = "c0de-of-ours/0042"
SAMPLES = Path(__file__).parent / "samples"


class VoicenterPanel(Panel):
    """Answers by page; remembers (method, path, fields without the code)."""

    async def read(self, request: web.Request) -> tuple[str, tuple[str, str, dict[str, str]]]:
        if request.method == "POST":
            assert request.content_type == "application/json"
            fields = await request.json()
        else:
            fields = dict(request.query)
        assert fields.pop("code") == CODE
        return request.path.rpartition("/")[2], (request.method, request.path, fields)

    def deeds(self) -> list[dict[str, str]]:
        return [fields for _, path, fields in self.asked if path.endswith(".aspx")]


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[VoicenterPanel]:
    async with VoicenterPanel() as panel:
        yield panel


@pytest.fixture
def open_account(panel: VoicenterPanel, clock: HandClock):
    def account(*, timezone=None, **settings) -> Any:
        keys = VoicenterSettings(**{"code": CODE, "base_url": f"{panel.url}comet/API/", **settings})
        return VENDOR.open(Opening("helpdesk", keys, LocalThrottle(clock, "Voicenter"), clock, timezone))

    return account


@pytest.fixture
def voicenter(opened) -> Voicenter:
    return opened()


@pytest.fixture
def with_calls(opened, panel):
    return opened(click2call_url=f"{panel.url}ForwardDialer/")


@pytest.fixture
def extension():
    """A row of VC-1."""

    def row(sip="SIP1", status=1, calls=(), **more):
        base = {"name": f"Owner {sip}", "representative": f"Rep {sip}", "username": sip, "extensionID": 1}
        base |= {"userID": 11, "onlineUserID": 22, "onlineUserStatus": status, "calls": list(calls)}
        return base | more

    return row


@pytest.fixture
def extensions(panel, extension):
    """Let VC-1 answer with these rows."""

    def answer(*rows):
        panel.answers["GetExtensionsCalls"] = {"ERR": 0, "DESC": "OK", "EXTENSIONS": list(rows)}

    return answer


@pytest.fixture
def queues(panel):
    """Let VC-2 answer with these rows."""

    def answer(*rows):
        panel.answers["GetQueuesCallers"] = {"ERR": 0, "DESC": "OK", "QUEUES": list(rows)}

    return answer
