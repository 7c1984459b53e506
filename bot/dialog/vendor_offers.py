"""What the connected accounts offer under the topics of `/pbx`: lists, files and changes. Asks no vendor."""

from dataclasses import dataclass, field

from bot.cards import Row
from bot.dialog.context import Context
from bot.readings.accounts import Able
from bot.text.names import listed
from providers.capabilities import SupportsDocuments, SupportsEdits, SupportsVendorTables
from providers.model import Edit


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file that an account can make: `form` is its format (``pdf``)."""

    able: Able[SupportsDocuments]
    form: str


@dataclass(frozen=True, slots=True)
class VendorChange:
    """A change that an account can make."""

    able: Able[SupportsEdits]
    edit: Edit

    @property
    def verb(self) -> tuple[str, ...]:
        """Returns the words after the topic by which it is asked, in lower case."""
        return tuple(self.edit.verb.casefold().split())

    @property
    def usage(self) -> str:
        """Returns how it is written after ``/pbx``, topic and verb first, whether or not the vendor repeats them."""
        rest = self.edit.usage.strip()
        for lead in (self.edit.topic, self.edit.verb):
            if rest.casefold().startswith(f"{lead} ".casefold()):
                rest = rest[len(lead) :].strip()
        return f"{self.edit.topic} {self.edit.verb} {rest}".strip()


@dataclass(slots=True)
class Offered:
    """One topic: who has it as a list, as a file, or can change it."""

    topic: str
    tables: list[Able[SupportsVendorTables]] = field(default_factory=list)
    files: list[VendorFile] = field(default_factory=list)
    changes: list[VendorChange] = field(default_factory=list)

    @property
    def accounts(self) -> list[str]:
        """Returns the labels of the accounts that offer anything of it."""
        every = [able.account.label for able in self.tables]
        every += [file.able.account.label for file in self.files]
        every += [change.able.account.label for change in self.changes]
        return list(dict.fromkeys(every))

    @property
    def forms(self) -> list[str]:
        """Returns the formats of its files."""
        return list(dict.fromkeys(file.form for file in self.files))

    @property
    def example(self) -> str:
        """Returns words that are right after the topic."""
        if self.tables:
            return f"on {self.tables[0].account.name}"
        if self.files:
            return f"{self.files[0].form} on {self.files[0].able.account.name}"
        return self.changes[0].usage.partition(" ")[2] if self.changes else ""

    def rows(self, pbx: str) -> tuple[Row, ...]:
        """Returns the rows about it in `help`; `pbx` is the command as typed here."""
        rows = [f"{pbx} {self.topic} {form}: a file, to you alone" for form in self.forms]
        rows += [f"{pbx} {each.usage}: asks first, for those under permissions.vendor_edit" for each in self.changes]
        return tuple(Row(words) for words in dict.fromkeys(rows))

    def summary(self) -> str:
        """Returns one line on it, which names the accounts."""
        return f"{self.topic.capitalize()} of {listed(self.accounts)}"


def offers(context: Context) -> dict[str, Offered]:
    """Returns every topic that an open account offers, by its name in lower case."""
    found: dict[str, Offered] = {}

    def of(topic: str) -> Offered:
        return found.setdefault(topic.casefold(), Offered(topic.casefold()))

    for tables in context.accounts.supporting(SupportsVendorTables):
        for topic in tables.provider.vendor_table_topics():
            of(topic).tables.append(tables)
    for documents in context.accounts.supporting(SupportsDocuments):
        for spoken in documents.provider.document_topics():
            topic, _, form = spoken.partition(" ")
            of(topic).files.append(VendorFile(documents, form.casefold()))
    for edits in context.accounts.supporting(SupportsEdits):
        for edit in edits.provider.edits():
            of(edit.topic).changes.append(VendorChange(edits, edit))
    return found
