"""Reads one of MOR's pages out of an answer, with a sentence for people where that fails. Sends nothing."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.mor.refusals import is_about_hash, is_about_user, is_login_page, refusal_in
from providers.mor.wire import letters
from providers.sdk.errors import ErrorMapping
from providers.sdk.exchange import Answer
from providers.sdk.lenient import RefusalError, UnfitError
from providers.sdk.lenient import refusal_in as json_refusal
from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.lenient_xml import Element, Xml, read_xml, unpacked
from providers.sdk.offload import in_thread

T = TypeVar("T")

FALLBACK = "cp1251"
ROOTS = frozenset({"page", "action", "status", "error", "response"})
_NUMBER = re.compile(r"[+-]?\d[\d\s.,]*+([A-Z]{3})?")
_PASSWORDS = frozenset({"password", "secret"})
_NOBODY = "notauthenticated"  # real servers say so instead of showing the login page
_log = logging.getLogger(__name__)


class SignedOutError(Exception):
    """The login page came instead of the page that was asked; `said` is what it complains of."""

    def __init__(self, said: str = "") -> None:
        super().__init__("the session is over")
        self.said = said


def page_text(answer: Answer) -> str:
    """Returns the body as text, also of a gzip file that no header names; raises `UnreadableError`."""
    return replace(answer, content=unpacked(answer.content)).text(FALLBACK)


class Pages:
    """Reads the pages of one account; logs once per operation that one had to be repaired."""

    def __init__(self, verdicts: ErrorMapping) -> None:
        self._verdicts = verdicts
        self._repaired: set[str] = set()

    async def read(self, answer: Answer, operation: str, *, number: str = "") -> Element:
        """Returns the root of a page without a refusal.

        Raises `ProviderError`, or `SignedOutError` where it is the login page. With `number`, a bare number is read as
        an element of that name: old servers answer a balance so.
        """
        root = await self.tree(answer, operation, number=number)
        if is_login_page(root):
            raise SignedOutError(root.said("error_msg") or "")
        if root.name not in ROOTS:
            raise self.misshapen(operation, "a page")
        said = refusal_in(root)
        if said is not None:
            raise SignedOutError(said) if letters(said) == _NOBODY else self.refused(operation, said)
        return root

    async def tree(self, answer: Answer, operation: str, *, number: str = "") -> Element:
        """Returns the root, whatever it says; raises `ProviderError` or `SignedOutError`."""
        text = ""
        try:
            text = await in_thread(lambda _content: page_text(answer), answer.content)
            if number and _NUMBER.fullmatch(text.strip()):
                return Element("page", children=(Element(number, text.strip()),))
            found = await in_thread(_read_page, text)
        except UnreadableError as error:
            raise self.unreadable(operation, error.damage, text) from error
        self._note(found, operation)
        return found.root

    def one(self, root: Element, operation: str, what: str, read: Callable[[Element], T]) -> T:
        """Returns one value out of a page; raises `ProviderError` GARBLED."""
        try:
            return read(root)
        except UnfitError as error:
            raise self.misshapen(operation, what, got=str(error)) from error

    def misshapen(self, operation: str, expected: str, got: str = "") -> ProviderError:
        """Returns the error for a page that is readable, but of another shape than the operation's."""
        found = f", got {got}" if got else ""
        return self._verdicts.garbled(operation, f"answered in an unexpected form (expected {expected}{found})")

    def refused(self, operation: str, said: str) -> ProviderError:
        """Returns the error for MOR's no; AUTH where its words speak of the hash, the user or the login."""
        quoted = self._verdicts.quote(said)
        if is_about_hash(said):
            sentence = (
                f"refused the API signature: “{quoted}”. Check api_secret, "
                f"and the order of the values (hash_order) for {operation}."
            )
            return self._verdicts.error(ErrorKind.AUTH, sentence, operation)
        if is_about_user(said):
            sentence = f"does not know the user: “{quoted}”. Check user_id and username."
            return self._verdicts.error(ErrorKind.AUTH, sentence, operation)
        return self._verdicts.rejected(operation, said)

    def _note(self, found: Xml, operation: str) -> None:
        if found.repaired and operation not in self._repaired:
            self._repaired.add(operation)
            _log.warning("%s %s: the answer was damaged XML and had to be repaired", self._verdicts.title, operation)

    def unreadable(self, operation: str, damage: Damage, text: str) -> Exception:
        """Returns why there is no page: a `ProviderError`, or `SignedOutError` for a login form."""
        match damage:
            case Damage.EMPTY:
                return self._verdicts.garbled(operation, "sent an empty answer")
            case Damage.HTML:
                error = self._verdicts.page(operation, text)
                return SignedOutError() if error.kind is ErrorKind.AUTH else error
            case Damage.CUT_OFF:
                return self._verdicts.garbled(operation, "sent an answer that was cut off")
            case Damage.PLAIN:
                return self._plain(operation, text)
            case Damage.TOO_MUCH:
                return self._verdicts.garbled(operation, "sent an answer with far too many values")
            case _:
                return self._verdicts.garbled(operation, "sent an answer that cannot be read")

    def _plain(self, operation: str, text: str) -> ProviderError:
        said = plain_words(text)
        if _NUMBER.fullmatch(said):
            return self.misshapen(operation, "a page", got=said)
        return self.refused(operation, said)


def _read_page(text: str) -> Xml:
    found = read_xml(text)
    return replace(found, root=_without_passwords(found.root))


def _without_passwords(root: Element) -> Element:
    """Returns the same tree without SIP passwords (MOR-7): nobody here has a use for them."""
    if not any(element.name in _PASSWORDS for element in root.walk()):
        return root
    kept = (_without_passwords(child) for child in root.children if child.name not in _PASSWORDS)
    return replace(root, children=tuple(kept))


def plain_words(text: str) -> str:
    """Returns what words that are no XML say; of JSON, its message."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            said = json_refusal(read_json(text).value)
        except (UnreadableError, RefusalError):
            said = None
        return said if said is not None else text.strip()
    return text.strip()
