"""Logs as tests print them: in words, tracebacks too. Drawn in colours, one traceback costs half a second."""

import structlog


def configure_logs() -> None:
    """Have everything logged in words from now on."""
    structlog.reset_defaults()
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
