"""`/pbx users`: who has a login at the vendor's panel."""

import asyncio

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import WordsError, account_and_rest, command
from bot.dialog.phrases import commas, count
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.dialog.request import Request
from bot.text.names import folded
from providers.capabilities import SupportsGroups, SupportsUsers
from providers.model import Group, Rows, User


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    typed = account_and_rest(context, words)
    lists = [account for account in typed.accounts if account.supports(SupportsUsers)]
    asked, groups = await asyncio.gather(
        ask(context, SupportsUsers, lambda p: p.users(), what="show users", topic="users", within=typed.accounts),
        ask(context, SupportsGroups, lambda p: p.groups(), what="show groups", within=lists),
    )
    names = {told.account.name: told.value for told in groups.good}
    wanted = folded(typed.rest)
    body = [Section((failed.row(asked.now, _said),), "Could not be asked") for failed in asked.failed]
    total, have = 0, "an extension"
    for told in asked.good:
        rows = [u for u in told.value if _fits(u, wanted)]
        total += len(rows)
        have = "a login" if any(user.user_id != user.extension for user in rows) else have
        lines = tuple(Row(_line(user, names.get(told.account.name))) for user in sorted(rows, key=_key))
        if told.value.unreadable:
            lines += (Row(f"{count(told.value.unreadable, 'row')} could not be read"),)
        if lines:
            body.append(Section(lines, told.account.label))
    if wanted and asked.good and not total and not asked.failed:
        raise WordsError(f"No login or extension begins with “{typed.rest}”.")
    cannot = cannot_rows(asked.cannot, asked.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    if not asked.asked:
        verdict, tone = nobody(asked.cannot, asked.who), Tone.INFO
    elif not asked.good:
        verdict, tone = "The users are not known: no account could be asked.", Tone.UNKNOWN
    else:
        verdict, tone = f"{count(total, 'user')} with {have}.", Tone.WARNING if asked.failed else Tone.INFO
    return Answer(Card(verdict, tone, tuple(body), ages(asked)), share=bool(total))


def _fits(user: User, wanted: str) -> bool:
    return folded(user.login).startswith(wanted) or (user.extension or "").startswith(wanted)


def _key(user: User) -> tuple[str, str]:
    return user.extension or "~", user.login


def _line(user: User, groups: Rows[Group] | None) -> tuple[Text | str, ...]:
    known = {group.group_id: group.name for group in groups or ()}
    group = known.get(user.group_id or "") or (f"group {user.group_id}" if user.group_id else "")
    extension = f"extension {user.extension}" if user.extension else "no extension"
    own_id = f"id {user.user_id}" if user.user_id != user.extension else ""
    return (Text(user.login, bold=True), f" · {commas((extension, group, own_id))}")


def _said(value: Rows[User]) -> str:
    return count(len(value), "user")


COMMAND = command(
    "users",
    "Who has a login",
    "[[on] ACCOUNT] [BEGINNING]",
    "on sales max",
    _run,
    topic=True,
    question=SupportsUsers,
)
