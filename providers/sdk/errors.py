"""Maps failures to `ProviderError`, each with a sentence for people. Knows no vendor and sends nothing."""

import re
from collections.abc import Callable
from datetime import datetime

from providers.errors import ErrorKind, ProviderError
from providers.sdk.text import MAX_QUOTED_CHARACTERS, clean

_ABOUT_ACCESS = re.compile(
    r"\b(api[ _-]?keys?|keys?|tokens?|auth\w*|unauth\w*|log[ _-]?in|passwords?|credentials?"
    r"|access denied|forbidden)\b",
    re.IGNORECASE,
)
_LOGIN_FORM = re.compile(r"<input[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
# Statuses by which a server says that it did not even begin: nothing was done. The rest of 4xx says less.
_NOT_BEGUN = frozenset({400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429, 431, 451})


class ErrorMapping:
    """The sentences of one vendor: `title` begins them, `redact` keeps secrets out."""

    def __init__(self, title: str, redact: Callable[[str], str]) -> None:
        self.title = title
        self._redact = redact

    def quote(self, text: str) -> str:
        """Returns the vendor's own words, fit to show: one line, redacted, at most 120 characters."""
        return clean(self._redact(clean(text, limit=4000)), limit=MAX_QUOTED_CHARACTERS)

    def error(self, kind: ErrorKind, sentence: str, operation: str, status: int | None = None) -> ProviderError:
        """Returns an error whose sentence begins with the vendor's title; `sentence` goes on after it."""
        text = self._redact(f"{self.title} {sentence}")
        return ProviderError(kind, text, operation=operation, http_status=status)

    def garbled(self, operation: str, said: str) -> ProviderError:
        """Returns GARBLED, an answer that cannot be read: `said` follows the title, as in ``sent an empty answer``."""
        return self.error(ErrorKind.GARBLED, f"{said}. Try again in a minute.", operation)

    def page(self, operation: str, html: str) -> ProviderError:
        """Returns the error for a web page where data was due: AUTH for a login page, else GARBLED."""
        if _LOGIN_FORM.search(html[:200_000]):
            sentence = "answered with a login page instead of data. The address or the key may be wrong."
            return self.error(ErrorKind.AUTH, sentence, operation)
        sentence = (
            "answered with a web page instead of data. "
            "The address or the key may be wrong, or the service is in maintenance."
        )
        return self.error(ErrorKind.GARBLED, sentence, operation)

    def rejected(self, operation: str, said: str, *, status: int | None = None) -> ProviderError:
        """Returns REJECTED with the vendor's words quoted; AUTH where they speak of the key."""
        quoted = self.quote(said)
        if _ABOUT_ACCESS.search(said[:4000]):
            sentence = f"refused access: “{quoted}”. Check the account's credentials."
            return self.error(ErrorKind.AUTH, sentence, operation, status)
        return self.error(ErrorKind.REJECTED, f"says: “{quoted}”.", operation, status)

    def refused(self, operation: str, status: int, until: datetime, *, blocked: bool) -> ProviderError:
        """Returns the error for a status 401, 403 or 429, after which the account cools down until `until`."""
        if status == 429:
            kind, why = ErrorKind.RATE_LIMITED, "asked for fewer requests (429): its limit is used up"
        else:
            kind = ErrorKind.IP_BLOCKED if blocked else ErrorKind.AUTH
            why = f"refused access ({status}): the key is wrong, or this server's address is not allowed there"
        error = self.error(kind, f"{why}.", operation, status)
        error.retry_at = until
        return error

    def status(self, operation: str, status: int, body: str, *, write: bool, missing: str) -> ProviderError:
        """Returns the error for any other status that is no 2xx; `missing` is what to say to a 404."""
        if write and status not in _NOT_BEGUN:
            return self.lost(operation, f"answered with an error ({status})", status)
        if status >= 500:
            return self.error(ErrorKind.UNAVAILABLE, f"is having problems ({status}).", operation, status)
        if status == 404:
            sentence = missing or "does not know this address (404). The base_url may be wrong."
            return self.error(ErrorKind.NOT_FOUND, sentence, operation, status)
        if status >= 400:
            said = f": “{self.quote(body)}”" if body.strip() and not body.lstrip().startswith("<") else ""
            return self.error(ErrorKind.BAD_REQUEST, f"refused the request ({status}){said}.", operation, status)
        sentence = (
            f"sent us to another page ({status}) instead of data. "
            "The address or the key may be wrong; the other page was not asked."
        )
        return self.error(ErrorKind.GARBLED, sentence, operation, status)

    def failed(self, operation: str, kind: ErrorKind, said: str, *, lost: bool) -> ProviderError:
        """Returns the error for an exchange that failed. `lost`: it was a write, and may have left."""
        return self.lost(operation, said) if lost else self.error(kind, f"{said}.", operation)

    def lost(self, operation: str, said: str, status: int | None = None) -> ProviderError:
        """Returns UNKNOWN_OUTCOME: a write left, and its outcome is not known."""
        sentence = f"{said} after the request had left. It may have been carried out: check before you try again."
        return self.error(ErrorKind.UNKNOWN_OUTCOME, sentence, operation, status)
