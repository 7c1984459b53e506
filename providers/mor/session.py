"""MOR's session: one sign-in an account, renewed once where the login page comes instead (MOR-1, MOR-2).

It asks a question at most twice and sends a write at most once, whatever becomes of its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from providers.errors import ErrorKind, ProviderError
from providers.mor.pages import Pages, SignedOutError
from providers.mor.paths import Paths
from providers.mor.refusals import is_login_page, refusal_in
from providers.sdk.exchange import Answer, Request
from providers.sdk.http import VendorHttp
from providers.sdk.lenient_xml import Element

T = TypeVar("T")

_MOVED = frozenset({301, 302, 303, 307})
_MIN_REST_SECONDS = 0.5  # seconds; with less left, nothing is begun


class Patience:
    """The time that one question may take over all of its requests."""

    def __init__(self, seconds: float) -> None:
        self._until = asyncio.get_running_loop().time() + seconds

    def left(self) -> float:
        """Returns the seconds that are left, not below none."""
        return max(0.0, self._until - asyncio.get_running_loop().time())


class Session:
    """Signs in when it must. Replicas and restarts have a session of their own each."""

    def __init__(
        self, http: VendorHttp, pages: Pages, paths: Paths, *, username: str, password: str, fields: str
    ) -> None:
        """Takes `fields` for where MOR-2 has its two values: ``url`` as documented, or ``form``."""
        self._http = http
        self._pages = pages
        self._paths = paths
        self._login: Mapping[str, str] = {"u": username, "p": password}
        self._fields = fields
        self._turn = 0  # which sign-in this is; 0: none yet
        self._gate = asyncio.Lock()

    async def ask(self, request: Request, read: Callable[[Answer], Awaitable[T]], patience: Patience) -> T:
        """Returns the answer to a question; signs in again once where the session is over. Raises `ProviderError`."""
        turn, said = await self._signed_in(0, patience), ""
        for attempt in (1, 2):
            seconds = self._seconds(request, patience)
            answer = await self._http.ask(replace(request, seconds=seconds, returns=request.returns | _MOVED))
            if answer.status in _MOVED:
                if attempt == 2:
                    raise self._http.verdicts.status(request.operation, answer.status, "", write=False, missing="")
            else:
                try:
                    return await read(answer)
                except SignedOutError as over:
                    said = over.said
            if attempt == 1:
                turn = await self._signed_in(turn, patience)
        raise self._error(
            ErrorKind.AUTH,
            "took the sign-in, and shows its login page all the same"
            + (f": “{self._http.verdicts.quote(said)}”" if said else ". It may give no session cookie"),
            request.operation,
        )

    async def _signed_in(self, stale: int, patience: Patience) -> int:
        """Signs in, unless somebody did since the turn that is stale; returns the turn that is good."""
        async with self._gate:
            if self._turn > stale:
                return self._turn
            await self._sign_in(patience)
            self._turn = max(self._turn, stale) + 1
            return self._turn

    async def _sign_in(self, patience: Patience) -> None:
        """Signs in by MOR-2. A redirect may be its yes; the next page shows."""
        method, path = self._paths.of("MOR-2", {})
        as_form = self._fields == "form"
        request = Request(
            "MOR-2",
            path,
            method,
            query=() if as_form else tuple(self._login.items()),
            form=self._login if as_form else ({} if method == "POST" else None),
            returns=_MOVED,
        )
        answer = await self._http.ask(replace(request, seconds=self._seconds(request, patience)))
        if answer.status in _MOVED:
            return
        try:
            root = await self._pages.tree(answer, "MOR-2")
        except SignedOutError as over:
            raise self._wrong(over.said) from over
        self._check(root)

    def _check(self, root: Element) -> None:
        if is_login_page(root):
            raise self._wrong(root.said("error_msg") or "")
        said = refusal_in(root)
        if said is not None:
            raise self._wrong(said)
        if root.name != "action" and root.first("userid") is None:
            raise self._pages.misshapen("MOR-2", "a verdict on the sign-in")

    def _wrong(self, said: str) -> ProviderError:
        quoted = f": “{self._http.verdicts.quote(said)}”" if said.strip() else ""
        return self._error(ErrorKind.AUTH, f"refused the sign-in{quoted}. Check username and password", "MOR-2")

    def _seconds(self, request: Request, patience: Patience) -> float:
        left = patience.left()
        if left < _MIN_REST_SECONDS:
            raise self._error(ErrorKind.UNAVAILABLE, "was too slow to answer in time", request.operation)
        return min(left, request.seconds or left)

    def _error(self, kind: ErrorKind, sentence: str, operation: str) -> ProviderError:
        return self._http.verdicts.error(kind, f"{sentence}.", operation)
