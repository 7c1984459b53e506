"""The finished queue calls of the last hour, for vendors that cannot show who waits now. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.cards import Row, Section, Text
from bot.dialog.phrases import commas, count
from bot.queues.statistics import DEFAULT, SHORT_WAIT, TARGET, QueueStatistics, figures
from bot.text.durations import span
from providers.model import QueueCall
from providers.sdk.call_legs import one_row_each

HOUR = timedelta(hours=1)
ONLY_FINISHED = "finished calls only: who waits now is not told"
FORMULA = (
    f"Service level = {DEFAULT.value}, in time is {TARGET.seconds} s, short is under {SHORT_WAIT.seconds} s. "
    "Abandoned = abandoned / offered, without the short ones. ASA = waiting of the answered / answered."
)


def within(calls: Iterable[QueueCall], now: datetime) -> list[QueueCall]:
    """Returns those that began in the last hour."""
    return [call for call in calls if now - HOUR <= call.started_at <= now]


def by_queue(calls: Iterable[QueueCall]) -> dict[str, QueueStatistics]:
    """Returns the figures of each queue, by name; a call that rang several of its members counts once."""
    found: dict[str, list[QueueCall]] = defaultdict(list)
    for call in one_row_each(calls):
        found[call.queue].append(call)
    return {name: figures(rows) for name, rows in found.items()}


def section(label: str, queues: Mapping[str, QueueStatistics], unreadable: int) -> Section:
    """Returns one account's last hour, the queue that loses most callers first."""
    ordered = sorted(queues.items(), key=lambda pair: (-(pair[1].abandoned + pair[1].overflowed), pair[0]))
    rows = [Row((Text(name, bold=True), f": {line(each)}")) for name, each in ordered]
    if not rows:
        rows = [Row("no queue call ended in the last hour")]
    if unreadable:
        rows.append(Row(f"{count(unreadable, 'call')} could not be read, so these figures may be too small"))
    return Section(tuple(rows), f"{label}, the last hour: {ONLY_FINISHED}")


def line(each: QueueStatistics) -> str:
    """Returns one queue in words: counts first, shares with what they are of."""
    asa = each.average_speed_of_answer
    return commas(
        (
            f"{each.offered:,} offered",
            f"{each.answered:,} answered",
            f"ASA {span(asa) if asa is not None else '–'}",
            f"abandoned {each.abandonment()}",
            f"{each.overflowed:,} timed out" if each.overflowed else "",
            f"service level {each.service_level()} in {TARGET.seconds} s",
            f"longest waited {span(each.longest)}" if each.longest is not None else "",
            f"{each.unknown:,} of unknown end, in no figure" if each.unknown else "",
        )
    )


def verdict(every: Sequence[QueueStatistics]) -> str:
    """Returns all queues together, in one sentence."""
    offered = sum(each.offered for each in every)
    answered = sum(each.answered for each in every)
    lost = sum(each.abandoned for each in every)
    return f"{count(offered, 'finished queue call')} in the last hour, {answered:,} answered, {lost:,} abandoned."
