"""Builds rules and opened accounts from the configuration, and subscribes alerting to readings. Asks nobody."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.readings.accounts import Accounts, OpenAccount
from bot.readings.intake import AcceptedReading, Intake
from bot.settings import Account, Settings
from bot.store import MQTT, WEBHOOK, Store
from bot.store.throttle import StoreThrottle
from bot.watches import Watch
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening, Vendor


def rules(settings: Settings, watches: Mapping[str, Watch]) -> list[Rule]:
    """Returns one rule for each alert on each account that it watches."""
    return [
        Rule(
            policy=Policy(
                alert=alert.name,
                account=account,
                watch=alert.watch,
                channel=alert.channel or settings.slack.channel,
                severity=alert.severity,
                hold=alert.hold,
                keep=alert.keep,
                repeat=alert.repeat,
                calendar=alert.calendar,
                mention=alert.mention,
                escalate=alert.escalate,
                workflow=alert.workflow,
                zone=settings.timezone,
                automations=tuple(one for one in settings.automations if one.alert == alert.name),
                outlets=(*(() if alert.webhook is None else (WEBHOOK,)), *told_everything(settings)),
            ),
            watch=watches[alert.watch],
            keys=alert.keys,
            polled=frozenset(kind for kind, every in settings.accounts[account].poll.items() if every is not None),
            every={kind: every for kind, every in settings.accounts[account].poll.items() if every is not None},
            currency=settings.accounts[account].currency,
            zone=settings.accounts[account].timezone or settings.timezone,
        )
        for alert in settings.alerts
        for account in alert.accounts
        if alert.watch in watches
    ]


def told_everything(settings: Settings) -> tuple[str, ...]:
    """Returns the outlets that each change of every alert is told to."""
    return () if settings.mqtt is None else (MQTT,)


def intake(store: Store, settings: Callable[[], Settings], engine: Engine) -> Intake:
    """Returns the one way in for readings; alerting receives each before whoever subscribes later."""

    async def alerting(accepted: AcceptedReading) -> None:
        await engine.observe(accepted.account, accepted.kind)

    made = Intake(store, settings)
    made.subscribers.subscribe("alerting", alerting)
    return made


def open_accounts(
    settings: Settings,
    vendors: Mapping[str, Vendor],
    *,
    throttle: Callable[[Account, Vendor], StoreThrottle | LocalThrottle],
    clock: Callable[[], datetime],
) -> Accounts:
    """Returns every account with its adapter opened. No request is sent."""
    opened = {}
    for name, account in settings.accounts.items():
        vendor = vendors[account.provider]
        turnstile = throttle(account, vendor)
        shared = turnstile if isinstance(turnstile, StoreThrottle) else None
        opening = Opening(
            account=name,
            settings=account.vendor,
            throttle=turnstile,
            clock=clock,
            timezone=account.timezone,
            currency=account.currency,
        )
        opened[name] = OpenAccount(name, vendor.title, vendor.open(opening), account, vendor, shared)
    return Accounts(opened, vendors)
