"""`/pbx TOPIC`: everything else, and the other commands under a name that always works."""

from difflib import get_close_matches

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.commands import Command
from bot.commands.elsewhere import NOT_HERE, OFFERS, sentence
from bot.commands.registry import topics
from bot.commands.words import WordsError, command, typed_as
from bot.desk import Context


async def _run(context: Context, words: str) -> Answer:
    first, _, rest = words.partition(" ")
    name, known = first.casefold(), topics()
    if not name or name == "?":
        return await known["help"].run(context, "")
    topic = known.get(name) or _only(name, known)
    if topic is not None:
        return await topic.run(context, rest.strip())
    if name in NOT_HERE:
        return Answer(Card(NOT_HERE[name], Tone.INFO))
    offer = OFFERS.get(name)
    if offer is not None:
        titles = [account.title for account in context.accounts]
        return Answer(Card(sentence(offer, titles), Tone.INFO))
    raise WordsError(f"There is no topic “{first[:40]}”.{_nearest(name, known)}")


def _only(name: str, known: dict[str, Command]) -> Command | None:
    """The one topic that begins so; two letters at least."""
    found = {c.name: c for word, c in known.items() if word.startswith(name)}
    begins = [word for word in OFFERS if word.startswith(name)]
    return next(iter(found.values())) if len(found) == 1 and len(name) > 1 and not begins else None


def _nearest(name: str, known: dict[str, Command]) -> str:
    near = get_close_matches(name, [*known, *OFFERS], n=1, cutoff=0.6)
    return f" Did you mean “{near[0]}”?" if near else ""


def contents(context: Context) -> Section:
    """Every topic with its usage and what it is for."""
    found = {c.name: c for c in topics().values()}
    rows = []
    for topic in sorted(found.values(), key=lambda c: (c.topic, c.name)):
        typed = f"{typed_as(context, topic)} {topic.usage}".strip()
        rows.append(Row((Text(typed, bold=True), f" — {topic.summary}")))
    return Section(tuple(rows), "What can be asked")


COMMAND = command(
    "pbx",
    "Everything that the connected systems offer",
    "TOPIC [[on] ACCOUNT] [words]",
    "calls on sales",
    _run,
    own_help=True,
)
