"""Finds MOR's refusals: every shape of an error that its documents and servers show. No I/O."""

import re

from providers.mor.wire import letters
from providers.sdk.lenient_xml import Element

OK = frozenset({"ok", "success", "successful", "true"})
_ERRORS = frozenset({"error", "errors", "error_msg", "error_message"})
_LOGIN_PAGE = frozenset({"pagename", "language", "error_msg", "aval_languages"})
_VERDICT = frozenset({"pagename", "language", "status", "message"})
_BAD_STATUS = re.compile(
    r"\b(fail\w*|error|bad|no|not|dont|denied|disabled|incorrect|invalid|wrong|refused|rejected|unknown)\b",
    re.IGNORECASE,
)
_BAD_WORDS = re.compile(
    r"\b(disabled|not found|incorrect|denied|bad|not authenticated|not authorized|dont be so smart|no source|invalid"
    r"|fail(ed|ure)?|error|wrong|unable|cannot|refused|rejected)\b",
    re.IGNORECASE,
)
_ABOUT_USER = re.compile(r"user (was )?not found|dont be so smart", re.IGNORECASE)
_ABOUT_HASH = re.compile(r"\bhash\b", re.IGNORECASE)


def refusal_in(root: Element) -> str | None:
    """Returns MOR's words where a readable answer says no; None where it does not.

    That is a filled `error` or `error_msg` anywhere in the tree, an `action` whose `status` is not ok, and a `status`
    by itself, or alone in a `page`, that is one of its known refusals. Beside data, a page's `status` is a filter
    (`all`, `failed`).
    """
    for element in root.walk():
        if element.name in _ERRORS and (said := _leaf(element)):
            return _with_message(root, said)
    status = root if root.name == "status" else root.first("status")
    if root.name == "page" and not {child.name for child in root.children} <= _VERDICT:
        return None
    said = _leaf(status) if status is not None else ""
    if root.name == "action":
        if letters(said) in OK:
            return None
        return root.said("status_message") or said or "failed"
    return said if said and _BAD_STATUS.search(said) else None


def accepted_in(root: Element) -> str | None:
    """Returns MOR's words where it says yes to a write: an ok `action`, or a `status` that is ok.

    None where it does not.
    """
    status = root if root.name == "status" else root.first("status")
    if status is None or refusal_in(root) is not None:
        return None
    success = status.first("success")
    if success is not None:
        return success.text
    return (root.said("status_message") or status.text) if letters(status.text) in OK else None


def is_login_page(root: Element) -> bool:
    """Returns whether this is MOR-1.

    Known by its name, and where that is translated, by holding nothing of anybody's.
    """
    if root.name != "page":
        return False
    names = {child.name for child in root.children}
    return letters(root.said("pagename") or "") == "loginpage" or ("aval_languages" in names and names <= _LOGIN_PAGE)


def sounds_like_no(words: str) -> bool:
    """Returns whether plain words are one of MOR's refusals."""
    return bool(_BAD_WORDS.search(words))


def is_about_user(words: str) -> bool:
    """Returns whether the signed API does not know the user."""
    return bool(_ABOUT_USER.search(words))


def is_about_hash(words: str) -> bool:
    """Returns whether the signature was refused."""
    return bool(_ABOUT_HASH.search(words))


def _leaf(element: Element) -> str:
    """Returns the words of an element, or of the first filled one below it."""
    return next((part.text.strip() for part in element.walk() if part.text.strip(" \t\r\n.+…")), "")


def _with_message(root: Element, said: str) -> str:
    more = next((e.text.strip() for e in root.walk() if e.name == "message" and e.text.strip()), "")
    return f"{said}: {more}" if more else said
