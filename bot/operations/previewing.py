"""A call before it is placed: every rule in order, whose phone rings, what is shown. It never places one."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from bot.alerts.model import Kind
from bot.cards import Answer, Button, Card, Customer, Line, Person, Row, Section, Style, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask, ask_one
from bot.dialog.parsing import WordsError, one_account
from bot.dialog.phrases import agent_name, agent_state, moment
from bot.operations.call_policy import Allowed, Refused, caller_refusal, cap_refusal, judge
from bot.operations.call_words import Wish, split
from bot.operations.plans import CallPlan
from bot.readings.accounts import Able, OpenAccount, fitting, listed
from bot.text.phone_numbers import Number, country_name, local_time, same
from providers.capabilities import SupportsAgents, SupportsNumbers, SupportsPlaceCall
from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState

log = structlog.get_logger(__name__)

GOOD_FOR = timedelta(minutes=10)


class RefusedError(Exception):
    """The call is not placed. `card` is what the person is told; `rule` goes into the audit.

    `misread`: it is the words that are wrong, and this sentence says how; the usage belongs beside it.
    """

    def __init__(self, rule: str, card: Card, account: str = "", *, misread: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.card = card
        self.account = account
        self.misread = misread


class NumberMissingError(WordsError):
    """All that was typed after ``from`` is a caller ID: the called number is still to be asked for."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A call that may be placed, and what is shown of it."""

    plan: CallPlan
    number: Number
    agent: Agent
    placed: int


def no(rule: str, sentence: Line, account: str = "") -> RefusedError:
    """A refusal in one sentence."""
    return RefusedError(rule, Card(sentence, Tone.WARNING), account)


def misread(rule: str, sentence: str) -> RefusedError:
    """A refusal of words that mean nothing here."""
    return RefusedError(rule, Card(sentence, Tone.WARNING), misread=sentence)


async def prepare(context: Context, wish: Wish) -> Preview:
    """Every rule in order, then whose phone rings and which caller ID is shown.

    Raises `RefusedError`, `WordsError`, `ProviderError` and `StoreError`; nothing is placed.
    """
    placed = await may_call_now(context)
    accounts = _accounts(context, wish)
    if not wish.number and wish.caller:
        wish = await _split(context, wish, accounts)
    number = judged(context, wish.number)
    account, agent = await _agent(context, wish, accounts)
    caller = await _caller(context, wish, account)
    plan = CallPlan(
        account=account.name,
        title=account.title,
        number=number.e164,
        extension=agent.extension,
        agent_name=agent.name,
        agent_id=agent.user_id,
        group=agent.group,
        caller=caller,
        channel=context.actor.channel_id,
    )
    return Preview(plan, number, agent, placed)


def judged(context: Context, text: str) -> Number:
    """The number, where the rules allow it; raises `RefusedError`."""
    verdict = judge(text, context.settings.calls)
    if isinstance(verdict, Allowed):
        return verdict.number
    raise refused(verdict)


def refused(verdict: Refused) -> RefusedError:
    """A rule's refusal."""
    if verdict.malformed:
        return misread(verdict.rule, verdict.sentence)
    return no(verdict.rule, verdict.sentence)


async def may_call_now(context: Context) -> int:
    """How many calls were placed today; raises `RefusedError` while calls are paused, or at the day's limit."""
    paused = await context.store.calls_paused()
    if paused is not None:
        raise no("paused", _paused(context, *paused))
    limit = context.settings.calls.per_user_per_day
    placed = await context.store.calls_today(context.actor.user_id, today(context))
    capped = cap_refusal(placed, limit)
    if capped is not None:
        raise no("per_user_per_day", capped)
    return placed


def _paused(context: Context, by: str, at: datetime) -> Line:
    words = f". An administrator resumes them with {context.slash('pbx')} resume calls."
    return ("Calls are paused by ", Person(by), " since ", moment(at, context.clock()), words)


def today(context: Context) -> date:
    """The day whose calls are counted."""
    return context.clock().astimezone(context.settings.timezone).date()


def _accounts(context: Context, wish: Wish) -> list[OpenAccount]:
    """Where the call may be placed; raises where the named account cannot."""
    if wish.account:
        account = one_account(context, wish.account)
        context.accounts.require(account.name, SupportsPlaceCall, "place calls")
        return [account]
    able = [a.account for a in context.accounts.supporting(SupportsPlaceCall)]
    if not able:
        who = context.accounts.who_can(SupportsPlaceCall, "place calls")
        raise ProviderError(ErrorKind.UNSUPPORTED, who)
    return able


async def _split(context: Context, wish: Wish, accounts: list[OpenAccount]) -> Wish:
    asked = await ask(context, SupportsNumbers, lambda p: p.numbers(), kind=Kind.NUMBERS, within=accounts)
    ours = [row.number for told in asked.good for row in told.value or ()]
    found = split(wish, ours)
    if not found.number:
        raise NumberMissingError("Which number is to be called? Write it before “from”.")
    return found


