"""The request of a command: its words, and which part of a long list is wanted. Whoever asks makes one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """The words after a command's name, and where its list begins.

    `page` counts rows or pages, as the command pleases; 0 is the beginning, and what a person types is always that.
    """

    words: str = ""
    page: int = 0
