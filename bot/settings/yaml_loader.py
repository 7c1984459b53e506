"""Composes YAML, and reads on where a value begins with a sign that YAML keeps for itself: it is found all the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.events import AliasEvent
from yaml.nodes import ScalarNode
from yaml.tokens import ScalarToken

MAX_LEVELS = 32
MISQUOTED = "misquoted:"  # the tag of a text that should have been in quotes; its first sign follows
SIGNS: Mapping[str, str] = {
    "!": "a tag",
    "*": "an alias",
    "&": "an anchor",
    "#": "a comment",
    "@": "kept for later",
    "`": "kept for later",
    "%": "a directive",
}

_ENDS = r"[ \t]*(?:[ \t]#|[,\]}\r\n\0]|$)"
_ALIAS = re.compile(rf"\*[A-Za-z0-9_-]+(?:[ \t]*:|{_ENDS})")
_ANCHOR = re.compile(r"&[A-Za-z0-9_-]+(?=[\s,\]}\0]|$)")
_TAG_ALONE = re.compile(rf"!(?!!(?:str|map|seq)\b)[^\s,\[\]{{}}]*{_ENDS}")
_COMMENT = re.compile(r"(?<=[ \t])#")
_ENDS_KEY = re.compile(r":(?=[ \t]|$)|(?<=[ \t])#")
_ENDS_IN_BRACKETS = re.compile(r"[,\[\]{}]|:(?=[ \t]|$)|(?<=[ \t])#")
_PLAIN_WORDS = {
    "could not find expected ':'": "a key is followed by a colon and a space, and its value",
    "but found another document": "the file holds more than one YAML document",
    "found duplicate anchor": "two values have one name behind an &: a value that begins with & goes in quotes",
    "mapping values are not allowed here": (
        "a colon and a space stand in a value, which then goes in quotes, or a line is not indented like the others"
    ),
    "sequence entries are not allowed here": "the entries of a list stand on lines of their own, below their key",
    "mapping keys are not allowed here": "a value that begins with ? goes in quotes",
    r"found character '\t'": "a line is indented by a tab: use spaces",
    "found character that cannot start": "a value that begins with this sign goes in quotes",
    "found unexpected end of stream": "a quote is opened here and never closed",
    "expected the node content, but found '<stream end>'": "a bracket is opened here and never closed",
    "expected ',' or": "a bracket is opened here and not closed; what begins with # inside it goes in quotes",
    "expected <block end>": "a line is not indented like the others, or something follows a value in quotes",
    "found unknown escape character": r"a \ in double quotes is written \\",
    "expected escape sequence": r"a \ in double quotes is written \\",
    "expected chomping or indentation": "a value that begins with | or > goes in quotes",
    "found unknown directive": "a line that begins with % goes in quotes",
    "found incompatible YAML": "take the line %YAML out",
}


@dataclass(frozen=True, slots=True)
class Misquoted:
    """A text that is not in quotes and should be. `line` counts from 1."""

    line: int
    sign: str

    @property
    def text(self) -> str:
        """Says what is wrong with it."""
        return f"it begins with {self.sign}, which is {SIGNS[self.sign]} in YAML"


@dataclass(frozen=True, slots=True)
class Composed:
    """What a text comes to: its root, None where it is empty or where `why` says what stopped the reading.

    `misquoted` is what was found by then; in a text that was read to its end, such nodes carry the tag `MISQUOTED`.
    """

    root: yaml.nodes.Node | None
    misquoted: tuple[Misquoted, ...] = ()
    stopped_at: int | None = None
    why: str = ""


class _TextLoader(yaml.BaseLoader):
    """Composes only; refuses what nests too deep. `misquoted` are the texts that lack quotes, by where they begin."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.misquoted: dict[int, Misquoted] = {}
        self.open_lines: list[int] = []  # of the brackets that are open
        self._depth = 0
        self._value_at = -1  # where a value may begin

    # --- composing

    def compose_node(self, parent: yaml.nodes.Node | None, index: int) -> yaml.nodes.Node | None:
        self._depth += 1
        if self._depth > MAX_LEVELS:
            raise ComposerError(None, None, "it is nested too deep", None)
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, AliasEvent) and event.anchor not in self.anchors:
            read: AliasEvent = self.get_event()  # type: ignore[no-untyped-call]
            marks: Any = read.start_mark, read.end_mark
            node: yaml.nodes.Node | None = self._lacks_quotes(ScalarNode("", f"*{read.anchor}", *marks), "*")
        else:
            node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        node = super().compose_scalar_node(anchor)
        if anchor and not node.value:
            node.value = f"&{anchor}"
            return self._lacks_quotes(node, "&")
        if node.start_mark.index in self.misquoted and node.value:
            return self._lacks_quotes(node, node.value[0])
        return node

    def _lacks_quotes(self, node: ScalarNode, sign: str) -> ScalarNode:
        self.misquoted[node.start_mark.index] = Misquoted(node.start_mark.line + 1, sign)
        node.tag = f"{MISQUOTED}{sign}"
        return node

    # --- scanning

    def fetch_flow_collection_start(self, token: Any) -> None:
        self.open_lines.append(self.line + 1)
        super().fetch_flow_collection_start(token)
        self._value_at = self.index

    def fetch_flow_collection_end(self, token: Any) -> None:
        del self.open_lines[-1:]
        super().fetch_flow_collection_end(token)

    def fetch_flow_entry(self) -> None:
        super().fetch_flow_entry()
        self._value_at = self.index

    def fetch_block_entry(self) -> None:
        super().fetch_block_entry()
        self._value_at = self.index

    def fetch_value(self) -> None:
        super().fetch_value()
        self._value_at = self.index

    def scan_to_next_token(self) -> None:
        if self.index == self._value_at:
            while self.peek() == " ":
                self.forward()
            if self.peek() == "#" and self._means_a_value():
                return
        super().scan_to_next_token()

    def check_plain(self) -> bool:
        return self.peek() in "@`%#" or super().check_plain()

    def fetch_plain(self) -> None:
        if self.peek() in "@`%#":
            self._fetch_misquoted()
        else:
            super().fetch_plain()

    def fetch_alias(self) -> None:
        if _ALIAS.match(self._ahead()):
            super().fetch_alias()
        else:
            self._fetch_misquoted()

    def fetch_anchor(self) -> None:
        if _ANCHOR.match(self._ahead()):
            super().fetch_anchor()
        else:
            self._fetch_misquoted()

    def fetch_tag(self) -> None:
        if not _TAG_ALONE.match(self._ahead()) or self._nested_below():
            super().fetch_tag()
        else:
            self._fetch_misquoted()

    def _fetch_misquoted(self) -> None:
        """Read the text as what it was meant to be: to the end of the line, or of its place in brackets."""
        is_key = self.allow_simple_key
        self.save_possible_simple_key()
        self.allow_simple_key = False
        ahead = self._ahead()
        ends = _ENDS_IN_BRACKETS if self.flow_level else _ENDS_KEY if is_key else _COMMENT
        found = ends.search(ahead, 1)
        text = ahead[: found.start() if found else len(ahead)].rstrip(" \t") or ahead[:1]
        start = self.get_mark()
        self.misquoted[self.index] = Misquoted(self.line + 1, text[0])
        self.forward(len(text))
        self.tokens.append(ScalarToken(text, plain=True, start_mark=start, end_mark=self.get_mark()))

    def _ahead(self) -> str:
        """The rest of the line."""
        return self._line_from(self.pointer).rstrip("\r\0")

    def _line_from(self, start: int) -> str:
        text: str = self.buffer
        end = text.find("\n", start)
        return text[start : end if end >= 0 else len(text)]

    def _means_a_value(self) -> bool:
        """Whether a # is rather the first letter of a value than of a comment: `#name`, and nothing else is there."""
        ahead = self._ahead()
        if re.match(r"#(?:[#\s]|$)", ahead):
            return False
        return bool(re.search(r"[\]}]", ahead)) if self.flow_level else not self._nested_below()

    def _nested_below(self) -> bool:
        """Whether lines that belong to this key follow."""
        at = self.pointer
        while (at := self.buffer.find("\n", at) + 1) > 0:
            line = self._line_from(at).rstrip("\r\0 ")
            bare = line.lstrip(" ")
            if bare and not bare.startswith("#"):
                deep = len(line) - len(bare)
                return deep > self.indent or (deep == self.indent and bare.startswith("- ") and not self._in_list())
        return False

    def _in_list(self) -> bool:
        start = self.buffer.rfind("\n", 0, self.pointer) + 1
        return self._line_from(start).lstrip(" ").startswith("- ")


