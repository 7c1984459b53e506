"""*Read the agents*: how many are signed in, on a call, gone."""

from collections.abc import Mapping

from bot.commands.agents.query import query
from bot.dialog.context import Context
from bot.dialog.phrases import count
from bot.dialog.request import Request
from bot.dialog.step import Parameter, ParameterType, Step, StepError, StepReply
from bot.queues.agent_counts import AgentCounts
from bot.steps.inputs import ACCOUNT, account_of
from bot.steps.unseen import unseen
from bot.text.names import fitting, folded, listed

GROUP = Parameter("group", "Group", "A group of agents. Without it, all agents of the account.")


async def _run(context: Context, inputs: Mapping[str, str]) -> StepReply:
    account = account_of(context, inputs)
    result = await query(context, Request(account.name))
    blind = unseen(result.replies)
    if blind is not None:
        return blind
    agents = [seat.agent for seat in result.seats]
    where, wanted = account.label, inputs.get(GROUP.name, "")
    if wanted:
        groups = dict.fromkeys(agent.group for agent in agents if agent.group)
        found = {folded(name) for name in fitting(wanted, groups)}
        if len(found) != 1:
            known = listed(groups) or "none is listed"
            raise StepError(f"There is no one group “{wanted}” on {account.label}. Groups: {known}.")
        agents = [agent for agent in agents if agent.group and folded(agent.group) in found]
        where = f"{wanted} on {account.label}"
    if any(told.value.unreadable for told in result.replies.good):
        return StepReply(False, f"{where}: not every agent could be read, so how many are there is not known.")
    seen = AgentCounts.of(agents)
    words = f"{seen.signed_in} of {count(seen.all, 'agent')} signed in, {seen.on_call} on a call, "
    words += f"{seen.offline} not signed in{f', {seen.unknown} not known' if seen.unknown else ''}"
    figures = {"signed_in": seen.signed_in, "on_call": seen.on_call, "offline": seen.offline}
    return StepReply(True, f"{where}: {words}.", figures)


STEP = Step(
    "read_agents",
    "Read the agents",
    "How many agents are signed in, on a call, not signed in",
    (ACCOUNT, GROUP),
    (
        Parameter("signed_in", "Signed in", "Those whose state is known.", ParameterType.INTEGER),
        Parameter("on_call", "On a call", "On a call or on hold.", ParameterType.INTEGER),
        Parameter("offline", "Not signed in", "Those whose state is known.", ParameterType.INTEGER),
    ),
    _run,
)
