"""The types of the configuration's values: each says what is allowed. No error repeats what was found."""

import re
from base64 import b64decode
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BeforeValidator, SecretStr, StringConstraints

from bot.alerts.model import EVENT_FIELDS
from bot.settings.problems import nearest, one_of
from bot.settings.store_address import read_store_address
from bot.text.durations import parse_duration
from providers.sdk.throttle import RateLimit, parse_rate_limit

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
NAME_ALLOWED = "a name has up to 32 lower-case letters, digits and hyphens, and begins with a letter"

_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{1,20}")
_CHANNEL_NAME = re.compile(r"#[^\s#<>&,@]{1,80}")
_SLACK_ID = re.compile(r"[UWSCG][A-Z0-9]{1,20}")
_USER_ID = re.compile(r"[UW][A-Z0-9]{1,20}")
_MENTION = re.compile(r"<?(?:!subteam\^|@|!)?(?P<word>here|channel|everyone|[UWS][A-Z0-9]{1,20})(?:\|[^>]*)?>?")
_BLOCKED = re.compile(r"\+[0-9]{1,15}\*?")
_COMMAND = re.compile(r"/?(?P<name>[a-z0-9_-]{1,31})")  # 32 with its slash
_ROUTING_KEY = re.compile(r"[0-9A-Za-z]{32}")
_WORKFLOW_URL = "https://slack.com/shortcuts/"
_PATH_WORD = re.compile(r"[^\s/?#%\\]+")
OFF = "off"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("write one value here, not a list or a map")  # pydantic collects ValueErrors
    return value.strip()


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    name = _text(value)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        close = nearest(name, available_timezones())
        meant = f"did you mean {close}?" if close else "the name of a time zone such as Europe/Kyiv or UTC is needed"
        raise ValueError(meant) from None


def _url(value: object, schemes: tuple[str, ...], what: str) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise ValueError(f"{what} is needed")
    return text


def web_url(value: object) -> str:
    """Returns an address that is called; it may carry a secret in its path. Raises `ValueError`."""
    return _url(value, ("http", "https"), "an http:// or https:// address")


def base_url(value: object) -> str:
    """Returns a vendor's address, without login and query. Raises `ValueError`."""
    text = _url(value, ("http", "https"), "an http:// or https:// address")
    parts = urlsplit(text)
    if parts.username is not None or parts.password is not None:
        raise ValueError("no login may stand in it; the vendor's keys have their own place")
    if parts.query or parts.fragment:
        raise ValueError("it ends before any ? or #")
    return text


def _api_url(value: object) -> str:
    text = base_url(value)
    return text if text.endswith("/") else f"{text}/"


def _channel(value: object) -> str:
    text = _text(value)
    if _CHANNEL_ID.fullmatch(text) or _CHANNEL_NAME.fullmatch(text):
        return text
    raise ValueError('a channel is an id such as C0123456789, or a "#name" in quotes')


def _mention(value: object) -> str:
    match = _MENTION.fullmatch(_text(value))
    if match is None:
        raise ValueError(
            'a mention is "!here", "!channel", "!everyone", or the id of a user (U…, W…) or a user group (S…)'
        )
    word = match["word"]
    return f"!{word}" if word.islower() else word


def _matching(pattern: re.Pattern[str], sentence: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(sentence)
        return text

    return AfterValidator(check)


def _region(value: object) -> str:
    text = _text(value).upper()
    if text not in SUPPORTED_REGIONS:
        raise ValueError("a country is two letters, such as UA or PL")
    return text


def _currency(value: object) -> str:
    text = _text(value).upper()
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("a currency is three letters, such as USD")
    return text


def _blocked(value: object) -> str:
    text = re.sub(r"[\s()-]", "", _text(value))
    if not _BLOCKED.fullmatch(text):
        raise ValueError('write the number with + and its country code, a prefix ends in *: "+380900*"')
    return text


def _command(value: object) -> str:
    match = _COMMAND.fullmatch(_text(value))
    if match is None:
        raise ValueError("a command has up to 31 lower-case letters, digits, hyphens and underscores")
    return match["name"]


def _positive(length: timedelta) -> timedelta:
    if length <= timedelta():
        raise ValueError("it must be longer than 0s")
    return length


def _interval(value: object) -> timedelta | None:
    if value is None or (isinstance(value, str) and value.strip().lower() == OFF):
        return None
    try:
        length = parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or off") from None
    return _positive(length)


def _rate_limit(value: object) -> RateLimit:
    if isinstance(value, RateLimit):
        return value
    try:
        return parse_rate_limit(_text(value))
    except ValueError:
        raise ValueError("a limit is written as requests and a duration: 100/15m") from None


def _path_word(secret: SecretStr) -> SecretStr:
    if not _PATH_WORD.fullmatch(secret.get_secret_value()):
        raise ValueError("it becomes a part of an address: no spaces, no / \\ ? # or %")
    return secret


def _workflow_url(value: object) -> str:
    url = web_url(value)
    if not url.startswith(_WORKFLOW_URL):
        raise ValueError(f"the link of a workflow begins with {_WORKFLOW_URL}: copy it from the workflow's trigger")
    return url


def _event_field(text: str) -> str:
    if text not in EVENT_FIELDS:
        raise ValueError(one_of(text, EVENT_FIELDS))
    return text


def signing_key(text: str) -> bytes:
    """Returns the bytes of a secret of Standard Webhooks; raises `ValueError` where it is none."""
    try:
        found = b64decode(text.strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        found = b""
    if not 24 <= len(found) <= 64:
        raise ValueError("24 to 64 random bytes as base64 are needed, such as `openssl rand -base64 32` prints")
    return found


def webhook_secret(secret: SecretStr) -> SecretStr:
    """Returns the secret where it can sign as Standard Webhooks have it; raises `ValueError`."""
    signing_key(secret.get_secret_value())
    return secret


def routing_key(secret: SecretStr) -> SecretStr:
    """Returns PagerDuty's key, without blanks around it; raises `ValueError`."""
    text = secret.get_secret_value().strip()
    if not _ROUTING_KEY.fullmatch(text):
        raise ValueError("the routing key of PagerDuty has 32 letters and digits: see the service's Integrations")
    return SecretStr(text)


Trimmed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[Trimmed, _matching(NAME, NAME_ALLOWED)]
UserId = Annotated[Trimmed, _matching(_USER_ID, "a Slack user's id begins with U or W, such as U0123456789")]
SlackId = Annotated[
    Trimmed,
    _matching(_SLACK_ID, "the Slack id of a user (U…, W…), a user group (S…) or a channel (C…, G…) is needed"),
]
WebhookToken = Annotated[SecretStr, AfterValidator(_path_word)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
PositiveDuration = Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_positive)]
Interval = Annotated[timedelta | None, BeforeValidator(_interval)]
WebUrl = Annotated[str, BeforeValidator(web_url)]
WorkflowUrl = Annotated[str, BeforeValidator(_workflow_url)]
EventField = Annotated[Trimmed, AfterValidator(_event_field)]
ApiUrl = Annotated[str, BeforeValidator(_api_url)]
StoreAddress = Annotated[SecretStr, BeforeValidator(read_store_address)]
Channel = Annotated[str, BeforeValidator(_channel)]
Mention = Annotated[str, BeforeValidator(_mention)]
Region = Annotated[str, BeforeValidator(_region)]
Currency = Annotated[str, BeforeValidator(_currency)]
Blocked = Annotated[str, BeforeValidator(_blocked)]
CommandName = Annotated[str, BeforeValidator(_command)]
Limit = Annotated[RateLimit, BeforeValidator(_rate_limit)]
