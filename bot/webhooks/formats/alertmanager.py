"""Prometheus Alertmanager's webhook, version 4: for what already eats that. One alert a post, the incident."""

from hashlib import blake2b
from typing import Any

from bot.alerts.model import Phase
from bot.notify.change_event import ChangeEvent, rfc3339

VERSION = "4"
_FINGERPRINT_BYTES = 8
_NOT_OVER = "0001-01-01T00:00:00Z"  # as Go writes a time that is not set


def write(event: ChangeEvent) -> dict[str, Any]:
    """Returns the message. It knows `firing` and `resolved` alone; our state is the annotation `state`."""
    status = "resolved" if event.state is Phase.RESOLVED else "firing"
    labels = {
        "alertname": event.alert,
        "account": event.account,
        "watch": event.watch,
        "severity": event.severity.value,
    }
    annotations = {
        "summary": event.summary,
        "state": event.state.value,
        "reason": event.reason,
        "subjects": "; ".join(event.subjects),
        "subjects_total": str(event.subjects_total),
        "incident": event.incident,
        "by": event.by or "",
        "test": str(event.test).lower(),
    }
    group = {"alertname": event.alert, "account": event.account}
    ended = event.resolved_at or event.changed_at
    return {
        "version": VERSION,
        "groupKey": f'{{}}:{{account="{event.account}", alertname="{event.alert}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "ringwatch",
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": event.link or "",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": rfc3339(event.opened_at),
                "endsAt": rfc3339(ended) if status == "resolved" else _NOT_OVER,
                "generatorURL": event.link or "",
                "fingerprint": blake2b(event.incident.encode(), digest_size=_FINGERPRINT_BYTES).hexdigest(),
            }
        ],
    }
