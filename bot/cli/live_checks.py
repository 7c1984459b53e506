"""The questions of `ringwatch check`: to Slack who we are, to the store whether it will do, to every account one."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.alerts.kinds import Kind
from bot.app.wiring import open_accounts
from bot.cli.check import ANSWER_TIMEOUT_SECONDS, CheckError, Probe
from bot.cli.store_session import EMBEDDED
from bot.readings.accounts import Accounts, OpenAccount
from bot.readings.poller import question
from bot.settings import Alert, Mqtt, Settings
from bot.slack.access import GROUP_GONE, Listed
from bot.slack.channels import Channels
from bot.slack.posting import PostError, Posting, RefusedError
from bot.slack.slack_app import wanted_channels
from bot.store import Store
from bot.store.disk import unfit
from bot.store.embedded import running
from bot.store.servers import find_server
from bot.text.names import folded
from bot.watches import Named
from bot.watches.registry import watches
from providers.model import Rows
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Vendor

NAMES_TIMEOUT_SECONDS = 0.9 * ANSWER_TIMEOUT_SECONDS  # seconds that an alert waits for its accounts' answers
MAX_LISTED_NAMES = 12  # names that a line shows


@dataclass(slots=True)
class _Answer:
    """What an account was asked and what it answered; `value` None until `done`, or where it did not."""

    kind: Kind | None
    value: object = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


def probes(settings: Settings, vendors: Mapping[str, Vendor], clock: Callable[[], datetime]) -> list[Probe]:
    """Returns one probe each for Slack, every account, and every alert that names groups or queues.

    Nothing is written, and a running service is not disturbed. An alert's probe finds in the accounts' answers which of
    its names there are not.
    """
    accounts = open_accounts(
        settings, vendors, throttle=lambda _account, vendor: LocalThrottle(clock, vendor.title), clock=clock
    )
    groups = _named_groups(settings)
    answers = {opened.name: _Answer(_kind(settings, opened)) for opened in accounts}

    def account(opened: OpenAccount) -> Probe:
        return Probe(f"account {opened.name}", lambda: _ask(opened, answers[opened.name], clock))

    def alert(naming: Alert, named: Named) -> Probe:
        return Probe(f"alert {naming.name}", lambda: _names_known(naming, named, accounts, answers), "E304")

    return [
        Probe("slack", lambda: _slack(settings, clock), "E305"),
        Probe("store", lambda: _store(settings, clock), "E308"),
        *([Probe("mqtt", partial(_mqtt, settings.mqtt), "E309")] if settings.mqtt is not None else []),
        *([Probe("permissions", lambda: _groups(groups, settings, clock), "E307")] if groups else []),
        *(account(opened) for opened in accounts),
        *(alert(one, named) for one in settings.alerts if (named := _named(one)) is not None and one.accounts),
    ]


def _kind(settings: Settings, account: OpenAccount) -> Kind | None:
    """Returns what to ask it.

    What shows the groups or queues that alerts name, else the first that it is polled for.
    """
    polled = [kind for kind in Kind if account.settings.poll.get(kind) is not None]
    naming = (alert for alert in settings.alerts if account.name in alert.accounts and _named(alert) is not None)
    return next((kind for alert in naming if (kind := _kind_of(alert)) in polled), next(iter(polled), None))


def _named(alert: Alert) -> Named | None:
    """Returns the groups or queues that it names; None where it names none."""
    ask = watches()[alert.watch].named
    named = ask(alert.keys) if ask is not None else None
    return named if named is not None and named.names else None


def _kind_of(alert: Alert) -> Kind:
    return watches()[alert.watch].kinds[0]


async def _ask(account: OpenAccount, answer: _Answer, clock: Callable[[], datetime]) -> str:
    try:
        if answer.kind is None:
            return "nothing is polled, so nothing was asked"
        answer.value = await question(account.provider, answer.kind, clock())
    finally:
        answer.done.set()
        await account.provider.close()
    return f"{account.title} answered: its {answer.kind.value} can be read"


async def _names_known(alert: Alert, named: Named, accounts: Accounts, answers: Mapping[str, _Answer]) -> str:
    """Returns whether what it names is there. What no account could be asked for is not missed."""
    kind, known, told = _kind_of(alert), set[str](), True
    for name in alert.accounts:
        try:
            await asyncio.wait_for(answers[name].done.wait(), NAMES_TIMEOUT_SECONDS)
        except TimeoutError:
            told = False
        value = answers[name].value if answers[name].kind is kind else None
        known |= (
            {word for row in value for word in named.of(row) if word is not None} if isinstance(value, Rows) else set()
        )
        whole = named.whole_by is None or isinstance(accounts.opened[name].provider, named.whole_by)
        told = told and whole and isinstance(value, Rows) and bool(value.items) and not value.unreadable
    there = {folded(name) for name in known}
    missing = ", ".join(name for name in named.names if folded(name) not in there)
    if not missing:
        return f"{', '.join(named.names)}: there"
    if not told:
        return f"{missing}: could not be looked for"
    where = " or ".join(alert.accounts)
    listed = f"there are {_listed(known)}" if known else "none is told there"
    raise CheckError(
        f"no {kind.value.removesuffix('s')} on {where} is {named.relation} {missing}; {listed}", warning=True
    )


def _listed(names: Iterable[str]) -> str:
    first, more = sorted(names)[:MAX_LISTED_NAMES], len(set(names)) - MAX_LISTED_NAMES
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


async def _store(settings: Settings, clock: Callable[[], datetime]) -> str:
    """Of a store of our own that does not run: whether it could. Nothing is started and nothing is made."""
    address = settings.store.get_secret_value()
    embedded = address == EMBEDDED
    if embedded:
        found = await asyncio.to_thread(unfit, settings.data_dir)
        if found is not None:
            raise CheckError(found)
        beside = await asyncio.to_thread(running, settings.data_dir)
        if beside is None:
            binary = await asyncio.to_thread(find_server)
            return f"embedded: {binary.name} would be started, with its data in {settings.data_dir}"
        address = beside
    store = Store(address, clock=clock, looks=True)
    try:
        kind = await store.survey()
    finally:
        await store.close()
    return f"embedded: the {kind} of the service that runs answers" if embedded else f"{kind} answers"


async def _slack(settings: Settings, clock: Callable[[], datetime]) -> str:
    token = settings.slack.bot_token.get_secret_value()
    async with Posting(token=token, api_url=settings.slack.api_url, clock=clock) as posting:
        try:
            me = await posting.call(posting.again.auth_test())
            if settings.slack.app_token is not None:
                app_token = settings.slack.app_token.get_secret_value()
                await posting.call(posting.once.apps_connections_open(app_token=app_token))
            channels = Channels(posting, lambda: settings.slack.channel, clock)
            await channels.review(wanted_channels(settings))
        except PostError as error:
            raise CheckError(str(error)) from error
    if channels.problems():
        raise CheckError(" ".join(channels.problems()), warning=True)
    return f"we are {me.get('user', 'the bot')} in {me.get('team', 'the workspace')}"


async def _mqtt(mqtt: Mqtt) -> str:
    """Asks the broker under another name than the service's, so that one that runs stays connected."""
    from bot.mqtt.bridge import ask_broker  # noqa: PLC0415  # only where a broker is configured
    from bot.mqtt.broker import BrokerError  # noqa: PLC0415

    try:
        return await ask_broker(mqtt)
    except BrokerError as error:
        raise CheckError(str(error)) from error


def _named_groups(settings: Settings) -> dict[str, list[str]]:
    """Every user group that `permissions` names, with the keys that name it."""
    named: dict[str, list[str]] = {}
    for key, ids in sorted(settings.permissions.items()):
        for group in Listed.of(ids).groups:
            named.setdefault(group, []).append(key)
    return named


async def _groups(named: dict[str, list[str]], settings: Settings, clock: Callable[[], datetime]) -> str:
    token, gone = settings.slack.bot_token.get_secret_value(), []
    async with Posting(token=token, api_url=settings.slack.api_url, clock=clock) as posting:
        for group, keys in named.items():
            try:
                await posting.call(posting.again.usergroups_users_list(usergroup=group))
            except RefusedError as refused:
                if refused.code not in GROUP_GONE:
                    raise CheckError(str(refused)) from refused
                gone.append(f"{group} ({', '.join(keys)})")
            except PostError as error:
                raise CheckError(str(error)) from error
    if gone:
        raise CheckError(f"no user group of this workspace is {', '.join(gone)}: it lets nobody in", warning=True)
    return f"{len(named)} user group{'s' if len(named) > 1 else ''}: there"
