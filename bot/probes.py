"""What `ringwatch check` asks: Slack who we are and where we are, and every account one read-only question."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.accounts import OpenAccount
from bot.alerts.model import Kind
from bot.checks import CheckError, Probe
from bot.polling import question
from bot.rulebook import open_accounts
from bot.settings import Settings
from bot.slack.channels import Channels
from bot.slack.front import wanted_channels
from bot.slack.posting import PostError, Posting
from providers.kit.throttle import LocalThrottle
from providers.vendor import Vendor


def probes(settings: Settings, vendors: Mapping[str, Vendor], clock: Callable[[], datetime]) -> list[Probe]:
    """One question each. Nothing is written, and a running service is not disturbed."""
    accounts = open_accounts(
        settings, vendors, throttle=lambda _account, vendor: LocalThrottle(clock, vendor.title), clock=clock
    )

    def account(opened: OpenAccount) -> Probe:
        return Probe(f"account {opened.name}", lambda: _ask(opened, clock))

    return [Probe("slack", lambda: _slack(settings, clock)), *(account(opened) for opened in accounts)]


async def _ask(account: OpenAccount, clock: Callable[[], datetime]) -> str:
    kind = next((kind for kind in Kind if account.settings.poll.get(kind) is not None), None)
    try:
        if kind is None:
            return "nothing is polled, so nothing was asked"
        await question(account.provider, kind, clock())
    finally:
        await account.provider.close()
    return f"{account.title} answered: its {kind.value} can be read"


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
