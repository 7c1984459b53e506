"""What holds of a vendor's own lists, files and changes: shown as they are, and failing in words."""

from typing import Any

import pytest

from providers.capabilities import SupportsDocuments, SupportsEdits, SupportsVendorTables
from providers.errors import ErrorKind, ProviderError

TOLD_APART = {
    "html": {ErrorKind.GARBLED},
    "empty": {ErrorKind.GARBLED},
    "truncated": {ErrorKind.GARBLED},
    "wrong_shape": {ErrorKind.GARBLED},
    "error_json": {ErrorKind.REJECTED, ErrorKind.GARBLED},
    "http_403": {ErrorKind.AUTH, ErrorKind.IP_BLOCKED},
    "http_500": {ErrorKind.UNAVAILABLE},
    "cut": {ErrorKind.UNAVAILABLE},
}


async def able(play: Any, capability: type) -> Any:
    played = await play()
    if not isinstance(played.provider, capability):
        pytest.skip(f"{played.vendor.title} has no {capability.__name__}")
    return played


async def a_list(played: Any, topic: str) -> Any:
    """The list of this topic, None where it takes words that only its vendor knows."""
    try:
        return await played.provider.vendor_table(topic, [])
    except ProviderError as error:
        if error.kind is not ErrorKind.BAD_REQUEST or topic not in error.user_text:
            raise
        return None


async def test_every_list_has_as_many_cells_as_titles(play):
    played = await able(play, SupportsVendorTables)
    topics = played.provider.vendor_table_topics()
    assert len(set(topics)) == len(topics) > 0
    shown = 0
    for topic in topics:
        table = await a_list(played, topic)
        if table is not None:
            shown += 1
            assert {len(row) for row in table.rows} <= {len(table.header)}
            assert table.customers <= set(range(len(table.header)))
            assert table.unreadable == 0
            assert not [cell for row in table.rows for cell in row if cell != cell.strip() or "\n" in cell]
            assert not [secret for secret in played.secrets if secret in repr(table)]
    assert shown


async def test_a_list_that_there_is_not_is_refused(play):
    played = await able(play, SupportsVendorTables)
    with pytest.raises(ProviderError) as caught:
        await played.provider.vendor_table("weather", [])
    assert caught.value.kind in {ErrorKind.BAD_REQUEST, ErrorKind.UNSUPPORTED}
    assert played.requests == []


@pytest.mark.parametrize("fault", sorted(TOLD_APART))
async def test_a_list_fails_in_words(play, fault: str):
    first = await able(play, SupportsVendorTables)
    for topic in first.provider.vendor_table_topics():
        if await a_list(first, topic) is None:
            continue
        played = await play()
        played.sandbox.faults["*"] = fault
        error = await played.error(played.provider.vendor_table(topic, []))
        assert error.kind in TOLD_APART[fault], f"{topic}: {error}"


async def test_a_file_is_there_and_is_named(play):
    played = await able(play, SupportsDocuments)
    for topic in played.provider.document_topics():
        name, form = topic.split()
        found = await played.provider.document(name, form, [])
        assert found.content
        assert found.name.endswith(f".{form}")
        assert "/" in found.media_type


@pytest.mark.parametrize("fault", sorted(set(TOLD_APART) - {"wrong_shape"}))
async def test_a_file_that_is_none_fails_in_words(play, fault: str):
    played = await able(play, SupportsDocuments)
    topics = played.provider.document_topics()
    for topic in topics:
        if fault == "truncated" and not topic.endswith(" pdf"):
            continue  # nothing in a table says that it is whole
        await played.provider.document(*topic.split(), [])  # signed in, where there is such a thing
        operation = played.throttle.operations[-1]
        played.sandbox.faults[operation] = fault
        error = await played.error(played.provider.document(*topic.split(), []))
        assert error.kind in TOLD_APART[fault], f"{topic}: {error}"
        if error.retry_at:
            break


async def test_changes_say_how_they_are_written_and_refuse_what_is_not_whole(play):
    played = await able(play, SupportsEdits)
    edits = played.provider.edits()
    assert len({(edit.topic, edit.verb) for edit in edits}) == len(edits) > 0
    for edit in edits:
        assert edit.usage.startswith(f"{edit.topic} {edit.verb}")
        with pytest.raises(ProviderError) as previewed:
            played.provider.preview(edit.topic, edit.verb, [])
        with pytest.raises(ProviderError) as asked:
            await played.provider.edit(edit.topic, edit.verb, [])
        assert previewed.value.kind is asked.value.kind is ErrorKind.BAD_REQUEST
        assert edit.usage in asked.value.user_text
    assert played.requests == []


async def test_its_vendor_names_the_topics_before_an_account_is_open(play):
    played = await play()
    provider, found = played.provider, set()
    if isinstance(provider, SupportsVendorTables):
        found |= set(provider.vendor_table_topics())
    if isinstance(provider, SupportsDocuments):
        found |= {topic.partition(" ")[0] for topic in provider.document_topics()}
    if isinstance(provider, SupportsEdits):
        found |= {edit.topic for edit in provider.edits()}
    assert set(played.vendor.topics) == found
