"""The errors of the store, each one sentence for people. They never hold credentials."""


class StoreError(Exception):
    """The store refused, or cannot be used as it is; `str()` is one clear sentence, `hint` what to look at then."""

    def __init__(self, text: str, *, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class StoreUnavailable(StoreError):  # noqa: N818  # it says a state, not a mistake
    """The store does not answer now; the same may work later."""
