"""The door against vendors that misbehave, over real HTTP."""

import asyncio
import gzip
import logging
import traceback
import tracemalloc
import zlib
from datetime import timedelta

import pytest
from aiohttp import web

from providers.errors import ErrorKind, ProviderError
from providers.sdk.http import Answer, Request, check_base_url
from tests.deadlines import PATIENCE

ASK = Request("OP-1", "?loc=data", form={"apikey": "s3cr3t/key+1"})
DEED = Request("OP-2", "?loc=deed", form={"apikey": "s3cr3t/key+1"}, write=True)


async def failure(http, request=ASK) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await http.ask(request)
    error = caught.value
    told = "".join(traceback.format_exception(error)) + repr(error) + error.user_text + repr(request)
    assert "s3cr3t" not in told
    assert "http://" not in told
    assert "127.0.0.1" not in told
    assert error.user_text.startswith("Acme ")
    assert error.user_text.endswith(".")
    assert error.operation == request.operation
    return error


def answering(vendor, status=200, **more):
    async def behave(request):
        return web.Response(status=status, **more)

    vendor.anything = behave


def cutting(vendor, first: bytes = b""):
    """Read the request, say `first`, cut the connection."""

    async def behave(request):
        if first:
            request.transport.write(first)
            await asyncio.sleep(0)
        request.transport.abort() if not first else request.transport.close()
        return web.Response()

    vendor.anything = behave


async def test_it_sends_what_was_asked(vendor, door):
    async def behave(request):
        form = await request.post()
        return web.json_response(
            {
                "path": request.path_qs,
                "form": dict(form),
                "type": request.content_type,
                "ua": request.headers["User-Agent"],
            }
        )

    vendor.anything = behave
    answer = await door().ask(Request("OP-1", "/api/x?loc=1", query=[("a b", "c&d=ü")], form={"k": "v+ü&"}))
    assert answer.status == 200
    assert answer.content_type.startswith("application/json")
    assert answer.text() == (
        '{"path": "/api/x?loc=1&a%20b=c%26d%3D%C3%BC", "form": {"k": "v+\\u00fc&"}, '
        '"type": "application/x-www-form-urlencoded", "ua": "ringwatch"}'
    )


async def test_it_joins_a_base_url_with_and_without_its_slash(vendor, door):
    for base in (vendor.url + "comet/API", vendor.url + "comet/API/"):
        await door(base_url=base).ask(Request("OP-1", "Get", method="GET", query=[("code", "1")]))
    assert vendor.asked == ["GET /comet/API/Get?code=1"] * 2


async def test_it_keeps_no_cookies_unless_it_is_to(vendor, door):
    got = []

    async def behave(request):
        got.append(dict(request.cookies))
        response = web.Response(text="{}")
        response.set_cookie("session", "1")
        return response

    vendor.anything = behave
    for keep in (False, True):
        http = door(keep_cookies=keep)
        await http.ask(ASK)
        await http.ask(ASK)
    assert got == [{}, {}, {}, {"session": "1"}]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (301, ErrorKind.GARBLED, "sent us to another page (301)"),
        (302, ErrorKind.GARBLED, "sent us to another page (302)"),
        (400, ErrorKind.BAD_REQUEST, "refused the request (400): “no ••• today”"),
        (401, ErrorKind.AUTH, "refused access (401)"),
        (403, ErrorKind.AUTH, "refused access (403)"),
        (404, ErrorKind.NOT_FOUND, "does not know this address (404)"),
        (429, ErrorKind.RATE_LIMITED, "asked for fewer requests (429)"),
        (500, ErrorKind.UNAVAILABLE, "is having problems (500)"),
        (503, ErrorKind.UNAVAILABLE, "is having problems (503)"),
        (520, ErrorKind.UNAVAILABLE, "is having problems (520)"),
    ],
)
async def test_it_tells_statuses_apart(vendor, door, status, kind, words):
    answering(vendor, status, text="no s3cr3t%2Fkey%2B1 today", headers={"Location": "/elsewhere"})
    error = await failure(door())
    assert (error.kind, error.http_status) == (kind, status)
    assert words in error.user_text
    assert len(vendor.asked) == 1


