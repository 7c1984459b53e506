"""What anybody may send to /mcp: each is answered as JSON-RPC and MCP say, and none is a 500."""

import gzip
import json

import pytest

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
MODERN = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
LISTS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
SAID = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}


def called(name, **arguments):
    return {**CALL, "params": {"name": name, "arguments": arguments, "_meta": META}}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"{", 400, -32700, id="cut off"),
        pytest.param(b"", 400, -32700, id="empty"),
        pytest.param(b"\xff\xfe{\x00}\x00", 400, -32700, id="UTF-16"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', 400, -32700, id="no UTF-8"),
        pytest.param(b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}', 400, -32700, id="NaN"),
        pytest.param(b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', 400, -32600, id="an endless id"),
        pytest.param(b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}', 400, -32700, id="a huge number"),
        pytest.param(b"[" * 100_000, 400, -32700, id="nested, cut off"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, 400, -32700, id="nested without end"),
        pytest.param(b'{"a":' * 200 + b"1" + b"}" * 200, 400, -32600, id="nested"),
        pytest.param([], 400, -32600, id="an empty batch"),
        pytest.param([PING], 400, -32600, id="a batch"),
        pytest.param("text", 400, -32600, id="a text"),
        pytest.param(None, 400, -32600, id="null"),
        pytest.param({"id": 1, "method": "ping"}, 400, -32600, id="no version"),
        pytest.param({**PING, "jsonrpc": "1.0"}, 400, -32600, id="another version"),
        pytest.param({"jsonrpc": "2.0", "id": 1}, 400, -32600, id="no method"),
        pytest.param({**PING, "method": 7}, 400, -32600, id="a method that is a number"),
        pytest.param({**PING, "id": {}}, 400, -32600, id="an id that is an object"),
        pytest.param({**PING, "id": None}, 400, -32600, id="an id that is null"),
        pytest.param({**PING, "id": True}, 400, -32600, id="an id that is true"),
        pytest.param({**PING, "id": 1.5}, 400, -32600, id="an id that is no whole number"),
        pytest.param({**PING, "method": "tools/drop"}, 200, -32601, id="an unknown method"),
        pytest.param({**PING, "method": "m" * 100_000}, 200, -32601, id="a long method"),
        pytest.param({**PING, "params": []}, 200, -32602, id="params that are a list"),
        pytest.param({**PING, "params": None}, 200, -32602, id="params that are null"),
        pytest.param({"jsonrpc": "2.0", "method": "x", "params": 1}, 400, -32602, id="a notification with wrong params"),
        pytest.param({**CALL, "params": {"name": "rm"}}, 200, -32602, id="an unknown tool"),
        pytest.param({**CALL, "params": {"name": ["agents"]}}, 200, -32602, id="a tool that is a list"),
        pytest.param({**CALL, "params": {}}, 200, -32602, id="no tool"),
        pytest.param({**CALL, "params": {"name": "agents", "arguments": 1}}, 200, -32602, id="arguments"),
        pytest.param({**PING, "params": {"_meta": {next(iter(META)): "1999-01-01"}}}, 400, -32022, id="a version"),
        pytest.param({**PING, "params": {"_meta": {next(iter(META)): [[{}]]}}}, 400, -32022, id="a version that is none"),
    ],
)  # fmt: skip
async def test_a_hostile_message_is_an_error_and_never_a_500(api, body, status, code):
    answer = await api.post(body)
    assert (answer.status, answer.json["jsonrpc"], answer.json["error"]["code"]) == (status, "2.0", code)
    assert answer.json["id"] == (1 if status == 200 or code == -32022 else answer.json["id"])
    assert len(answer.text) < 1000


async def test_what_is_sent_back_is_json_whatever_the_id_was(api):
    for given in ("\ud800", "ї", "", 0, -5, 2**70):
        answer = await api.post({**PING, "id": given})
        assert (answer.status, answer.json["id"]) == (200, given)


