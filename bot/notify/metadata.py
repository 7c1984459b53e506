"""The metadata of an alert's message: by them it is found again, and machines read them. Pure."""

import json
from typing import Any

from bot.alerts.model import Incident
from bot.alerts.policy import Policy

EVENT_TYPE = "ringwatch_alert"
MOST_SUBJECTS = 200
METADATA_BYTES = 6_000


def metadata(incident: Incident, policy: Policy) -> dict[str, Any]:
    """Returns the metadata of an incident's message, as Slack takes it; subjects are cut to fit, with "+N"."""
    names = sorted(member.subject for member in incident.affected)

    def made(listed: list[str]) -> dict[str, Any]:
        hidden = len(names) - len(listed)
        subjects = "; ".join([*listed, f"+{hidden}"] if hidden else listed)
        return {
            "event_type": EVENT_TYPE,
            "event_payload": {
                "alert": policy.alert,
                "account": policy.account,
                "subjects": subjects,
                "state": incident.phase.value,
                "incident": incident.id,
            },
        }

    listed = names[:MOST_SUBJECTS]
    while listed and len(json.dumps(made(listed)).encode()) > METADATA_BYTES:
        listed = listed[: len(listed) * 9 // 10]
    return made(listed)
