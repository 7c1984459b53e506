"""*Read the queues*: who waits now, how long, and who is free to answer."""

from collections.abc import Mapping, Sequence

from bot.commands.queue.query import QueuesResult, of_accounts
from bot.dialog.context import Context
from bot.dialog.phrases import count
from bot.dialog.step import Output, Parameter, ParameterType, Step, StepError, StepReply
from bot.readings.accounts import OpenAccount
from bot.steps.inputs import ACCOUNT, account_of
from bot.steps.unseen import unseen
from bot.text.durations import span
from bot.text.names import fitting, folded, listed
from providers.model import Queue

QUEUE = Parameter("queue", "Queue", "A queue's name. Without it, all queues of the account together.")


async def _run(context: Context, inputs: Mapping[str, str]) -> StepReply:
    account = account_of(context, inputs)
    seen = await of_accounts(context, [account])
    if seen.past.asked:
        return StepReply(False, f"{account.label} tells finished calls only, so who waits now is not known.")
    blind = unseen(seen.asked)
    if blind is not None:
        return blind
    wanted = inputs.get(QUEUE.name, "")
    queues = [one.queue for one in seen.live]
    return _reply(account, seen, _named(account, queues, wanted) if wanted else queues, wanted)


def _named(account: OpenAccount, queues: Sequence[Queue], wanted: str) -> list[Queue]:
    """Returns the queue of that name; two that an account calls the same are meant both."""
    names = dict.fromkeys(queue.name for queue in queues)
    found = {folded(name) for name in fitting(wanted, names)}
    if len(found) == 1:
        return [queue for queue in queues if folded(queue.name) in found]
    lead = "There is no queue" if not found else "Several queues begin with"
    raise StepError(f"{lead} “{wanted}” on {account.label}. Queues: {listed(names) or 'none is listed'}.")


def _reply(account: OpenAccount, seen: QueuesResult, queues: Sequence[Queue], wanted: str) -> StepReply:
    where = f"{wanted} on {account.label}" if wanted else account.label
    unreadable = sum(told.value.unreadable for told in seen.asked.good)
    if unreadable or any(queue.waiting is None for queue in queues):
        return StepReply(False, f"{where}: who waits could not be read in full, so it is not known.")
    calls = [call for queue in queues for call in queue.waiting or ()]
    longest = max((call.waiting for call in calls), default=None)
    free = seen.backing[account.name].free_agents(queues)
    figures: dict[str, Output] = {
        "waiting": len(calls),
        "longest_wait": int(longest.total_seconds()) if longest is not None else 0,
    }
    if free is not None:
        figures["free_agents"] = free
    words = f"{count(len(calls), 'caller')} waiting" if calls else "nobody waits"
    words += f", the longest for {span(longest)}" if longest is not None else ""
    words += f"; {count(free, 'agent')} free" if free is not None else ""
    return StepReply(True, f"{where}: {words}.", figures)


STEP = Step(
    "read_queues",
    "Read the queues",
    "How many callers wait, how long, and how many agents are free",
    (ACCOUNT, QUEUE),
    (
        Parameter("waiting", "Callers waiting", "How many wait now.", ParameterType.INTEGER),
        Parameter("longest_wait", "Longest wait", "In seconds; 0 when nobody waits.", ParameterType.INTEGER),
        Parameter("free_agents", "Free agents", "Who could answer at once, where it is told.", ParameterType.INTEGER),
    ),
    _run,
)
