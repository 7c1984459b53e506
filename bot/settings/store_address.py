"""The address of the store: what it may look like, and the options behind its ?. Nothing of it is ever repeated."""

import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from bot.settings.problems import nearest

EMBEDDED = "embedded"
_WHAT = "embedded, or an address redis://…, rediss://… or unix://… is needed"
_SCHEMES = ("redis", "rediss", "unix")
_BOOLEAN = re.compile(r"true|false|yes|no|t|f|y|n|1|0", re.IGNORECASE)
_MEANT = {"ssl_ca": "ssl_ca_certs", "ssl_cert": "ssl_certfile", "ssl_key": "ssl_keyfile"}  # others call them so
_SHOWN = re.compile(r"[a-z]+(?:_[a-z]+){0,4}")  # an option that is surely a name


def read_store_address(value: object) -> SecretStr:
    """Returns the address, whole; raises `ValueError` with what is wrong with it and what to write."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        raise ValueError("write one value here, not a list or a map")  # pydantic collects ValueErrors
    text = text.strip()
    if text == EMBEDDED:
        return SecretStr(text)
    scheme, _, rest = text.partition("://")
    if scheme not in _SCHEMES or re.search(r"\s", text):
        raise ValueError(_WHAT)
    if scheme == "unix":
        if not urlsplit(text).path.strip("/"):
            raise ValueError("unix:// is followed by the path of a socket")
    else:
        _check_authority(text, rest)
    _check_options(scheme, urlsplit(text).query)
    return SecretStr(text)


def _check_authority(text: str, rest: str) -> None:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if text.count("@") > authority.count("@") or authority.count("@") > 1:
        raise ValueError("a / ? # @ or % in its password is written percent-encoded: %2F %3F %23 %40 %25")
    if not re.fullmatch(r"/?|/\d+", urlsplit(text).path):
        raise ValueError("behind the host stands at most the number of a database, such as /0")
    try:
        usable = bool(urlsplit(text).hostname) and urlsplit(text).port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(_WHAT)


def _check_options(scheme: str, query: str) -> None:
    given = dict(reversed(parse_qsl(query, keep_blank_values=True)))  # of two the client takes the first
    for name, value in given.items():
        if name in _TLS and scheme != "rediss":
            raise ValueError(f"its option {name} is for TLS, so the address begins with rediss://")
        check = {**_ANY, **_TLS}.get(name)
        if check is None:
            close = _MEANT.get(name) or nearest(name, [*_ANY, *_TLS])
            named = f" {name}" if _SHOWN.fullmatch(name) else ""
            hint = f"did you mean {close}?" if close else f"there are {', '.join([*_ANY, *_TLS])}"
            raise ValueError(f"behind its ? stands an option{named} that there is not; {hint}")
        wanted = check(value)
        if wanted is not None:
            raise ValueError(f"its option {name} is wrong: {wanted}")
    _check_papers(given)


def _check_papers(given: Mapping[str, str]) -> None:
    """Whether the files of TLS can be used. A key may stand in the certificate's file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if "ssl_ca_certs" in given:
        try:
            context.load_verify_locations(given["ssl_ca_certs"])
        except (OSError, ValueError):  # an error of ssl is one of the system
            raise ValueError("the file of its option ssl_ca_certs holds no certificate in PEM form") from None
    if "ssl_keyfile" in given and "ssl_certfile" not in given:
        raise ValueError("its option ssl_keyfile needs ssl_certfile too")
    if "ssl_certfile" in given:
        try:
            context.load_cert_chain(
                given["ssl_certfile"], given.get("ssl_keyfile"), lambda: given.get("ssl_password", "")
            )
        except (OSError, ValueError):
            raise ValueError(
                "the files of its options ssl_certfile and ssl_keyfile are not a certificate and its key in PEM form"
            ) from None


def _any(_value: str) -> str | None:
    return None


def _file(value: str) -> str | None:
    try:
        with Path(value).open("rb"):
            return None
    except (OSError, ValueError) as error:
        return f"the file that it names cannot be read: {getattr(error, 'strerror', None) or 'its name is none'}"


def _folder(value: str) -> str | None:
    return None if Path(value).is_dir() else "it names the directory of certificates, and that is not there"


def _one_of(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str | None]:
    return lambda value: None if pattern.fullmatch(value) else wanted


def _seconds(value: str) -> str | None:
    usable = re.fullmatch(r"\d{1,5}(?:\.\d{1,3})?", value) and float(value) > 0
    return None if usable else "seconds are needed, more than none"


_number = _one_of(re.compile(r"\d{1,6}"), "a whole number is needed")
_switch = _one_of(_BOOLEAN, "true or false is needed")

_ANY: Mapping[str, Callable[[str], str | None]] = {
    "db": _number,
    "username": _any,
    "password": _any,
    "socket_timeout": _seconds,
    "socket_connect_timeout": _seconds,
    "socket_keepalive": _switch,
    "health_check_interval": _number,
    "client_name": _any,
    "max_connections": _one_of(re.compile(r"[1-9]\d{0,4}"), "a whole number is needed, at least 1"),
}
_TLS: Mapping[str, Callable[[str], str | None]] = {
    "ssl_ca_certs": _file,
    "ssl_ca_path": _folder,
    "ssl_certfile": _file,
    "ssl_keyfile": _file,
    "ssl_password": _any,
    "ssl_cert_reqs": _one_of(re.compile("none|optional|required"), "allowed: none, optional, required"),
    "ssl_check_hostname": _switch,
}
