"""Logs to stderr: one JSON object a line, or plain lines on a terminal. Secrets and numbers never pass."""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

from bot.observability.repeats import Repeats
from providers.masking import concealed

_TOKENS = re.compile(r"\b(?:xox[a-z]|xapp)-[\w-]+")
_URL_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
_URL_SECRET = re.compile(r"(?i)\b(api_?key|token|password|code|secret|hash|p|u)=[^&\s\"']+")
_PLAIN_KEYS = frozenset({"timestamp", "level", "event_id", "logger"})


class Redaction:
    """Removes secrets and telephone numbers from whatever is about to be logged."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Removes these secrets from now on, in place of earlier ones, the longest first.

        Shorter than four characters is none.
        """
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Returns the text with secrets and telephone numbers masked."""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        text = _TOKENS.sub("•••", text)
        text = _URL_LOGIN.sub("•••@", text)
        text = _URL_SECRET.sub(r"\1=•••", text)
        return concealed(text)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Masks an event's values, as a processor of structlog."""
        for key, value in event.items():
            if key not in _PLAIN_KEYS:
                event[key] = self._value(value)
        return event

    def _value(self, value: Any) -> Any:
        if isinstance(value, bool | int | float) or value is None:
            return value
        if isinstance(value, dict):
            return {str(k): self._value(v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(v) for v in value]
        return self.clean(str(value))


def configure(redaction: Redaction, *, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends structlog's and the standard library's records to `stream` (None: stderr), redacted, from `level` on."""
    stream = sys.stderr if stream is None else stream
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.types.Processor] = (
        [
            structlog.dev.set_exc_info,
            structlog.processors.format_exc_info,
            redaction,
            structlog.dev.ConsoleRenderer(colors=True),
        ]
        if stream.isatty()
        else [
            structlog.processors.format_exc_info,
            redaction,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These print URLs, payloads or a line each second at INFO.
    for chatty in (
        "httpx",
        "httpcore",
        "slack_bolt",
        "slack_sdk",
        "aiohttp.access",
        "apscheduler",
        "asyncio",
    ):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