def compose(source: str) -> Composed:
    """Returns the text as nodes. Nothing is raised: what stops the reading is in `stopped_at` and `why`."""
    loader: _TextLoader | None = None
    try:
        loader = _TextLoader(source)
        return Composed(loader.get_single_node())
    except (yaml.YAMLError, RecursionError) as error:
        found = tuple(loader.misquoted.values()) if loader is not None else ()
        return Composed(None, found, *_stop(error, loader.open_lines if loader is not None else []))


def _stop(error: Exception, open_lines: list[int]) -> tuple[int | None, str]:
    """The line of a mistake that stops the reading, and what it is. Never the error's own text: it quotes the file."""
    if isinstance(error, RecursionError):
        return None, "it is nested too deep"
    if isinstance(error, yaml.reader.ReaderError):
        return None, "it holds a character that YAML does not allow"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    context, problem = str(getattr(error, "context", None) or ""), str(getattr(error, "problem", None) or "")
    if context.startswith("while scanning a quoted scalar") and error.context_mark:  # type: ignore[attr-defined]
        line = error.context_mark.line + 1  # type: ignore[attr-defined]
    elif open_lines and ("<stream end>" in problem or problem.startswith("expected ',' or")):
        line = open_lines[-1]
    for known, sentence in _PLAIN_WORDS.items():
        if problem.startswith(known):
            return line, sentence
    return line, problem if problem == "it is nested too deep" else "a value with signs of YAML's goes in quotes"
