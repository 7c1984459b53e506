"""What the folder hands over, and the account's keys."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from providers import capabilities
from providers.sdk.throttle import RateLimit, parse_rate_limit
from providers.vendor import Opening, VendorSettings
from providers.voipcloud import VENDOR, Voipcloud, VoipcloudSettings

HOST = "https://au.voipcloud.online"


def test_it_can_do_all_that_the_document_offers_and_no_more():
    able = {
        n for n in dir(capabilities) if n.startswith("Supports") and issubclass(Voipcloud, getattr(capabilities, n))
    }
    assert able == {
        "SupportsCalls",
        "SupportsPlaceCall",
        "SupportsQueueCalls",
        "SupportsVendorTables",
        "SupportsStatus",
    }
    assert (VENDOR.slug, VENDOR.title, VENDOR.provider) == ("voipcloud", "VoIPcloud", Voipcloud)


def test_it_says_in_words_that_it_cannot_tell_who_waits():
    assert "who waits" in VENDOR.cannot["queues"]
    assert set(VENDOR.cannot) == {"balance", "numbers", "agents", "queues"}


def test_it_names_the_documents_limit_and_polls_well_within_it():
    limit = parse_rate_limit(VENDOR.rate_limit)
    assert limit == RateLimit(100, timedelta(minutes=15))
    polls = sum(limit.per / floor for floor in VENDOR.min_intervals.values())
    assert polls <= limit.share("watch") / 2


@pytest.mark.parametrize("address", [HOST, f"{HOST}/", f" {HOST} "])
def test_it_takes_the_host(address):
    settings = VoipcloudSettings(token="t", base_url=address)
    assert (settings.base_url, settings.version, settings.call_body) == (f"{HOST}/", "v1", None)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"base_url": HOST},
        {"token": "s3cr3t"},
        {"token": "", "base_url": HOST},
        {"token": "s3cr3t", "base_url": ""},
        {"token": "s3cr3t", "base_url": None},
        {"token": "s3cr3t", "base_url": HOST, "version": "v3"},
        {"token": "s3cr3t", "base_url": HOST, "call_body": "xml"},
        {"token": "s3cr3t", "base_url": HOST, "api_key": "s3cr3t"},
        {"token": "s3cr3t", "base_url": "https://s3cr3t:s3cr3t@x.example"},
        {"token": "s3cr3t", "base_url": f"{HOST}/?token=s3cr3t"},
    ],
)
def test_it_refuses_other_keys(keys):
    with pytest.raises(ValidationError) as caught:
        VoipcloudSettings(**keys)
    assert "s3cr3t" not in str(caught.value)


def test_it_says_where_the_version_goes():
    with pytest.raises(ValidationError, match="host alone, without /api/integration"):
        VoipcloudSettings(token="t", base_url=f"{HOST}/api/integration/v2")


def test_it_shows_no_secret(clock):
    settings = VoipcloudSettings(token="s3cr3t", base_url=HOST)
    assert "s3cr3t" not in repr(settings)
    assert settings.secrets() == ["s3cr3t"]


def test_it_opens_no_account_of_another_vendor(clock):
    with pytest.raises(TypeError):
        Voipcloud(Opening("office", VendorSettings(), None, clock))
