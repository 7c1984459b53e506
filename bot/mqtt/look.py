"""Loads what the broker is to hold: the latest readings, the alerts' states, the forecast. It asks no vendor."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, LatestReading, MessageRef
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule, ready
from bot.forecast.outlook import Fate, forecast
from bot.forecast.spending import Spending
from bot.mqtt.snapshot import AccountSnapshot, PolledKind, Snapshot, WatchedAlert, numbers_kept, queues_kept
from bot.readings.accounts import Accounts, OpenAccount
from bot.settings import Settings
from bot.store import Store
from bot.watches.balance import WINDOW
from providers.capabilities import SupportsNumberStatus, SupportsQueues
from providers.model import Balance

_NOTHING = LatestReading()


class Look:
    """Looks at everything, each time anew; it keeps nothing but what a list that was cut short does not show."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._engine = engine
        self._settings = settings
        self._accounts = accounts
        self._clock = clock
        self._before: dict[str, AccountSnapshot] = {}

    async def versions(self) -> bytes:
        """Returns a mark that changes with whatever a look would show. Raises `StoreError`."""
        return await self._store.versions(self._settings().accounts)

    async def snapshot(self) -> Snapshot:
        """Returns what is known now. Raises `StoreError`."""
        now = self._clock()
        found = await asyncio.gather(*(self._account(account) for account in self._accounts()))
        self._before = {account.name: account for account in found}
        open_alerts, paused = await asyncio.gather(self._engine.open_incidents(), self._store.calls_paused())
        return Snapshot(tuple(found), len(open_alerts), paused is None, now)

    async def _account(self, account: OpenAccount) -> AccountSnapshot:
        known = await self._store.latest_readings(account.name)
        kinds = {
            kind: PolledKind(known.get(kind, _NOTHING), every)
            for kind, every in account.settings.poll.items()
            if every is not None and kind.question_for(account.provider) is not None
        }
        before = self._before.get(account.name)
        queues, numbers = kinds.get(Kind.QUEUES), kinds.get(Kind.NUMBERS)
        runs_out, alerts = await asyncio.gather(self._runs_out(account, kinds), self._alerts(account.name, known))
        return AccountSnapshot(
            name=account.name,
            title=account.title,
            kinds=kinds,
            alerts=alerts,
            currency=account.settings.currency,
            finished_only=not account.supports(SupportsQueues),
            registered_only=account.vendor.registered_only,
            markable=account.supports(SupportsNumberStatus),
            queues=queues_kept(queues.latest, before.queues if before is not None else {}) if queues else {},
            numbers=numbers_kept(numbers.latest, before.numbers if before is not None else {}) if numbers else {},
            runs_out=runs_out,
        )

    async def _runs_out(self, account: OpenAccount, kinds: Mapping[Kind, PolledKind]) -> datetime | None:
        """Returns when the money was forecast to be gone when it was read last: between two readings that stands."""
        polled = kinds.get(Kind.BALANCE)
        observed = polled.latest.observed if polled is not None else None
        if observed is None or not isinstance(observed.value, Balance):
            return None
        zone = account.settings.timezone or self._settings().timezone
        spending = await self._engine.history(account.name, WINDOW, zone)
        if not isinstance(spending, Spending):
            return None
        outlook = forecast(spending.after(observed), observed.value, observed.at)
        return outlook.empty if outlook.fate is Fate.RUNS_OUT else None

    async def _alerts(self, account: str, known: Mapping[Kind, LatestReading]) -> tuple[WatchedAlert, ...]:
        names = (alert.name for alert in self._settings().alerts if account in alert.accounts)
        rules = [rule for name in names for rule in self._engine.rules_of(name) if rule.policy.account == account]
        return tuple(await asyncio.gather(*(self._alert(rule, known) for rule in rules)))

    async def _alert(self, rule: Rule, known: Mapping[Kind, LatestReading]) -> WatchedAlert:
        state, _ = await self._store.alert_state(*rule.home)
        return WatchedAlert(rule.policy, rule.watch, state, _evaluated(rule, known), await self._links(state))

    async def _links(self, state: AlertState) -> dict[str, MessageRef]:
        told = await asyncio.gather(*(self._store.message(incident) for incident in state.incidents))
        return {name: one.ref for name, one in zip(state.incidents, told, strict=True) if one is not None}


def _evaluated(rule: Rule, known: Mapping[Kind, LatestReading]) -> bool:
    """Returns whether it could be evaluated once: what it needs was read, or it needs nothing but polls."""
    latest = {kind: one for kind, one in known.items() if kind in rule.polled}
    return ready(rule, latest) and all(latest[kind].observed is not None for kind in rule.watch.kinds)
