"""Finds the alert that a typed word means, the same for every command line and slash command."""

from collections.abc import Iterable, Sequence

from bot.settings.models import Alert, Settings
from bot.settings.problems import did_you_mean
from bot.text.names import fitting, listed


class UnknownAlertError(Exception):
    """A word means no alert, or several: those stand in `fits`. `str()` is one sentence for a terminal."""

    def __init__(self, sentence: str, fits: Sequence[str] = ()) -> None:
        """Takes `fits`, which is empty where nothing is called so."""
        super().__init__(sentence)
        self.fits = tuple(fits)


def find_alert(settings: Settings, word: str) -> Alert:
    """Returns the alert of that name in any case, else the only one that begins so. Raises `UnknownAlertError`."""
    alerts = {alert.name: alert for alert in settings.alerts}
    return alerts[_only(word, alerts)]


def find_alert_or_account(settings: Settings, word: str) -> str:
    """Returns the name of the one account or alert that is meant, as `find_alert`. Raises `UnknownAlertError`."""
    return _only(word, account_and_alert_names(settings), "account and no alert", "accounts and alerts")


def account_and_alert_names(settings: Settings) -> list[str]:
    """Returns the names of what can be silenced, accounts first."""
    return [*settings.accounts, *(alert.name for alert in settings.alerts)]


def _only(word: str, names: Iterable[str], one: str = "alert", many: str = "alerts") -> str:
    known = list(names)
    found = fitting(word, known)
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownAlertError(f"Several {many} begin with {word}: {listed(found)}.", found)
    hint = did_you_mean(word, known)
    raise UnknownAlertError(f"There is no {one} {word}: {hint}{'' if hint.endswith('?') else '.'}")