async def test_it_hands_back_statuses_that_were_asked_for(vendor, door):
    answering(vendor, 302, headers={"Location": "/in"})
    assert (await door().ask(Request("OP-1", "", returns=frozenset({302})))).status == 302


async def test_it_says_which_thing_is_not_there(vendor, door):
    answering(vendor, 404)
    error = await failure(door(), Request("OP-1", "", missing="has no recording of this call."))
    assert error.user_text == "Acme has no recording of this call."


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_it_cools_down_after_a_refusal(vendor, door, clock, status):
    answering(vendor, status)
    http = door()
    refused = await failure(http)
    assert refused.retry_at == clock.now + timedelta(seconds=30)
    waiting = await failure(http)
    assert (waiting.kind, waiting.retry_at) == (ErrorKind.RATE_LIMITED, refused.retry_at)
    assert len(vendor.asked) == 1
    clock.advance(timedelta(seconds=30))
    assert (await failure(http)).retry_at == clock.now + timedelta(seconds=60)
    clock.advance(timedelta(seconds=60))
    answering(vendor, text="{}")
    await http.ask(ASK)
    answering(vendor, status)
    assert (await failure(http)).retry_at == clock.now + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("Sat, 21 Nov 2026 12:01:00 GMT", 60),
        ("99999999999999999999", 900),
        ("soon", 30),
        ("0", 1),
        ("-3", 30),
    ],
)
async def test_it_honours_retry_after(vendor, door, clock, header, seconds):
    answering(vendor, 429, headers={"Retry-After": header})
    assert (await failure(door())).retry_at == clock.now + timedelta(seconds=seconds)


async def test_it_cools_nothing_down_for_a_failing_vendor(vendor, door):
    answering(vendor, 503, headers={"Retry-After": "600"})
    http = door()
    await failure(http)
    await failure(http)
    assert len(vendor.asked) == 2


async def test_it_names_a_white_list_where_the_vendor_has_one(vendor, door):
    answering(vendor, 403)
    assert (await failure(door(ip_blocked=frozenset({403})))).kind is ErrorKind.IP_BLOCKED


async def test_it_follows_no_redirect(vendor, door):
    answering(vendor, 307, headers={"Location": vendor.url + "trap"})
    await failure(door())
    assert vendor.asked == ["POST /?loc=data"]


async def test_it_waits_no_longer_than_its_deadline_for_a_first_byte(vendor, door):
    release = asyncio.Event()

    async def behave(request):
        await release.wait()
        return web.Response()

    vendor.anything = behave
    error = await failure(door(deadline=0.2))
    release.set()
    assert (error.kind, error.user_text) == (ErrorKind.UNAVAILABLE, "Acme did not answer within 0.2 s.")


async def test_it_waits_no_longer_than_its_deadline_for_a_dripping_body(vendor, door):
    async def behave(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"[")
                await asyncio.sleep(0.02)
        except ConnectionError:
            return response

    vendor.anything = behave
    assert (await failure(door(deadline=0.3))).kind is ErrorKind.UNAVAILABLE


async def test_it_waits_for_each_piece_no_longer_than_for_a_read(vendor, door, monkeypatch):
    monkeypatch.setattr("providers.sdk.http.READ_SECONDS", 0.2)
    release = asyncio.Event()

    async def behave(request):
        await release.wait()
        return web.Response()

    vendor.anything = behave
    error = await failure(door(deadline=PATIENCE))
    release.set()
    assert (error.kind, error.user_text) == (ErrorKind.UNAVAILABLE, "Acme did not answer within 0.2 s.")


async def test_it_takes_a_shorter_deadline_for_one_request(vendor, door):
    release = asyncio.Event()

    async def behave(request):
        await release.wait()
        return web.Response()

    vendor.anything = behave
    assert "within 0.1 s" in (await failure(door(), Request("OP-1", "", seconds=0.1))).user_text
    assert "within 0.1 s" in (await failure(door(), Request("OP-1", "", seconds=0.1234))).user_text, "what is left"
    release.set()


