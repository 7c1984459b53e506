"""The sandbox's pages of devices and people (MOR-1, 7 to 10, 29 to 36, and `callback_init`). Sends nothing."""

from collections.abc import Callable, Mapping, Sequence

from providers.model import Agent
from providers.mor.sandbox.books import STATES, Books
from providers.mor.sandbox.encode import action, device, login_page, row, tag
from providers.sdk.lenient_xml import Element
from providers.sdk.simulation.world import World

Fields = Mapping[str, str]

_FAX = {
    "acc": "900",
    "description": "Fax machine",
    "type": "FAX",
    "extension": "1190",
    "username": "1190",
    "password": "sip-1190",
    "cid": "",
    "last_time_registered": "2026-01-05 08:00:00",
}


class Office:
    """The pages of which telephones there are, and what becomes of calls to them."""

    def __init__(self, world: World, books: Books) -> None:
        self._world = world
        self._books = books

    def answers(self) -> Mapping[str, Callable[[Fields], Element | bytes]]:
        """Returns the operations that are answered here."""
        return {
            "MOR-1": lambda fields: login_page(),
            "MOR-7": self._devices,
            "MOR-8": self._callflow,
            "MOR-9": self._state,
            **{f"MOR-10{letter}": self._change_flow for letter in "abcde"},
            "MOR-29": self._callerids,
            "MOR-30": self._add_callerid,
            "MOR-31": self._contacts,
            "MOR-32": self._add_contact,
            "MOR-33": self._delete_contact,
            "MOR-34": self._faxes,
            "MOR-35": self._faxes,
            "MOR-36": self._callback,
            "callback_init": self._callback_init,
        }

    def _agent(self, ref: str) -> Agent | None:
        return next((agent for agent in self._world.agents if agent.user_id == ref), None)

    def _devices(self, fields: Fields) -> Element:
        rows = [row("device", device(agent, self._world.zone)) for agent in self._world.agents]
        return _page("Devices", tag("devices", rows, row("device", _FAX)))

    def _callflow(self, fields: Fields) -> Element:
        agent = self._agent(fields["device_id"])
        if agent is None:
            return tag("page", tag("error", text="Device was not found"))
        flows = [
            row("callflow", {"call_state": name, "callflow_action": self._books.flow(agent, state)})
            for state, name in STATES.items()
        ]
        return _page("Call Flow", tag("device", _described(agent), tag("callflows", flows)))

    def _state(self, fields: Fields) -> Element:
        agent = self._agent(fields["device_id"])
        if agent is None or fields.get("cft") not in STATES:
            return tag("page", tag("error", text="Device was not found"))
        phones = [
            row("device", {"device_id": a.user_id, "device_name": f"SIP/{a.extension}"}) for a in self._world.agents
        ]
        fax = row("device", {"device_id": "900", "device_name": "Fax/1190"})
        actions = (
            tag("action", _numbers("1", "2"), tag("aval_devices", phones)),
            tag("action", _numbers("1", "3")),
            tag("action", _numbers("1", "4"), tag("aval_devices", fax)),
        )
        state = tag("call_state", text=STATES[fields["cft"]])
        return _page("Call State", tag("callflow", _described(agent), state, tag("actions", actions)))

    def _change_flow(self, fields: Fields) -> Element:
        target = fields.get("deviceid") or fields.get("ext_number") or ""
        match fields.get("whattodo", ""), fields.get("cf_action", ""):
            case _, "voicemail":
                what = "Voicemail"
            case "change_action", _:
                what = "-"
            case "change_fax_device", _:
                what = f"Faxdetect({target})"
            case _:
                what = f"Forward({target})"
        self._books.flows[fields["device_id"], fields.get("cft", "")] = what
        return self._state(fields)

    def _callerids(self, fields: Fields) -> Element:
        offered = [tag("device", text=f"SIP/{a.extension}", id=a.user_id or "") for a in self._world.agents]
        rows = []
        for number, (ref, cli, description, added) in enumerate(self._books.callerids, start=1):
            agent = self._agent(ref)
            shown = f"SIP/{agent.extension}" if agent else ref
            fields_ = {"cli_id": number, "device": shown, "device_icon": "phone.png", "cli_name": cli}
            rows.append(row("cli", {**fields_, "cli_desc": description, "added_at": added}))
        return _page("CallerIDs", tag("aval_devices", offered), tag("clis", rows))

    def _add_callerid(self, fields: Fields) -> Element:
        known = any(cli == fields.get("cli") for _, cli, _, _ in self._books.callerids)
        if known or not fields.get("cli") or self._agent(fields.get("device_id", "")) is None:
            return action("add_cli", "CLI not created", done=False)
        self._books.callerids.append((fields["device_id"], fields["cli"], fields.get("description", ""), fields["now"]))
        return action("add_cli", "CLI created", done=True)

    def _contacts(self, fields: Fields) -> Element:
        rows = [
            row("entry", {"entry_number": number, "entry_name": name, "entry_added": added})
            for number, name, added in self._books.contacts.values()
        ]
        return _page("Phonebook", tag("entries", rows))

    def _add_contact(self, fields: Fields) -> Element:
        if not fields.get("number") or not fields.get("name"):
            return action("add_phonebook_entry", "Please fill all fields", done=False)
        self._books.add_contact(fields["number"], fields["name"], fields["now"])
        return action("add_phonebook_entry", "Record added", done=True)

    def _delete_contact(self, fields: Fields) -> Element:
        if self._books.contacts.pop(fields["entry_id"], None) is None:
            return action("delete_phonebook_entry", "We're sorry, but something went wrong", done=False)
        return action("delete_phonebook_entry", "Record deleted", done=True)

    def _faxes(self, fields: Fields) -> Element:
        line = {"device": "Fax/1190", "filename": "order-17.tif", "receive_time": "2026-03-02 08:10:00"}
        fax = row("fax", {**line, "sender": "442079460155", "status": "Received"})
        return _page("Faxes", tag("show_device", text="all"), tag("faxes", fax))

    def _callback(self, fields: Fields) -> Element:
        if not self._called(fields.get("src", ""), fields.get("dst", ""), fields.get("acc", "")):
            return action("callback", "Error description", done=False)
        return action("callback", "Callback activated", done=True)

    def _callback_init(self, fields: Fields) -> Element:
        done = self._called(fields.get("src", ""), fields.get("dst", ""), fields.get("device", ""))
        return tag("page", tag("status", text="Ok" if done else "Bad device"))

    def _called(self, source: str, destination: str, ref: str) -> bool:
        agent = self._agent(ref)
        if agent is None or agent.extension != source or not destination.isdigit():
            return False
        self._world.place_call(source, destination)
        return True


def _described(agent: Agent) -> Sequence[Element]:
    described = {
        "device_id": agent.user_id,
        "device_description": f"SIP/{agent.extension}",
        "device_icon": "phone.png",
    }
    return row("device", described).children


def _numbers(priority: str, ref: str) -> Sequence[Element]:
    return row("action", {"priority": priority, "action_id": ref}).children


def _page(name: str, *parts: Element | Sequence[Element]) -> Element:
    head = row("page", {"pagename": name, "language": "en", "userid": "17"}).children
    return tag("page", head, *parts)
