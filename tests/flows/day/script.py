"""A bad day at Kestrel Telesales, a Tuesday in November, and the night after it. Times are those of Kyiv."""

from datetime import date
from typing import Any

from bot.demo.slack.town import MANAGER_GROUP, ON_CALL, OWNER, VOIP
from providers.events import AgentAnswered
from providers.model import NumberStatus
from providers.sdk.simulation.people import AT_HOME, PEOPLE

DAY = date(2026, 11, 24)
START = "07:30"
ALERTS, SUPPORT = "#voip-alerts", "#support"
IN = [str(1101 + place) for place in range(len(PEOPLE)) if str(1101 + place) not in AT_HOME]  # who comes today

CONFIG: dict[str, Any] = {
    "polls": {
        "sales": {"balance": "10m", "numbers": "5m", "agents": "2m", "calls": "off"},
        "helpdesk": {"agents": "10m", "queues": "2m"},
        "wholesale": {"balance": "30m", "calls": "off"},
        "office": {"queues": "1h", "calls": "off"},
        "branch": {"agents": "10m", "queues": "5m", "calls": "off"},
    },
    "permissions": {"admin": [VOIP, OWNER]},
    "calls": {"region": "US", "countries": ["US", "GB"]},
    "alerts": [
        {"name": "low-balance", "watch": "balance", "accounts": ["sales"], "below": 50, "clear_above": 60,
         "repeat": ["1h", "4h"], "mention": [OWNER],
         "escalate": {"after": "45m", "channel": "#managers", "mention": [MANAGER_GROUP]}},
        {"name": "wholesale-money", "watch": "balance", "accounts": ["wholesale"], "below": 50, "clear_above": 60,
         "repeat": ["1h", "4h"]},
        {"name": "runs-out", "watch": "balance", "accounts": ["sales"], "runs_out_within": "4h"},
        {"name": "spam-number", "watch": "number_spam", "hours": "mon-fri 08:00-20:00"},
        {"name": "agent-gone", "watch": "agent_offline", "accounts": ["sales"], "for": "5m",
         "hours": "mon-fri 09:00-18:00"},
        {"name": "long-wait", "watch": "queue_wait", "accounts": ["helpdesk"], "longest_wait_above": "3m",
         "keep": "5m", "queues": ["Support"], "channel": SUPPORT, "mention": ["!here"]},
        {"name": "many-waiting", "watch": "queue_wait", "accounts": ["branch"], "waiting_above": 5,
         "queues": ["Sales"], "repeat": ["10m"],
         "escalate": {"after": "15m", "channel": "#managers", "mention": [MANAGER_GROUP]}},
        {"name": "waited", "watch": "queue_wait", "accounts": ["office"], "longest_wait_above": "5m",
         "channel": SUPPORT},
        {"name": "pbx-down", "watch": "account_down", "for": "3m", "severity": "critical", "mention": [ON_CALL],
         "webhook": "hook"},
    ],
}  # fmt: skip


async def play(town: Any) -> None:
    """The day, the night, and the next morning until all is well."""
    await morning(town)
    await people(town)
    await queue(town)
    await flapping(town)
    await unstaffed(town)
    await outage(town)
    await afternoon(town)
    await restart(town)
    await reload(town)
    await trial(town)
    await evening(town)
    await night(town)


async def morning(town: Any) -> None:
    """What is so before anybody comes: money that is low, a number that is spam before its alert opens."""
    sales = town.worlds["sales"]
    town.worlds["wholesale"].set_balance(43.10)
    sales.set_balance(150)
    sales.drop_agents()
    await town.open()
    town.note("Ringwatch starts. wholesale has 43.10 USD; nobody is in at sales")
    await town.look()
    await town.at("07:41", "13125550113 is flagged; spam-number opens at 08:00")
    sales.flag("13125550113")
    await town.at("08:06", "Daria marks it as active")
    await town.press("daria", town.shown(ALERTS, "13125550113"), "Mark as active")
    await town.at("08:33", "Ivan takes the low balance, and gives it back a minute later")
    low = town.shown(ALERTS, "Balance of wholesale")
    await town.press("ivan", low, "Acknowledge")
    await town.at("08:34")
    await town.press("ivan", low, "Undo acknowledge")
    await town.at("08:45", "sales comes in, half now, half in ten minutes")
    sales.bring_back(IN[:9])
    await town.at("08:55")
    sales.bring_back(IN[9:])


