"""The command line as an operator uses it: verbs, words, exit statuses."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.cli.main import main
from tests.logs import configure_logs

GOOD = """
slack: {bot_token: xoxb-canary-1, app_token: xapp-canary-2, channel: "#voip-alerts"}
accounts: {sales: {provider: momvoip, api_key: canary-3}}
calls: {region: UA}
alerts: [{name: low, watch: balance, below: 50}]
"""


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """The verbs set up logging for a process of their own; the other tests want theirs back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    loud = {name: logging.getLogger(name).level for name in list(logging.root.manager.loggerDict)}
    yield
    root.handlers[:], root.level = handlers, level
    for name, was in loud.items():
        logging.getLogger(name).setLevel(was)
    configure_logs()


def write(folder: Path, text: str) -> str:
    path = folder / "ringwatch.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("ringwatch ")


@pytest.mark.parametrize("words", [["frob"], [], ["run", "--nope"], ["manifest", "--url", "ftp://x"]])
def test_it_answers_wrong_words_with_1(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    assert "usage:" in capsys.readouterr().err


def test_it_answers_a_wrong_configuration_with_2_and_all_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, GOOD.replace("region: UA", "region: Ukraine").replace("watch: balance", "watch: balanse"))
    for verb in ("run", "check"):
        assert main([verb, "--config", path]) == 2
        told = capsys.readouterr().err
        assert "ringwatch.yaml" in told
        assert "region" in told
        assert "balanse" in told
        assert "canary" not in told


def test_it_checks_offline_without_asking_anybody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--offline", "--config", write(tmp_path, GOOD)]) == 0
    told = capsys.readouterr().out
    assert "account sales" in told
    assert "canary" not in told


def test_the_committed_manifest_is_what_the_commands_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    committed = (Path(__file__).parents[3] / "manifest.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGWATCH_CONFIG", raising=False)
    assert main(["manifest"]) == 0
    assert capsys.readouterr().out == committed


def test_it_renames_commands_in_the_manifest_and_needs_no_secret_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "slack: {bot_token: '${UNSET_TOKEN}', commands: {call: dial}}")
    assert main(["manifest", "--config", path, "--url", "https://bot.example.com"]) == 0
    manifest = yaml.safe_load(capsys.readouterr().out)
    names = {c["command"]: c["url"] for c in manifest["features"]["slash_commands"]}
    assert names["/dial"] == "https://bot.example.com/slack/events"
    assert "/call" not in names
    assert manifest["settings"]["socket_mode_enabled"] is False


def test_it_names_a_vendor_package_that_cannot_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ringwatch_broken-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: ringwatch-broken\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[ringwatch.vendors]\nbroken = ringwatch_nowhere:VENDOR\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["check", "--offline", "--config", write(tmp_path, GOOD)]) == 0
    told = capsys.readouterr().out
    assert "[W401]" in told
    assert "ringwatch_nowhere" in told
