"""The people of Kestrel Telesales, and the groups and channels that a new local Slack begins with."""

from bot.demo.slack.workspace import BOT_USER, DemoChannel, DemoPerson, DemoUserGroup, Workspace

OWNER, MANAGER, DIALLER, VOIP, AGENT = (
    "U0OWNER0001", "U0MANAGER01", "U0DIALLER01", "U0VOIPADM01", "U0AGENT0001",
)  # fmt: skip
GUEST, STRANGER = "U0GUEST0001", "U0STRANGER1"
OTHER_TEAM = "T0PARTNER01"
ALERTS, SUPPORT, MANAGERS, GENERAL, PRIVATE = (
    "C0VOIPALERT", "C0SUPPORT01", "C0MANAGERS1", "C0GENERAL01", "C0BOARDROOM",
)  # fmt: skip
ON_CALL, MANAGER_GROUP = "S0ONCALL001", "S0MANAGERS1"


def settle(workspace: Workspace) -> None:
    """Moves everybody in."""
    for person in (
        DemoPerson(OWNER, "olena", "Olena Tkachenko", "Owner", "#7d4e9e", owner=True, admin=True),
        DemoPerson(MANAGER, "ivan", "Ivan Melnyk", "Floor manager", "#1f7a5c"),
        DemoPerson(DIALLER, "daria", "Daria Koval", "Dialler manager", "#b4540a"),
        DemoPerson(VOIP, "vadym", "Vadym Bondar", "VoIP administrator", "#2f5fb3", admin=True),
        DemoPerson(AGENT, "anna", "Anna Shevchuk", "Agent, Team-1", "#a83253"),
        DemoPerson(GUEST, "greg", "Greg Holm", "Contractor (guest)", "#6b6b6b", restricted=True),
        DemoPerson(STRANGER, "sam", "Sam Porter", "Partner Ltd", "#5d6d7e", team_id=OTHER_TEAM, stranger=True),
        DemoPerson(BOT_USER, "ringwatch", workspace.app_name, "App", "#0b6e4f", bot=True),
    ):
        workspace.people[person.id] = person
    members = {OWNER, MANAGER, DIALLER, VOIP, AGENT}
    made = int(workspace.now())
    for group in (
        DemoUserGroup(ON_CALL, "voip-on-call", "VoIP on call", [VOIP, DIALLER]),
        DemoUserGroup(MANAGER_GROUP, "managers", "Managers", [OWNER, MANAGER]),
    ):
        workspace.groups[group.id] = group
    for channel in (
        DemoChannel(ALERTS, "voip-alerts", topic="Money, numbers, people, queues", members={*members, BOT_USER}),
        DemoChannel(SUPPORT, "support", topic="The help desk's floor", members={*members, GUEST, STRANGER, BOT_USER}),
        DemoChannel(MANAGERS, "managers", topic="When nobody has answered", members={OWNER, MANAGER, BOT_USER}),
        DemoChannel(GENERAL, "general", topic="Everybody", members={*members, GUEST}),
        DemoChannel(PRIVATE, "boardroom", "private", topic="Private", members={OWNER, MANAGER}),
    ):
        channel.created = made
        workspace.add_channel(channel)
