"""`/pbx active`: the calls that are up now, each with its Hang up button where that can be done. It ends none."""

from dataclasses import dataclass

from bot.cards import Answer, Button, Card, Row, Section, Style, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.paging import Paging
from bot.dialog.parsing import WordsError, account_and_rest, command, region_of
from bot.dialog.phrases import count
from bot.dialog.replies import Replies, ages, cannot_rows
from bot.dialog.request import Request
from bot.dialog.unsupported import nobody_here
from bot.operations.hang_up import HangUpRequest, line
from bot.readings.accounts import AccountName
from bot.settings import Permission
from bot.text.durations import span
from bot.text.names import folded
from bot.text.phone_numbers import tidied
from providers.capabilities import SupportsActiveCalls, SupportsHangup
from providers.model import ActiveCall, CallState, Rows

WHAT = "show the calls that are up"
PAGE_ROWS = 35  # rows with a button; Slack takes 50 blocks in a message


@dataclass(frozen=True, slots=True)
class _Up:
    account: AccountName
    call: ActiveCall


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if not context.accounts.supporting(SupportsActiveCalls):
        return Answer(Card(nobody_here(context, WHAT, SupportsActiveCalls), Tone.INFO))
    typed = account_and_rest(context, words)
    if " " in typed.rest:
        raise WordsError(f"“{typed.rest[:40]}” is more than one extension, queue or number.")
    asked = await ask(
        context, SupportsActiveCalls, lambda p: p.active_calls(), what=WHAT, topic="active", within=typed.accounts
    )
    may = await context.access.may(context.actor, Permission.HANGUP)
    return Answer(_card(context, asked, typed.rest, Paging("active", request), may=may), share=bool(asked.good))


def _card(context: Context, asked: Replies[Rows[ActiveCall]], wanted: str, paging: Paging, *, may: bool) -> Card:
    every = [_Up(t.account, call) for t in asked.good for call in t.value if _fits(call, wanted)]
    body: list[Section] = []
    if asked.failed:
        body.append(Section(tuple(failed.row(asked.now, str) for failed in asked.failed), "Could not be asked"))
    several = len({up.account.name for up in every}) > 1
    hangable = {a.account.name for a in context.accounts.supporting(SupportsHangup)} if may else set[str]()
    shown = every[paging.request.page : paging.request.page + PAGE_ROWS]
    if shown:
        last = paging.request.page + len(shown)
        regions = {account.name: region_of(context, account) for account in context.accounts}
        rows = [
            _row(up, regions.get(up.account.name), several=several, may=up.account.name in hangable) for up in shown
        ]
        heading = "Calls" if len(shown) == len(every) else f"Calls {paging.request.page + 1}–{last} of {len(every)}"
        body.append(Section(tuple(rows), heading))
    unread = [t for t in asked.good if t.value.unreadable]
    if unread:
        lost = (f"{t.account.label}: {count(t.value.unreadable, 'call')} could not be read" for t in unread)
        body.append(Section(tuple(Row(words) for words in lost), "Not readable"))
    cannot = cannot_rows(asked.cannot, asked.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(asked, [up.call for up in every], wanted)
    return Card(verdict, tone, tuple(body), ages(asked), paging.buttons(PAGE_ROWS, len(every)))


def _verdict(asked: Replies[Rows[ActiveCall]], calls: list[ActiveCall], wanted: str) -> tuple[str, Tone]:
    if not asked.asked:
        return "These accounts cannot tell which calls are up.", Tone.INFO
    if not asked.good:
        return "Which calls are up is not known: no account could be asked.", Tone.UNKNOWN
    about = f" of {wanted}" if wanted and len(wanted) <= 6 else " that fit" if wanted else ""
    if not calls:
        blind = bool(asked.failed) or any(t.value.unreadable for t in asked.good)
        words = "No call that could be read is up" if blind else "No call is up"
        return f"{words}{about}.", Tone.WARNING if blind else Tone.GOOD
    talking = sum(call.state is CallState.TALKING for call in calls)
    lengths = [call.lasted for call in calls if call.lasted is not None]
    longest = f", the longest for {span(max(lengths))}" if lengths else ""
    verb = "is" if len(calls) == 1 else "are"
    return f"{count(len(calls), 'call')}{about} {verb} up, {talking} talking{longest}.", Tone.INFO


def _fits(call: ActiveCall, wanted: str) -> bool:
    """Returns whether a call has this extension or queue, or a number that ends so."""
    if not wanted:
        return True
    bare = folded(tidied(wanted).lstrip("+"))
    if bare in {call.extension, folded(call.queue or ""), call.caller.lstrip("+"), call.callee.lstrip("+")}:
        return True
    return len(bare) > 6 and any(number.endswith(bare) for number in (call.caller, call.callee))


def _row(up: _Up, region: str | None, *, several: bool, may: bool) -> Row:
    lead = (f"{up.account.name} · ",) if several else ()
    spoken = line(up.call, region)
    parts = spoken if isinstance(spoken, tuple) else (spoken,)
    button = None
    if may:
        button = Button("hang_up", "Hang up", HangUpRequest(up.account.name, up.call.call_id).value(), Style.DANGER)
    return Row((*lead, *parts), button)


COMMAND = command(
    "active",
    "The calls that are up now",
    "[[on] ACCOUNT] [EXTENSION|QUEUE|NUMBER]",
    "on branch",
    _run,
    topic=True,
    notes=("Each has a Hang up button for those who are listed under permissions.hangup, where the system can.",),
)