async def test_a_notification_and_an_answer_are_taken_and_not_answered(api):
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/of-tomorrow", "params": {}},
        {"jsonrpc": "2.0", "id": 4, "result": {}},
        {"jsonrpc": "2.0", "id": 4, "error": {"code": 1, "message": "no"}},
    ):
        answer = await api.post(message)
        assert (answer.status, answer.text) == (202, "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/html"}, 406),
        ({"Accept": "text/event-stream"}, 406),
        ({"Accept": "application/jsonp"}, 406),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"MCP-Protocol-Version": "1999-01-01"}, 400),
        ({"MCP-Protocol-Version": "2026-07-28"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Encoding": "gzip"}, 400),
        ({"Accept": "application/json, text/event-stream"}, 200),
        ({"Accept": "Application/JSON;q=0.9"}, 200),
        ({"Accept": "*/*"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "application/json; charset=klingon"}, 200),
        ({"MCP-Protocol-Version": "2025-06-18"}, 200),
        ({"Mcp-Session-Id": "of another server"}, 200),
    ],
    ids=str,
)
async def test_it_speaks_http_as_the_protocol_says(api, headers, status):
    answer = await api.post(PING, **headers)
    assert answer.status == status
    assert ("error" in answer.json) is (status != 200)
    assert not [name for name in answer.headers if name.lower().startswith(("access-control", "mcp-session", "set-c"))]
    if status != 200:
        assert isinstance(answer.json["error"]["code"], int)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_it_is_posted_to_and_nothing_else(api, method):
    answer = await api.ask(method, "/mcp", {})
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert "POST" in answer.json["error"]["message"]


async def test_a_body_that_is_too_long_or_a_bomb_is_refused_in_words(api):
    long = json.dumps({**PING, "params": {"a": "x" * 1_100_000}}).encode()
    for answer in (await api.post(long), await api.post(gzip.compress(long), **{"Content-Encoding": "gzip"})):
        assert (answer.status, answer.json["jsonrpc"]) == (413, "2.0")


async def test_an_unknown_version_is_told_which_there_are(api):
    answer = await api.post(PING, **{"MCP-Protocol-Version": "2031-01-01"})
    assert (answer.status, answer.json["error"]["code"]) == (400, -32022)
    assert answer.json["error"]["data"]["requested"] == "2031-01-01"
    assert {MODERN, "2025-11-25"} <= set(answer.json["error"]["data"]["supported"])


@pytest.mark.parametrize(
    ("message", "headers", "said"),
    [
        (LISTS, {}, "MCP-Protocol-Version is missing"),
        (LISTS, {**SAID, "MCP-Protocol-Version": "2025-11-25"}, "MCP-Protocol-Version is not as"),
        ({**LISTS, "params": {}}, SAID, "MCP-Protocol-Version is not as"),
        (LISTS, {"MCP-Protocol-Version": MODERN}, "Mcp-Method is missing"),
        (LISTS, {**SAID, "Mcp-Method": "tools/call"}, "Mcp-Method is not as"),
        (called("agents"), {**SAID, "Mcp-Method": "tools/call"}, "Mcp-Name is missing"),
        (called("agents"), {**SAID, "Mcp-Method": "tools/call", "Mcp-Name": "queues"}, "Mcp-Name is not as"),
        (called("agents"), {**SAID, "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?!?="}, "Base64"),
    ],
)
async def test_headers_that_say_something_else_than_the_message_are_refused(api, message, headers, said):
    answer = await api.post(message, **headers)
    assert (answer.status, answer.json["id"], answer.json["error"]["code"]) == (400, 1, -32020)
    assert said in answer.json["error"]["message"]


async def test_a_name_may_come_in_base64(api):
    headers = {**SAID, "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?YWdlbnRz?="}
    answer = await api.post(called("agents"), **headers)
    assert (answer.status, answer.json["result"]["isError"]) == (200, False)


async def test_nobody_is_let_in_without_a_token_and_a_client_may_write_bearer_as_it_likes(api):
    for header in ("", "Bearer", "Bearer wrong", "Basic x", "Bearer \ud800"):
        headers = {"Content-Type": "application/json", "Authorization": header.encode("utf-8", "replace").decode()}
        answer = await api.ask("POST", "/mcp", headers, json.dumps(PING).encode())
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="ringwatch"')
        assert answer.json["error"]["code"] == -32600
    answer = await api.post(PING, Authorization="bearer 0123456789abcdef-of-a-test")
    assert answer.status == 200
