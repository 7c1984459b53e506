"""`/pbx groups`: the groups of users, and how many have a login in each where the vendor reports them."""

import asyncio
from collections import Counter

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import accounts_of, command
from bot.dialog.phrases import commas, count
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.dialog.request import Request
from providers.capabilities import SupportsGroups, SupportsUsers
from providers.model import Group, Rows


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    within = accounts_of(context, words)
    lists = [account for account in within if account.supports(SupportsGroups)]
    asked, users = await asyncio.gather(
        ask(context, SupportsGroups, lambda p: p.groups(), what="show groups", topic="groups", within=within),
        ask(context, SupportsUsers, lambda p: p.users(), what="show users", within=lists),
    )
    sizes = {told.account.name: Counter(u.group_id for u in told.value) for told in users.good}
    body = [Section((failed.row(asked.now, _said),), "Could not be asked") for failed in asked.failed]
    for told in asked.good:
        known = sizes.get(told.account.name)
        ordered = sorted(told.value, key=lambda group: group.name.casefold())
        lines = tuple(Row(_line(group, known)) for group in ordered)
        if told.value.unreadable:
            lines += (Row(f"{count(told.value.unreadable, 'row')} could not be read"),)
        body.append(Section(lines or (Row("no groups"),), told.account.label))
    cannot = cannot_rows(asked.cannot, asked.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    total = sum(len(told.value) for told in asked.good)
    if not asked.asked:
        verdict, tone = nobody(asked.cannot, asked.who), Tone.INFO
    elif not asked.good:
        verdict, tone = "The groups are not known: no account could be asked.", Tone.UNKNOWN
    else:
        verdict, tone = f"{count(total, 'group')}.", Tone.WARNING if asked.failed else Tone.INFO
    return Answer(Card(verdict, tone, tuple(body), ages(asked)), share=bool(total))


def _line(group: Group, sizes: Counter[str | None] | None) -> tuple[Text | str, ...]:
    members = count(sizes[group.group_id], "user") if sizes is not None else ""
    return (Text(group.name, bold=True), f" · {commas((members, f'id {group.group_id}'))}")


def _said(value: Rows[Group]) -> str:
    return count(len(value), "group")


COMMAND = command(
    "groups", "The groups of users", "[[on] ACCOUNT]", "on sales", _run, topic=True, question=SupportsGroups
)
