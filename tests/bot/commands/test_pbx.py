"""`/pbx`: every topic, and the other commands under one name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import __version__
from bot.alerts.automations import Automation, MarkNumbers, PauseCalls
from bot.alerts.kinds import Kind
from bot.alerts.model import Phase
from bot.commands import commands, topics
from bot.readings.accounts import Accounts
from bot.store import GivenUpDelivery, StoreUnavailable
from providers.errors import ProviderError
from providers.registry import vendors


async def test_it_has_the_six_commands_and_finds_topics_by_walking():
    assert set(commands()) == {"balance", "call", "agents", "queue", "spam", "pbx"}
    assert {"calls", "recording", "stats", "users", "groups", "status", "alerts", "audit", "pause", "resume"} <= set(
        topics()
    )


@pytest.mark.parametrize("name", [*topics(), "pbx"])
async def test_it_answers_help_for_every_topic_without_asking_anybody(office, name):
    line = f"/{name} help" if name in commands() else f"/pbx {name} help"
    shown = await office.type(line)
    assert "/" in shown.text
    assert office.vendor.asked == []


async def test_it_lists_everything_with_the_version(office):
    for line in ("/pbx", "/pbx help", "/pbx version"):
        shown = await office.type(line)
        assert __version__ in shown.verdict
        for topic in ("/pbx calls", "/pbx stats", "/balance", "/pbx status", "/pbx pause calls"):
            assert topic in shown.text
    assert "Usage: /pbx calls" in (await office.type("/pbx help calls")).text


async def test_it_works_as_every_other_command(office):
    assert "186.40" in (await office.type("/pbx balance sales")).verdict
    assert "signed in" in (await office.type("/pbx AGENTS")).verdict
    assert "rings first" in (await office.type("/pbx call +380671234567")).verdict
    assert "caller IDs" in (await office.type("/pbx spam")).verdict
    assert "Voicenter" in (await office.type("/pbx queue")).verdict


@pytest.mark.parametrize(
    ("topic", "who"),
    [
        ("active", "IEXPBX and Voicenter can."),
        ("hangup", "IEXPBX can."),
        ("contacts", "IEXPBX and MOR can."),
        ("details", "MOR can."),
        ("payments", "MOR can."),
        ("invoices", "MOR can."),
        ("rates", "MOR can."),
        ("subscriptions", "MOR can."),
        ("devices", "MOR can."),
        ("callflow", "MOR can."),
        ("callerids", "MOR can."),
        ("faxes", "MOR can."),
        ("ivr", "IEXPBX can."),
        ("mask", "IEXPBX can."),
        ("ringgroups", "VoIPcloud can."),
        ("invo", "MOR can."),
    ],
)
async def test_it_says_who_could_where_nobody_here_can(office, topic, who):
    shown = await office.type(f"/pbx {topic} sales")
    assert shown.verdict.startswith("No connected system can ")
    assert shown.verdict.endswith(f"; {who}")
    assert office.vendor.asked == []


async def test_it_names_a_plug_in_that_could_and_a_vendor_that_is_connected_without_it(office):
    acme = replace(vendors()["momvoip"], slug="acme", title="Acme", topics=("fridges",))
    accounts = Accounts(office.opened, {**vendors(), "acme": acme})
    shown = await office.type("/pbx fridges", accounts=accounts)
    assert shown.verdict == "No connected system can show fridges; Acme can."
    here = replace(accounts, opened={"a": replace(office.opened["sales"], name="a", title="Acme")})
    shown = await office.type("/pbx fridges", accounts=here)
    assert shown.verdict == "No connected system can show fridges as it is configured; Acme can."


async def test_it_says_which_words_the_alerts_take(office):
    assert "There is no alert “spam-number”" in (await office.type("/pbx alerts why spam-number")).verdict
    assert "why NAME or test NAME" in (await office.type("/pbx alerts now")).verdict


async def test_it_suggests_the_nearest_topic(office):
    shown = await office.type("/pbx sttas")
    assert "Did you mean “stats”?" in shown.verdict
    assert "Usage: /pbx TOPIC" in shown.text
    assert "Did you mean" not in (await office.type("/pbx qqqqqq")).verdict


async def test_it_lists_todays_calls_newest_first(office):
    shown = await office.type("/pbx calls")
    assert shown.verdict.startswith("sales, today: 50 finished calls")
    assert "there are more" in shown.verdict
    ids = [line.rpartition("id ")[2] for line in shown.lines if " · id " in line]
    assert ids == [call.call_id for call in office.world.calls if call.direction == "outbound"][:50]


async def test_it_turns_pages_of_calls_and_loses_none(office):
    shown, ids = await office.type("/pbx calls on sales today"), []
    for _ in range(8):
        ids += [line.rpartition("id ")[2] for line in shown.lines if " · id " in line]
        if "More" not in shown.labels():
            break
        shown = await office.press(shown.button("More"))
    assert len(ids) == len(set(ids)) > 300
    back = await office.press(shown.button("Back"))
    assert back.answer.replace


async def test_it_filters_calls_by_agent_number_and_period(office):
    by_agent = await office.type("/pbx calls 1101 2h")
    assert all("1101" in line for line in by_agent.lines if " · id " in line)
    assert "agent 1101" in by_agent.verdict
    by_name = await office.type("/pbx calls olena 2h")
    assert by_name.verdict == by_agent.verdict
    number = next(c.callee for c in office.world.calls if c.direction == "outbound")
    by_number = await office.type(f"/pbx calls sales +{number}")
    assert "one number" in by_number.verdict
    assert all(number in line for line in by_number.lines if " · id " in line)
    assert "no finished calls" in (await office.type("/pbx calls yesterday")).verdict
    assert "no agent" in (await office.type("/pbx calls zoe")).verdict


async def test_it_gives_a_recording_to_those_who_may(office):
    call = next(c for c in office.world.calls if c.recorded and c.direction == "outbound")
    refused = await office.type(f"/pbx recording {call.call_id}")
    assert "not allowed" in refused.verdict
    assert office.vendor.asked == []
    given = await office.type(f"/pbx recording {call.call_id} on sales", user="UADMIN")
    assert given.answer.file.content.startswith(b"RIFF")
    assert given.answer.file.name == f"{call.call_id}.wav"
    assert "direct messages" in given.verdict
    assert (await office.audit())[0] == ("UADMIN", "recording", "given")


async def test_it_says_that_there_is_no_recording(office):
    with pytest.raises(ProviderError, match="no recording"):
        await office.type("/pbx recording 1714121428.13", user="UADMIN")
    assert "Which call?" in (await office.type("/pbx recording", user="UADMIN")).verdict
    assert "Which call?" in (await office.type("/pbx recording ../etc", user="UADMIN")).verdict


async def test_it_shows_statistics_with_their_formulas(office):
    shown = await office.type("/pbx stats")
    assert "answered" in shown.verdict
    assert "Talk % = talk time / duration" in shown.text
    row = next(line for line in shown.lines if line.startswith("Daniel Okafor (1104)"))
    cells = row.split(" · ")
    assert cells[4].endswith(" %")
    assert cells[6].endswith(" USD")
    assert "no period" in (await office.type("/pbx stats tomorrow")).verdict


async def test_it_passes_on_that_statistics_come_once_in_thirty_seconds(office, clock):
    await office.type("/pbx stats")
    clock.advance(timedelta(seconds=5))
    with pytest.raises(ProviderError, match="once in 30 s"):
        await office.type("/pbx stats")


async def test_it_lists_users_and_groups(office):
    users = await office.type("/pbx users")
    assert users.verdict == "20 users with a login."
    assert "Olena Kovalenko · extension 1101 · Team-1 · id 234" in users.text
    assert (await office.type("/pbx users on sales oLeNa")).verdict == "1 user with a login."
    assert "begins with" in (await office.type("/pbx users zzz")).verdict
    groups = await office.type("/pbx groups")
    assert groups.verdict == "3 groups."
    assert "Team-1 · 7 users · id 100" in groups.text


async def test_it_shows_what_is_known_of_each_account(office, clock):
    await office.watch(Kind.BALANCE)
    clock.advance(timedelta(minutes=3))
    shown = await office.type("/pbx status", slack_problems=lambda: ["#voip-alerts: the bot was not invited."])
    assert "balance: last good answer 12:00 (3 min ago) · every 5 min" in shown.text
    assert "numbers: not asked yet" in shown.text
    assert "queues: MoMVOIP does not tell" in shown.text
    assert "Slack: #voip-alerts: the bot was not invited." in shown.text
    assert "1 thing in the way" in shown.verdict
    assert office.vendor.of("voip_api_get_balance") == [{}]


async def test_automations_are_listed_with_when_each_last_acted(office, clock):
    assert (await office.type("/pbx automations")).verdict == "No automation is configured."
    rest = Automation("rest", "spam", Phase.FIRING, (MarkNumbers("spam"),), after=timedelta(minutes=10))
    pause = Automation("pause", "spam", Phase.FIRING, (PauseCalls(paused=True),), dry_run=True)
    office.settings = replace(office.settings, automations=(rest, pause))
    await office.store.note_decision("rest", clock(), "done", acted=True)
    clock.advance(timedelta(hours=2))
    await office.store.note_decision("rest", clock(), "kept from acting", acted=False)
    shown = await office.type("/pbx automations")
    assert shown.verdict == "2 automations configured."
    assert shown.lines[0] == "rest · when spam is firing for 10 min: mark the caller IDs as spam"
    assert shown.lines[1].startswith("It last acted ")
    assert shown.lines[1].endswith(": kept from acting")
    assert shown.lines[2:] == ["pause · when spam is firing: pause calls · dry run", "It has not come to anything yet."]


async def test_status_tells_what_was_given_up(office, clock):
    why = "the receiver answered 404"
    await office.store.note_given_up(GivenUpDelivery("webhook", "low-balance", "sales", why, clock()))
    shown = await office.type("/pbx status")
    (line,) = (line for line in shown.lines if "given up" in line)
    assert line.startswith("Webhook of low-balance on sales: a delivery was given up at ")
    assert line.endswith(f", {why}")


async def test_it_shows_what_fails_and_for_how_long(office, clock):
    from bot.alerts.model import Blind
    from providers.errors import ErrorKind

    for _ in range(2):
        blind = Blind("MoMVOIP did not answer.", ErrorKind.UNAVAILABLE, clock())
        await office.store.record("sales", Kind.AGENTS, blind, keep=timedelta(days=1))
        clock.advance(timedelta(seconds=30))
    shown = await office.type("/pbx status on sales")
    assert "agents: never answered yet · failing for 1 min: MoMVOIP did not answer." in shown.text
    assert "sales cannot be seen whole" in shown.verdict


async def test_it_says_that_the_store_is_away(office, monkeypatch):
    async def away(*_args, **_kwargs):
        raise StoreUnavailable("The store does not answer.")

    for name in ("ping", "latest_readings", "latest_reading", "history", "calls_paused"):
        monkeypatch.setattr(office.store, name, away)
    shown = await office.type("/pbx status")
    assert "store does not answer" in shown.verdict
    assert "alerts are paused" in shown.text


async def test_it_pauses_and_resumes_calls_for_administrators_alone(office):
    assert "not allowed" in (await office.type("/pbx pause calls")).verdict
    assert "Usage: /pbx pause calls" in (await office.type("/pbx pause", user="UADMIN")).text
    assert "Calls are paused" in (await office.type("/pbx pause calls", user="UADMIN")).verdict
    assert "paused already, by @UADMIN" in (await office.type("/pbx pause calls", user="UADMIN")).verdict
    assert "paused by @UADMIN" in (await office.type("/pbx status")).text
    assert "not allowed" in (await office.type("/pbx resume calls")).verdict
    assert "may be placed again" in (await office.type("/pbx resume calls", user="UADMIN")).verdict
    assert "not paused" in (await office.type("/pbx resume calls", user="UADMIN")).verdict
    done = [entry for entry in await office.audit() if entry[2] == "done"]
    assert done == [("UADMIN", "resume calls", "done"), ("UADMIN", "pause calls", "done")]


async def test_it_shows_the_audit_to_administrators_alone(office):
    await office.type("/call 112")
    assert "not allowed" in (await office.type("/pbx audit")).verdict
    shown = await office.type("/pbx audit", user="UADMIN")
    assert "@UMAX · call · ••2 · refused: emergency" in shown.text
    assert "audit · refused" in shown.text  # the one who was not allowed to look
    assert len((await office.type("/pbx audit 1", user="UADMIN")).lines) == 2
    assert "between 1 and" in (await office.type("/pbx audit 0", user="UADMIN")).verdict


async def test_it_reloads_for_administrators_alone(office):
    async def again():
        return "2 replicas read it anew."

    assert "not allowed" in (await office.type("/pbx reload", reload=again)).verdict
    assert (await office.type("/pbx reload", user="UADMIN", reload=again)).verdict == "2 replicas read it anew."
    assert "SIGHUP" in (await office.type("/pbx reload", user="UADMIN")).verdict


async def test_it_asks_which_account_where_several_could(office):
    await office.add("support", seed=2)
    for line in ("/pbx calls", "/pbx stats"):
        shown = await office.type(line)
        assert "Several accounts" in shown.verdict
        assert "support (MoMVOIP)" in shown.text
    assert (await office.type("/pbx calls sup")).verdict.startswith("support, today")


async def test_it_lists_topics_where_several_begin_so(office):
    shown = await office.type("/pbx st")
    assert shown.verdict == "Several topics begin with “st”."
    assert {"stats", "status"} <= set(shown.lines)
    assert "Usage: /pbx TOPIC" in shown.text
    assert (await office.type("/pbx u")).verdict == "20 users with a login."
