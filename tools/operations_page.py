"""docs/operations.md: every operation of the vendors' documents, where the code, Slack and the tests have it.

``python -m tools.operations_page`` writes it. `ROWS` says what nobody can read off the code: which method answers an
operation, where that is in Slack, and the word by which the tests name it. tests/test_operations.py holds the page and
the rows against the code.
"""

import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "operations.md"
VENDORS = {"MOM": "momvoip", "VC": "voicenter", "MOR": "mor", "VPC": "voipcloud", "IEX": "iexpbx"}


class Row(NamedTuple):
    """One operation. `word` is how a test names it, beside its id: a path, a field, a sample."""

    id: str
    title: str
    method: str
    slack: str
    word: str

    @property
    def vendor(self) -> str:
        """Its vendor's folder."""
        return VENDORS[self.id.partition("-")[0]]

    @property
    def tests(self) -> list[str]:
        """The files that try it."""
        files = sorted((ROOT / "tests" / "providers" / self.vendor).glob("test_*.py"))
        texts = {path.stem: path.read_text(encoding="utf-8") for path in files}
        return [name for name, text in texts.items() if self.word in text or f'"{self.id}"' in text]


ROWS = [
    Row(*line.split("|"))
    for line in [
        "",
        'MOM-1|create a call|place_call|/call|voip_api_call"',
        "MOM-2|agents' states|agents|/agents|voip_api_get_status\"",
        "MOM-3|one agent's state|agent|/agents AGENT|voip_api_get_status_exten",
        "MOM-4|external numbers|numbers|/spam|voip_api_get_numbers",
        "MOM-5|mark a number active|set_number_status|/spam active NUMBER|voip_api_number_set_active",
        "MOM-6|mark a number spam|set_number_status|/spam NUMBER|voip_api_number_set_spam",
        "MOM-7|balance|balance|/balance|voip_api_get_balance",
        "MOM-8|an agent's calls|agent_calls|/pbx calls AGENT|voip_api_get_call_history\"",
        "MOM-9a|event call_end|read_event|calls and agents, at once|mom-9a",
        "MOM-9b|event dialer_lead_answer|read_event|agents, at once|mom-9b",
        "MOM-9c|event dialer_agent_answer|read_event|agents, at once|mom-9c",
        "MOM-10|recording|recording|/pbx recording|voip_api_get_audio_record",
        "MOM-11|agents' statistics|agent_stats|/pbx stats|voip_api_get_call_stat",
        "MOM-12|users|users|/pbx users|voip_api_get_users",
        "MOM-13|groups|groups|/pbx groups|voip_api_get_groups",
        "MOM-14|calls by filter|calls|/pbx calls|voip_api_get_call_history_filter",
        "VC-1|extensions with live calls|agents|/agents, /pbx active|GetExtensionsCalls",
        "VC-2|queues with callers|queues|/queue|GetQueuesCallers",
        "MOR-1|login form|status|/pbx status|/callc/login",
        "MOR-2|login|(every question)|(signs in by itself)|mor-2",
        "MOR-3|main page|balance|/balance, /pbx stats summary|mor-3",
        "MOR-4|details by hash|vendor_table|/pbx details signed|user_details",
        "MOR-5|personal details|vendor_table|/pbx details|mor-5",
        "MOR-6|edit details|edit|/pbx details set|update_personal_details",
        "MOR-7|devices|vendor_table|/pbx devices|mor-7",
        "MOR-8|call flow of a device|vendor_table|/pbx callflow DEVICE|mor-8",
        "MOR-9|call flow of one state|vendor_table|/pbx callflow DEVICE STATE|mor-9",
        "MOR-10a|call flow: nothing|edit|/pbx callflow set … none|MOR-10a",
        "MOR-10b|call flow: to a device|edit|/pbx callflow set … forward device|change_local_device",
        "MOR-10c|call flow: to a number|edit|/pbx callflow set … forward number|change_external_device",
        "MOR-10d|call flow: voicemail|edit|/pbx callflow set … voicemail|MOR-10d",
        "MOR-10e|call flow: fax|edit|/pbx callflow set … fax|MOR-10e",
        "MOR-11|rates|vendor_table|/pbx rates|mor-11",
        "MOR-12|destinations|vendor_table|/pbx rates destinations ID|mor-12",
        "MOR-13|rates as PDF|document|/pbx rates pdf|rates_pdf",
        "MOR-14|rates as CSV|document|/pbx rates csv|MOR-14",
        "MOR-15|change currency|edit|/pbx rates currency CODE|MOR-15",
        "MOR-16|payments|vendor_table|/pbx payments|mor-16",
        "MOR-17|invoices|vendor_table|/pbx invoices|mor-17",
        "MOR-18|subscriptions|vendor_table|/pbx subscriptions|mor-18",
        "MOR-19|calls|calls|/pbx calls|mor-19",
        "MOR-20|calls of a period|calls|/pbx calls 7d|MOR-20",
        "MOR-21|calls as PDF|document|/pbx calls pdf|MOR-21",
        "MOR-22|calls as CSV|document|/pbx calls csv|MOR-22",
        "MOR-23|new calls|vendor_table|/pbx stats new|mor-23",
        "MOR-24|missed calls|vendor_table|/pbx missed|mor-24",
        "MOR-25|missed calls of a period|vendor_table|/pbx missed 7d|MOR-25",
        "MOR-26|process a missed call|edit|/pbx missed process|processed",
        "MOR-27|statistics|vendor_table|/pbx stats|mor-27",
        "MOR-28|statistics of a period|vendor_table|/pbx stats 7d|MOR-28",
        "MOR-29|caller IDs|vendor_table|/pbx callerids|mor-29",
        "MOR-30|add a caller ID|edit|/pbx callerids add|mor-30",
        "MOR-31|phonebook|vendor_table|/pbx contacts|mor-31",
        "MOR-32|add to the phonebook|edit|/pbx contacts add|mor-32",
        "MOR-33|delete from the phonebook|edit|/pbx contacts delete|mor-33",
        "MOR-34|faxes|vendor_table|/pbx faxes|mor-34",
        "MOR-35|faxes of a period|vendor_table|/pbx faxes 7d|MOR-35",
        "MOR-36|callback|place_call|/call|mor-36",
        "VPC-1|users' calls|calls|/pbx calls|get-user-calls",
        "VPC-2|queue calls|queue_calls|/queue|get-queue-calls",
        "VPC-3|ring group calls|vendor_table|/pbx ringgroups|get-ringgroup-calls",
        "VPC-4|call a number|place_call|/call|call-to-number",
        "VPC-5|system status|status|/pbx status|get-system-status",
        "IEX-1|active calls|active_calls|/pbx active, /queue, /agents|activecalls",
        "IEX-2|hang up|hang_up|/pbx hangup|hangupcall",
        "IEX-3|call details|calls|/pbx calls|cdr",
        "IEX-4|extensions|agents|/agents, /pbx users|IEX-4",
        "IEX-5|queues|queues|/queue|IEX-5",
        "IEX-6|call|place_call|/call|IEX-6",
        "IEX-7|IVR call|ivr_call|/pbx ivr|callivr",
        "IEX-8|number masking|masked_call|/pbx mask|IEX-8",
        "IEX-9|recording|recording|/pbx recording|IEX-9",
        "IEX-10|contacts|vendor_table|/pbx contacts|IEX-10",
        "IEX-11|webhook: a call starts|read_event|queues and agents, at once|IEX-11",
        "IEX-12|webhook: a call ends|read_event|calls and agents, at once|IEX-12",
        "IEX-13|webhook: keys pressed|read_event|(taken; no alert looks at keys yet)|IEX-13",
        "",
    ]
    if line
]


def table() -> str:
    """The page."""
    lines = [
        "# Every operation",
        "",
        "Row ids number the operations of the vendors' documents. `python -m tools.operations_page` writes this page;",
        "a test holds it against the code. Every operation is also in its vendor's sandbox, under the contract suite (`tests/contract`).",
        "",
        "| id | operation | method of the adapter | in Slack | tests, in tests/providers/VENDOR |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {r.id} | {r.title} | `{r.method}` | {r.slack} | {', '.join(r.tests)} |" for r in ROWS),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page anew."""
    DOCUMENT.write_text(table(), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")


if __name__ == "__main__":
    main()