async def people(town: Any) -> None:
    """Agents drop: one, three, twelve. Meanwhile the low balance is snoozed, and gets worse."""
    sales, wholesale = town.worlds["sales"], town.worlds["wholesale"]
    await town.at("09:10:30", "1101 drops, for eleven minutes")
    sales.drop_agents(["1101"])
    await town.at("09:21:30", "1101 is back")
    sales.bring_back(["1101"])
    await town.at("09:33", "the answer to the next post is lost")
    town.slack.fail("chat.postMessage", "lose_answer")
    await town.at("09:36", "Ivan snoozes the low balance for 30 minutes")
    await town.press("ivan", town.shown(ALERTS, "Balance of wholesale"), "Snooze", option="30 minutes")
    await town.at("09:41", "1104, 1107 and 1110 drop at once, for twelve minutes")
    sales.drop_agents(["1104", "1107", "1110"])
    await town.at("09:53")
    sales.bring_back(["1104", "1107", "1110"])
    await town.at("10:00:30", "twelve agents drop at once")
    sales.drop_agents(IN[:12])
    await town.at("10:09:02", "five of them come back, one in six seconds, and the dialler pushes each call")
    for extension in IN[:5]:
        sales.bring_back([extension])
        await town.push("sales", AgentAnswered(extension, None, "12025550177", town.clock()))
        await town.after(6)
    await town.at("10:13", "the others are back")
    sales.bring_back(IN[5:12])
    await town.at("10:16", "Ivan takes the low balance after all; then wholesale is overdrawn")
    await town.press("ivan", town.shown(ALERTS, "Balance of wholesale"), "Acknowledge")
    wholesale.set_balance(-3.20)
    await town.at("10:47", "wholesale is topped up by 300")
    wholesale.top_up(300)


async def queue(town: Any) -> None:
    """Callers wait at the help desk; somebody takes it; they are served."""
    helpdesk = town.worlds["helpdesk"]
    await town.at("10:51", "three callers wait in Support, and nobody takes them")
    helpdesk.queue_pressure("620", 3)
    await town.at("10:57", "Vadym takes it; Slack answers 429 and 15 s to the edit after his")
    await town.press("vadym", town.shown(SUPPORT, "Support"), "Acknowledge")
    town.slack.fail("chat.update", "ratelimit", retry_after=15)
    await town.at("11:03", "the callers are served")
    helpdesk.queue_pressure("620", 0)


async def flapping(town: Any) -> None:
    """A number comes and goes. Slack holds off the first post, and the answer to the third is lost.

    Meanwhile a campaign spends more than the morning did, until somebody tops up.
    """
    sales = town.worlds["sales"]
    await town.at("11:16", "somebody tops up sales to 150 USD, and a campaign begins that spends 60 an hour")
    sales.set_balance(150)
    sales.drain(60)
    town.slack.fail("chat.postMessage", "ratelimit", retry_after=20)
    trouble = {0: "; Slack answers 429 and 20 s to the next post", 2: "; the answer to the next post is lost"}
    for turn, begin in enumerate(["11:21", "11:31", "11:41", "11:51", "12:01", "12:11", "12:26"]):
        await town.at(begin, f"14155550115 is flagged{trouble.get(turn, '')}")
        if turn == 2:
            town.slack.fail("chat.postMessage", "lose_answer")
        sales.flag("14155550115")
        await town.after(300)
        town.note("14155550115 is clear")
        sales.flag("14155550115", NumberStatus.ACTIVE)


async def unstaffed(town: Any) -> None:
    """Many wait at the branch, then nobody is signed in who could take them; it is escalated."""
    branch, sales = town.worlds["branch"], town.worlds["sales"]
    await town.at("12:37", "the campaign is over, and somebody tops up sales by 150")
    sales.drain(0)
    sales.top_up(150)
    await town.at("12:53", "seven callers wait in Sales at the branch")
    branch.queue_pressure("610", 7)
    await town.at("12:58", "all of Team-1 at the branch sign out")
    branch.drop_agents(team(branch, "Team-1"))
    await town.at("13:12", "Olena acknowledges what was escalated, and takes it back three minutes later")
    shown = town.shown(ALERTS, "Sales on branch")
    await town.press("olena", shown, "Acknowledge")
    await town.at("13:15")
    await town.press("olena", shown, "Undo acknowledge")
    await town.at("13:33", "they are back, and take the calls")
    branch.bring_back(team(branch, "Team-1"))
    branch.queue_pressure("610", 0)


async def outage(town: Any) -> None:
    """sales does not answer while one of its numbers is flagged."""
    sales = town.worlds["sales"]
    await town.at("13:37", "16465550117 is flagged")
    sales.flag("16465550117")
    await town.at("13:41", "sales answers 503 to everything; so does the webhook's receiver, once")
    town.busy = 1
    sales.outage(on=True)
    await town.at("13:48", "Vadym takes the outage")
    await town.press("vadym", town.shown(ALERTS, "sales cannot be read"), "Acknowledge")
    await town.at("14:01", "sales answers again")
    sales.outage(on=False)
    await town.at("14:07", "Daria marks the number as active")
    await town.press("daria", town.shown(ALERTS, "16465550117"), "Mark as active")


