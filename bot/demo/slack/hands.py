"""The hands of a person in Slack: types commands, presses buttons, fills in forms. For the page and tests."""

from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack import answering, forms, posting, state, wire
from bot.demo.slack.changes import WITHIN_SECONDS
from bot.demo.slack.delivery import Ack, EventDelivery, Events
from bot.demo.slack.passes import ResponseUrl
from bot.demo.slack.stage import Stage
from bot.demo.slack.state import CannotDo
from bot.demo.slack.workspace import (
    APP,
    BOT_USER,
    DemoChannel,
    DemoPerson,
    DemoView,
    Json,
    Message,
    MethodRefused,
    label,
)

SUBMIT_TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(slots=True)
class Interaction:
    """The result of a command or a press.

    `answers` are the messages that the app gave by the ack or the response URL, replaced ones included, in order.
    `asked` is the confirm dialog that was shown.
    """

    stage: Stage
    user: str
    channel: str
    trigger_id: str = ""
    url: ResponseUrl | None = None
    ack: Ack | None = None
    asked: Json | None = None
    refused: str = ""

    @property
    def sent(self) -> bool:
        """Returns whether the app was asked at all."""
        return self.ack is not None

    @property
    def acked(self) -> bool:
        """Returns whether it acknowledged in time."""
        return self.ack is not None and self.ack.ok

    @property
    def response_url(self) -> str:
        """Returns the address for answers; "" where there is none."""
        return f"{self.stage.base_url}{self.url.path}" if self.url else ""

    @property
    def answers(self) -> list[Message]:
        """Returns what the app has answered so far."""
        return self.url.answers if self.url else []

    async def answer(self, number: int = 1, within: float = WITHIN_SECONDS) -> Message:
        """Returns the `number`th answer, waited for; raises `TimeoutError`."""
        changes = self.stage.workspace.changes
        await changes.until(lambda: len(self.answers) >= number, within, f"answer {number}")
        return self.answers[number - 1]

    async def modal(self, within: float = WITHIN_SECONDS) -> DemoView:
        """Returns the modal that the app opened because of it, waited for; raises `TimeoutError`."""
        trigger = self.stage.passes.triggers[self.trigger_id]
        name = await self.stage.workspace.changes.until(lambda: trigger.opened, within, "a modal")
        return self.stage.workspace.views[str(name)]


@dataclass(frozen=True, slots=True)
class Submission:
    """The result of a form. `errors` by block id; `error` is Slack's own trouble (operation_timeout …)."""

    errors: dict[str, str] = field(default_factory=dict)
    error: str = ""
    ack: Ack | None = None

    @property
    def ok(self) -> bool:
        """Returns whether it went through."""
        return not self.errors and not self.error


