"""What the folder hands over, and the account's keys."""

import pytest
from pydantic import ValidationError

from providers import capabilities
from providers.mor import VENDOR, Mor, MorSettings
from providers.mor.paths import TABLE, Paths

KEYS = {
    "base_url": "https://mor.example.com",
    "username": "u",
    "password": "p4ss-w0rd",
    "user_id": "1",
    "api_secret": "k3y-k3y-k3y",
}


def test_it_can_do_all_that_the_document_offers():
    able = {n for n in dir(capabilities) if n.startswith("Supports") and issubclass(Mor, getattr(capabilities, n))}
    assert able == {
        "SupportsBalance",
        "SupportsCalls",
        "SupportsDocuments",
        "SupportsEdits",
        "SupportsPlaceCall",
        "SupportsVendorTables",
        "SupportsStatus",
    }
    assert (VENDOR.slug, VENDOR.title, VENDOR.provider, VENDOR.settings) == ("mor", "MOR", Mor, MorSettings)


def test_it_says_in_words_why_there_are_no_agents():
    assert set(VENDOR.cannot) == {"numbers", "agents", "queues"}
    assert "last registered" in VENDOR.cannot["agents"]


def test_it_knows_where_every_operation_lives():
    assert [operation for operation in TABLE if operation.startswith("MOR-")] == [f"MOR-{n}" for n in range(1, 37)]
    paths = Paths({"MOR-9": "/x/{device_id}?y=1"}, "https://mor.example.com/")
    assert paths.of("MOR-10c", {"device_id": "4/2"}) == ("POST", "/devices/callflow_edit/4%2F2")
    assert paths.of("MOR-9", {"device_id": "4"}) == ("GET", "/x/4?y=1")
    assert paths.of("MOR-28", {}) == ("POST", "/billing/stats/user_stats")


def test_it_takes_the_keys_of_the_example():
    settings = MorSettings(**KEYS)
    assert settings.base_url == "https://mor.example.com/"
    assert (settings.api, settings.user_id, dict(settings.paths)) == ("pages", "1", {})
    assert MorSettings(**{**KEYS, "user_id": 17}).user_id == "17"
    assert MorSettings(**{**KEYS, "paths": {"MOR-3": "/mor/main"}}).paths == {"MOR-3": "GET /mor/main"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"base_url": None}, "base_url"),
        ({"base_url": "mor"}, "must begin with https://"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"user_id": "anna"}, "digits alone"),
        ({"user_id": "../1"}, "digits alone"),
        ({"call_device": "SIP/1"}, "digits alone"),
        ({"api": "billing", "api_secret": None}, "needs api_secret"),
        ({"api": "soap"}, "'pages' or 'billing'"),
        ({"paths": {"MOR-99": "/x"}}, "no operation 'MOR-99'"),
        ({"paths": {"MOR-3": "callc/main"}}, "write a path like"),
        ({"paths": {"MOR-3": "PUT /x"}}, "write a path like"),
        ({"paths": {"MOR-3": "/x#y"}}, "write a path like"),
        ({"paths": {"MOR-3": "https://elsewhere.example/x"}}, "write a path like"),
        ({"paths": {"MOR-3": "/x/{password}"}}, "{password} is not known"),
        ({"paths": {"MOR-3": "/x/{user_id"}}, "write a path like"),
        ({"hash_order": {"MOR-3": "off"}}, "is not signed"),
        ({"hash_order": {"*": "a b"}}, "write field names"),
        ({"pasword": "x"}, "Extra inputs"),
    ],
)
def test_it_refuses_other_keys_and_tells_no_secret(keys, words):
    with pytest.raises(ValidationError) as caught:
        MorSettings(**{k: v for k, v in {**KEYS, **keys}.items() if not (k == "base_url" and v is None)})
    assert words in str(caught.value)
    assert "p4ss-w0rd" not in str(caught.value)
    assert "k3y" not in str(caught.value)


def test_it_shows_no_secret():
    settings = MorSettings(**KEYS)
    assert settings.secrets() == ["p4ss-w0rd", "k3y-k3y-k3y"]
    assert "p4ss" not in repr(settings)
    assert "k3y" not in repr(settings)
