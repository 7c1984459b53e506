"""The levers of the local Slack: its faults, sockets that break, channels that go. For the page and tests."""

from bot.demo.slack import posting
from bot.demo.slack.delivery import EventDelivery, Events
from bot.demo.slack.faults import FaultKind
from bot.demo.slack.hands import Hands
from bot.demo.slack.socket_mode import Sockets
from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import BOT_USER, DemoChannel, Message


class Levers(Hands):
    """Does everything that a person can do, and everything that can go wrong."""

    def __init__(self, stage: Stage, delivery: EventDelivery, events: Events, sockets: Sockets) -> None:
        super().__init__(stage, delivery, events)
        self.sockets = sockets

    @property
    def request_url(self) -> str | None:
        """Returns the app's address in HTTP mode; None: Socket Mode."""
        return self.delivery.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.delivery.request_url = url
        self.workspace.changes.add("app")

    def dm(self, user: str) -> DemoChannel:
        """Returns the DM between a person and the app."""
        return self.workspace.dm(self.workspace.person(user).id)

    def fail(
        self, method: str, kind: FaultKind, times: int = 1, retry_after: int = 1, word: str = "fatal_error"
    ) -> None:
        """Lets the next calls of a method go wrong.

        `kind`: ratelimit, error500, error503, hang, late (done at `land()`, nobody learns of it), lose_answer (done,
        then the connection breaks), cut (the connection breaks before) or refused (for `word`). `method` "hooks" is the
        response URLs, "files.upload" the upload URL, which takes only the errors.
        """
        self.stage.faults.add(kind, method, times, retry_after, word)
        self.workspace.changes.add("faults")

    def pace_posts(self, seconds: float) -> None:
        """Lets one post a channel pass in so many seconds of `clock`; what comes sooner gets a 429. 0: no limit."""
        self.stage.pace = seconds

    def land(self) -> None:
        """Lets what was late reach Slack now, though nobody waits for the answer any more."""
        self.stage.faults.land()

    def heal(self) -> None:
        """Takes all levers back; what hangs is cut."""
        self.stage.faults.clear()
        self.workspace.changes.add("faults")

    def refuse_handshakes(self, times: int = 1) -> None:
        """Answers the next WebSocket handshakes by a 503, which uses their ticket up."""
        self.stage.faults.handshakes += times
        self.workspace.changes.add("faults")

    def drop_sockets(self) -> None:
        """Breaks every socket without a word."""
        self.sockets.drop()

    async def refresh_sockets(self, reason: str = "refresh_requested") -> None:
        """Asks the app to connect again, as Slack does."""
        await self.sockets.refresh(reason)

    def archive(self, channel: str, archived: bool = True) -> None:
        """Archives a channel, or brings it back."""
        self.workspace.channel(channel).archived = archived
        self.workspace.changes.add("channels")

    def kick(self, channel: str, user: str = BOT_USER) -> None:
        """Removes somebody (the app) from a channel."""
        place = self.workspace.channel(channel)
        place.members.discard(user)
        self.workspace.changes.add("channels")
        if user == BOT_USER:
            kind = "G" if place.kind == "private" else "C"
            self.events.tell("channel_left", {"type": "channel_left", "channel": place.id, "channel_type": kind})

    def invite(self, channel: str, user: str = BOT_USER) -> None:
        """Invites somebody (the app) to a channel."""
        place = self.workspace.channel(channel)
        place.members.add(user)
        self.workspace.changes.add("channels")
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": place.id,
            "team": self.workspace.team_id,
        }
        self.events.tell("member_joined_channel", event | {"event_ts": self.workspace.ts()})

    def delete(self, item: Message) -> None:
        """Deletes the app's message, as a person does."""
        posting.remove(self.workspace, item)

    def revoke(self, token: str) -> None:
        """Revokes a token."""
        self.stage.revoked.add(token)

    def changed(self) -> None:
        """Notes that the state of the demo's script has changed."""
        self.workspace.changes.add("demo")
