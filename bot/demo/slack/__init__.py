"""A Slack at the wire, on aiohttp, strict like Slack: for the demo in the browser and for the flow tests."""

from bot.demo.slack.delivery import Ack
from bot.demo.slack.hands import Interaction, Submission
from bot.demo.slack.local import LocalSlack
from bot.demo.slack.state import CannotDo
from bot.demo.slack.workspace import DemoChannel, DemoFile, DemoPerson, DemoView, Message

__all__ = [
    "Ack",
    "CannotDo",
    "DemoChannel",
    "DemoFile",
    "DemoPerson",
    "DemoView",
    "Interaction",
    "LocalSlack",
    "Message",
    "Submission",
]
