"""Checked by mypy, never run: each adapter has exactly the methods of the protocols that it is found by."""

from collections.abc import Callable

from providers.capabilities import (
    Provider,
    SupportsAgent,
    SupportsAgentCalls,
    SupportsAgents,
    SupportsAgentStats,
    SupportsBalance,
    SupportsCalls,
    SupportsEvents,
    SupportsGroups,
    SupportsNumbers,
    SupportsNumberStatus,
    SupportsPlaceCall,
    SupportsRecordings,
    SupportsUsers,
)
from providers.kit.simulation import World
from providers.kit.throttle import LocalThrottle, Throttle
from providers.momvoip import Momvoip
from providers.momvoip.sandbox import MomvoipSandbox
from providers.vendor import Opening, Sandbox


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
