"""The permissions of a person: the one list, from which the keys of `permissions` and the refusals' words come."""

from enum import StrEnum
from typing import TYPE_CHECKING, Literal


class Permission(StrEnum):
    """One thing that somebody may: its key, what it lets do in words, and whether every full member may unless listed.

    `READ` alone is no key: every full member may read.
    """

    READ = "read", "use Ringwatch", True
    CALL = "call", "place calls", True
    MARK_NUMBERS = "mark_numbers", "mark numbers", True
    HANGUP = "hangup", "hang up calls", False
    RECORDINGS = "recordings", "listen to recordings", False
    REVEAL = "reveal", "see a customer's number", False
    VENDOR_EDIT = "vendor_edit", "change the vendor's settings", False
    IVR = "ivr", "start IVR calls", False
    MASK = "mask", "connect two outside numbers", False
    ADMIN = "admin", "administer Ringwatch", False

    words: str
    open: bool

    def __new__(cls, key: str, words: str = "", open_: bool = False) -> "Permission":  # a row of the table
        """Makes a row of the table."""
        member = str.__new__(cls, key)
        member._value_ = key
        member.words, member.open = words, open_
        return member


if TYPE_CHECKING:
    PermissionKey = str
else:
    PermissionKey = Literal[tuple(permission.value for permission in Permission if permission is not Permission.READ)]
