"""MOR's changes in people's words: what each will do, what is looked at first, what is sent. No I/O.

A `Change` is made of words alone; `settle` completes or refuses it by a page that was read just before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from providers.capabilities import NumberWords
from providers.model import Edit
from providers.mor.parsing import WordsError, id_of
from providers.mor.replies import Shown
from providers.mor.settings import MorSettings
from providers.mor.vendor_tables import CALL_STATES
from providers.mor.wire import TITLE, digits, letters
from providers.sdk.lenient import UnfitError
from providers.sdk.lenient_xml import Element
from providers.sdk.text import clean

Form = dict[str, str]

_ACTION = "none | forward device ID | forward number NUMBER | voicemail | fax ID"
EDITS = (
    Edit("details", "set", "details set FIELD VALUE"),
    Edit("callflow", "set", f"callflow set DEVICE_ID STATE ({_ACTION})"),
    Edit("rates", "currency", "rates currency CODE"),
    Edit("callerids", "add", "callerids add DEVICE_ID NUMBER DESCRIPTION"),
    Edit("contacts", "add", "contacts add NUMBER NAME"),
    Edit("contacts", "delete", "contacts delete ENTRY_ID"),
    Edit("missed", "process", "missed process CALL_ID"),
)
_OTHER = ("username", "surname", "personalid", "agreement_number", "agreement_date", "taxation_country",
          "vat_reg_number")  # fmt: skip
_REGISTRATION = ("address", "postcode", "city", "country", "state", "direction", "phone", "mobile", "fax", "email")
FIELDS = (*_OTHER, *(f"reg_{name}" for name in _REGISTRATION))
"""MOR-6 has 17 parameters and no list of them; these are the 17 that MOR-5 shows and a customer may change."""


class NotNowError(ValueError):
    """The change does not fit what MOR shows; the text is a sentence about it."""


def _as_it_is(_page: Element, form: Form) -> Form:
    return form


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changes MOR, and the page that is read before it."""

    operation: str
    sentence: str
    look: str  # the operation of the page that is read first; it also renews the session
    fill: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form | None = None
    look_query: Mapping[str, str] = field(default_factory=dict)
    settle: Callable[[Element, Form], Form] = _as_it_is
    shown: Shown | None = None


def change(topic: str, verb: str, words: Sequence[str], settings: MorSettings) -> Change:
    """Returns the change that is meant; raises `WordsError` with its usage."""
    edit = next((edit for edit in EDITS if (edit.topic, edit.verb) == (topic, verb)), None)
    if edit is None:
        offered = "; ".join(edit.usage for edit in EDITS)
        raise WordsError(f"MOR has no change “{clean(f'{topic} {verb}', 60)}”. There are: {offered}.")
    words = [word.strip() for word in words if word.strip()]
    try:
        return _MAKERS[topic, verb](words, settings)
    except WordsError as error:
        raise WordsError(f"{error} Write: {edit.usage}.") from None


def number_words(topic: str, verb: str, words: Sequence[str]) -> NumberWords | None:
    """Returns where the words have an outside number, whether or not it is one; None: they have none."""
    first, called = {("callerids", "add"): 1, ("contacts", "add"): 0}.get((topic, verb)), False
    if (topic, verb) == ("callflow", "set") and [word.casefold() for word in words[2:4]] == ["forward", "number"]:
        first, called = 4, True
    if first is None or first >= len(words):
        return None
    return NumberWords(first, len(words) if called else first + 1, called)


