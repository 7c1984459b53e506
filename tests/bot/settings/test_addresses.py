"""Where Ringwatch may be sent: the rules of `base_url` and the other addresses, told without what they may hold."""

from pathlib import Path
from typing import Any

import pytest

from bot.app.service import catalogue
from bot.cli.check import offline_checks
from bot.settings import ConfigError, load

KEYS = {
    "momvoip": "api_key: k",
    "voicenter": "code: k",
    "mor": 'username: u, password: p, user_id: "1"',
    "voipcloud": "token: t",
    "iexpbx": "username: u, password: p",
}
REFUSED = {
    "https://user:CANARY@pbx.example.com/": "no login may stand in it",
    "https://CANARY@pbx.example.com/": "no login may stand in it",
    "http://pbx.example.com/?key=CANARY": "it ends before any ? or #",
    "https://pbx.example.com/api?": "base_url must end before any ? or #",
    "https://pbx.example.com/#CANARY": "it ends before any ? or #",
    "user:CANARY@pbx.example.com": "an http:// or https:// address is needed",
    "https:/user:CANARY@pbx.example.com": "an http:// or https:// address is needed",
    "pbx.example.com?key=CANARY": "an http:// or https:// address is needed",
    "pbx.example.com": "an http:// or https:// address is needed",
    "//pbx.example.com": "an http:// or https:// address is needed",
    "file:///etc/passwd": "an http:// or https:// address is needed",
    "ftp://user:CANARY@pbx.example.com": "an http:// or https:// address is needed",
    "unix:///run/docker.sock": "an http:// or https:// address is needed",
    "javascript:alert": "an http:// or https:// address is needed",
    "https://": "an http:// or https:// address is needed",
    "https://pbx.example.com:CANARY": "an http:// or https:// address is needed",
    "https://pbx.example.com:99999/": "an http:// or https:// address is needed",
    "https://pbx example.com/": "an http:// or https:// address is needed",
    "https://[::1/CANARY": "an http:// or https:// address is needed",
}


def config(folder: Path, *accounts: str, slack: str = "") -> Path:
    path = folder / "ringwatch.yaml"
    lines = ["slack: {bot_token: xoxb-1, app_token: xapp-1, channel: C0123456789" + slack + "}", "accounts:", *accounts]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(path: Path, **environ: str) -> Any:
    return load(path, environ, *catalogue())


def mistakes(path: Path, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(path, **environ)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_every_vendor_is_here() -> None:
    assert KEYS.keys() == catalogue()[0].keys()


@pytest.mark.parametrize("vendor", KEYS)
@pytest.mark.parametrize("address", REFUSED)
def test_a_wrong_base_url_is_one_clear_sentence_without_what_it_holds(
    tmp_path: Path, vendor: str, address: str
) -> None:
    account = f'  one: {{provider: {vendor}, {KEYS[vendor]}, base_url: "{address}"}}'
    (told,) = mistakes(config(tmp_path, account))
    assert told.startswith("3: accounts.one.base_url: ")
    assert REFUSED[address] in told
    assert "CANARY" not in told
    assert len(told) < 200
    hidden = config(tmp_path, f'  one: {{provider: {vendor}, {KEYS[vendor]}, base_url: "${{PBX}}"}}')
    (told,) = mistakes(hidden, PBX=address)
    assert "found the value of ${PBX}" in told
    assert repr(address) not in told


@pytest.mark.parametrize("vendor", KEYS)
@pytest.mark.parametrize("address", ["http://pbx.example.com", "https://PBX.example.com:8443/a/b/", "http://[::1]:80/"])
def test_http_and_https_may_be_asked_at_any_port_and_path(tmp_path: Path, vendor: str, address: str) -> None:
    loaded = read(config(tmp_path, f'  one: {{provider: {vendor}, {KEYS[vendor]}, base_url: "{address}"}}'))
    assert loaded.settings.accounts["one"].vendor.base_url == address.rstrip("/") + "/"


@pytest.mark.parametrize("address", [address for address in REFUSED if not address.endswith("api?")])
def test_slacks_address_has_the_same_rules(tmp_path: Path, address: str) -> None:
    told = mistakes(config(tmp_path, slack=f', api_url: "{address}"'))
    assert REFUSED[address] in "".join(told)
    assert "CANARY" not in "".join(told)


@pytest.mark.parametrize(
    ("address", "clear"),
    [
        ("http://pbx.example.com", True),
        ("HTTP://8.8.8.8/", True),
        ("http://[2a00:1450::1]/", True),
        ("https://pbx.example.com", False),
        ("http://localhost:8080", False),
        ("http://pbx", False),
        ("http://pbx.lan", False),
        ("http://192.168.7.1", False),
        ("http://10.0.0.7:8080", False),
        ("http://[fd00::1]/", False),
    ],
)
def test_credentials_in_the_clear_are_a_warning_of_check(tmp_path: Path, address: str, clear: bool) -> None:
    account = f'  branch: {{provider: iexpbx, username: u, password: p, base_url: "{address}"}}'
    found = [str(c) for c in offline_checks(read(config(tmp_path, account))) if c.id == "W306"]
    said = "warn  account branch: [W306] its credentials travel unencrypted over http://: use https://, or a VPN"
    assert found == ([said] if clear else [])


@pytest.mark.parametrize(
    ("address", "words"),
    {
        "redis://default:/CANARY@h:6379/0": "written percent-encoded",
        "redis://default:CAN/ARY@h:6379/0": "written percent-encoded",
        "redis://default:CAN?ARY@h": "written percent-encoded",
        "redis://default:CAN#ARY@h": "written percent-encoded",
        "rediss://default:CAN@ARY@h:6379": "written percent-encoded",
        "redis://h:6379/CANARY": "at most the number of a database",
        "redis://h:6379/0/CANARY": "at most the number of a database",
    }.items(),
)
def test_a_store_whose_password_would_be_read_as_a_host_is_refused(tmp_path: Path, address: str, words: str) -> None:
    path = config(tmp_path)
    path.write_text(f"store: '{address}'\n" + path.read_text(encoding="utf-8") + "  {}\n", encoding="utf-8")
    told = "\n".join(mistakes(path))
    assert words in told
    assert "CAN" not in told
    assert "ARY" not in told


@pytest.mark.parametrize(
    "address", ["redis://h", "redis://:p%2Fw@h:6379/3", "rediss://u:p@[::1]:6379?ssl_cert_reqs=none"]
)
def test_a_store_is_taken_by_its_address(tmp_path: Path, address: str) -> None:
    path = config(tmp_path)
    path.write_text(f"store: '{address}'\n" + path.read_text(encoding="utf-8") + "  {}\n", encoding="utf-8")
    assert read(path).settings.store.get_secret_value() == address
