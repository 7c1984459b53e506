"""`/queue`: who waits, and how long. A vendor that cannot tell is said to be such: nobody waiting is another answer."""

from bot.accounts import fitting, listed
from bot.alerts.model import Kind
from bot.cards import Answer, Card, Customer, Line, Part, Row, Section, Text, Tone
from bot.commands.asking import Asked, ages, ask, cannot_rows
from bot.commands.phrases import count, span
from bot.commands.words import WordsError, command
from bot.desk import Context
from providers.capabilities import SupportsQueues
from providers.model import Queue, Rows

ELSEWHERE = "Voicenter shows queues live."


async def _run(context: Context, words: str) -> Answer:
    word = words.removeprefix("on ").strip() if words.casefold().startswith("on ") else words
    named = context.accounts.find(word) if word else []
    within = named if len(named) == 1 else list(context.accounts)
    asked = await ask(context, SupportsQueues, lambda p: p.queues(), kind=Kind.QUEUES, within=within)
    queues = [(t.account.name, queue) for t in asked.good for queue in t.value or ()]
    if word and len(named) != 1:
        queues = _named(context, asked, queues, word)
    return Answer(_card(context, asked, queues), share=bool(queues))


def _named(
    context: Context, asked: Asked[Rows[Queue]], queues: list[tuple[str, Queue]], word: str
) -> list[tuple[str, Queue]]:
    accounts = {a.name: f"account {a.label}" for a in context.accounts}
    names = {queue.name: f"queue {queue.name} on {account}" for account, queue in queues}
    found = fitting(word, {**names, **accounts})
    if not found:
        known = f"Queues: {listed(names)}." if names else _nobody(context, asked)
        raise WordsError(f"There is no account or queue “{word}”. {known}")
    if len({name.casefold() for name in found}) > 1:
        raise WordsError(f"Several names begin with “{word}”.", tuple({**accounts, **names}[n] for n in found))
    return [(account, queue) for account, queue in queues if queue.name.casefold() == found[0].casefold()]


def _nobody(context: Context, asked: Asked[Rows[Queue]]) -> str:
    if asked.told:
        return "No queue is known." if asked.good else "No account could be asked."
    who = context.accounts.who_can(SupportsQueues, "show queues")
    return who if " can." in who else f"No connected account can show queues. {ELSEWHERE}"


def _card(context: Context, asked: Asked[Rows[Queue]], queues: list[tuple[str, Queue]]) -> Card:
    now = context.clock()
    body: list[Section] = []
    if asked.failed:
        body.append(Section(tuple(t.failure(now, _said) for t in asked.failed), "Could not be asked"))
    ordered = sorted(queues, key=lambda pair: (-_waiting(pair[1]), pair[1].name))
    if ordered:
        body.append(Section(tuple(Row(_line(account, queue)) for account, queue in ordered), "Queues"))
    cannot = cannot_rows(context, asked.cannot, SupportsQueues, "show queues", Kind.QUEUES)
    if cannot:
        body.append(Section(cannot[:-1], "Cannot tell"))
    if not asked.told:
        return Card(f"Queues cannot be shown: {_nobody(context, asked)}", Tone.INFO, tuple(body))
    if not asked.good:
        return Card("The queues are not known: no account could be asked.", Tone.UNKNOWN, tuple(body))
    verdict, tone = _verdict([queue for _, queue in ordered])
    return Card(verdict, tone, tuple(body), ages(asked, now))


def _verdict(queues: list[Queue]) -> tuple[str, Tone]:
    callers = [caller for queue in queues for caller in queue.waiting or ()]
    if not queues:
        return "No queues are listed.", Tone.INFO
    if not callers:
        hidden = any(queue.waiting is None for queue in queues)
        return ("Who waits cannot be told.", Tone.UNKNOWN) if hidden else ("Nobody is waiting.", Tone.GOOD)
    longest = span(max(caller.waiting for caller in callers))
    return f"{count(len(callers), 'caller')} waiting, the longest for {longest}.", Tone.WARNING


def _waiting(queue: Queue) -> int:
    return -1 if queue.waiting is None else len(queue.waiting)


def _line(account: str, queue: Queue) -> Line:
    parts: list[Part] = [Text(queue.name, bold=True), f" ({account}): "]
    if queue.waiting is None:
        parts.append("who waits cannot be told")
    elif not queue.waiting:
        parts.append("nobody waiting")
    else:
        longest = max(queue.waiting, key=lambda caller: caller.waiting)
        about = "≈ " if longest.approx else ""
        parts += [
            f"{len(queue.waiting)} waiting, longest {about}{span(longest.waiting)} (",
            Customer(longest.caller),
            ")",
        ]
    if queue.free_agents is not None:
        parts.append(f" · {count(queue.free_agents, 'agent')} free")
    return tuple(parts)


def _said(value: Rows[Queue]) -> str:
    return count(sum(max(0, _waiting(queue)) for queue in value), "caller") + " waiting"


COMMAND = command(
    "queue",
    "Who waits in which queue, and how long",
    "[ACCOUNT|QUEUE]",
    "Support",
    _run,
    notes=("Where a vendor cannot tell who waits, that is said: it is not the same as nobody.",),
)
