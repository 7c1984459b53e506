"""Texts that no type refuses and that cannot be right, or hardly: blank ones, and secrets that were wrongly pasted.

They are told by where they stand, never by what they hold.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.settings.messages import MistakeCollector
from bot.settings.problems import Kinds
from bot.settings.tree import Path, dotted

MIN_SECRET_CHARACTERS = 16  # characters of a secret that nobody guesses
# What each of Slack's secrets looks like, by the key that it belongs to; the first that fits.
_SLACK_SECRETS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "bot_token": (re.compile(r"(?:xoxe\.)?xoxb-"), "a bot token (xoxb-…)"),
    "app_token": (re.compile(r"xapp-"), "an app-level token (xapp-…)"),
    "signing_secret": (re.compile(r"[0-9a-f]{32}\Z"), "a signing secret (32 hexadecimal digits)"),
}
_ELSEWHERE = {
    "xoxp-": "a user token (xoxp-…)",
    "xoxe.xoxp-": "a user token (xoxe.xoxp-…)",
    "xoxe-": "a refresh token (xoxe-…)",
    "https://": "an address",
}
_ENDS_BLANK = "it begins or ends with a blank", "take that out, unless it belongs to the value"


def check_texts(mistakes: MistakeCollector) -> None:
    """Tells of every text that is blank, and of secrets in another's place or short. What is told already is not."""
    told = {problem.key for problem in mistakes.problems}
    for path, text, shape in mistakes.texts():
        if dotted(path) in told:
            continue
        if not text.strip():
            mistakes.wrong(path, "it is blank", "write a value, or leave the key out")
            continue
        if not shape.secret or (shape.address and path != ("store",)):
            if path[0] == "accounts" and text != text.strip():
                mistakes.warn(Kinds.PASTED, path, *_ENDS_BLANK)
            continue
        secret = _password(text) if path == ("store",) else text
        if not secret:
            continue
        wrong = _wrong(path, secret)
        if wrong is not None:
            mistakes.wrong(path, *wrong)
            continue
        doubt = _doubt(path, secret)
        if doubt is not None:
            kind, said, hint = doubt
            mistakes.warn(kind, path, said, hint)


def _password(address: str) -> str:
    """The password in the store's address; "" where there is none."""
    parts = urlsplit(address)
    return unquote(parts.password or dict(parse_qsl(parts.query)).get("password", ""))


def _wrong(path: Path, text: str) -> tuple[str, str] | None:
    """Why it cannot be one, and what to do."""
    bare = text.strip("\r\n")
    if any(ord(letter) < ord(" ") or letter == "\x7f" for letter in bare):
        return "it holds a line break, a tab or another control character", "paste it anew, in one line"
    if bare != text:
        end = "ends in" if text.endswith(("\n", "\r")) else "begins with"
        return f"it {end} a line break", "take that out: `printf %s`, for one, writes none where `echo` does"
    return _wrong_of_slack(str(path[-1]), text) if path[0] == "slack" else None


def _wrong_of_slack(key: str, text: str) -> tuple[str, str] | None:
    wanted = _SLACK_SECRETS[key][1]
    for other, (pattern, title) in _SLACK_SECRETS.items():
        if other != key and pattern.match(text):
            return f"{title} stands there", f"that belongs in slack.{other}; {wanted} is needed"
    for start, title in _ELSEWHERE.items():
        if text.startswith(start):
            return f"{title} stands there", f"{wanted} is needed"
    return None


def _doubt(path: Path, text: str) -> tuple[Kinds, str, str] | None:
    """Why it is hardly one, and what to do."""
    if text != text.strip():
        return Kinds.PASTED, *_ENDS_BLANK
    if len(text) < MIN_SECRET_CHARACTERS:
        said = f"{len(text)} character{'' if len(text) == 1 else 's'}"
        return Kinds.GUESSABLE, f"it has {said}", f"one of fewer than {MIN_SECRET_CHARACTERS} can be guessed"
    if path[0] == "slack":
        pattern, wanted = _SLACK_SECRETS[str(path[-1])]
        if re.search(r"[\s\"'`<>]", text):
            return Kinds.PASTED, "it holds a blank or a quote", f"{wanted} is needed, alone"
        if path[-1] != "signing_secret" and not pattern.match(text):
            return Kinds.PASTED, "it does not begin as such a token does", f"{wanted} is needed"
    return None
