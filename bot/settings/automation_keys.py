"""Rules that act: an automation's keys, and what each is checked against: the alert, its accounts, the other rules."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from bot.alerts.automations import (
    PLACEHOLDERS,
    AcknowledgeIncident,
    Action,
    Automation,
    MarkNumbers,
    PauseCalls,
    PhoneNumber,
    PostMessage,
    PostWebhook,
    SilenceTarget,
)
from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Calendar, Phase, Severity
from bot.call_policy import Refused, evaluate_call, is_emergency, may_be_extension
from bot.settings.alert_keys import Surroundings
from bot.settings.messages import MistakeCollector
from bot.settings.models import Alert, ConfigSection
from bot.settings.problems import did_you_mean
from bot.settings.tree import Path
from bot.settings.values import (
    Channel,
    Duration,
    Limit,
    Mention,
    Name,
    PositiveDuration,
    Trimmed,
    WebUrl,
    routing_key,
    webhook_secret,
)
from bot.settings.webhook_formats import WebhookFormat
from providers.capabilities import SupportsIvrCall, SupportsNumberStatus, SupportsPlaceCall
from providers.model import NumberStatus

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class WhenKeys(ConfigSection):
    """What an automation waits for."""

    alert: Trimmed = Field(description="The name of an alert.")
    state: Phase = Field(description="`firing`, `acknowledged`, `snoozed` or `resolved`.")
    severity: Severity | None = Field(None, description="Only where it is at least so bad.")


class PostKeys(ConfigSection):
    """A message in a channel."""

    channel: Channel
    text: Trimmed
    mention: tuple[Mention, ...] = ()

    @field_validator("text")
    @classmethod
    def _knows_its_words(cls, text: str) -> str:
        for word in _PLACEHOLDER.findall(text):
            if word not in PLACEHOLDERS:
                known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
                raise ValueError(f"{{{word}}} is filled by nothing; there are {known}")
        return text


class AutomationWebhookKeys(ConfigSection):
    """A post to an address."""

    url: WebUrl | None = Field(None, repr=False)
    format: WebhookFormat = WebhookFormat.RINGWATCH
    secret: SecretStr | None = Field(None, validate_default=True)

    @field_validator("secret")
    @classmethod
    def _fits_the_format(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        form = info.data.get("format")
        if form is not None and form.takes_routing_key:
            if secret is None:
                raise ValueError(f"format: {form} needs it: the routing key, 32 letters and digits")
            return routing_key(secret)
        return None if secret is None else webhook_secret(secret)


class SilenceKeys(ConfigSection):
    """A silence of an account or an alert."""

    target: Trimmed
    lasts: PositiveDuration = Field(alias="for")


class PhoneKeys(ConfigSection):
    """A call to somebody."""

    account: Trimmed
    number: Trimmed
    say: Trimmed


class ActionKeys(ConfigSection):
    """One action: one of these."""

    post: PostKeys | None = None
    webhook: AutomationWebhookKeys | None = None
    mark: NumberStatus | None = None
    pause_calls: bool | None = None
    resume_calls: bool | None = None
    silence: SilenceKeys | None = None
    acknowledge: bool | None = None
    phone: PhoneKeys | None = None

    @field_validator("pause_calls", "resume_calls", "acknowledge")
    @classmethod
    def _is_done(cls, value: bool | None) -> bool | None:
        if value is False:
            raise ValueError("only true does something: write true, or leave it out")
        return value

    @field_validator("mark")
    @classmethod
    def _can_be_marked(cls, value: NumberStatus | None) -> NumberStatus | None:
        if value not in {None, NumberStatus.ACTIVE, NumberStatus.SPAM}:
            raise ValueError("a number is marked as active or as spam")
        return value


class AutomationKeys(ConfigSection):
    """The keys of an automation."""

    name: Name = Field(description="Its name, as in the audit.")
    when: WhenKeys = Field(description="What it waits for: `{alert: NAME, state: firing}`, with `severity` too.")
    after: Duration = Field(timedelta(), description="Only if it still stands so, so long after.")
    hours: Trimmed | None = Field(None, description='When it may act: "mon-fri 09:00-18:00". Default: always.')
    then: tuple[ActionKeys, ...] = Field((), description="What it does, in this order; see docs/automations.md.")
    at_most: Limit | None = Field(None, description="For how many incidents of an account it acts: `5/1h`.")
    dry_run: bool = Field(False, description="It says what it would do, and does nothing.")


def read_automations(
    values: Sequence[AutomationKeys], alerts: Sequence[Alert], around: Surroundings, mistakes: MistakeCollector
) -> tuple[Automation, ...]:
    """Returns every automation that is valid; the rest is told, each mistake at its key."""
    known = {alert.name: alert for alert in alerts}
    found: list[Automation] = []
    for index, keys in enumerate(values):
        made = _AutomationReader(("automations", index), keys, known, around, mistakes).read()
        if any(keys.name == other.name for other in values[:index]):
            mistakes.wrong(("automations", index, "name"), f"another automation is named {keys.name} too", _ONCE)
        elif made is not None:
            found.append(made)
    return tuple(found)


_ONCE = "names are given once"


class _AutomationReader:
    """One automation."""

    def __init__(
        self,
        path: Path,
        keys: AutomationKeys,
        alerts: Mapping[str, Alert],
        around: Surroundings,
        mistakes: MistakeCollector,
    ) -> None:
        self._path, self._keys, self._alerts = path, keys, alerts
        self._around, self._mistakes = around, mistakes

    def read(self) -> Automation | None:
        """Returns the automation; None where it is wrong."""
        keys, before = self._keys, len(self._mistakes.problems)
        calendar, alert = self._calendar(), self._alerts.get(keys.when.alert)
        if alert is None:
            self._wrong("no such alert", did_you_mean(keys.when.alert, self._alerts), "when", "alert")
        if not keys.then:
            self._wrong("it does nothing", "name an action: post, webhook, mark, silence …", "then")
        actions = [action for index, one in enumerate(keys.then) for action in self._action(one, index, alert)]
        if len(self._mistakes.problems) > before or alert is None:
            return None
        limit = keys.at_most
        return Automation(
            name=keys.name,
            alert=alert.name,
            state=keys.when.state,
            actions=tuple(actions),
            severity=keys.when.severity,
            after=keys.after,
            calendar=calendar,
            at_most=(limit.count, limit.per) if limit is not None else None,
            dry_run=keys.dry_run,
        )

    def _wrong(self, text: str, hint: str, *key: str | int) -> None:
        self._mistakes.wrong((*self._path, *key), text, hint)

    def _calendar(self) -> Calendar | None:
        if self._keys.hours is None:
            return None
        try:
            return parse_hours(self._keys.hours, self._around.zone, None)
        except ValueError as error:
            place = (*self._path, "hours")
            self._mistakes.wrong(place, self._mistakes.found(place), self._mistakes.clean(str(error)))
        return None

    def _action(self, keys: ActionKeys, index: int, alert: Alert | None) -> Iterator[Action]:
        given = [name for name in ActionKeys.model_fields if getattr(keys, name) is not None]
        if len(given) != 1:
            words = "several actions in one" if given else "no action"
            self._wrong(words, f"each stands by itself: one of {', '.join(ActionKeys.model_fields)}", "then", index)
            return
        (name,) = given
        action = _made(keys)
        refusal = self._refusal(action, alert)
        if refusal is not None:
            self._wrong(refusal[0], refusal[1], "then", index, name)
        elif isinstance(action, PhoneNumber):
            self._check_numbers(action, index)
        yield action

    def _refusal(self, action: Action, alert: Alert | None) -> tuple[str, str] | None:
        """Why the action can never be done, and what to write; None: it can."""
        state = self._keys.when.state
        match action:
            case MarkNumbers(status):
                return self._cannot_mark(status, alert)
            case AcknowledgeIncident() if state in {Phase.ACKNOWLEDGED, Phase.RESOLVED}:
                return f"an alert that is {state} cannot be acknowledged", "wait for firing or snoozed"
            case SilenceTarget(target, _):
                names = [*self._around.accounts.names, *self._alerts]
                return None if target in names else (f"nothing is called {target}", did_you_mean(target, names))
            case PhoneNumber(account):
                return self._cannot_phone(account)
            case PostWebhook(url) if not url:
                return "it has no address", "set url"
        return None

    def _cannot_mark(self, status: str, alert: Alert | None) -> tuple[str, str] | None:
        if alert is None:
            return None
        watch = self._around.watches[alert.watch]
        if Kind.NUMBERS not in watch.kinds:
            return f"{alert.name} names no caller IDs that could be marked", "name an alert on caller IDs"
        able = [name for name in alert.accounts if self._can(name, SupportsNumberStatus)]
        if not able:
            return f"no account of {alert.name} can mark numbers", "take it out"
        if status == NumberStatus.SPAM.value and self._keys.when.state is Phase.RESOLVED:
            return "it feeds itself: what it marks raises the alert again", "wait for another state"
        return None

    def _cannot_phone(self, account: str) -> tuple[str, str] | None:
        accounts = self._around.accounts
        if account not in accounts.built:
            return None if account in accounts.broken else ("no such account", did_you_mean(account, accounts.names))
        if self._can(account, SupportsIvrCall) or self._can(account, SupportsPlaceCall):
            return None
        title = self._around.vendors[accounts.built[account].provider].title
        return f"{title} cannot place calls", "name an account that can"

    def _check_numbers(self, action: PhoneNumber, index: int) -> None:
        """Says of each number that the call policy refuses why; who is rung first may be an extension."""
        account = self._around.accounts.built.get(action.account)
        if account is None:
            return
        home = account.region or self._around.calls.region
        called = "number" if self._can(action.account, SupportsIvrCall) else "say"
        for key in dict.fromkeys((called, "number")):
            text = getattr(action, key)
            digits = self._around.vendors[account.provider].extension_digits
            if key != called and may_be_extension(text, digits) and not is_emergency(text, home):
                continue
            verdict = evaluate_call(text, self._around.calls, home)
            if isinstance(verdict, Refused):
                self._wrong(verdict.sentence, "write one that may be called", "then", index, "phone", key)

    def _can(self, account: str, capability: type[object]) -> bool:
        return issubclass(self._around.vendors[self._around.accounts.built[account].provider].provider, capability)


def _made(keys: ActionKeys) -> Action:
    if keys.post is not None:
        return PostMessage(keys.post.channel, keys.post.text, keys.post.mention)
    if keys.webhook is not None:
        secret = keys.webhook.secret
        url = keys.webhook.url or keys.webhook.format.address or ""
        return PostWebhook(url, keys.webhook.format.value, secret.get_secret_value() if secret is not None else None)
    if keys.mark is not None:
        return MarkNumbers(keys.mark.value)
    if keys.silence is not None:
        return SilenceTarget(keys.silence.target, keys.silence.lasts)
    if keys.phone is not None:
        return PhoneNumber(keys.phone.account, keys.phone.number, keys.phone.say)
    if keys.acknowledge is not None:
        return AcknowledgeIncident()
    return PauseCalls(paused=keys.pause_calls is not None)
