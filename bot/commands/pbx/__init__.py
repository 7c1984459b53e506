"""`/pbx TOPIC`: everything else, and the other commands under a name that always works."""

from difflib import get_close_matches

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.commands import topics
from bot.commands.pbx.vendor_topics import topic_command
from bot.dialog.command import Command
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command, typed_as
from bot.dialog.unsupported import OFFERS, sentence
from bot.dialog.vendor_offers import Offered, offers


async def _run(context: Context, words: str) -> Answer:
    first, _, rest = words.partition(" ")
    if not first or first == "?":
        return await topics()["help"].run(context, "")
    return await of_topic(context, first, rest)


async def of_topic(context: Context, first: str, rest: str) -> Answer:
    """What this topic answers to the rest of the words; raises `WordsError` where there is no such topic."""
    name, known = first.casefold(), topics()
    brought = offers(context)
    topic = _meant(context, name, known, brought)
    if topic is not None:
        return await topic.run(context, rest.strip())
    offer = OFFERS.get(name)
    if offer is not None:
        titles = [account.title for account in context.accounts]
        return Answer(Card(sentence(offer, titles), Tone.INFO))
    raise WordsError(f"There is no topic “{first[:40]}”.{_nearest(name, [*known, *brought, *OFFERS])}")


def _meant(context: Context, name: str, known: dict[str, Command], brought: dict[str, Offered]) -> Command | None:
    """The topic of that name, else the one that begins so; ours, or what accounts offer.

    Raises `WordsError` where several begin so.
    """
    if name not in known and name not in brought and name not in OFFERS:
        ours = {c.name for word, c in known.items() if word.startswith(name)}
        found = ours | {word for word in (*brought, *OFFERS) if word.startswith(name)}
        if len(found) > 1:
            raise WordsError(f"Several topics begin with “{name[:40]}”.", tuple(sorted(found)))
        name = found.pop() if found else name
    own = known.get(name)
    offered = brought.get(name if own is None else own.name)
    return topic_command(context, offered, own) if offered is not None else own


def _nearest(name: str, words: list[str]) -> str:
    near = get_close_matches(name, words, n=1, cutoff=0.6)
    return f" Did you mean “{near[0]}”?" if near else ""


def contents(context: Context) -> Section:
    """Every topic with its usage and what it is for."""
    found = {c.name: c for c in topics().values()}
    rows = []
    for topic in sorted(found.values(), key=lambda c: (c.topic, c.name)):
        typed = f"{typed_as(context, topic)} {topic.usage}".strip()
        rows.append(Row((Text(typed, bold=True), f" — {topic.summary}")))
    for offered in sorted(offers(context).values(), key=lambda o: o.topic):
        if offered.topic not in found:
            typed = f"{context.slash('pbx')} {offered.topic} [[on] ACCOUNT] [words]"
            rows.append(Row((Text(typed, bold=True), f" — {offered.summary()}")))
    return Section(tuple(rows), "What can be asked")


COMMAND = command(
    "pbx",
    "Everything that the connected systems offer",
    "TOPIC [[on] ACCOUNT] [words]",
    "calls on sales",
    _run,
    own_help=True,
)
