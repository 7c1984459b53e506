"""The button that starts a workflow of the messenger's from an incident's message. Pure."""

from collections.abc import Iterator

from bot.alerts.model import Notification, NotificationKind
from bot.cards import WorkflowButton
from bot.notify.change_event import change_event, texts
from bot.notify.notification_context import NotificationContext


def workflow_buttons(context: NotificationContext, summary: str) -> Iterator[WorkflowButton]:
    """Yields the alert's workflow, its inputs filled with the fields of the incident as it is now; none: nothing."""
    workflow = context.policy.workflow
    if workflow is not None:
        event = change_event(Notification(NotificationKind.CHANGE, context.incident.id, ""), context, summary)
        known = texts(event)
        yield WorkflowButton(
            workflow.text, workflow.url, tuple((name, known[field]) for name, field in workflow.inputs)
        )
