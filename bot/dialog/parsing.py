"""Parses commands: help, usage where the words are wrong, and which account is meant. Asks no vendor."""

from dataclasses import dataclass
from datetime import tzinfo

from bot.cards import Answer, Card, Row, Section, Text, Tone
from bot.dialog.command import Command, Run
from bot.dialog.context import Context
from bot.dialog.request import Request
from bot.readings.accounts import OpenAccount
from bot.text.names import listed
from providers.errors import ErrorKind, ProviderError

_HELP = frozenset({"help", "?", "-h", "--help"})


class WordsError(Exception):
    """The words of a command are wrong; `str()` is one sentence for people. `choices` are what they may mean."""

    def __init__(self, sentence: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Typed:
    """The words after a topic: the accounts that are meant, and the rest. `named`: an account was named."""

    accounts: list[OpenAccount]
    rest: str
    named: bool


def command(
    name: str,
    summary: str,
    usage: str,
    example: str,
    run: Run,
    *,
    topic: bool = False,
    also: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    own_help: bool = False,
    question: type[object] | None = None,
) -> Command:
    """Returns a command that answers `help` (unless it has its `own_help`) and wrong words by itself."""

    async def speaking(context: Context, request: Request) -> Answer:
        words = request.words.replace("\t", " ").strip()
        if not own_help and words.casefold() in _HELP:
            return Answer(_help(context, made))
        try:
            return await run(context, Request(words, request.page))
        except WordsError as error:
            return Answer(wrong(context, made, str(error), error.choices))

    made = Command(name, summary, usage, example, speaking, topic, also, notes, question)
    return made


def typed_as(context: Context, command_: Command) -> str:
    """Returns how a command is typed: ``/balance``, ``/dial`` where it was renamed, ``/pbx calls`` for a topic."""
    return f"{context.slash('pbx')} {command_.name}" if command_.topic else context.slash(command_.name)


def wrong(context: Context, command_: Command, sentence: str, choices: tuple[str, ...] = ()) -> Card:
    """Returns a card that says why the words are wrong, what they may mean, the usage line and an example."""
    body = (Section(tuple(Row(choice) for choice in choices), "You may mean"),) if choices else ()
    return Card(sentence, Tone.WARNING, (*body, Section(_usage(context, command_))))


def _usage(context: Context, command_: Command) -> tuple[Row, ...]:
    typed = typed_as(context, command_)
    return (
        Row((Text("Usage: ", bold=True), f"{typed} {command_.usage}".strip())),
        Row((Text("Example: ", bold=True), f"{typed} {command_.example}".strip())),
    )


def _help(context: Context, command_: Command) -> Card:
    notes = tuple(Row(note) for note in command_.notes)
    also = () if command_.topic else (Row(f"Also as: {context.slash('pbx')} {command_.name} …"),)
    return Card(f"{command_.summary}.", Tone.INFO, (Section((*_usage(context, command_), *notes, *also)),))


def one_account(context: Context, word: str) -> OpenAccount:
    """Returns the account that a word means; raises `WordsError` where none fits, or several do."""
    found = context.accounts.find(word)
    if len(found) == 1:
        return found[0]
    if found:
        raise WordsError(f"Several accounts begin with “{word}”.", tuple(a.label for a in found))
    known = listed(a.label for a in context.accounts)
    raise WordsError(f"There is no account “{word}”. Accounts: {known or 'none is configured'}.")


def accounts_of(context: Context, words: str) -> list[OpenAccount]:
    """Returns all accounts, or the one that ``[[on] ACCOUNT]`` names; raises `WordsError` for other words."""
    typed = words.split()
    if typed and typed[0].casefold() == "on":
        typed = typed[1:]
        if not typed:
            raise WordsError("After “on” comes an account.")
    if not typed:
        return list(context.accounts)
    if len(typed) > 1:
        raise WordsError(f"There is more than one word in “{words}”; one account is expected.")
    return [one_account(context, typed[0])]


def account_and_rest(context: Context, words: str) -> Typed:
    """Parses ``[[on] ACCOUNT] [words]``: without ``on``, a first word that fits no account belongs to the rest.

    Raises `WordsError`.
    """
    first, _, rest = words.strip().partition(" ")
    if first.casefold() == "on":
        name, _, rest = rest.strip().partition(" ")
        if not name:
            raise WordsError("After “on” comes an account.")
        return Typed([one_account(context, name)], rest.strip(), named=True)
    if first and context.accounts.find(first):
        return Typed([one_account(context, first)], rest.strip(), named=True)
    before, found, after = words.rpartition(" on ")
    if found and " " not in after.strip() and context.accounts.find(after):
        return Typed([one_account(context, after.strip())], before.strip(), named=True)
    return Typed(list(context.accounts), words.strip(), named=False)


def one_that_can(context: Context, accounts: list[OpenAccount], capability: type[object], what: str) -> OpenAccount:
    """Returns the one account that has the capability.

    Raises `ProviderError` where none has, `WordsError` where several have.
    """
    able = those_that_can(context, accounts, capability, what)
    if len(able) == 1:
        return able[0]
    raise WordsError("Several accounts can tell: name one.", tuple(a.label for a in able))


def those_that_can(
    context: Context, accounts: list[OpenAccount], capability: type[object], what: str
) -> list[OpenAccount]:
    """Returns those of the accounts meant which can; raises `ProviderError` UNSUPPORTED where none can.

    Asked before what the other words lack: no word would help an account that cannot.
    """
    able = [account for account in accounts if account.supports(capability)]
    if able:
        return able
    who = context.accounts.who_can(capability, what)
    lead = f"{accounts[0].label} cannot {what}. " if len(accounts) == 1 else ""
    raise ProviderError(ErrorKind.UNSUPPORTED, f"{lead}{who}")


def zone_of(context: Context, account: OpenAccount) -> tzinfo:
    """Returns the zone in which this account's days begin."""
    return account.settings.timezone or context.settings.timezone


def region_of(context: Context, account: OpenAccount) -> str | None:
    """Returns the country in which a number without + is read on this account; None: none is known."""
    return account.settings.region or context.settings.calls.region
