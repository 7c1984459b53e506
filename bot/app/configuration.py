"""The configuration in force, and how another one takes its place while the service runs."""

import asyncio
from collections.abc import Callable

import structlog

from bot.observability.logs import Redaction
from bot.readings.accounts import Accounts
from bot.settings import ConfigError, Loaded, Settings
from bot.settings.secret_values import secrets_of

LONGEST_QUESTION_SECONDS = 30.0  # seconds
RESTART_KEYS = ("store", "data_dir", "http")

log = structlog.get_logger(__name__)


class LiveConfiguration:
    """Holds the configuration in force. Whoever needs `settings()` or `accounts()` asks each time, and keeps neither.

    `read_again` loads the configuration anew (None: there is no file); `applied` is called with the old and the new
    settings once the new ones are in force.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        open_accounts: Callable[[Settings], Accounts],
        applied: Callable[[Settings, Settings], None],
        redaction: Redaction,
        read_again: Callable[[], Loaded] | None = None,
    ) -> None:
        self._open = open_accounts
        self._applied = applied
        self._redaction = redaction
        self._read_again = read_again
        self._redaction.learn(secrets_of(settings))
        self._settings = settings
        self._accounts = open_accounts(settings)
        self._reloading = asyncio.Lock()
        self.failure: str | None = None  # why the last reload changed nothing, in a sentence
        self._retiring: set[asyncio.Task[None]] = set()

    def settings(self) -> Settings:
        """Returns the settings in force."""
        return self._settings

    def accounts(self) -> Accounts:
        """Returns the accounts that are open for them."""
        return self._accounts

    async def reload(self) -> str:
        """Reads the configuration anew and applies it; returns a sentence for people. A bad file changes nothing."""
        if self._read_again is None:
            return "There is no configuration file to read again."
        async with self._reloading:
            try:
                loaded = await asyncio.to_thread(self._read_again)
            except ConfigError as error:
                log.error("configuration not applied", problems=str(error).splitlines())
                self.failure = "the configuration is wrong: what was read before it goes on, and the log says what"
                return f"Nothing was changed, the configuration is wrong: {error}"
            return self._apply(loaded.settings)

    async def close(self) -> None:
        """Closes every adapter, those of earlier configurations too."""
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        await _closed(self._accounts)

    def _apply(self, new: Settings) -> str:
        old, before = self._settings, self._accounts
        self._redaction.learn([*secrets_of(old), *secrets_of(new)])
        kept = restart_needed(old, new)
        try:
            opened = self._open(new)
        except Exception as error:  # an adapter's own mistake, which no check could foresee
            log.exception("configuration not applied")
            self.failure = "an account of the new configuration cannot be opened, and the log says why"
            return f"Nothing was changed, an account cannot be opened: {type(error).__name__}; the log has more."
        self._settings, self._accounts, self.failure = new, opened, None
        self._applied(old, new)
        task = asyncio.create_task(_retire(before))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        note = f" A restart is needed for {', '.join(kept)}: as before until then." if kept else ""
        log.info("configuration applied", accounts=len(opened), alerts=len(new.alerts), restart_needed=kept)
        return f"The configuration was read anew: {len(new.accounts)} accounts, {len(new.alerts)} alerts.{note}"


def restart_needed(old: Settings, new: Settings) -> list[str]:
    """Returns the keys that differ and that only a restart applies."""
    keys = [name for name in RESTART_KEYS if getattr(old, name) != getattr(new, name)]
    tokens = ("bot_token", "app_token", "signing_secret", "api_url")
    return keys + [f"slack.{name}" for name in tokens if getattr(old.slack, name) != getattr(new.slack, name)]


async def _retire(accounts: Accounts) -> None:
    """Closes adapters once no question that they were asked can still be under way."""
    try:
        await asyncio.sleep(LONGEST_QUESTION_SECONDS)
    finally:
        await _closed(accounts)


async def _closed(accounts: Accounts) -> None:
    for outcome in await asyncio.gather(*(a.provider.close() for a in accounts), return_exceptions=True):
        if isinstance(outcome, Exception):
            log.warning("an adapter could not be closed", error=type(outcome).__name__)