class Hands:
    """Does everything that a person can do."""

    def __init__(self, stage: Stage, delivery: EventDelivery, events: Events) -> None:
        self.stage, self.delivery, self.events = stage, delivery, events
        self.workspace = stage.workspace

    def _place(self, user: str, channel: str) -> tuple[DemoPerson, DemoChannel]:
        person, place = self.workspace.person(user), self.workspace.channel(channel)
        if not self.workspace.sees(person.id, place):
            raise CannotDo("channel_not_found", f"{person.real_name} does not see {channel}.")
        return person, place

    def slackbot(self, person: DemoPerson, place: DemoChannel, text: str) -> None:
        """Shows Slack's own words to one person."""
        posting.whisper(self.workspace, place, person.id, {"text": text}, from_slack=True)

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Interaction:
        """Types a slash command; returns when the app has acknowledged it, or has not in time."""
        if not text and " " in command:
            command, _, text = command.partition(" ")
        person, place = self._place(user, channel)
        done = Interaction(self.stage, person.id, place.id)
        self.workspace.journal.note("command", f"{command} {text}".strip(), user=person.id, channel=place.id)
        declared = self.stage.manifest.command(command)
        if declared is None or place.archived:
            done.refused = "invalid_command" if declared is None else "is_archived"
            self.slackbot(person, place, f"`{command}` is not a valid command here.")
            return done
        done.trigger_id = self.stage.passes.trigger(person.id)
        done.url = self.stage.passes.response_url("commands", person.id, place.id, command=command)
        payload: Json = {
            "token": "local-verification-token", "team_id": person.team_id,
            "team_domain": self.workspace.domain, "channel_id": place.id,
            "channel_name": wire.channel_stub(place)["name"], "user_id": person.id, "user_name": person.name,
            "command": command, "text": self.escaped(text) if declared.should_escape else text,
            "api_app_id": APP, "is_enterprise_install": "false", "response_url": done.response_url,
            "trigger_id": done.trigger_id,
        }  # fmt: skip
        done.ack = await self.delivery.send("slash_commands", payload)
        self._after(done, person, place, command)
        return done

    def _after(self, done: Interaction, person: DemoPerson, place: DemoChannel, command: str) -> None:
        if done.ack is None or done.url is None:
            return
        if not done.ack.ok:
            self.slackbot(person, place, f'{command} failed with the error "{done.ack.error}"')
        elif done.ack.payload:
            try:
                answering.give(self.workspace, done.url, done.ack.payload)
            except MethodRefused as refusal:
                self.slackbot(person, place, f'{command} failed with the error "{refusal.error}"')

    def escaped(self, text: str, *, named: bool = True) -> str:
        """Returns names as Slack's marks: in commands with the name beside the id, in messages without."""
        words = []
        for word in text.split(" "):
            person = next((p for p in self.workspace.people.values() if word == f"@{p.name}"), None)
            place = next((c for c in self.workspace.channels.values() if c.name and word == f"#{c.name}"), None)
            if person is not None:
                words.append(f"<@{person.id}|{person.name}>" if named else f"<@{person.id}>")
            elif place is not None:
                words.append(f"<#{place.id}|{place.name}>")
            else:
                words.append(word)
        return " ".join(words)

    async def press(
        self,
        user: str,
        shown: Message | DemoView | str,
        target: str,
        *,
        option: Any = None,
        sure: bool = True,
        block_id: str | None = None,
        value: str | None = None,
        typed: Json | None = None,
    ) -> Interaction:
        """Presses a button or chooses from a menu, found by its action id or its words; returns the result.

        Where several match, `block_id` or the button's `value` decides which. `sure` is what the person says to a
        confirm dialog. `typed` is what else stands in the inputs, `{block_id: {action_id: value}}`.
        """
        person = self.workspace.person(user)
        if isinstance(shown, str):
            shown = self.workspace.views.get(shown) or self.workspace.by_key(shown)
        if isinstance(shown, Message):
            self._may_press(person, shown)
        block, element = self._target(shown, target, block_id, value)
        place = shown.channel if isinstance(shown, Message) else ""
        done = Interaction(self.stage, person.id, place, asked=element.get("confirm"))
        words = f"{label(element)}" + (f" > {option}" if option is not None else "")
        if element.get("confirm") and not sure:
            self.workspace.journal.note("declined", words, user=person.id, channel=place)
            return done
        if not self.stage.manifest.interactive:
            done.refused = "not_interactive"
            self.trouble(person.id, "This app is not configured to handle interactive responses.")
            return done
        self.workspace.journal.note("press", words, user=person.id, channel=place, element=element)
        payload = self._interaction(done, shown, (block, element), option=option, typed=typed)
        done.ack = await self.delivery.send("interactive", payload)
        if not done.ack.ok:
            self.trouble(person.id, f"{self.workspace.app_name} did not respond ({done.ack.error}).")
        return done

    def trouble(self, user: str, text: str) -> None:
        """Shows a toast to one person."""
        self.workspace.journal.note("notice", text, user=user)
        self.workspace.changes.add("notice", user=user, text=text, level="error")

    def _may_press(self, person: DemoPerson, item: Message) -> None:
        place = self.workspace.channels[item.channel]
        if item.only_for not in {None, person.id} or not self.workspace.sees(person.id, place):
            raise CannotDo("message_not_found", f"{person.real_name} does not see that message.")
        if item.deleted:
            raise CannotDo("message_not_found", "That message is gone.")

    def _target(
        self, shown: Message | DemoView, target: str, block_id: str | None, value: str | None
    ) -> tuple[Json, Json]:
        if isinstance(shown, DemoView) and not shown.open:
            raise CannotDo("view_not_found", "That form is closed.")
        here = [(b, e) for b, e in shown.elements if block_id in {None, b["block_id"]}]
        found = [(b, e) for b, e in here if e["action_id"] == target]
        found = found or [(b, e) for b, e in here if label(e).lower() == target.lower()]
        if value is not None:
            found = [(b, e) for b, e in found if e.get("value") == value]
        if not found:
            raise CannotDo("no_such_button", f"There is no button {target!r}, only {state.names(here)}.")
        if len(found) > 1:
            raise CannotDo("many_buttons", f"{len(found)} buttons are {target!r}; say which by block_id or value.")
        return found[0]

    def _interaction(
        self,
        done: Interaction,
        shown: Message | DemoView,
        pressed: tuple[Json, Json],
        *,
        option: Any,
        typed: Json | None,
    ) -> Json:
        workspace, person, (block, element) = self.workspace, self.workspace.people[done.user], pressed
        action: Json = {"action_id": element["action_id"], "block_id": block["block_id"]}
        if element["type"] in {"button", "workflow_button"}:
            action |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        else:
            action |= state.entry(element, option)
            action |= {key: element[key] for key in ("placeholder", "confirm") if key in element}
        action |= {"type": element["type"], "action_ts": workspace.ts()}
        given = {**(typed or {})}
        if option is not None and state.stateful(element):
            given.setdefault(block["block_id"], {})[element["action_id"]] = option
        view = shown.id if isinstance(shown, DemoView) else None
        done.trigger_id = self.stage.passes.trigger(person.id, view)
        payload: Json = {
            "type": "block_actions", "user": wire.user_stub(person), "api_app_id": APP,
            "token": "local-verification-token", "trigger_id": done.trigger_id,
            "team": {"id": person.team_id, "domain": workspace.domain}, "enterprise": None,
            "is_enterprise_install": False, "actions": [action],
        }  # fmt: skip
        if isinstance(shown, DemoView):
            shown.body["state"]["values"] = state.values(shown.body["blocks"], given)
            return payload | {"container": {"type": "view", "view_id": shown.id}, "view": wire.view(shown)}
        return payload | self._from_message(person, shown, given, done)

    def _from_message(self, person: DemoPerson, item: Message, given: Json, done: Interaction) -> Json:
        place = self.workspace.channels[item.channel]
        done.url = self.stage.passes.response_url(
            "actions", person.id, place.id, source=item.key, thread_ts=item.thread_ts
        )
        container: Json = {
            "type": "message",
            "message_ts": item.ts,
            "channel_id": place.id,
            "is_ephemeral": item.only_for is not None,
        }
        if item.thread_ts:
            container["thread_ts"] = item.thread_ts
        body: Json = {
            "container": container,
            "channel": wire.channel_stub(place),
            "state": {"values": state.values(item.blocks, given)},
            "response_url": done.response_url,
        }
        if item.only_for is None:  # Slack does not give an ephemeral message back
            body["message"] = wire.message(self.workspace, item)
        return body

    async def shortcut(self, user: str, callback_id: str, item: Message | None = None) -> Interaction:
        """Uses a shortcut, of a message where there is one; returns the result."""
        person = self.workspace.person(user)
        kind = "message" if item is not None else "global"
        declared = self.stage.manifest.shortcuts
        if not any(one.callback_id == callback_id and one.kind == kind for one in declared):
            raise CannotDo("no_such_shortcut", f"The app's manifest declares no {kind} shortcut {callback_id!r}.")
        done = Interaction(self.stage, person.id, item.channel if item is not None else "")
        done.trigger_id = self.stage.passes.trigger(person.id)
        self.workspace.journal.note("shortcut", callback_id, user=person.id, channel=done.channel)
        payload: Json = {
            "type": "shortcut", "token": "local-verification-token", "action_ts": self.workspace.ts(),
            "team": {"id": person.team_id, "domain": self.workspace.domain}, "user": wire.user_stub(person),
            "is_enterprise_install": False, "enterprise": None, "callback_id": callback_id,
            "trigger_id": done.trigger_id,
        }  # fmt: skip
        if item is not None:
            self._may_press(person, item)
            place = self.workspace.channels[item.channel]
            done.url = self.stage.passes.response_url("app", person.id, place.id)
            payload |= {
                "type": "message_action", "channel": wire.channel_stub(place), "message_ts": item.ts,
                "message": wire.message(self.workspace, item), "response_url": done.response_url,
            }  # fmt: skip
        done.ack = await self.delivery.send("interactive", payload)
        if not done.ack.ok:
            self.trouble(person.id, f"{self.workspace.app_name} did not respond ({done.ack.error}).")
        return done

    async def submit(self, user: str, view: DemoView | str, values: Json | None = None) -> Submission:
        """Fills in a form and sends it; returns the result. `values` by block id, action id or label."""
        person, item = self.workspace.person(user), self._view(user, view)
        given = state.by_block(item, values or {})
        held = state.values(item.body["blocks"], given)
        item.body["state"]["values"] = held
        self.workspace.journal.note("submit", item.words, user=person.id, values=values, view=item)
        if complaints := state.complaints(item, held):
            item.errors = complaints
            self.workspace.changes.add("modals", user=person.id)
            return Submission(complaints)
        item.errors = {}
        payload = forms.payload(self.stage, "view_submission", person, item)
        ack = await self.delivery.send("interactive", payload)
        error = ack.error if not ack.ok else forms.apply(self.workspace, item, ack.payload)
        if error:
            self.trouble(person.id, f"{SUBMIT_TROUBLE} ({error})")
        return Submission(dict(item.errors), error, ack)

    def _view(self, user: str, view: DemoView | str) -> DemoView:
        item = self.workspace.views.get(view) if isinstance(view, str) else view
        person = self.workspace.person(user)
        if item is None or not item.open or item.user != person.id:
            raise CannotDo("view_not_found", "That form is closed.")
        return item

    async def close(self, user: str, view: DemoView | str, *, everything: bool = False) -> None:
        """Cancels a form; the app hears of it where it asked to."""
        item = self._view(user, view)
        self.workspace.journal.note("close", item.words, user=item.user, view=item)
        for gone in forms.dismissed(self.workspace, item, everything=everything):
            payload = forms.payload(self.stage, "view_closed", self.workspace.person(user), gone)
            ack = await self.delivery.send("interactive", payload | {"is_cleared": everything})
            if not ack.ok:
                self.trouble(item.user, f"{self.workspace.app_name} did not respond ({ack.error}).")

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Writes a message, and returns it; @names and #channels become links."""
        person, place = self._place(user, channel)
        if place.archived:
            raise CannotDo("is_archived", "That channel is archived.")
        if place.kind != "dm":
            place.members.add(person.id)
        if place.kind == "dm" and not self.stage.manifest.messages_tab:
            raise CannotDo("messages_tab_disabled", "Sending messages to this app has been turned off.")
        said = self.escaped(text, named=False).replace(f"@{self.workspace.app_name}", f"<@{BOT_USER}>")
        item = posting.post(self.workspace, place, person.id, {"text": said}, thread_ts=thread_ts)
        place.last_read[person.id] = item.ts
        return item

    def open_home(self, user: str) -> None:
        """Opens the app's Home tab."""
        person = self.workspace.person(user)
        place = self.workspace.dm(person.id)
        event: Json = {"type": "app_home_opened", "user": person.id, "channel": place.id, "tab": "home"}
        event["event_ts"] = self.workspace.ts()
        if person.id in self.workspace.homes:
            event["view"] = wire.view(self.workspace.homes[person.id])
        self.events.tell("app_home_opened", event)

    def react(self, user: str, item: Message, name: str) -> None:
        """Adds an emoji, or takes it back."""
        person = self.workspace.person(user)
        users = item.reactions.setdefault(name, [])
        if person.id in users:
            users.remove(person.id)
        else:
            users.append(person.id)
        if not users:
            del item.reactions[name]
        self.workspace.changes.add("message", channel=item.channel, key=item.key, new=False)

    def read(self, user: str, channel: str) -> None:
        """Marks everything in a channel as read."""
        person, place = self._place(user, channel)
        standing = self.workspace.standing(place.id)
        place.last_read[person.id] = standing[-1].ts if standing else self.workspace.ts()
        self.workspace.changes.add("channels", user=person.id)