def _details(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-6."""
    if len(words) < 2:
        raise WordsError("Which field, and what is it to be?")
    name = next((known for known in FIELDS if words[0].casefold() in {known, known.removeprefix("reg_")}), None)
    if name is None:
        raise WordsError(f"There is no field “{clean(words[0], 40)}”: there are {', '.join(FIELDS)}.")
    value = clean(" ".join(words[1:]))

    def settle(page: Element, form: Form) -> Form:
        details = page.first("details")
        if details is None:
            raise UnfitError("no details")
        if settings.details_form == "changed":
            return form
        shown = {e.name: e.text.strip() for e in details.walk() if e.name in FIELDS}
        return {**{known: shown.get(known, "") for known in FIELDS}, **form}

    rest = "; the other details are sent along as they are" if settings.details_form == "all" else ""
    sentence = f"{TITLE} will change {name} of the account to “{value}”{rest}."
    return Change("MOR-6", sentence, "MOR-5", _user(settings), form={name: value}, settle=settle)


def _callflow(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-10a to e."""
    if len(words) < 3:
        raise WordsError("Which device, which state, and what is to be done?")
    device = id_of(words[0], "a device")
    state = next((known for known in CALL_STATES if known == words[1].casefold()), None)
    if state is None:
        raise WordsError(f"“{clean(words[1], 40)}” is no state: there are {', '.join(CALL_STATES)}.")
    operation, what, form, target = _action([word.casefold() for word in words[2:]], settings)

    def settle(page: Element, form: Form) -> Form:
        kind = "4" if operation == "MOR-10e" else "2"
        actions = [a for a in page.all("callflow", "actions", "action") if (a.said("action_id") or "").strip() == kind]
        offered = [d.said("device_id") or "?" for a in actions for d in a.all("aval_devices", "device")]
        if target and offered and target not in offered:
            raise NotNowError(f"does not offer device {target} there: it offers {', '.join(offered)}")
        return form

    return Change(
        operation,
        f"{TITLE} will change what happens to calls of device {device} in the state {state}: {what}.",
        "MOR-9",
        {"device_id": device},
        {"cft": state},
        form,
        {"cft": state},
        settle,
        _no_complaint,
    )


def _action(words: list[str], settings: MorSettings) -> tuple[str, str, Form, str]:
    """Returns the operation, what will be done, the form, and the device that must be on offer."""
    match words:
        case ["none"]:
            return "MOR-10a", "nothing is done", {"whattodo": "change_action"}, ""
        case ["voicemail"]:
            return "MOR-10d", "they go to voicemail", {"cf_action": "voicemail"}, ""
        case ["forward", "device", target]:
            form = {"cf_action": "forward", "whattodo": "change_local_device", "deviceid": id_of(target, "a device")}
            return "MOR-10b", f"they are forwarded to device {target}", form, target
        case ["forward", "number", *parts] if parts:
            number = digits("".join(parts))
            if not number:
                raise WordsError("That is no telephone number.")
            form = {"cf_action": "forward", "whattodo": "change_external_device", "ext_number": number}
            return "MOR-10c", f"they are forwarded to the outside number {number}, at the account's cost", form, ""
        case ["fax", target]:
            form = {
                "cf_action": settings.fax_action,
                "whattodo": "change_fax_device",
                "deviceid": id_of(target, "a device"),
            }
            return "MOR-10e", f"faxes are detected and go to device {target}", form, target
    raise WordsError("What is to be done?")


def _no_complaint(page: Element) -> str | None:
    """Returns None for a page of the call flow, which is a yes to MOR-10.

    Its answer is not documented, so any other is in doubt.
    """
    flow = page.first("callflow") is not None or page.first("device", "callflows") is not None
    return None if flow else "no verdict"


def _currency(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-15, a GET that changes what MOR shows from then on."""
    code = words[0].upper() if len(words) == 1 else ""
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise WordsError("Which currency?")

    def settle(page: Element, form: Form) -> Form:
        offered = [e.text.strip().upper() for e in page.all("aval_currencies", "currency")]
        if offered and code not in offered:
            raise NotNowError(f"does not offer {code}: it offers {', '.join(offered)}")
        return form

    def shown(page: Element) -> str | None:
        now = (page.said("currency") or "").strip().upper()
        return None if now == code else f"a page in {clean(now, 10) or 'no currency'}"

    sentence = (
        f"{TITLE} will show this account's money in {code} from now on, and its balance may be in {code} then too: "
        "limits of alerts on it are amounts of whatever currency it is in."
    )
    return Change("MOR-15", sentence, "MOR-11", query={"currency": code}, settle=settle, shown=shown)


def _callerid(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-30."""
    if len(words) < 3:
        raise WordsError("Which device, which number, and how is it described?")
    device, number, description = id_of(words[0], "a device"), digits(words[1]), clean(" ".join(words[2:]), 100)
    if not number:
        raise WordsError("That is no telephone number.")

    def settle(page: Element, form: Form) -> Form:
        offered = [d.attributes.get("id") or "?" for d in page.all("aval_devices", "device")]
        if offered and device not in offered:
            raise NotNowError(f"does not offer device {device} there: it offers {', '.join(offered)}")
        return form

    sentence = f"{TITLE} will add the caller ID {number} to device {device}, described as “{description}”."
    form = {"device_id": device, "cli": number, "description": description}
    return Change("MOR-30", sentence, "MOR-29", form=form, settle=settle)


def _contact(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-32."""
    number = digits(words[0]) if words else ""
    name = clean(" ".join(words[1:]), 100)
    if not number or not name:
        raise WordsError("Which number, and whose is it?")
    form = {"userid": settings.user_id, "number": number, "name": name}
    sentence = f"{TITLE} will add {name} with the number {number} to the phone book."
    return Change("MOR-32", sentence, "MOR-31", _user(settings), form=form)


def _no_contact(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-33.

    MOR's list does not show the ids of entries, so this one is taken as it is written.
    """
    if len(words) != 1:
        raise WordsError("Which entry?")
    entry = id_of(words[0], "an entry")
    sentence = f"{TITLE} will delete entry {entry} of the phone book. This cannot be taken back."
    fill = {**_user(settings), "entry_id": entry}
    return Change("MOR-33", sentence, "MOR-31", fill, form={"entryid": entry})


def _process(words: list[str], settings: MorSettings) -> Change:
    """Parses the words of MOR-26, which does not say how a call is named."""
    if len(words) != 1:
        raise WordsError("Which call?")
    call = id_of(words[0], "a missed call")

    def settle(page: Element, form: Form) -> Form:
        if _missed(page, call) is None:
            raise NotNowError(f"lists no missed call {call} now")
        return form

    def shown(page: Element) -> str | None:
        row = _missed(page, call)
        if row is None:  # a list of those that are still open has it no more
            return None if page.first("calls_stat", "calls") is not None else "no list of missed calls"
        done = (row.said("processed") or "").strip()
        return None if letters(done) == "yes" or done not in {"", "0"} else "a list that still has it as not processed"

    form = {"processed": call} if settings.processed == "call" else {"processed": "1", "call_id": call}
    sentence = f"{TITLE} will mark missed call {call} as processed, for everybody who uses this account."
    return Change("MOR-26", sentence, "MOR-24", form=form, settle=settle, shown=shown)


def _missed(page: Element, call: str) -> Element | None:
    return next((c for c in page.all("calls_stat", "calls", "call") if (c.said("call_id") or "").strip() == call), None)


def _user(settings: MorSettings) -> dict[str, str]:
    return {"user_id": settings.user_id}


_MAKERS: Mapping[tuple[str, str], Callable[[list[str], MorSettings], Change]] = {
    ("details", "set"): _details,
    ("callflow", "set"): _callflow,
    ("rates", "currency"): _currency,
    ("callerids", "add"): _callerid,
    ("contacts", "add"): _contact,
    ("contacts", "delete"): _no_contact,
    ("missed", "process"): _process,
}
