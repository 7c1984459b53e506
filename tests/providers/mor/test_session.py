"""One sign-in an account; a second one where the session is over; never a third."""

import asyncio

import pytest
from aiohttp import web

from providers.errors import ErrorKind, ProviderError

LOGIN_FORM = "<!DOCTYPE html><form><input name='u'><input type=\"password\" name='p'></form>"


async def test_it_signs_in_once_for_many_questions(panel, mor, sample):
    panel.anything = sample("mor-3")
    await mor.balance()
    await asyncio.gather(*(mor.balance() for _ in range(5)))
    assert len(panel.logins) == 1
    assert len(panel.asked) == 6


async def test_it_signs_in_once_for_questions_that_come_together(panel, mor, sample):
    panel.anything = sample("mor-3")
    await asyncio.gather(*(mor.balance() for _ in range(5)))
    assert len(panel.logins) == 1


@pytest.mark.parametrize("over", ["page", "form", "redirect", "words"])
async def test_it_signs_in_again_once_where_the_session_is_over(panel, mor, sample, over):
    good = sample("mor-3")
    panel.anything = good
    await mor.balance()

    async def ended(request):
        if request.cookies["mor"] == "session-2":
            return good
        if over == "redirect":
            return web.Response(status=302, headers={"Location": "/callc/login"})
        return {"page": sample("mor-1"), "form": LOGIN_FORM, "words": "<Status>Not authenticated</Status>"}[over]

    panel.anything = ended
    assert (await mor.balance()).money.currency == "USD"
    assert (len(panel.logins), len(panel.asked)) == (2, 3)


async def test_it_signs_in_once_for_many_who_find_the_session_over(panel, mor, sample):
    panel.anything = sample("mor-3")
    await mor.balance()
    panel.sessions.clear()
    await asyncio.gather(*(mor.balance() for _ in range(4)))
    assert len(panel.logins) == 2


@pytest.mark.parametrize("page", ["translated", "named"])
async def test_it_knows_the_login_page_in_any_language(panel, mor, sample, page):
    shown = sample("mor-1").replace("<error_msg>", "<error_msg>No cookies here")
    panel.strict = False
    panel.anything = shown.replace("Login page", "Вход") if page == "translated" else shown
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert caught.value.kind is ErrorKind.AUTH
    assert "shows its login page all the same: “No cookies here”." in caught.value.user_text
    assert (len(panel.logins), len(panel.asked)) == (2, 2)


async def test_it_says_that_no_session_came(panel, mor):
    panel.login = str(panel.login)[:] + " "  # accepted, and without a cookie
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert caught.value.kind is ErrorKind.AUTH
    assert caught.value.user_text == (
        "MOR took the sign-in, and shows its login page all the same. It may give no session cookie."
    )


async def test_a_redirect_is_a_yes_to_a_sign_in(panel, mor, sample):
    async def moved(request):
        panel.sessions.add("there")
        answer = web.Response(status=302, headers={"Location": "/callc/main"})
        answer.set_cookie("mor", "there")
        return answer

    panel.login, panel.anything = moved, sample("mor-3")
    assert (await mor.balance()).money.currency == "USD"
    assert len(panel.logins) == 1


async def test_a_redirect_in_answer_to_a_page_is_followed_nowhere(panel, mor):
    async def moved(request):
        return web.Response(status=302, headers={"Location": "https://elsewhere.example/"})

    panel.strict, panel.anything = False, moved
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert caught.value.kind is ErrorKind.GARBLED
    assert (len(panel.logins), len(panel.asked)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("<action><name>login</name><status>failed</status></action>", ErrorKind.AUTH, "“failed”"),
        ("<page><pagename>Login page</pagename><error_msg>Bad</error_msg></page>", ErrorKind.AUTH, "“Bad”"),
        (LOGIN_FORM, ErrorKind.AUTH, "refused the sign-in. Check username and password."),
        ("<error>Bad login</error>", ErrorKind.AUTH, "“Bad login”"),
        ("API Requests are disabled", ErrorKind.REJECTED, "“API Requests are disabled”"),
        ("<html><h1>Maintenance</h1></html>", ErrorKind.GARBLED, "a web page"),
        ("", ErrorKind.GARBLED, "an empty answer"),
        ("<page><is>42</is></page>", ErrorKind.GARBLED, "a verdict on the sign-in"),
        ('<?xml version="1.0"?><action><status>ok</st', ErrorKind.GARBLED, "cut off"),
    ],
)
async def test_it_tells_why_it_could_not_sign_in(panel, mor, answer, kind, words):
    panel.login = answer
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert (caught.value.kind, caught.value.operation) == (kind, "MOR-2")
    assert words in caught.value.user_text
    assert panel.asked == []
    assert len(panel.logins) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "<page><userid>1</userid><pagename>Main page</pagename></page>",
        '<?xml version="1.0" standalone="yes"?><action><name>login</name><status>OK</status><user_id>2</user_id></action>',
    ],
)
async def test_it_takes_other_ways_of_saying_yes(panel, mor, sample, answer):
    panel.strict, panel.login, panel.anything = False, answer, sample("mor-3")
    await mor.balance()
    assert len(panel.logins) == 1


async def test_it_sends_its_password_in_a_form_where_it_is_told_to(panel, opened, sample):
    panel.anything = sample("mor-3")
    await opened(login_fields="form").balance()
    assert panel.logins == [({}, {"u": "anna", "p": "p4ss-of-ours+0042"})]


async def test_it_asks_elsewhere_where_it_is_told_to(panel, opened, sample):
    panel.strict = False
    panel.answers = {"/mor/main": sample("mor-3"), "/book/17": sample("mor-31")}
    account = opened(paths={"MOR-3": "POST /mor/main", "MOR-31": "/book/{user_id}"})
    await account.balance()
    await account.vendor_table("contacts", [])
    assert [(method, path) for method, path, *_ in panel.asked] == [("POST", "/mor/main"), ("GET", "/book/17")]


async def test_a_base_url_that_ends_in_billing_is_not_doubled(panel, opened, sample):
    panel.strict = False
    panel.answers = {"/billing/stats/user_stats": sample("mor-27"), "/billing/api/login": panel.login}
    account = opened(base_url=panel.url + "billing/")
    await account.vendor_table("stats", ["2008-03-10", "2008-03-11"])
    assert [path for _, path, *_ in panel.asked] == ["/billing/api/login", "/billing/stats/user_stats"]
    assert panel.asked[1][3] == {"period_start": "2008-03-10", "period_end": "2008-03-11"}
