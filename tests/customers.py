"""The net below the whole suite: no customer's number stands in full in a channel or a log line of any test.

A channel is one of the local Slack's; a log line is whatever a test wrote to the standard streams, after the
redaction that a service's log goes through.
"""

import json
import re
from typing import Any

from bot.observability.logs import Redaction

# The customers of the simulated worlds (`providers.sdk.simulation.people`), and those that tests call.
_KNOWN = re.compile(
    r"1(?:202|206|212|303|312|404|415|503|617|646|702|713)55501[4-9]\d"
    r"|4420794600\d\d|44770090\d{4}|(?:380|\b0)(?:50|67)\d{7}|90555123\d{4}|48501234567|48500600700"
)
_GAPS = re.compile(r"(?<=\d)[\s().\-/\u2010-\u2015\u2009\u202f]{1,3}(?=[\d(])")
_FOR_MANY = ("post", "edit")

leaks: list[str] = []  # of the test that runs


def in_full(text: str) -> list[str]:
    """The known customers' numbers that a text tells in full, in digits."""
    return _KNOWN.findall(_GAPS.sub("", text))


def heard(kind: str, data: dict[str, Any], *, bot: str) -> None:
    """What the local Slack has just written down: a message of the bot's that a channel's members read is kept."""
    message = data.get("message")
    if kind not in _FOR_MANY or message is None or message.user != bot or message.only_for:
        return
    if not message.channel.startswith("D"):
        shown = shown_words(message.text, message.blocks, message.attachments)
        leaks.extend(f"in {message.channel}: {number} in {shown[:600]}" for number in in_full(shown))


def shown_words(*parts: Any) -> str:
    """What readers see of texts and blocks, as one text."""
    return json.dumps(_words([*parts]), ensure_ascii=False)


def _words(blocks: Any) -> Any:
    """The blocks without what no reader sees: the values and ids of buttons and menus."""
    if isinstance(blocks, dict):
        return {key: _words(one) for key, one in blocks.items() if key not in {"value", "action_id", "block_id"}}
    return [_words(one) for one in blocks] if isinstance(blocks, list) else blocks


def logged(lines: str) -> list[str]:
    """The lines that tell a customer's number after the log's redaction."""
    redaction = Redaction()
    cleaned = (redaction.clean(line) for line in lines.splitlines())
    return [line for line in cleaned if in_full(line)]
