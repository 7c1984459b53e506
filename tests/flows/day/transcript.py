"""What Slack saw, in order, as people read it: every post, edit and reply, with ids, ports and stamps masked.

An edit shows what it changed: ``-`` the line that was there, ``+`` the line that is there now.
"""

import difflib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

EDIT_EVERY = timedelta(seconds=15)
POST_EVERY = timedelta(seconds=1)
WRITING = {"chat.postMessage", "chat.update", "chat.delete"}
PEOPLE = {"press", "command", "ephemeral", "slackbot", "notice", "delete"}
_MARK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_DATE = re.compile(r"!date\^(\d+)\^(.+)")
_SHOUTS = ("!here", "!channel", "!everyone", "!subteam")


@dataclass
class Shown:
    """A message as it stands: what transcript and invariants remember of it."""

    alias: str
    channel: str
    lines: list[str]
    state: str = ""
    severity: str = ""
    incident: str = ""
    changed_at: datetime | None = None
    edits: list[datetime] = field(default_factory=list)
    gone: bool = False


class Transcript:
    """Reads the journal of a local Slack. `broken` collects the promises that a message has broken."""

    def __init__(self, slack: Any, zone: tzinfo) -> None:
        self._slack, self._zone = slack, zone
        self._read = 0
        self._shown: dict[tuple[str, str], Shown] = {}
        self._incidents: dict[str, str] = {}
        self._posts: dict[str, datetime] = {}
        self._lines: list[str] = []
        self._pressed: set[str] = set()
        self._links: dict[str, str] = {}
        self.broken: list[str] = []
        self.hidden: Callable[[], Iterable[str]] = list  # customers' numbers, which nobody may read in a channel

    # --- in

    def note(self, line: str) -> None:
        """What the script does, in its place."""
        self.take()
        self._put("", f"~~ {line}")

    def take(self) -> None:
        """Read what happened since."""
        entries = self._slack.journal.entries[self._read :]
        self._read += len(entries)
        written: list[tuple[Any, Any]] = []
        posted: Any = None
        for entry in entries:
            if entry.kind == "post":
                posted = entry.data["message"]
            elif entry.kind == "call" and entry.text in WRITING:
                written.append((entry, posted))
            elif entry.kind in PEOPLE:
                self._calls(written)
                written = []
                self._person(entry)
        self._calls(written)

    def text(self) -> str:
        """All of it."""
        self.take()
        return "\n".join(self._lines).strip() + "\n"

    def alive(self) -> list[Shown]:
        """Messages of incidents that are not resolved and not deleted."""
        return [m for m in self._shown.values() if m.incident and m.state != "resolved" and not m.gone]

    # --- what the app wrote

    def _calls(self, written: list[tuple[Any, Any]]) -> None:
        """What channels saw in one second has no order between them: it is told channel by channel."""
        for entry, posted in sorted(written, key=lambda w: (w[0].at, self._channel(w[0].data["args"]["channel"]))):
            self._call(entry, posted)

    def _call(self, entry: Any, posted: Any) -> None:
        args, at = entry.data["args"], entry.at
        channel = self._channel(args.get("channel", ""))
        what = "post" if entry.text == "chat.postMessage" else "edit"
        if entry.data["outcome"] != "ok":
            alias = self._at(args).alias if self._at(args) else ""
            self._put("", f"{self._time(at)} {channel}  {what} {alias} refused: {entry.data['outcome']}")
        elif what == "post":
            self._post(at, channel, args, posted)
        else:
            self._edit(at, channel, args)

    def _at(self, args: Mapping[str, Any]) -> Shown | None:
        return self._shown.get((args.get("channel", ""), args.get("ts", "")))

    def _post(self, at: datetime, channel: str, args: Mapping[str, Any], posted: Any) -> None:
        shown = Shown(f"m{len(self._shown) + 1}", channel, self.lines(args.get("blocks") or []))
        self._shown[posted.channel, posted.ts] = shown
        self._links[f"/archives/{posted.channel}/p{posted.ts.replace('.', '')}"] = shown.alias
        head = f"{self._time(at)} {channel}  {self._kind(args)} {shown.alias}"
        told = self._metadata(shown, args.get("metadata"), at)
        woken = sorted(self._slack.workspace.people[user].name for user in posted.wakes)
        wakes = [f"      rings: {', '.join(woken)}"] if woken else []
        self._put("", f"{head}{told}", *(f"    {line}" for line in shown.lines), *wakes)
        self._check_post(at, shown, args)
        self._check_words(at, shown, args)

    def _kind(self, args: Mapping[str, Any]) -> str:
        thread = args.get("thread_ts")
        if not thread:
            return "POST"
        root = self._shown.get((args["channel"], thread))
        under = f" under {root.alias} as" if root else ""
        return f"{'REPLY, shown in the channel,' if args.get('reply_broadcast') else 'REPLY'}{under}"

    def _edit(self, at: datetime, channel: str, args: Mapping[str, Any]) -> None:
        shown = self._at(args)
        if shown is None:
            self.broken.append(f"{self._time(at)} an edit of a message that was never posted")
            return
        before, state, severity = shown.lines, shown.state, shown.severity
        shown.lines = self.lines(args.get("blocks") or [])
        told = self._metadata(shown, args.get("metadata"), at)
        same = state == shown.state
        lines = changed(before, shown.lines) or ["  (nothing that is read has changed)"]
        self._put("", f"{self._time(at)} {channel}  edit {shown.alias}{told}", *(f"  {line}" for line in lines))
        risen = severity != shown.severity
        self._check_pace(at, shown, free=not same or risen or shown.alias in self._pressed or not shown.edits)
        shown.edits.append(at)
        self._pressed.discard(shown.alias)
        self._check_words(at, shown, args)

    def _metadata(self, shown: Shown, metadata: Any, at: datetime) -> str:
        if not metadata:
            return ""
        payload = metadata["event_payload"]
        if metadata["event_type"] != "ringwatch_alert":
            return f"  [{metadata['event_type']}]"
        incident = self._incidents.setdefault(payload["incident"], f"i{len(self._incidents) + 1}")
        if shown.state != payload["state"]:
            shown.changed_at = at
        shown.state, shown.incident = payload["state"], payload["incident"]
        shown.severity = next((w for w in ("critical", "warning", "info") if any(
            line.startswith(f"({w}") for line in shown.lines)), "")  # fmt: skip
        about = f"{payload['alert']}, {payload['account']}: {payload['subjects'] or 'nobody'}"
        return f"  [{incident} {payload['state']} · {about}]"

    # --- what people did, and what they alone were told

    def _person(self, entry: Any) -> None:
        user = self._slack.workspace.people.get(entry.user)
        name = user.name if user else ""
        channel = self._channel(entry.channel)
        head = f"{self._time(entry.at)} {channel} "
        if entry.kind == "press":
            self._put("", f"{head} {name} presses: {entry.text}")
        elif entry.kind == "command":
            self._put("", f"{head} {name} types: {entry.text}")
        elif entry.kind == "ephemeral":
            lines = self.lines(entry.data["message"].blocks) or self._plain(entry.text).splitlines()
            self._put("", f"{head} to {name} alone", *(f"    {line}" for line in lines))
        elif entry.kind in {"slackbot", "notice"}:
            self._put("", f"{head} Slack to {name}: {self._plain(entry.text)}")
        elif entry.kind == "delete":
            message = entry.data["message"]
            shown = self._shown.get((message.channel, message.ts))
            if shown:
                shown.gone = True
                self._put("", f"{head} {shown.alias} is deleted")

    def pressed(self, message: Any) -> None:
        """Somebody presses on it: the next edit is due at once."""
        shown = self._shown.get((message.channel, message.ts))
        if shown:
            self._pressed.add(shown.alias)

    def alias(self, message: Any) -> str:
        """How the transcript calls it."""
        self.take()
        return self._shown[message.channel, message.ts].alias

    def hooked(self, body: Mapping[str, Any], status: int) -> None:
        """What a webhook's receiver gets."""
        self.take()
        data = body["data"]
        incident = self._incidents.setdefault(data["incident"], f"i{len(self._incidents) + 1}")
        by = f" · by {self._slack.workspace.people[data['by']].name}" if data["by"] else ""
        took = f" · after {data['duration_seconds']} s" if data["duration_seconds"] is not None else ""
        head = f"{self._time(self._slack.workspace.clock())} webhook  {incident} {data['state']}"
        about = f"[change {data['change']}, {data['reason']} · {'; '.join(data['subjects'])}{by}{took}]"
        link = self._links.get((data["link"] or "").removeprefix(self._slack.base_url), "no link")
        answer = "" if status == 200 else f", answered {status}"
        self._put("", f"{head}  {about}{answer}", f"    {data['summary']} (→ {link})")

    # --- words

    def lines(self, blocks: Iterable[Mapping[str, Any]]) -> list[str]:
        """Blocks as a person reads them, line by line: small print in (), buttons in []."""
        return [line.rstrip() for block in blocks for line in self._block(block)]

    def _block(self, block: Mapping[str, Any]) -> Iterator[str]:
        match block["type"]:
            case "section":
                words = self._plain(block["text"]["text"]).splitlines()
                accessory = block.get("accessory")
                yield from words[:-1]
                yield words[-1] + (f"  [{self._button(accessory)}]" if accessory else "")
            case "context":
                yield from (f"({self._plain(element['text'])})" for element in block["elements"])
            case "actions":
                yield " ".join(f"[{self._button(element)}]" for element in block["elements"])
            case other:
                yield f"<{other}>"

    def _button(self, element: Mapping[str, Any]) -> str:
        if element["type"] == "button":
            return str(element["text"]["text"])
        options = " | ".join(option["text"]["text"] for option in element["options"])
        return f"{element['placeholder']['text']}: {options}"

    def _plain(self, words: str) -> str:
        shown = _MARK.sub(self._mark, words)
        return html.unescape(re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", shown))

    def _mark(self, found: re.Match[str]) -> str:
        target, words = found[1], found[2]
        people, groups = self._slack.workspace.people, self._slack.workspace.groups
        if (date := _DATE.fullmatch(target)) is not None:
            at = datetime.fromtimestamp(int(date[1]), UTC).astimezone(self._zone)
            shape = {"{time}": "%H:%M", "{date_short} {time}": "%-d %b %H:%M"}.get(date[2])
            return f"{at:{shape}}" if shape else f"?{date[2]}?"
        if target.startswith("@"):
            return f"@{people[target[1:]].name}" if target[1:] in people else target
        if target.startswith("!subteam^"):
            return f"@{groups[target[9:]].handle}" if target[9:] in groups else target
        if target.startswith("!"):
            return f"@{target[1:]}"
        if target.startswith("#"):
            return self._channel(target[1:])
        path = target.removeprefix(self._slack.base_url)
        return f"{words or target} (→ {self._links[path]})" if path in self._links else f"{words} (→ ?{path})"

    # --- out

    def _channel(self, ref: str) -> str:
        if not ref:
            return ""
        place = self._slack.workspace.channels.get(ref)
        return f"#{place.name}" if place and place.name else "dm"

    def _time(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%a %H:%M:%S}"

    def _put(self, *lines: str) -> None:
        self._lines += lines

    # --- promises

    def _check_post(self, at: datetime, shown: Shown, args: Mapping[str, Any]) -> None:
        last = self._posts.get(shown.channel)
        if last is not None and at - last < POST_EVERY:
            self.broken.append(f"{self._time(at)} {shown.alias}: a second post to {shown.channel} within a second")
        self._posts[shown.channel] = at
        others = (m for m in self._shown.values() if m is not shown and not m.gone)
        twins = [m.alias for m in others if m.incident == shown.incident]
        if shown.incident and twins:
            self.broken.append(f"{self._time(at)} {shown.alias}: {twins[0]} is there for the same incident")
        if args.get("thread_ts") and (not args.get("reply_broadcast") or args.get("metadata")):
            self.broken.append(
                f"{self._time(at)} {shown.alias}: a reply must be shown in the channel, without metadata"
            )

    def _check_pace(self, at: datetime, shown: Shown, *, free: bool) -> None:
        if shown.incident and shown.edits and not free and at - shown.edits[-1] < EDIT_EVERY:
            self.broken.append(f"{self._time(at)} {shown.alias}: edited again within {EDIT_EVERY.seconds} s")

    def _check_words(self, at: datetime, shown: Shown, args: Mapping[str, Any]) -> None:
        where = f"{self._time(at)} {shown.alias}"
        said = str(args.get("text", "")) + str(args.get("blocks", ""))
        head = shown.lines[0] if shown.lines else ""
        first = re.sub(r"^:\w+: ", "", head).replace(" · ", ": ", 1)
        if self._plain(str(args.get("text", ""))).splitlines()[0] not in {first, re.sub(r"^:\w+: ", "", head)}:
            self.broken.append(f"{where}: the lock screen reads otherwise: {args.get('text')!r}, not {head!r}")
        if "<!date" in str(args.get("text", "")):
            self.broken.append(f"{where}: a mark that a lock screen does not render")
        if (shown.state == "resolved" or ":white_check_mark:" in head) and any(shout in said for shout in _SHOUTS):
            self.broken.append(f"{where}: good news that mentions people")
        for number in self.hidden():
            if number in said:
                self.broken.append(f"{where}: a customer's number in full")


def changed(before: list[str], now: list[str]) -> list[str]:
    """What went, and what came in its place."""
    out: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if tag != "equal":
            out += [f"- {line}" for line in before[a:b]] + [f"+ {line}" for line in now[c:d]]
    return out