@pytest.mark.parametrize("declared", [True, False])
async def test_it_reads_no_more_than_its_cap(vendor, door, declared):
    sent = 0

    async def behave(request):
        nonlocal sent
        response = web.StreamResponse()
        if declared:
            response.content_length = 200_000_000
        await response.prepare(request)
        try:
            while sent < 200_000_000:
                await response.write(b" " * 100_000)
                sent += 100_000
        except ConnectionError:
            pass
        return response

    vendor.anything = behave
    error = await failure(door())
    assert error.kind is ErrorKind.GARBLED
    assert "too large (over 5 MB)" in error.user_text
    assert sent < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_it_survives_a_compression_bomb(vendor, door, encoding):
    squeeze = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(squeeze.compress(b"0" * 1_000_000) for _ in range(200)) + squeeze.flush()
    answering(vendor, body=bomb, headers={"Content-Encoding": encoding})
    http = door()
    tracemalloc.start()
    error = await failure(http)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.kind is ErrorKind.GARBLED
    assert "too large" in error.user_text
    assert peak < 25_000_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"[1]", mtime=0)),
        ("deflate", zlib.compress(b"[1]")),
        ("deflate", zlib.compress(b"[1]")[2:-4]),
        ("identity", b"[1]"),
    ],
)
async def test_it_decompresses(vendor, door, encoding, body):
    answering(vendor, body=body, headers={"Content-Encoding": encoding})
    assert (await door().ask(ASK)).content == b"[1]"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"[1]" * 99, mtime=0)[:-12]),
        ("gzip", b"[1]"),
        ("br", b"[1]"),
        ("gzip, gzip", gzip.compress(b"[1]", mtime=0)),
    ],
)
async def test_it_refuses_what_it_cannot_decompress(vendor, door, encoding, body):
    answering(vendor, body=body, headers={"Content-Encoding": encoding})
    assert (await failure(door())).kind is ErrorKind.GARBLED


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"", ErrorKind.UNAVAILABLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[1,", ErrorKind.GARBLED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,", ErrorKind.GARBLED),
        (b"SSH-2.0-OpenSSH_9.2 s3cr3t/key+1\r\n\r\n", ErrorKind.GARBLED),
        (b"HTTP/1.1 200 OK\r\ns3cr3t/key+1 http://x/\r\n\r\n", ErrorKind.GARBLED),
    ],
)
async def test_it_tells_a_broken_exchange(vendor, door, first, kind):
    cutting(vendor, first)
    http = door()
    assert (await failure(http)).kind is kind
    lost = await failure(http, DEED)
    assert lost.kind is ErrorKind.UNKNOWN_OUTCOME
    assert "may have been carried out: check" in lost.user_text


@pytest.mark.parametrize("warm", [False, True])
async def test_it_sends_a_deed_once_even_when_the_connection_is_cut(vendor, door, warm):
    http = door()
    if warm:
        answering(vendor, text="{}")
        await http.ask(ASK)
    for method in ("POST", "GET"):
        vendor.asked.clear()
        if warm:
            answering(vendor, text="{}")
            await http.ask(ASK)
            vendor.asked.clear()
        cutting(vendor)
        request = Request("OP-2", "?loc=deed", method=method, write=True)
        assert (await failure(http, request)).kind is ErrorKind.UNKNOWN_OUTCOME
        assert vendor.asked == [f"{method} /?loc=deed"]


async def test_it_uses_a_warm_connection_again(vendor, door):
    http = door()
    for _ in range(3):
        await http.ask(ASK)
    assert len(vendor.connections) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 408, 409, 425, 500, 502, 504, 520, 599])
async def test_it_knows_not_what_became_of_a_deed(vendor, door, status):
    answering(vendor, status, headers={"Location": "/done"})
    assert (await failure(door(), DEED)).kind is ErrorKind.UNKNOWN_OUTCOME
    assert len(vendor.asked) == 1


async def test_it_knows_not_what_became_of_a_deed_that_timed_out(vendor, door, deadlines):
    release = asyncio.Event()

    async def behave(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    vendor.anything = behave
    error = await failure(door(), DEED)
    release.set()
    assert error.kind is ErrorKind.UNKNOWN_OUTCOME
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.BAD_REQUEST),
        (401, ErrorKind.AUTH),
        (403, ErrorKind.AUTH),
        (404, ErrorKind.NOT_FOUND),
        (422, ErrorKind.BAD_REQUEST),
        (429, ErrorKind.RATE_LIMITED),
    ],
)
async def test_it_knows_that_a_refused_deed_was_not_done(vendor, door, status, kind):
    answering(vendor, status)
    assert (await failure(door(), DEED)).kind is kind


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("http://127.0.0.1:1/", "no connection"),
        ("http://no-such-host.invalid/", "cannot be reached"),
    ],
)
@pytest.mark.parametrize("request_", [ASK, DEED])
async def test_it_knows_that_nothing_left(door, base, words, request_):
    error = await failure(door(base_url=base), request_)
    assert error.kind is ErrorKind.UNAVAILABLE
    assert words in error.user_text


