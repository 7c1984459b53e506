"""`/pbx status`: the latest answer of each account, how old it is, what it cannot report, and what is in the way."""

import asyncio
from datetime import datetime

from bot import __version__
from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading
from bot.cards import Answer, Card, Line, Part, Row, Section, Text, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import accounts_of, command
from bot.dialog.phrases import ago, commas, count, moment
from bot.dialog.replies import STORE_AWAY, Replies
from bot.dialog.request import Request
from bot.readings.accounts import OpenAccount
from bot.store import StoreError
from bot.text.durations import span
from bot.text.names import listed
from providers.capabilities import SupportsStatus
from providers.masking import concealed

_MAX_STATUS_CHARACTERS = 300  # characters of a vendor's own words


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    chosen = accounts_of(context, words)
    try:
        await context.store.ping()
        away = ""
    except StoreError as error:
        away = f"{STORE_AWAY} {error}"
    said = await ask(context, SupportsStatus, lambda p: p.status(), what="tell its status", within=chosen)
    sections = await asyncio.gather(*(_account(context, account, said, away=bool(away)) for account in chosen))
    general, troubles = await _general(context, away)
    blind = [account.name for account, (_, seeing) in zip(chosen, sections, strict=True) if not seeing]
    tone = Tone.WARNING if blind or troubles else Tone.GOOD
    verdict = f"{count(len(chosen), 'account')} watched, and all are seen."
    if blind:
        verdict = f"{listed(blind)} cannot be seen whole; {count(len(chosen), 'account')} in all."
    elif away:
        verdict = f"The store does not answer; {count(len(chosen), 'account')} in all."
    elif troubles:
        verdict = f"{count(troubles, 'thing')} in the way; {count(len(chosen), 'account')} in all."
    body = (*(section for section, _ in sections), general)
    return Answer(Card(verdict, tone, body, (f"Ringwatch {__version__}",)), share=True)


async def _account(context: Context, account: OpenAccount, said: Replies[str], *, away: bool) -> tuple[Section, bool]:
    """Returns what is known of one account; and whether it is seen whole."""
    now = context.clock()
    rows: list[Row] = []
    seeing = True
    latest_readings: dict[Kind, LatestReading] = {}
    if not away:
        try:
            latest_readings = await context.store.latest_readings(account.name)
        except StoreError:
            away = True
    for kind in Kind:
        question = kind.question_for(account.provider)
        note = f" · {question.note}" if question is not None and question.note else ""
        if question is None:
            words = account.vendor.cannot.get(kind)
            rows.append(Row((Text(kind, bold=True), f": {words or f'{account.title} cannot tell'}")))
        elif account.settings.poll.get(kind) is None:
            rows.append(Row((Text(kind, bold=True), f": not polled{note}")))
        else:
            latest_reading = latest_readings.get(kind)
            seeing = seeing and (latest_reading is None or latest_reading.blind is None)
            every = account.settings.poll[kind]
            pace = f" · every {span(every)}" if every is not None else ""
            rows.append(Row((Text(kind, bold=True), ": ", *_seen(latest_reading, now, away=away), f"{pace}{note}")))
    rows.append(Row(await _budget(account, now, away=away)))
    rows += _own_words(account, said.of([account.name]))
    return Section(tuple(rows), account.label), seeing


def _seen(latest_reading: LatestReading | None, now: datetime, *, away: bool) -> tuple[Part, ...]:
    if away:
        return ("not known while the store is away",)
    if latest_reading is None or (latest_reading.observed is None and latest_reading.blind is None):
        return ("not asked yet",)
    parts: list[Part] = ["never answered yet"]
    if latest_reading.observed is not None:
        parts = [
            "last good answer ",
            moment(latest_reading.observed.at, now),
            f" ({ago(now, latest_reading.observed.at)})",
        ]
    if latest_reading.blind is not None:
        since = latest_reading.blind_since or latest_reading.blind.at
        parts += [f" · failing for {span(now - since)}: {latest_reading.blind.error}"]
    return tuple(parts)


def _own_words(account: OpenAccount, asked: Replies[str]) -> tuple[Row, ...]:
    """Returns the vendor's own words on how it is, asked now; where it does not answer, that and no more."""
    said = [concealed(told.value.strip())[:_MAX_STATUS_CHARACTERS] for told in asked.good]
    words = [f"{account.title} says: {each or 'nothing'}" for each in said]
    troubles = ((f"{account.title}'s own status: ", *failed.why(asked.now)) for failed in asked.failed)
    return (*(Row(each) for each in words), *(Row(each) for each in troubles))


async def _budget(account: OpenAccount, now: datetime, *, away: bool) -> Line:
    limit = account.settings.rate_limit
    told = "no limit is known" if limit is None else f"{limit}"
    if account.throttle is None or away:
        return f"Requests: {told}"
    try:
        left, cooling = await account.throttle.left(), await account.throttle.cooling()
    except StoreError:
        return f"Requests: {told}"
    words = f"Requests: {told}" if left is None else f"Requests: {left} left of {told}"
    if cooling is None:
        return words
    return (f"{words} · left alone until ", moment(cooling, now))


async def _general(context: Context, away: str) -> tuple[Section, int]:
    """Returns the store, Slack's channels, and whether calls may be placed; and how many of these are in the way."""
    rows: list[Row] = [Row(f"Store: {away or 'answers'}")]
    problems = context.slack_problems()
    rows += [Row(f"Slack: {problem}") for problem in problems]
    mqtt = context.mqtt()
    if mqtt is not None:
        rows.append(Row(f"MQTT: {mqtt[0]}"))
    if not away:
        try:
            paused = await context.store.calls_paused()
        except StoreError:
            paused = None
        rows += await _given_up(context)
        if paused is not None:
            by, at = paused
            rows.append(Row(("Calls: paused by ", by_whom(by), " since ", moment(at, context.clock()))))
    rules = context.settings.calls
    if not rules.region and not rules.countries:
        rows.append(Row("Calls: none may be placed; neither calls.region nor calls.countries is set"))
    else:
        allowed = listed(rules.countries or (rules.region or "",))
        rows.append(Row(commas((f"Calls: to {allowed}", f"{rules.per_user_per_day} a person and day"))))
    unconnected = mqtt is not None and mqtt[1]
    return Section(tuple(rows), "Ringwatch"), len(problems) + bool(away) + unconnected


async def _given_up(context: Context) -> tuple[Row, ...]:
    """What was not delivered in the last day, and never will be; none where the store does not say."""
    now = context.clock()
    try:
        given_up = await context.store.given_up(now)
    except StoreError:
        return ()
    return tuple(
        Row(
            (
                f"{d.outlet.capitalize()} of {d.alert} on {d.account}: a delivery was given up at ",
                moment(d.at, now),
                f", {d.why}",
            )
        )
        for d in given_up
    )


COMMAND = command(
    "status",
    "Each account: last good answer, age, budget left, what it cannot tell",
    "[[on] ACCOUNT]",
    "on sales",
    _run,
    topic=True,
)
