import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sdk.text import clean, decode, redactor


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        (b"\xef\xbb\xbf{}", "", "{}"),
        ("Привіт".encode("utf-16"), "", "Привіт"),
        ("{}".encode("utf-16-be"), "", "{}"),
        ("{}".encode("utf-16-le"), "", "{}"),
        ("Привіт".encode(), "text/html; charset=windows-1251", "Привіт"),
        ("Привіт".encode("cp1251"), "", "Привіт"),
        ("Çağrı".encode("cp1254"), "text/plain; charset=windows-1254", "Çağrı"),
        ("Привіт".encode("cp1251"), 'text/html; charset="no-such"', "Привіт"),
        (b"\xcf\xf0", "text/html; charset=base64", "Пр"),
        (b"a\x98", "", "a\ufffd"),
        (b"", "", ""),
    ],
)
def test_it_decodes_what_came(content, content_type, text):
    assert decode(content, content_type) == text


@given(st.binary(max_size=200), st.text(max_size=40))
def test_it_decodes_anything(content, content_type):
    decode(content, content_type)


def test_it_shows_nothing_that_hides():
    assert clean("a\x00b\u202ec\u200bd\ud800e\x9ff  \r\n g") == "abcdef g"


def test_it_cuts_long_words_and_says_so():
    assert clean("x" * 10_000, limit=10) == "xxxxxxxxx…"


@given(st.text(max_size=300), st.integers(1, 50))
def test_it_keeps_shown_text_short_and_encodable(text, limit):
    shown = clean(text, limit)
    assert len(shown) <= limit
    shown.encode()


@pytest.mark.parametrize(
    "echo",
    ["pa/ss&w \"o'rdї", "pa%2Fss%26w%20%22o%27rd%D1%97", "pa%2fss%26w+%22o%27rd%d1%97", "pa/ss&amp;w &quot;o&#x27;rdї",
     'pa\\/ss&w \\"o\'rd\\u0457', 'pa/ss&w \\"o\'rdї', "PA/SS&W \"O'RDЇ",
     "%70a/ss\\u0026w \"o&#39;r&#x64;ї"],
)  # fmt: skip
def test_it_takes_a_secret_out_however_it_is_written(echo):
    assert redactor(["pa/ss&w \"o'rdї"])(f"<{echo}>") == "<•••>"


def test_it_takes_short_secrets_out_as_words_only():
    assert redactor(["k"])("key k k, ok k=1") == "key ••• •••, ok •••=1"


def test_it_leaves_data_alone_that_is_like_a_short_secret():
    conceal = redactor(["1111", "a-long-secret"], data=True)
    assert conceal('{"exten":"1111","name":"a-long-secret"}') == '{"exten":"1111","name":"•••"}'


def test_it_takes_a_login_out_where_it_is_a_word_of_its_own():
    hide = redactor(["user", "şube"], whole=True)
    assert hide("username=user&x, %C5%9Fube or user7") == "username=•••&x, ••• or user7"


def test_it_needs_no_secrets():
    assert redactor(["", "  "])("text") == "text"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_it_never_lets_a_secret_through(secret, before, after):
    if len(secret.strip()) < 4 or "•" in secret:  # shorter ones are matched as whole words alone
        return
    shown = redactor([secret])(f"{before}{secret.strip()}{after}")
    assert secret.strip() not in shown
