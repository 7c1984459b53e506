"""Changes: told in words before, checked against what MOR shows, sent as the document has them."""

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome
from providers.mor.edits import FIELDS

OK = "<action><status>ok</status></action>"
FLOW = "/devices/callflow_edit/1"


@pytest.fixture
def then(panel, sample):
    def prepare(look: str, name: str, answer: str = OK) -> None:
        async def first_look(_request):
            return sample(name) if len(panel.asked) == 1 else answer

        panel.answers[look] = first_look
        panel.anything = answer

    return prepare


async def test_it_offers_its_changes_with_how_they_are_written(mor):
    assert [(edit.topic, edit.verb) for edit in mor.edits()] == [
        ("details", "set"),
        ("callflow", "set"),
        ("rates", "currency"),
        ("callerids", "add"),
        ("contacts", "add"),
        ("contacts", "delete"),
        ("missed", "process"),
    ]
    assert all(edit.usage.startswith(f"{edit.topic} {edit.verb} ") for edit in mor.edits())


@pytest.mark.parametrize(
    ("topic", "verb", "words", "sentence"),
    [
        (
            "details", "set", "city New Riga",
            "MOR will change reg_city of the account to “New Riga”; the other details are sent along as they are.",
        ),
        (
            "callflow", "set", "1 noanswer forward device 2",
            "MOR will change what happens to calls of device 1 in the state noanswer: they are forwarded to device 2.",
        ),
        (
            "callflow", "set", "1 busy forward number +380 44 1234567",
            ("MOR will change what happens to calls of device 1 in the state busy: they are forwarded to the outside number 380441234567, at the account's cost."),
        ),
        (
            "callflow", "set", "1 failed none",
            "MOR will change what happens to calls of device 1 in the state failed: nothing is done.",
        ),
        (
            "callerids", "add", "2 12025550110 Sales line",
            "MOR will add the caller ID 12025550110 to device 2, described as “Sales line”.",
        ),
        (
            "contacts", "add", "+442079460101 Head office",
            "MOR will add Head office with the number 442079460101 to the phone book.",
        ),
        (
            "contacts", "delete", "4",
            "MOR will delete entry 4 of the phone book. This cannot be taken back.",
        ),
        (
            "missed", "process", "855",
            "MOR will mark missed call 855 as processed, for everybody who uses this account.",
        ),
    ],
)  # fmt: skip
async def test_it_says_in_words_what_it_will_do_and_asks_nobody(panel, mor, topic, verb, words, sentence):
    assert mor.preview(topic, verb, words.split()) == sentence
    assert panel.logins == panel.asked == []


async def test_it_warns_of_what_another_currency_means(mor):
    assert "limits of alerts" in mor.preview("rates", "currency", ["eur"])


@pytest.mark.parametrize(
    ("topic", "verb", "words"),
    [
        ("details", "set", ""),
        ("details", "set", "city"),
        ("details", "set", "balance 1000"),
        ("details", "set", "vat_percent 0"),
        ("callflow", "set", "1 busy"),
        ("callflow", "set", "x busy voicemail"),
        ("callflow", "set", "1 lunch voicemail"),
        ("callflow", "set", "1 busy explode"),
        ("callflow", "set", "1 busy forward device"),
        ("callflow", "set", "1 busy forward number 90555&deviceid=1"),
        ("callflow", "set", "1/../2 busy voicemail"),
        ("rates", "currency", ""),
        ("rates", "currency", "euro"),
        ("rates", "currency", "EUR&x=1"),
        ("callerids", "add", "1 12025550110"),
        ("callerids", "add", "1 Sales line"),
        ("contacts", "add", "12025550110"),
        ("contacts", "add", "Ann 12025550110"),
        ("contacts", "delete", "Ann"),
        ("contacts", "delete", "4 5"),
        ("missed", "process", ""),
        ("missed", "process", "all"),
        ("rates", "delete", "1"),
    ],
)
async def test_it_refuses_wrong_words_with_the_usage(panel, mor, topic, verb, words):
    with pytest.raises(ProviderError) as previewed:
        mor.preview(topic, verb, words.split())
    with pytest.raises(ProviderError) as asked:
        await mor.edit(topic, verb, words.split())
    assert previewed.value.user_text == asked.value.user_text
    assert previewed.value.kind is asked.value.kind is ErrorKind.BAD_REQUEST
    assert "Write: " in asked.value.user_text or "There are: " in asked.value.user_text
    assert panel.asked == []


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("none", {"whattodo": "change_action"}),
        ("forward device 1", {"cf_action": "forward", "whattodo": "change_local_device", "deviceid": "1"}),
        (
            "forward number 380441234567",
            {"cf_action": "forward", "whattodo": "change_external_device", "ext_number": "380441234567"},
        ),
        ("voicemail", {"cf_action": "voicemail"}),
        ("fax 1", {"cf_action": "forward", "whattodo": "change_fax_device", "deviceid": "1"}),
    ],
)
async def test_it_changes_the_call_flow_as_the_document_has_it(panel, mor, then, sample, words, form):
    then(FLOW, "mor-9", sample("mor-9"))
    result = await mor.edit("callflow", "set", ["1", "noanswer", *words.split()])
    assert result.outcome is CallOutcome.ACCEPTED
    assert panel.asked == [("GET", FLOW, {"cft": "noanswer"}, {}), ("POST", FLOW, {"cft": "noanswer"}, form)]


