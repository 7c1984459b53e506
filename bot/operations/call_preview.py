"""A call before it is placed: every rule in order, whose phone rings, what is shown. It never places one."""

from bot.alerts.kinds import Kind
from bot.call_policy import caller_refusal
from bot.cards import Customer, Row, Style, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask, ask_one
from bot.dialog.parsing import WordsError, one_account, region_of
from bot.dialog.phrases import agent_name, agent_state
from bot.operations.call_checks import allowed_number, known_or_allowed, may_call_now, misread, no, placed_row
from bot.operations.call_plan import CallPlan, PlaceCallRequest, split
from bot.operations.declaration import Preview, RuleRefusedError
from bot.readings.accounts import Able, OpenAccount
from bot.text.names import fitting, folded, listed
from bot.text.phone_numbers import Number, country_name, local_time, same, tidied
from providers.capabilities import SupportsAgents, SupportsNumbers, SupportsPlaceCall
from providers.errors import ErrorKind, ProviderError
from providers.masking import masked
from providers.model import Agent, AgentState


class NumberMissingError(WordsError):
    """All that was typed after ``from`` is a caller ID: the called number is still to be asked for."""


async def prepare(context: Context, request: PlaceCallRequest) -> Preview[CallPlan]:
    """Asks every rule in order, and returns the preview: whose phone rings, and which caller ID is shown.

    Raises `RuleRefusedError`, `WordsError`, `ProviderError` and `StoreError`; nothing is placed.
    """
    placed = await may_call_now(context)
    accounts = _accounts(context, request)
    if not request.number and request.caller:
        request = await _split(context, request, accounts)
    allowed_number(context, request.number, *accounts)  # before anybody is asked
    account, agent = await _agent(context, request, accounts)
    number = allowed_number(context, request.number, account)
    caller = await _caller(context, request, account)
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
        listed=account.supports(SupportsAgents),
    )
    verdict = f"Ready to call: the phone of {plan.agent} rings first."
    offline = agent.state.signed_in is False
    if offline:
        verdict = f"The phone of {plan.agent} would ring first, but this agent is {agent_state(agent)}."
    return Preview(
        plan,
        verdict,
        _rows(context, plan, number, agent, placed),
        Tone.WARNING if offline else Tone.INFO,
        confirm="Call now",
        style=Style.PRIMARY,
    )


def _accounts(context: Context, request: PlaceCallRequest) -> list[OpenAccount]:
    """Returns where the call may be placed; raises where the named account cannot."""
    if request.account:
        account = one_account(context, request.account)
        context.accounts.require(account.name, SupportsPlaceCall, "place calls")
        return [account]
    able = [a.account for a in context.accounts.supporting(SupportsPlaceCall)]
    if not able:
        who = context.accounts.who_can(SupportsPlaceCall, "place calls")
        raise ProviderError(ErrorKind.UNSUPPORTED, who)
    return able


async def _split(context: Context, request: PlaceCallRequest, accounts: list[OpenAccount]) -> PlaceCallRequest:
    asked = await ask(
        context, SupportsNumbers, lambda p: p.numbers(), what="show caller IDs", kind=Kind.NUMBERS, within=accounts
    )
    ours = [row.number for told in asked.good for row in told.value]
    found = split(request, ours)
    if not found.number:
        raise NumberMissingError("Which number is to be called? Write it before “from”.")
    return found


async def _agent(context: Context, request: PlaceCallRequest, accounts: list[OpenAccount]) -> tuple[OpenAccount, Agent]:
    """Returns whose phone rings: the named agent's, else that of the agent whom `agents` names for this person."""
    word = request.agent
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
    asked = await ask(
        context, SupportsAgents, lambda p: p.agents(), what="show agents", kind=Kind.AGENTS, within=accounts
    )
    seats = [(context.accounts.opened[told.account.name], agent) for told in asked.good for agent in told.value]
    found = _meant(word, seats)
    if len(found) == 1:
        return found[0]
    if found:
        choices = tuple(f"{agent_name(agent)} on {account.name}" for account, agent in found[:20])
        raise WordsError(f"Several agents are called like “{word}”.", choices)
    bare = [a for a in accounts if not a.supports(SupportsAgents)]
    if bare and not any(c.isalpha() for c in tidied(word)):
        # No list to look it up in: it is a known extension or a number that may be called, and shown before it rings.
        if len(bare) > 1:
            raise WordsError(
                f"Extension {word} may be on several accounts: add “on ACCOUNT”.", tuple(a.name for a in bare)
            )
        first = await _rung_first(context, word, bare[0], request)
        return bare[0], Agent(extension=first, state=AgentState.UNKNOWN, raw_state="")
    if asked.failed:
        why = [part for failed in asked.failed for part in (" ", *failed.why(asked.now))]
        raise no("agent not known", (f"Which agent “{word}” is could not be asked, so nothing was placed.", *why))
    where = listed(a.label for a in accounts)
    raise misread("no agent", f"There is no agent “{word}” on {where}.")


async def _rung_first(context: Context, word: str, account: OpenAccount, request: PlaceCallRequest) -> str:
    try:
        return await known_or_allowed(context, word, account)
    except RuleRefusedError as error:
        raise error.about(account.name, f"{masked(request.number)} (rung first: {masked(word)})") from None


def _meant(word: str, seats: list[tuple[OpenAccount, Agent]]) -> list[tuple[OpenAccount, Agent]]:
    """Returns the agents that a word means: an exact extension or name first, then a beginning."""
    names = [name for _, agent in seats for name in (agent.extension, agent.name) if name]
    wanted = {folded(name) for name in fitting(word, names)}
    return [
        (account, agent) for account, agent in seats if wanted & {folded(agent.extension), folded(agent.name or "")}
    ]


async def _caller(context: Context, request: PlaceCallRequest, account: OpenAccount) -> str | None:
    """Returns the caller ID as the vendor writes it; None: the vendor chooses. It must be ours and active."""
    if not request.caller:
        return None
    provider = context.accounts.require(account.name, SupportsNumbers, "check caller IDs")
    numbers = await ask_one(Able(account, provider), lambda p: p.numbers())
    region = region_of(context, account)
    why = caller_refusal(request.caller, numbers, account.label, region)
    if why is not None:
        raise no("caller ID", why, account.name)
    return next(row.number for row in numbers if same(row.number, request.caller, region))


def _rows(context: Context, plan: CallPlan, number: Number, agent: Agent, placed: int) -> tuple[Row, ...]:
    kind = f", {number.kind}" if number.kind else ""
    rows = [
        Row((Text("Call: ", bold=True), Customer(plan.number), f" · {country_name(number.country)}{kind}")),
        Row(
            (
                Text("Rung first: ", bold=True),
                f"{plan.agent} · {agent_state(agent)} · {plan.account} ({plan.title})",
            )
        ),
    ]
    shown = f"{plan.caller} · active" if plan.caller else f"{plan.title} chooses; add “from CALLER_ID” to choose one"
    rows.append(Row((Text("Caller ID shown: ", bold=True), shown)))
    there = local_time(number.country, context.clock())
    if there is not None:
        rows.append(Row((Text("Their time: ", bold=True), f"{there:%H:%M}, by country")))
    return (*rows, placed_row(context, placed))