@pytest.mark.parametrize("request_", [ASK, DEED])
async def test_it_knows_that_nothing_left_by_a_bad_certificate(vendor, door, request_):
    error = await failure(door(base_url=vendor.url.replace("http:", "https:")), request_)
    assert error.kind is ErrorKind.UNAVAILABLE
    assert "certificate or TLS problem" in error.user_text


@pytest.mark.parametrize("refuses", [True, False])
async def test_it_knows_that_nothing_left_by_a_proxy_that_does_not_connect(door, monkeypatch, refuses, deadlines):
    asked = []

    async def proxy(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        if refuses:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        else:
            deadlines.run_out()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "")
    http = door(base_url="https://pbx.example.com")
    error = await failure(http, DEED)
    await http.close()
    server.close()
    await server.wait_closed()
    assert error.kind is ErrorKind.UNAVAILABLE
    assert asked == [b"CONNECT pbx.example.com:443 HTTP/1.1"]


async def test_it_knows_that_nothing_left_while_it_waited_for_its_turn(vendor, door):
    class Stuck:
        async def admit(self, operation, *, spacing=None):
            await asyncio.Event().wait()

    assert (await failure(door(throttle=Stuck(), deadline=0.1), DEED)).kind is ErrorKind.UNAVAILABLE
    assert vendor.asked == []


async def test_it_sends_no_deed_while_it_cools_down(vendor, door):
    answering(vendor, 429)
    http = door()
    await failure(http)
    assert (await failure(http, DEED)).kind is ErrorKind.RATE_LIMITED
    assert len(vendor.asked) == 1


async def test_it_refuses_a_header_that_breaks_http(vendor, door):
    for value in ("s3cr3t/key+1\r\nX: y", "s3cr3t/key+1 ключ"):
        error = await failure(door(), Request("OP-2", "", headers={"token": value}, write=True))
        assert error.kind is ErrorKind.BAD_REQUEST
    assert vendor.asked == []


async def test_it_logs_no_address(vendor, door, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    await door().ask(Request("OP-1", "?key=s3cr3t%2Fkey%2B1", method="GET"))
    assert vendor.asked
    assert not [r for r in caplog.records if r.name.startswith("http")]
    assert not [r for r in caplog.records if r.name != "aiohttp.access" and "s3cr3t" in r.getMessage()]


def test_it_hides_our_secret_in_what_the_vendor_echoes():
    assert repr(Answer(200, b"s3cr3t")) == "Answer(status=200, content_type='')"


async def test_it_takes_an_echoed_secret_out_of_data(vendor, door):
    answering(vendor, body=b'{"name":"s3cr3t\\/key+1"}')
    assert (await door().ask(ASK)).text() == '{"name":"•••"}'


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://pbx.example.com", "https://pbx.example.com/"),
        (" http://pbx.example.com:8080/a/ ", "http://pbx.example.com:8080/a/"),
        ("HTTPS://pbx.example.com", "HTTPS://pbx.example.com/"),
        ("http://[::1]:8000", "http://[::1]:8000/"),
    ],
)
def test_it_takes_a_base_url(text, clean):
    assert check_base_url(text) == clean


@pytest.mark.parametrize(
    "text",
    ["", "pbx.example.com", "ftp://pbx.example.com", "https://", "https://u:p@pbx.example.com", "https://pbx.example.com/?a=b",
     "https://pbx.example.com/#a", "https://pbx example.com", "https://pbx.example.com:99999", "https://[::1", "https:///x",
     "https://pbx.example.com/?"],
)  # fmt: skip
def test_it_refuses_a_base_url(text):
    with pytest.raises(ValueError, match="base_url") as caught:
        check_base_url(text)
    assert "u:p" not in str(caught.value)