async def _agent(context: Context, wish: Wish, accounts: list[OpenAccount]) -> tuple[OpenAccount, Agent]:
    """Whose phone rings: the one who is named, else the one whom `agents` names for this person."""
    word = wish.agent
    if not word:
        link = context.settings.agents.get(context.actor.user_id)
        if link is None:
            raise misread(
                "no agent",
                "It is not known which agent you are: add “as AGENT”, or have an administrator put you into the "
                "configuration under agents.",
            )
        if link.account not in {a.name for a in accounts}:
            raise misread(
                "no agent",
                f"Your agent is on {link.account}, which is not where this call goes: add “as AGENT”.",
            )
        word, accounts = link.agent, [context.accounts.opened[link.account]]
    asked = await ask(context, SupportsAgents, lambda p: p.agents(), kind=Kind.AGENTS, within=accounts)
    seats = [(told.account, agent) for told in asked.good for agent in told.value or ()]
    found = _meant(word, seats)
    if len(found) == 1:
        return found[0]
    if found:
        choices = tuple(f"{agent_name(agent)} on {account.name}" for account, agent in found[:20])
        raise WordsError(f"Several agents are called like “{word}”.", choices)
    bare = [a for a in accounts if not a.supports(SupportsAgents)]
    if word.isascii() and word.isdigit() and bare:
        # No list to look it up in: the extension is taken as it is typed, and shown before anything rings.
        if len(bare) > 1:
            raise WordsError(
                f"Extension {word} may be on several accounts: add “on ACCOUNT”.", tuple(a.name for a in bare)
            )
        return bare[0], Agent(extension=word, state=AgentState.UNKNOWN, raw_state="")
    if asked.failed:
        why = [part for told in asked.failed for part in (" ", *told.error)]
        raise no("agent not known", (f"Which agent “{word}” is could not be asked, so nothing was placed.", *why))
    where = listed(a.label for a in accounts)
    raise misread("no agent", f"There is no agent “{word}” on {where}.")


def _meant(word: str, seats: list[tuple[OpenAccount, Agent]]) -> list[tuple[OpenAccount, Agent]]:
    """The agents that a word means: an exact extension or name first, then a beginning."""
    names = [name for _, agent in seats for name in (agent.extension, agent.name) if name]
    wanted = {name.casefold() for name in fitting(word, names)}
    return [
        (account, agent)
        for account, agent in seats
        if wanted & {agent.extension.casefold(), (agent.name or "").casefold()}
    ]


async def _caller(context: Context, wish: Wish, account: OpenAccount) -> str | None:
    """The caller ID as the vendor writes it; None: the vendor chooses. It must be ours and active."""
    if not wish.caller:
        return None
    provider = context.accounts.require(account.name, SupportsNumbers, "check caller IDs")
    numbers = await ask_one(Able(account, provider), lambda p: p.numbers())
    region = context.settings.calls.region
    why = caller_refusal(wish.caller, numbers, account.label, region)
    if why is not None:
        raise no("caller ID", why, account.name)
    return next(row.number for row in numbers if same(row.number, wish.caller, region))


async def offer(context: Context, preview: Preview) -> Answer:
    """The preview with **Call now** and **Cancel**: ten minutes, one click, for the one who asked."""
    token = secrets.token_urlsafe(18)
    payload = preview.plan.payload()
    await context.store.put_pending(token, payload, GOOD_FOR, user=context.actor.user_id)
    controls = (
        Button("call_now", "Call now", token, Style.PRIMARY),
        Button("cancel", "Cancel", token),
    )
    verdict = f"Ready to call: the phone of {preview.plan.agent} rings first."
    offline = preview.agent.state.signed_in is False
    if offline:
        verdict = f"The phone of {preview.plan.agent} would ring first, but this agent is {agent_state(preview.agent)}."
    rows = _rows(context, preview)
    small = ("Good for 10 minutes and one click",)
    return Answer(Card(verdict, Tone.WARNING if offline else Tone.INFO, (Section(rows),), small, controls))


def _rows(context: Context, preview: Preview) -> tuple[Row, ...]:
    plan, number, now = preview.plan, preview.number, context.clock()
    kind = f", {number.kind}" if number.kind else ""
    rows = [
        Row((Text("Call: ", bold=True), Customer(plan.number), f" · {country_name(number.country)}{kind}")),
        Row(
            (
                Text("Rung first: ", bold=True),
                f"{plan.agent} · {agent_state(preview.agent)} · {plan.account} ({plan.title})",
            )
        ),
    ]
    shown = f"{plan.caller} · active" if plan.caller else f"{plan.title} chooses; add “from CALLER_ID” to choose one"
    rows.append(Row((Text("Caller ID shown: ", bold=True), shown)))
    there = local_time(number.country, now)
    if there is not None:
        rows.append(Row((Text("Their time: ", bold=True), f"{there:%H:%M}, by country")))
    limit = context.settings.calls.per_user_per_day
    rows.append(Row((Text("Your calls today: ", bold=True), f"{preview.placed} of {limit}")))
    return tuple(rows)