async def test_it_names_the_fax_action_as_it_is_told_to(panel, opened, then):
    then(FLOW, "mor-9")
    await opened(fax_action="fax_detect").edit("callflow", "set", ["1", "call", "fax", "1"])
    assert panel.asked[-1][3]["cf_action"] == "fax_detect"


async def test_it_sends_all_seventeen_details_with_one_changed(panel, mor, then):
    then("/users/personal_details", "mor-5")
    await mor.edit("details", "set", ["reg_city", "Riga"])
    form = panel.asked[-1][3]
    assert len(form) == len(FIELDS) == 17
    assert (form["reg_city"], form["surname"], form["personalid"]) == ("Riga", "Mazunin", "")
    assert not {"vat_percent", "balance", "alias"} & set(form)


async def test_it_sends_the_changed_detail_alone_where_it_is_told_to(panel, opened, then):
    then("/users/personal_details", "mor-5")
    await opened(details_form="changed").edit("details", "set", ["reg_city", "Riga"])
    assert panel.asked[-1] == ("POST", "/users/update_personal_details/17", {}, {"reg_city": "Riga"})


async def test_it_changes_the_currency_by_a_get_that_is_sent_once(panel, mor, sample):
    async def page(request):
        return sample("mor-11").replace("<currency>USD", f"<currency>{request.query.get('currency', 'USD')}", 1)

    panel.anything = page
    result = await mor.edit("rates", "currency", ["eur"])
    assert result.outcome is CallOutcome.ACCEPTED
    assert panel.asked_of("/tariffs/user_rates") == [("GET", {}, {}), ("GET", {"currency": "EUR"}, {})]


async def test_a_currency_that_stays_as_it_was_is_not_called_done(panel, mor, sample):
    panel.anything = sample("mor-11")
    result = await mor.edit("rates", "currency", ["EUR"])
    assert result.outcome is CallOutcome.UNKNOWN
    assert "a page in USD" in result.note


@pytest.mark.parametrize(
    ("setting", "form"), [("call", {"processed": "855"}), ("flag", {"processed": "1", "call_id": "855"})]
)
async def test_it_marks_a_missed_call_as_processed(panel, opened, then, sample, setting, form):
    then("/stats/missed_calls", "mor-24", sample("mor-24").replace("<<processed>0", "<processed>1"))
    result = await opened(processed=setting).edit("missed", "process", ["855"])
    assert result.outcome is CallOutcome.ACCEPTED
    assert panel.asked == [("GET", "/stats/missed_calls", {}, {}), ("POST", "/stats/missed_calls", {}, form)]


async def test_a_missed_call_that_is_still_open_is_not_called_processed(panel, mor, sample):
    panel.anything = sample("mor-24")
    result = await mor.edit("missed", "process", ["855"])
    assert result.outcome is CallOutcome.UNKNOWN
    assert "still has it as not processed" in result.note


@pytest.mark.parametrize(
    ("topic", "verb", "words", "look", "name", "said"),
    [
        (
            "callflow",
            "set",
            "1 busy forward device 7",
            FLOW,
            "mor-9",
            "MOR does not offer device 7 there: it offers 1",
        ),
        ("rates", "currency", "GBP", "/tariffs/user_rates", "mor-11", "MOR does not offer GBP: it offers USD, EUR"),
        ("callerids", "add", "7 12025550110 A", "/devices/user_device_clis", "mor-29", "it offers 1, 2"),
        ("missed", "process", "856", "/stats/missed_calls", "mor-24", "MOR lists no missed call 856 now"),
    ],
)
async def test_it_sends_nothing_that_does_not_fit(panel, mor, then, topic, verb, words, look, name, said):
    then(look, name)
    with pytest.raises(ProviderError) as caught:
        await mor.edit(topic, verb, words.split())
    assert caught.value.kind is ErrorKind.REJECTED
    assert said in caught.value.user_text
    assert caught.value.user_text.endswith("so nothing was changed.")
    assert len(panel.asked) == 1


async def test_the_other_forms_are_as_the_document_has_them(panel, mor, then):
    then("/devices/user_device_clis", "mor-29")
    await mor.edit("callerids", "add", ["2", "12025550110", "Sales", "line"])
    form = {"device_id": "2", "cli": "12025550110", "description": "Sales line"}
    assert panel.asked[-1] == ("POST", "/devices/cli_add", {}, form)
    panel.asked.clear()
    then("/phonebooks/list/17", "mor-31")
    await mor.edit("contacts", "add", ["12025550110", "Ann", "&", "Bob"])
    form = {"userid": "17", "number": "12025550110", "name": "Ann & Bob"}
    assert panel.asked[-1] == ("POST", "/phonebooks/add_new/17", {}, form)
    panel.asked.clear()
    await mor.edit("contacts", "delete", ["4"])
    assert panel.asked[-1] == ("POST", "/phonebooks/destroy/4", {}, {"entryid": "4"})
