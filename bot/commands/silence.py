"""`/pbx silence`: an account or an alert raises, reminds and escalates nothing for a while, and why; listed, ended."""

from datetime import timedelta

from bot.cards import Answer, Card, Row, Section, Text, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.phrases import moment
from bot.dialog.request import Request
from bot.settings import Permission, UnknownAlertError, find_alert_or_account, parse_duration
from bot.settings.alert_lookup import account_and_alert_names
from bot.store import AuditRecord, Silence

OPERATION = "silence"
MAX_SILENCE = timedelta(days=30)


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    target, _, rest = words.partition(" ")
    if not target:
        return Answer(await _listed(context))
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION, target=target)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    if target.casefold() == "end":
        return Answer(await _ended(context, _meant(context, rest)))
    return Answer(await _silenced(context, _meant(context, target), rest))


async def _silenced(context: Context, target: str, words: str) -> Card:
    length, _, why = words.strip().partition(" ")
    try:
        span = parse_duration(length)
    except ValueError as error:
        raise WordsError(f"For how long? {length or 'Nothing'} is no duration: write it as 30m, 2h or 1d.") from error
    why = why.strip().strip("\"'“”")
    if not timedelta() < span <= MAX_SILENCE:
        raise WordsError("A silence lasts up to 30 days.")
    if not why:
        raise WordsError("Why? The reason is shown to whoever wonders.")
    now, actor = context.clock(), context.actor
    silence = Silence(target, now + span, actor.user_id, why[:200], now)
    await context.store.put_silence(silence)
    await context.store.audit(AuditRecord(now, actor.user_id, OPERATION, "", target, f"until {silence.until:%F %T %Z}"))
    verdict = (f"{target} is silenced until ", moment(silence.until, now), f": {silence.why}")
    body = (Section((Row("Nothing of it is raised, reminded or escalated; what is open is edited and resolved."),)),)
    return Card(verdict, Tone.WARNING, body)


async def _ended(context: Context, target: str) -> Card:
    if not await context.store.lift_silence(target):
        return Card(f"{target} is not silenced.", Tone.INFO)
    now, actor = context.clock(), context.actor
    await context.store.audit(AuditRecord(now, actor.user_id, OPERATION, "", target, "ended"))
    return Card(f"The silence of {target} is over: what still holds is raised at the next look.", Tone.GOOD)


async def _listed(context: Context) -> Card:
    now = context.clock()
    silences = await context.store.silences(now)
    rows = tuple(
        Row((Text(s.target, bold=True), " until ", moment(s.until, now), " by ", by_whom(s.by), f": {s.why}"))
        for s in silences
    )
    count = len(silences)
    verdict = "Nothing is silenced." if not count else f"{count} silence{'' if count == 1 else 's'}."
    return Card(verdict, Tone.WARNING if rows else Tone.GOOD, (Section(rows),) if rows else ())


def _meant(context: Context, word: str) -> str:
    """Returns the account or alert that is meant; raises `WordsError`."""
    try:
        return find_alert_or_account(context.settings, word)
    except UnknownAlertError as error:
        if error.fits:
            raise WordsError(f"Several are called like “{word}”.", error.fits) from error
        names = tuple(account_and_alert_names(context.settings))
        raise WordsError(f"There is no account and no alert “{word}”.", names) from error


COMMAND = command(
    "silence",
    "Quiet for a while, with a reason: an account or an alert",
    "[ACCOUNT|ALERT 2h WHY] · end ACCOUNT|ALERT",
    "sales 2h the carrier is at work",
    _run,
    topic=True,
    notes=("Without words it lists what is silenced. Only people listed under permissions.admin may silence.",),
)
