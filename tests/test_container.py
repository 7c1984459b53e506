"""The image, the compose file and the unit of systemd keep what docs/install.md and docs/threat-model.md say of them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
INSTALL = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def unit() -> str:
    """The service file that the page shows."""
    (found,) = re.findall(r"```ini\n(.*?)```", INSTALL, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("service", ["ringwatch", "redis"])
def test_a_service_has_no_rights_that_it_does_not_need(service: str) -> None:
    keys = COMPOSE["services"][service]
    assert keys["read_only"] is True
    assert keys["cap_drop"] == ["ALL"]
    assert "cap_add" not in keys
    assert keys["security_opt"] == ["no-new-privileges:true"]
    assert keys["user"] not in {"root", "0", "0:0"}
    assert "privileged" not in keys
    assert not [volume for volume in keys["volumes"] if "docker.sock" in volume]


def test_ringwatch_writes_into_its_data_and_a_temporary_place_alone() -> None:
    keys = COMPOSE["services"]["ringwatch"]
    writable = [volume for volume in keys["volumes"] if not volume.endswith(":ro")]
    assert writable == ["data:/data"]
    (temporary,) = keys["tmpfs"]
    assert temporary.startswith("/tmp:")
    assert {"noexec", "nosuid", "nodev"} <= set(temporary.partition(":")[2].split(","))


def test_nothing_is_published_to_other_machines() -> None:
    assert COMPOSE["services"]["ringwatch"]["ports"] == ["127.0.0.1:3000:3000"]
    assert "ports" not in COMPOSE["services"]["redis"]
    assert COMPOSE["services"]["redis"]["networks"] == ["store"]
    assert COMPOSE["networks"]["store"] == {"internal": True}


def test_secrets_come_from_files_that_are_never_committed_nor_in_the_image() -> None:
    keys = COMPOSE["services"]["ringwatch"]
    from_files = {value.rpartition("/")[2] for name, value in keys["environment"].items() if name.endswith("_FILE")}
    assert from_files == set(keys["secrets"]) == set(COMPOSE["secrets"])
    assert not [name for name in keys["environment"] if re.search("(TOKEN|KEY|SECRET|PASSWORD|CODE)$", name)]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/secrets/", ".env", "ringwatch.yaml"} <= set(ignored)
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert context[0] == "*", "what is not named stays outside the image"
    assert {line.removeprefix("!") for line in context if line.startswith("!")} == {
        "pyproject.toml", "requirements.lock", "requirements-embedded.lock", "README.md", "LICENSE", "bot", "providers",
    }  # fmt: skip
    assert not re.search(r"(?i)^\s*(ARG|ENV)\s.*(token|secret|password|api_?key)", DOCKERFILE, re.MULTILINE)


def test_the_image_is_not_root_by_number_and_cannot_change_itself() -> None:
    assert re.findall(r"^USER (.+)$", FINAL, re.MULTILINE) == ["10001:10001"]
    assert COMPOSE["services"]["ringwatch"]["user"] == "10001:10001"
    assert "--uid 10001 --gid 10001" in FINAL
    (copied,) = re.findall(r"^COPY .+$", FINAL, re.MULTILINE)
    assert "--chown" not in copied
    after = FINAL[FINAL.index("\nUSER ") :]
    assert "\nRUN" not in after
    installs = re.findall(r"pip install [^\\&]+", DOCKERFILE)
    assert len(installs) == 3
    assert all("--require-hashes" in one or one.split()[-1] == "." for one in installs)


def test_the_health_check_asks_this_machine_with_what_the_image_has() -> None:
    (command,) = re.findall(r"CMD (\[\"python\".*\])$", FINAL, re.MULTILINE)
    program = yaml.safe_load(command)[2]
    compile(program, "HEALTHCHECK", "exec")
    assert "127.0.0.1" in program
    assert "/healthz" in program
    assert "urllib" not in program, "that would ask HTTP_PROXY"
    assert "RINGWATCH_HTTP__PORT=3000" in FINAL


def test_the_unit_takes_away_what_it_does_not_need() -> None:
    lines = set(unit().splitlines())
    assert {
        "DynamicUser=yes", "StateDirectory=ringwatch", "StateDirectoryMode=0700", "UMask=0077", "NoNewPrivileges=yes",
        "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service",
        "SystemCallErrorNumber=EPERM", "SystemCallArchitectures=native",
    } <= lines  # fmt: skip
    loaded = {line.partition("=")[2].partition(":")[0] for line in lines if line.startswith("LoadCredential=")}
    used = {line.rpartition("%d/")[2] for line in lines if line.startswith("Environment=") and "%d/" in line}
    assert loaded == used != set()
    assert all("_FILE=%d/" in line for line in lines if "%d/" in line)


def test_the_unit_in_the_repository_is_the_one_on_the_page() -> None:
    assert (ROOT / "deploy" / "ringwatch.service").read_text(encoding="utf-8") == unit()


def test_a_service_whose_loop_stands_still_is_started_again() -> None:
    assert {"Type=notify", "WatchdogSec=60", "Restart=on-failure"} <= set(unit().splitlines())
    assert {keys["restart"] for keys in COMPOSE["services"].values()} == {"unless-stopped"}
    assert "init" not in COMPOSE["services"]["ringwatch"], "it ends itself as process 1 alone (bot/app/liveness.py)"
    assert 'ENTRYPOINT ["ringwatch"]' in FINAL


def test_every_image_that_is_run_on_the_page_was_built_there() -> None:
    assert INSTALL.index("docker build -t ringwatch .") < INSTALL.index("docker run")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_unit_and_rates_it_well(tmp_path: Path) -> None:
    file = tmp_path / "ringwatch.service"
    program = shutil.which("true") or "/bin/true"
    file.write_text(unit().replace("/opt/ringwatch/.venv/bin/ringwatch", program), encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True, check=False
    )
    said = [line for line in verified.stderr.splitlines() if "ringwatch.service" in line]
    assert (verified.returncode, said) == (0, []), verified.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout[-2000:]
