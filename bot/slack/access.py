"""Decides who may do what. In doubt nobody: where Slack cannot be asked who somebody is, the answer is no."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.cards import Channel, Line, Part, Person, UserGroup
from bot.dialog.context import Actor
from bot.settings import Permission, Settings
from bot.slack.posting import PostError, Posting
from bot.store import AuditRecord, Store, StoreError

log = structlog.get_logger(__name__)

CACHE_TTL = timedelta(minutes=1)
_ASK_SECONDS = 6.0


GROUP_GONE = frozenset({"no_such_subteam", "subteam_not_found"})


@dataclass(frozen=True, slots=True)
class Installation:
    """The place where the app is installed: a workspace, or with `enterprise` a grid as a whole."""

    team: str
    enterprise: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of `permissions`, sorted by what its ids are."""

    people: tuple[str, ...]
    groups: tuple[str, ...]
    channels: tuple[str, ...]

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Listed":
        """Sorts the ids: U and W are people, S is a user group, all else is a channel, which only narrows."""
        return cls(
            people=tuple(i for i in ids if i[:1] in {"U", "W"}),
            groups=tuple(i for i in ids if i[:1] == "S"),
            channels=tuple(i for i in ids if i[:1] not in {"U", "W", "S"}),
        )


class SlackAccess:
    """Implements `bot.dialog.context.Access`. Slack's answers are kept for a minute at most."""

    def __init__(
        self,
        posting: Posting,
        store: Store,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
    ) -> None:
        self._posting = posting
        self._store = store
        self._settings = settings
        self._clock = clock
        self._install: Installation | None = None
        self._full: dict[str, tuple[bool, datetime]] = {}
        self._groups: dict[str, tuple[frozenset[str], datetime]] = {}

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """Returns whether the actor may; nothing is written down."""
        return await self._refusal(actor, permission) is None

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> Line | None:
        """Returns None where the actor may, else the sentence to answer; then the audit has it as well."""
        sentence = await self._refusal(actor, permission)
        if sentence is not None:
            await self._write_down(actor, operation or permission.value, account, target)
        return sentence

    async def listed(self, permission: Permission) -> list[str]:
        """Returns the people whom the list of a permission names, also by their groups. Raises `PostError`."""
        listed = Listed.of(self._settings().permissions.get(permission.value) or ())
        people = list(listed.people)
        for group in listed.groups:
            people += sorted(await self._members(group))
        return list(dict.fromkeys(people))

    async def _refusal(self, actor: Actor, permission: Permission) -> Line | None:
        what = permission.words
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                if not await self._is_full_member(actor):
                    return f"You are not allowed to {what}: only full members of this workspace may."
                return await self._by_list(actor, permission)
        except (PostError, TimeoutError) as error:
            log.warning("access could not be checked", permission=permission.value, error=str(error))
            return (
                f"You are not allowed to {what} just now: only people whom Slack confirms may, and "
                "Slack could not be asked who you are. Try again in a minute."
            )

    async def _by_list(self, actor: Actor, permission: Permission) -> Line | None:
        ids = self._settings().permissions.get(permission.value)
        if ids is None:
            return None if permission.open else _nobody(permission)
        listed = Listed.of(ids)
        everyone = permission.open and not listed.people and not listed.groups and bool(listed.channels)
        if not everyone and not listed.people and not listed.groups:
            return _nobody(permission)
        narrowed = bool(listed.channels) and actor.channel_id not in listed.channels
        if not narrowed and (everyone or actor.user_id in listed.people):
            return None
        if not narrowed:
            for group in listed.groups:
                if actor.user_id in await self._members(group):
                    return None
        return _only(permission, listed)

    async def _is_full_member(self, actor: Actor) -> bool:
        """Returns whether it is no guest, no stranger, no bot, and nobody who left."""
        if not actor.user_id:
            return False
        known = self._full.get(actor.user_id)
        if known is not None and self._clock() - known[1] < CACHE_TTL:
            return known[0]
        asked_at = self._clock()
        try:
            answer = await self._posting.call(self._posting.again.users_info(user=actor.user_id))
        except PostError as error:
            if getattr(error, "code", "") in {"user_not_found", "user_not_visible"}:
                return False
            raise
        full = _is_full(answer.get("user"), await self._installation())
        self._full[actor.user_id] = (full, asked_at)
        return full

    async def _installation(self) -> "Installation":
        if self._install is None:
            answer = await self._posting.call(self._posting.again.auth_test())
            grid = str(answer.get("enterprise_id") or "") if answer.get("is_enterprise_install") else ""
            self._install = Installation(str(answer.get("team_id") or ""), grid)
        return self._install

    async def _members(self, group: str) -> frozenset[str]:
        known = self._groups.get(group)
        if known is not None and self._clock() - known[1] < CACHE_TTL:
            return known[0]
        asked_at = self._clock()
        try:
            answer = await self._posting.call(self._posting.again.usergroups_users_list(usergroup=group))
            members = frozenset(str(user) for user in answer.get("users") or ())
        except PostError as error:
            if getattr(error, "code", "") not in GROUP_GONE:
                raise
            log.warning("a user group of permissions is gone: it counts as empty", group=group)
            members = frozenset()
        self._groups[group] = (members, asked_at)
        return members

    async def _write_down(self, actor: Actor, operation: str, account: str, target: str) -> None:
        record = AuditRecord(
            at=self._clock(),
            user=actor.user_id,
            operation=operation,
            account=account,
            target=target,
            outcome="refused",
            channel=actor.channel_id,
        )
        try:
            await self._store.audit(record)
        except StoreError as error:
            log.error("a refusal could not be written into the audit", operation=operation, error=str(error))


def _is_full(user: Any, ours: Installation) -> bool:
    """Returns whether `users.info` shows a full member of where we are installed: a workspace, or a whole grid of them.

    A press names the workspace that its person looked from, which in a grid may be any other: it says nothing.
    """
    if not isinstance(user, dict):
        return False
    barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "is_workflow_bot")
    if any(user.get(mark) for mark in barred):
        return False
    in_grid = user.get("enterprise_user") or {}
    if ours.enterprise:
        return in_grid.get("enterprise_id") == ours.enterprise
    teams = {user.get("team_id"), *(in_grid.get("teams") or ())} - {None, ""}
    return not teams or not ours.team or ours.team in teams


def _nobody(permission: Permission) -> Line:
    return (
        f"You are not allowed to {permission.words}: only people listed under permissions."
        f"{permission.value} may, and nobody is listed there."
    )


def _only(permission: Permission, listed: Listed) -> Line:
    who: list[Part] = []
    for person in listed.people[:10]:
        who += [", " if who else "", Person(person)]
    for group in listed.groups[:10]:
        who += [", " if who else "", "members of ", UserGroup(group)]
    if not who:
        who = ["full members"]
    where: list[Part] = []
    for channel in listed.channels[:10]:
        where += [", " if where else " in ", Channel(channel)]
    return (f"You are not allowed to {permission.words} here: only ", *who, " may", *where, ".")
