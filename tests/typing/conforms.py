"""Checked by mypy, never run: each adapter has exactly the methods of the protocols that it is found by."""

from collections.abc import Callable

from providers.capabilities import (
    Provider,
    SupportsActiveCalls,
    SupportsAgent,
    SupportsAgentCalls,
    SupportsAgents,
    SupportsAgentStats,
    SupportsBalance,
    SupportsCalls,
    SupportsDocuments,
    SupportsEdits,
    SupportsEvents,
    SupportsGroups,
    SupportsHangup,
    SupportsIvrCall,
    SupportsMaskedCall,
    SupportsNumbers,
    SupportsNumberStatus,
    SupportsPlaceCall,
    SupportsQueueCalls,
    SupportsQueues,
    SupportsRecordings,
    SupportsStatus,
    SupportsUsers,
    SupportsVendorTables,
)
from providers.iexpbx import Iexpbx
from providers.iexpbx.sandbox import IexpbxSandbox
from providers.momvoip import Momvoip
from providers.momvoip.sandbox import MomvoipSandbox
from providers.mor import Mor
from providers.mor.sandbox import MorSandbox
from providers.sdk.simulation.sandbox import Sandbox
from providers.sdk.simulation.world import World
from providers.sdk.throttle import LocalThrottle, Throttle
from providers.vendor import Opening
from providers.voicenter import Voicenter, VoicenterWithCalls, open_account
from providers.voicenter.sandbox import VoicenterSandbox
from providers.voipcloud import Voipcloud
from providers.voipcloud.sandbox import VoipcloudSandbox


def _(throttle: LocalThrottle) -> Throttle:
    return throttle


def _(momvoip: type[Momvoip]) -> Callable[[Opening], Provider]:
    return momvoip


def _(momvoip: Momvoip) -> SupportsBalance:
    return momvoip


def _(momvoip: Momvoip) -> SupportsNumbers:
    return momvoip


def _(momvoip: Momvoip) -> SupportsNumberStatus:
    return momvoip


def _(momvoip: Momvoip) -> SupportsAgents:
    return momvoip


def _(momvoip: Momvoip) -> SupportsAgent:
    return momvoip


def _(momvoip: Momvoip) -> SupportsCalls:
    return momvoip


def _(momvoip: Momvoip) -> SupportsAgentCalls:
    return momvoip


def _(momvoip: Momvoip) -> SupportsRecordings:
    return momvoip


def _(momvoip: Momvoip) -> SupportsAgentStats:
    return momvoip


def _(momvoip: Momvoip) -> SupportsUsers:
    return momvoip


def _(momvoip: Momvoip) -> SupportsGroups:
    return momvoip


def _(momvoip: Momvoip) -> SupportsPlaceCall:
    return momvoip


def _(momvoip: Momvoip) -> SupportsEvents:
    return momvoip


def _(sandbox: type[MomvoipSandbox]) -> Callable[[World], Sandbox]:
    return sandbox


def _(voipcloud: type[Voipcloud]) -> Callable[[Opening], Provider]:
    return voipcloud


def _(voipcloud: Voipcloud) -> SupportsCalls:
    return voipcloud


def _(voipcloud: Voipcloud) -> SupportsPlaceCall:
    return voipcloud


def _(voipcloud: Voipcloud) -> SupportsQueueCalls:
    return voipcloud


def _(voipcloud: Voipcloud) -> SupportsVendorTables:
    return voipcloud


def _(voipcloud: Voipcloud) -> SupportsStatus:
    return voipcloud


def _(sandbox: type[VoipcloudSandbox]) -> Callable[[World], Sandbox]:
    return sandbox


def _(iexpbx: type[Iexpbx]) -> Callable[[Opening], Provider]:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsActiveCalls:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsAgents:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsCalls:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsDocuments:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsEvents:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsHangup:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsIvrCall:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsMaskedCall:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsPlaceCall:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsQueues:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsRecordings:
    return iexpbx


def _(iexpbx: Iexpbx) -> SupportsVendorTables:
    return iexpbx


def _(sandbox: type[IexpbxSandbox]) -> Callable[[World], Sandbox]:
    return sandbox


def _(opening: Opening) -> Provider:
    return open_account(opening)


def _(voicenter: Voicenter) -> SupportsAgents:
    return voicenter


def _(voicenter: Voicenter) -> SupportsAgent:
    return voicenter


def _(voicenter: Voicenter) -> SupportsActiveCalls:
    return voicenter


def _(voicenter: Voicenter) -> SupportsQueues:
    return voicenter


def _(voicenter: Voicenter) -> SupportsUsers:
    return voicenter


def _(voicenter: VoicenterWithCalls) -> SupportsPlaceCall:
    return voicenter


def _(voicenter: VoicenterWithCalls) -> SupportsHangup:
    return voicenter


def _(sandbox: type[VoicenterSandbox]) -> Callable[[World], Sandbox]:
    return sandbox


def _(mor: type[Mor]) -> Callable[[Opening], Provider]:
    return mor


def _(mor: Mor) -> SupportsBalance:
    return mor


def _(mor: Mor) -> SupportsCalls:
    return mor


def _(mor: Mor) -> SupportsPlaceCall:
    return mor


def _(mor: Mor) -> SupportsVendorTables:
    return mor


def _(mor: Mor) -> SupportsDocuments:
    return mor


def _(mor: Mor) -> SupportsEdits:
    return mor


def _(mor: Mor) -> SupportsStatus:
    return mor


def _(sandbox: type[MorSandbox]) -> Callable[[World], Sandbox]:
    return sandbox
