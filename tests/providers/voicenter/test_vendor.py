"""What the folder hands over, and the account's keys."""

import pytest
from pydantic import ValidationError

from providers import capabilities
from providers.voicenter import VENDOR, Voicenter, VoicenterSettings, VoicenterWithCalls

ASKS = {"SupportsAgent", "SupportsAgents", "SupportsActiveCalls", "SupportsQueues", "SupportsUsers"}
HOME = "https://monapisec.voicenter.co.il/comet/API/"


def able(provider):
    return {n for n in dir(capabilities) if n.startswith("Supports") and issubclass(provider, getattr(capabilities, n))}


def test_it_can_do_all_that_the_document_offers_and_call_only_where_it_is_switched_on():
    assert able(Voicenter) == ASKS
    assert able(VoicenterWithCalls) == ASKS | {"SupportsPlaceCall", "SupportsHangup"}
    assert (VENDOR.slug, VENDOR.title, VENDOR.provider) == ("voicenter", "Voicenter", Voicenter)


async def test_it_opens_what_the_account_has(opened, panel):
    assert type(opened()) is Voicenter
    assert type(opened(click2call_url="")) is Voicenter
    assert type(opened(click2call_url=f"{panel.url}ForwardDialer/")) is VoicenterWithCalls
    assert panel.asked == []


@pytest.mark.parametrize("base_url", [None, "", HOME, HOME.rstrip("/")])
def test_it_asks_the_vendors_host_unless_told_otherwise(base_url):
    assert VoicenterSettings(code="k", base_url=base_url).base_url == HOME
    assert VoicenterSettings(code="k").base_url == HOME
    assert VoicenterSettings(code="k").request == "post"
    assert VoicenterSettings(code="k").click2call_url is None


@pytest.mark.parametrize("tail", ["", "/", "/click2call.aspx", "/Click2Call.aspx/"])
def test_it_takes_the_page_of_click2call_or_what_stands_before_it(tail):
    settings = VoicenterSettings(code="k", click2call_url=f"https://api.voicenter.com/ForwardDialer{tail}")
    assert settings.click2call_url == "https://api.voicenter.com/ForwardDialer/"


@pytest.mark.parametrize(
    "keys",
    [{}, {"code": ""}, {"code": "k", "request": "put"}, {"code": "k", "Code": "k"}, {"code": "k", "base_url": "panel"},
     {"code": "s3cr3t", "base_url": "https://s3cr3t:s3cr3t@x.example"},
     {"code": "s3cr3t", "click2call_url": "https://x.example/?code=s3cr3t"}],
)  # fmt: skip
def test_it_refuses_other_keys(keys):
    with pytest.raises(ValidationError) as caught:
        VoicenterSettings(**keys)
    assert "s3cr3t" not in str(caught.value)


def test_it_names_the_key_that_is_wrong():
    with pytest.raises(ValidationError, match="click2call_url must begin with https"):
        VoicenterSettings(code="k", click2call_url="ftp://x.example")


def test_it_shows_no_secret():
    settings = VoicenterSettings(code="s3cr3t")
    assert "s3cr3t" not in repr(settings)
    assert settings.secrets() == ["s3cr3t"]
