"""The errors of vendors: one root, few kinds."""

from datetime import datetime
from enum import StrEnum

from providers.masking import concealed


class ErrorKind(StrEnum):
    """The kind of a failure, as far as callers must tell kinds apart."""

    AUTH = "auth"  # key, login or hash refused
    IP_BLOCKED = "ip_blocked"  # refused, and the vendor's white-list is the likelier cause
    RATE_LIMITED = "rate_limited"  # the vendor's limit, or our own cool-down or budget
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    REJECTED = "rejected"  # the vendor understood, and said no
    UNAVAILABLE = "unavailable"  # network, TLS, time-out, 5xx
    GARBLED = "garbled"  # an answer that cannot be read: HTML, cut off, too large, of another shape
    UNSUPPORTED = "unsupported"
    UNKNOWN_OUTCOME = "unknown_outcome"  # a write left, and nobody can say whether it was done


class ProviderError(Exception):
    """An operation at a vendor failed.

    `user_text` is one or two whole sentences for people: escaped nowhere, free of secrets, URLs and traces; what
    a vendor says may repeat a customer's number, and many read it: the numbers in it are masked. `operation` is the
    vendor's operation number (``MOM-7``), "" where there is none. `http_status` None: no answer decided it.
    `retry_at` is when it makes sense to try again, None where the next regular try is soon enough.
    """

    def __init__(
        self,
        kind: ErrorKind,
        user_text: str,
        *,
        operation: str = "",
        http_status: int | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        self.user_text = concealed(user_text)
        super().__init__(f"{operation or '-'} {kind}: {self.user_text}")
        self.kind = kind
        self.operation = operation
        self.http_status = http_status
        self.retry_at = retry_at
