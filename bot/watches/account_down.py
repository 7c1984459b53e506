"""The watch `account_down`: what an account is polled for cannot be read. It judges seeing itself."""

from collections.abc import Iterable

from bot.alerts.model import Finding, Incident, Judgement, Kind
from bot.cards import Row
from bot.watches import Scene, Story, Watch, WatchKeys

POLLS = 2  # in a row without a readable answer


class AccountDownKeys(WatchKeys):
    """None of its own."""


def judge(scene: Scene, _keys: AccountDownKeys) -> Judgement:
    """One subject: the account. It is clear when every kind that had failed twice has been read again."""
    failed = {kind: sight for kind, sight in scene.sights.items() if sight.failures}
    down = {kind: sight for kind, sight in failed.items() if sight.failures >= POLLS}
    if not down:
        return Judgement(ended={scene.account: "answers are read again"})
    began = min(sight.blind_since for sight in down.values() if sight.blind_since is not None)
    error = next((sight.blind.error for sight in down.values() if sight.blind is not None), "")
    facts = {
        "blind": _words(down),
        "seen": _words(kind for kind in scene.sights if kind not in failed),
        "error": error,
        "since": began.isoformat(),
    }
    return Judgement(findings=(Finding(scene.account, facts, since=began),))


def _words(kinds: Iterable[Kind]) -> str:
    """Kinds in the order of the configuration, as words."""
    wanted = set(kinds)
    return ", ".join(kind.value for kind in Kind if kind in wanted)


def describe(incident: Incident, account: str) -> Story:
    """What cannot be seen, what still can, and the vendor's reason."""
    facts = next(iter(incident.members.values())).facts
    if not incident.open:
        return Story(f"{account} could not be read: no {facts['blind']}")
    seen = f"Still seen: {facts['seen']}." if facts["seen"] else "Nothing of this account can be seen."
    return Story(
        headline=f"{account} cannot be read: no {facts['blind']}",
        rows=(Row(facts["error"]), Row(f"Cannot be seen: {facts['blind']}. {seen}")),
        todo="Alerts that need what cannot be seen are held as they are until it is read again.",
    )


WATCH = Watch("account_down", (), (), AccountDownKeys, judge, describe)
