"""Who is there and doing what: of one account, one group, one agent, or of all."""

from dataclasses import dataclass, replace

from bot.alerts.kinds import Kind
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import WordsError, region_of
from bot.dialog.phrases import agent_name
from bot.dialog.replies import Replies
from bot.dialog.request import Request
from bot.text.names import fitting, folded, listed
from providers.capabilities import SupportsAgents
from providers.model import Agent, Rows


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent, and the name of the account that listed them."""

    account: str
    agent: Agent
    region: str | None = None  # in which the account writes numbers


@dataclass(frozen=True, slots=True)
class AgentsResult:
    """The agents that are meant. `narrowed_to` is the account, group or agent that the words named, "" where none.

    `replies` are of the accounts where they are or might be: one that could not be asked is never an empty one.
    """

    seats: tuple[Seat, ...]
    replies: Replies[Rows[Agent]]
    narrowed_to: str = ""


async def query(context: Context, request: Request) -> AgentsResult:
    """Asks the account that the words name, else all; returns the agents.

    Raises `WordsError` where nothing is called so.
    """
    words = request.words
    word = words[3:].strip() if words.casefold().startswith("on ") else words
    account = context.accounts.exactly(word)
    within = None if account is None else [account]
    replies = await ask(
        context, SupportsAgents, lambda p: p.agents(), what="show agents", kind=Kind.AGENTS, within=within
    )
    regions = {account.name: region_of(context, account) for account in context.accounts}
    seats = tuple(
        Seat(told.account.name, agent, regions[told.account.name]) for told in replies.good for agent in told.value
    )
    if account is not None:
        return AgentsResult(seats, replies, account.name)
    return _narrowed(context, AgentsResult(seats, replies), word) if word else AgentsResult(seats, replies)


def _narrowed(context: Context, found: AgentsResult, word: str) -> AgentsResult:
    """Returns what the word means: an account, a group or an agent; an exact name before a beginning."""
    names = {a.name: f"account {a.label}" for a in context.accounts}
    groups = [seat.agent.group for seat in found.seats if seat.agent.group]
    names |= {group: f"group {group}" for group in groups if group not in names}
    for seat in found.seats:
        for name in (seat.agent.extension, seat.agent.name):
            if name and name not in names:
                names[name] = f"agent {agent_name(seat.agent)} on {seat.account}"
    fits = fitting(word, names)
    meant = {names[name] for name in fits}
    if not meant:
        failed = found.replies.failed
        blind = f" {listed(each.account.name for each in failed)} could not be asked." if failed else ""
        raise WordsError(f"No account, group or agent is called “{word}”.{blind}")
    if len(meant) > 1 and len({folded(name) for name in fits}) > 1:
        raise WordsError(f"Several names begin with “{word}”.", tuple(sorted(meant)[:20]))
    name = fits[0]
    if name in context.accounts.opened:
        seats = tuple(seat for seat in found.seats if seat.account == name)
        return AgentsResult(seats, found.replies.of([name]), name)
    wanted = folded(name)
    in_group = tuple(s for s in found.seats if folded(s.agent.group or "") == wanted)
    is_agent = tuple(s for s in found.seats if wanted in {folded(s.agent.extension), folded(s.agent.name or "")})
    chosen = in_group or is_agent
    here = [*(seat.account for seat in chosen), *(failed.account.name for failed in found.replies.failed)]
    return AgentsResult(chosen, replace(found.replies.of(here), cannot=()), name)
