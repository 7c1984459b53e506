"""`/pbx TOPIC`: everything else, and the other commands under a name that always works."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.commands import topics
from bot.commands.pbx.vendor_topics import topic_command
from bot.dialog.command import Command
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command, typed_as
from bot.dialog.request import Request
from bot.dialog.unsupported import elsewhere, nobody_here
from bot.dialog.vendor_offers import offers


async def _run(context: Context, request: Request) -> Answer:
    first, _, rest = request.words.partition(" ")
    if not first or first == "?":
        return await topics()["help"].run(context, Request())
    return await of_topic(context, first, Request(rest.strip(), request.page))


async def of_topic(context: Context, first: str, rest: Request) -> Answer:
    """Returns this topic's answer to the rest of the words; raises `WordsError` where there is no such topic."""
    known, brought, others = topics(), offers(context), elsewhere(context)
    name = _whole(first.casefold(), known, brought, others)
    own = known.get(name)
    offered = brought.get(name if own is None else own.name)
    topic = topic_command(context, offered, own) if offered is not None else own
    if topic is not None:
        return await topic.run(context, rest)
    if name in others:
        return Answer(Card(nobody_here(context, f"show {name}", topic=name), Tone.INFO))
    raise WordsError(f"There is no topic “{first[:40]}”.{_nearest(name, [*known, *brought, *others])}")


def _whole(name: str, known: Mapping[str, Command], brought: Iterable[str], others: Iterable[str]) -> str:
    """Returns the topic that begins so: of those here, else of those that other vendors have, else the word itself.

    Raises `WordsError` where several begin so.
    """
    here = {word: command_.name for word, command_ in known.items()} | {word: word for word in brought}
    if name in here or name in others:
        return name
    for words in (here, {word: word for word in others}):
        found = {meant for word, meant in words.items() if word.startswith(name)}
        if len(found) > 1:
            raise WordsError(f"Several topics begin with “{name[:40]}”.", tuple(sorted(found)))
        if found:
            return found.pop()
    return name


def _nearest(name: str, words: list[str]) -> str:
    near = get_close_matches(name, words, n=1, cutoff=0.6)
    return f" Did you mean “{near[0]}”?" if near else ""


def contents(context: Context) -> Section:
    """Returns every topic with its usage and what it is for."""
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
