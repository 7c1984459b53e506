"""Reads values out of an answer, with a sentence for people where that fails. Sends nothing."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.model import Rows
from providers.sdk.errors import ErrorMapping
from providers.sdk.http import Answer
from providers.sdk.lenient import RefusalError, ShapeError, UnfitError, list_in, refusal_in
from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.offload import in_thread, rows_in_thread, text_in_thread

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Answers:
    """Reads the JSON answers of one account; logs once per operation that one had to be repaired."""

    def __init__(self, verdicts: ErrorMapping, fallback: str = "cp1251") -> None:
        self._verdicts = verdicts
        self._fallback = fallback
        self._repaired: set[str] = set()

    async def json(self, answer: Answer, operation: str) -> Any:
        """Returns the value; raises `ProviderError`: GARBLED, or the vendor's plain words as REJECTED or AUTH."""
        text = await text_in_thread(answer, self._fallback)
        try:
            found = await in_thread(read_json, text)
        except UnreadableError as error:
            raise self._unreadable(operation, error.damage, text) from error
        if found.repaired and operation not in self._repaired:
            self._repaired.add(operation)
            _log.warning("%s %s: the answer was damaged JSON and had to be repaired", self._verdicts.title, operation)
        return found.value

    async def rows(
        self, answer: Answer, operation: str, what: str, read: Callable[[Mapping[str, Any]], T]
    ) -> tuple[Rows[T], int]:
        """Returns the rows of a list answer, and how many the vendor sent, the unreadable ones included.

        Raises `ProviderError`, as `json` does.
        """
        value = await self.json(answer, operation)
        try:
            items = list_in(value)
            return await rows_in_thread(items, read), len(items)
        except RefusalError as error:
            raise self._refused(operation, str(error)) from error
        except ShapeError as error:
            raise self.misshapen(operation, f"a list of {what}") from error

    def one(self, value: Any, operation: str, what: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        """Returns one object out of a value that `json` gave, also as the only one of a list.

        Raises `ProviderError`.
        """
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        refusal = "null" if value is None else refusal_in(value)
        if refusal is None and isinstance(value, str) and value.strip():
            refusal = value
        if refusal is not None:
            raise self._refused(operation, refusal)
        if not isinstance(value, Mapping):
            raise self.misshapen(operation, what)
        try:
            return read(value)
        except UnfitError as error:
            raise self.misshapen(operation, what, got=str(error)) from error

    def misshapen(self, operation: str, expected: str, got: str = "") -> ProviderError:
        """Returns the error for an answer that is readable, but of another shape than the operation's."""
        found = f", got {got}" if got else ""
        return self._verdicts.garbled(operation, f"answered in an unexpected form (expected {expected}{found})")

    def _refused(self, operation: str, said: str) -> ProviderError:
        if said in {"false", "null", "0", "error"}:
            sentence = f"answered “{said}” instead of data. It gives no reason: the key may be wrong."
            return self._verdicts.error(ErrorKind.REJECTED, sentence, operation)
        return self._verdicts.rejected(operation, said)

    def _unreadable(self, operation: str, damage: Damage, text: str) -> ProviderError:
        match damage:
            case Damage.EMPTY:
                return self._verdicts.garbled(operation, "sent an empty answer")
            case Damage.HTML:
                return self._verdicts.page(operation, text)
            case Damage.CUT_OFF:
                return self._verdicts.garbled(operation, "sent an answer that was cut off")
            case Damage.PLAIN:
                return self._verdicts.rejected(operation, text)
            case Damage.TOO_MUCH:
                return self._verdicts.garbled(operation, "sent an answer with far too many values")
            case _:
                return self._verdicts.garbled(operation, "sent an answer that cannot be read")