async def afternoon(town: Any) -> None:
    """A message that is deleted, a snooze until it gets worse and one until tomorrow."""
    sales = town.worlds["sales"]
    await town.at("14:18", "the vendor takes its monthly fee: sales has 47.50 USD left")
    sales.set_balance(47.50)
    await town.at("14:22", "Ivan deletes the message about sales")
    town.slack.delete(town.shown(ALERTS, "Balance of sales"))
    await town.at("14:36", "Ivan snoozes sales' balance until it gets worse")
    await town.press("ivan", town.shown(ALERTS, "Balance of sales"), "Snooze", option="until it gets worse")
    await town.at("14:41", "17135550119 is flagged")
    sales.flag("17135550119")
    await town.at("14:47", "Daria snoozes it until tomorrow")
    await town.press("daria", town.shown(ALERTS, "17135550119"), "Snooze", option="until tomorrow")


async def restart(town: Any) -> None:
    """The service is restarted while an absence is pending and messages are open."""
    sales = town.worlds["sales"]
    await town.at("15:25:30", "1113 drops")
    sales.drop_agents(["1113"])
    await town.at("15:27", "Ringwatch stops")
    await town.shut()
    town.skip(70)
    await town.open()
    town.note("Ringwatch starts again, at 15:28:10")
    await town.look()
    await town.at("15:45", "1113 is back")
    sales.bring_back(["1113"])


async def reload(town: Any) -> None:
    """An alert is taken out of the configuration while a message of it is open."""
    helpdesk, sales = town.worlds["helpdesk"], town.worlds["sales"]
    await town.at(
        "15:51", "three callers wait in Support at the help desk; sales is charged again, and has 19 USD left"
    )
    helpdesk.queue_pressure("620", 3)
    sales.set_balance(19)
    await town.at("16:02", "long-wait is taken out of the configuration, which is read anew")
    town.config["alerts"] = [alert for alert in town.config["alerts"] if alert["name"] != "long-wait"]
    town.note(await town.service.reload())
    await town.look()
    await town.at("16:06", "the callers are served")
    helpdesk.queue_pressure("620", 0)


async def trial(town: Any) -> None:
    """Vadym asks why a number was told, and sends a test."""
    await town.at("16:20", "Vadym asks about spam-number, and sends a test")
    asked = await town.command("vadym", ALERTS, "/pbx alerts why spam-number")
    await town.press("vadym", asked.answers[-1], "Send a test")


async def evening(town: Any) -> None:
    """Money comes in after an escalation; people go home; an alert is silenced for an hour; calls had waited."""
    sales, office = town.worlds["sales"], town.worlds["office"]
    await town.at("16:55", "sales is topped up by 400")
    sales.top_up(400)
    await town.at("17:29", "sales names all its agents `<!channel> *big* <https://phish.example/|win>` for a while")
    town.sandboxes["sales"].faults["MOM-2"] = "slack_markup"
    await town.at("17:30:30", "1106 leaves early")
    sales.drop_agents(["1106"])
    await town.at("17:41")
    town.sandboxes["sales"].faults.clear()
    for minute, extensions in (("17:56", IN[:5]), ("17:59", IN[5:10]), ("18:01", IN[10:14]), ("18:04", IN[14:])):
        await town.at(minute, f"{len(extensions)} agents go home")
        sales.drop_agents(extensions)
    await town.at("18:20", "Vadym silences spam-number for an hour")
    await town.command("vadym", ALERTS, "/pbx silence spam-number 1h carrier test")
    await town.at("18:31", "13125550114 is flagged")
    sales.flag("13125550114")
    await town.at("19:12", "four callers wait in Support at the office, which tells finished calls only")
    office.queue_pressure("620", 4)
    await town.at("19:21", "they are served; somebody removes the bot from #support")
    office.queue_pressure("620", 0)
    town.slack.kick(SUPPORT)
    await town.at("19:31", "13125550114 is clear")
    sales.flag("13125550114", NumberStatus.ACTIVE)


async def night(town: Any) -> None:
    """Two numbers are flagged while spam-number is closed; the branch refuses us for an hour."""
    sales, branch = town.worlds["sales"], town.sandboxes["branch"]
    await town.at("20:06", "the bot is in #support again")
    town.slack.invite(SUPPORT)
    await town.at("20:11", "for the night everything is polled every half hour: the configuration is read anew")
    for polls in town.config["polls"].values():
        polls |= {kind: "30m" for kind, every in polls.items() if every != "off"}
    town.note(await town.service.reload())
    await town.look()
    await town.at("23:11", "12025550111 is flagged")
    sales.flag("12025550111")
    await town.at("+1 02:31", "12025550112 is flagged")
    sales.flag("12025550112")
    await town.at("+1 03:11", "the branch answers 401 to everything")
    branch.faults["*"] = "http_401"
    await town.at("+1 04:22", "the branch answers again")
    branch.faults.clear()
    await town.at("+1 08:07", "all three numbers are marked as active in the vendor's panel")
    for number in ("12025550111", "12025550112", "17135550119"):
        sales.flag(number, NumberStatus.ACTIVE)
    await town.at("+1 08:45")


def team(world: Any, name: str) -> list[str]:
    """The extensions of a team's people who are in today."""
    return [agent.extension for agent in world.agents if agent.group == name and agent.extension not in AT_HOME]
