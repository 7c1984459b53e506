"""What the folder hands over, and the account's keys."""

import pytest
from pydantic import ValidationError

from providers import capabilities
from providers.momvoip import VENDOR, Momvoip, MomvoipSettings


def test_it_can_do_all_that_the_document_offers():
    able = {n for n in dir(capabilities) if n.startswith("Supports") and issubclass(Momvoip, getattr(capabilities, n))}
    assert able == {
        "SupportsAgent",
        "SupportsAgentCalls",
        "SupportsAgentStats",
        "SupportsAgents",
        "SupportsBalance",
        "SupportsCalls",
        "SupportsEvents",
        "SupportsGroups",
        "SupportsNumberStatus",
        "SupportsNumbers",
        "SupportsPlaceCall",
        "SupportsRecordings",
        "SupportsUsers",
    }
    assert (VENDOR.slug, VENDOR.title, VENDOR.provider, VENDOR.settings) == (
        "momvoip",
        "MoMVOIP",
        Momvoip,
        MomvoipSettings,
    )
    assert VENDOR.cannot["queues"] == "MoMVOIP does not tell who waits in a queue"


@pytest.mark.parametrize("base_url", [None, "", "https://panel.momvoip.com", "https://panel.momvoip.com/"])
def test_it_asks_the_vendors_panel_unless_told_otherwise(base_url):
    assert MomvoipSettings(api_key="k", base_url=base_url).base_url == "https://panel.momvoip.com/"
    assert MomvoipSettings(api_key="k").base_url == "https://panel.momvoip.com/"


@pytest.mark.parametrize(
    "keys",
    [{}, {"api_key": ""}, {"api_key": "k", "call_user": "login"}, {"api_key": "k", "apikey": "k"},
     {"api_key": "s3cr3t", "base_url": "https://s3cr3t:s3cr3t@x.example"}, {"api_key": "k", "base_url": "panel"}],
)  # fmt: skip
def test_it_refuses_other_keys(keys):
    with pytest.raises(ValidationError) as caught:
        MomvoipSettings(**keys)
    assert "s3cr3t" not in str(caught.value)


def test_it_shows_no_secret():
    settings = MomvoipSettings(api_key="s3cr3t")
    assert "s3cr3t" not in repr(settings)
    assert settings.secrets() == ["s3cr3t"]
