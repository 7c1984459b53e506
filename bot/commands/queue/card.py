"""The card of queues. A vendor that cannot report who waits is said to be such: nobody waiting is another answer."""

from datetime import timedelta

from bot.cards import Card, Customer, Figure, Part, Row, Section, Table, Tone, table
from bot.commands.queue import finished
from bot.commands.queue.backing import Backing, small_print
from bot.commands.queue.query import LiveQueue, QueuesResult
from bot.dialog.phrases import count
from bot.dialog.replies import ages, cannot_rows
from bot.queues.clearing_rate import FORMULA
from bot.text.durations import span
from bot.text.names import listed
from providers.model import Queue, Rows


def card(seen: QueuesResult) -> Card:
    """Returns the queues as they are, the longest wait first; where that is not known, how the last hour went."""
    now = seen.asked.now
    body: list[Section | Table] = []
    failures = [each.row(now, _said) for each in seen.asked.failed] + [each.row(now, str) for each in seen.past.failed]
    if failures:
        body.append(Section(tuple(failures), "Could not be asked"))
    ordered = sorted(seen.live, key=lambda one: (-_longest(one.queue), -_waiting(one.queue), one.queue.name))
    if ordered:
        several = len({*seen.asked.asked, *seen.past.asked}) > 1
        cells = [_cells(one, seen.backing[one.account], several=several) for one in ordered]
        body.append(table(("Queue", "Waiting", "Longest", "Caller", "Behind it", "Account"), cells, "Queues"))
    unread = [told for told in seen.asked.good if told.value.unreadable]
    if unread:
        rows = (f"{told.account.label}: {count(told.value.unreadable, 'row')} could not be read" for told in unread)
        body.append(Section(tuple(Row(words) for words in rows), "Not readable"))
    body += [finished.section(past.account.label, past.queues, past.unreadable) for past in seen.hours]
    cannot = cannot_rows(seen.cannot, seen.asked.who)
    if cannot:
        # where nobody was asked, the verdict says who can
        body.append(Section(cannot if seen.able else cannot[:-1], "Cannot tell"))
    if not seen.able:
        return Card(f"Queues cannot be shown: {seen.asked.who.sentence}", Tone.INFO, tuple(body))
    if not seen.asked.good and not seen.past.good:
        return Card("The queues are not known: no account could be asked.", Tone.UNKNOWN, tuple(body))
    first = ages(seen.asked)
    small = [*first, *(line for line in ages(seen.past) if line not in first)]
    here = {one.account: seen.backing[one.account] for one in seen.live}
    small += small_print(here, {told.account.name: told.account.label for told in seen.asked.good})
    if any(here[one.account].clears(one.queue.name) is not None for one in seen.live):
        small.append(FORMULA)
    if seen.hours:
        small.append(finished.FORMULA)
    return Card(*_verdict(seen), tuple(body), tuple(small))


def _verdict(seen: QueuesResult) -> tuple[str, Tone]:
    past = finished.verdict([each for one in seen.hours for each in one.queues.values()]) if seen.hours else ""
    if not seen.live and seen.hours:
        return f"Who waits now is not told. {past}", Tone.INFO
    callers = [caller for one in seen.live for caller in one.queue.waiting or ()]
    blind = bool(seen.asked.failed) or any(told.value.unreadable for told in seen.asked.good)
    if callers:
        longest = max(callers, key=lambda caller: caller.waiting)
        about = "≈ " if longest.approx else ""
        words = f"{count(len(callers), 'caller')} waiting, the longest for {about}{span(longest.waiting)}."
        alone = [
            one.queue.name
            for one in seen.live
            if one.queue.waiting and seen.backing[one.account].nobody(one.queue.name)
        ]
        nobody = f"Nobody is signed in for {listed(dict.fromkeys(alone))}." if alone else ""
        return " ".join(filter(None, (words, nobody, past))), Tone.CRITICAL if alone else Tone.WARNING
    if not seen.live:
        return "No queues are listed.", Tone.UNKNOWN if blind else Tone.INFO
    if all(one.queue.waiting is None for one in seen.live):
        return "Who waits cannot be told.", Tone.UNKNOWN
    hidden = blind or any(one.queue.waiting is None for one in seen.live)
    words = "Nobody is waiting where it can be told." if hidden else "Nobody is waiting."
    return " ".join(filter(None, (words, past))), Tone.UNKNOWN if hidden else Tone.GOOD


def _waiting(queue: Queue) -> int:
    return -1 if queue.waiting is None else len(queue.waiting)


def _longest(queue: Queue) -> timedelta:
    """Returns the longest wait; a queue that cannot report it sorts with the empty ones, behind them."""
    return max((caller.waiting for caller in queue.waiting or ()), default=timedelta())


def _cells(one: LiveQueue, backing: Backing, *, several: bool) -> tuple[Part, ...]:
    queue, behind = one.queue, backing.words(one.queue)
    account = one.account if several else ""
    if queue.waiting is None:
        return queue.name, "who waits cannot be told", "", "", behind, account
    if not queue.waiting:
        return queue.name, Figure("nobody waiting", 0), "", "", behind, account
    longest = max(queue.waiting, key=lambda caller: caller.waiting)
    wait = f"longest {'≈ ' if longest.approx else ''}{span(longest.waiting)}"
    return (
        queue.name,
        Figure(f"{len(queue.waiting)} waiting", len(queue.waiting)),
        Figure(wait, longest.waiting.total_seconds()),
        Customer(longest.caller, one.region),
        behind,
        account,
    )


def _said(value: Rows[Queue]) -> str:
    return count(sum(max(0, _waiting(queue)) for queue in value), "caller") + " waiting"
