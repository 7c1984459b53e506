"""One object of texts: for Slack's *From a webhook*, Make, Power Automate, whatever maps a field to a variable."""

from bot.notify.change_event import ChangeEvent, texts


def write(event: ChangeEvent) -> dict[str, str]:
    """Returns the fields as texts, as `texts` makes them."""
    return texts(event)
