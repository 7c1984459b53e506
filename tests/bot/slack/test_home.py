"""The Home tab's limits: whatever is open, Slack takes it, worst first, and the rest is counted."""

import json

from bot.cards import Button, Card, Row, Section, Tone
from bot.demo.slack.validation import check_view
from bot.home.card import HomePage
from bot.settings import Settings, Slack
from bot.slack.home import MAX_BYTES, rendered

SETTINGS = Settings(slack=Slack(bot_token="xoxb-test"))


def many(number: int, words: str = "x") -> HomePage:
    card = Card(
        words, Tone.WARNING, (Section((Row(words * 3),)),), controls=(Button("acknowledge", "Acknowledge", "i"),)
    )
    return HomePage(Card("Problems are open."), (card,) * number)


def test_it_is_what_slack_takes_however_much_is_open():
    for page in (many(0), many(3), many(300), many(300, "<!channel> *" * 200)):
        view, _ = rendered(page, SETTINGS)
        assert check_view(view) == []
        assert len(view["blocks"]) <= 100
        assert len(json.dumps(view).encode()) <= MAX_BYTES + 10_000
    view, _ = rendered(many(300), SETTINGS)
    assert "… and 251 more" in str(view["blocks"][-1])


def test_the_age_alone_makes_no_other_page():
    one, two = (HomePage(Card("x", context=(words,)), ()) for words in ("as of 12:00", "as of 12:01"))
    assert rendered(one, SETTINGS)[1] == rendered(two, SETTINGS)[1]
