"""Over TLS, and as a user who may do just what docs/store.md says."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from pydantic import TypeAdapter

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Notification, NotificationKind, Observed, Severity
from bot.settings.values import StoreAddress
from bot.store import AuditRecord, OutboxRow, Silence, Store, StoreError, StoreUnavailable
from bot.store.throttle import StoreThrottle
from providers.model import Agent, AgentState, Rows
from providers.sdk.throttle import RateLimit

DAY = timedelta(days=1)
HOME = Path(__file__).parents[3]


def by_settings(url: str) -> str:
    """The address as the configuration gives it to the store."""
    return TypeAdapter(StoreAddress).validate_python(url).get_secret_value()


async def errands(store, clock):
    """Something of everything."""
    await store.record("sales", Kind.AGENTS, Observed(Rows((Agent("1", AgentState.OFFLINE, ""),)), clock()), keep=DAY)
    await store.history("sales", Kind.AGENTS, clock())
    earlier = Observed(Rows(()), clock() - timedelta(hours=1))
    await store.record("sales", Kind.AGENTS, earlier, keep=DAY)  # a clock that was set back
    row = OutboxRow(
        "i:card", Notification(NotificationKind.CARD, "i", "r"), "a", "sales", "C1", Severity.INFO, clock(), clock()
    )
    assert await store.commit(AlertState("a", "sales", due=clock()), 0, [row])
    assert await store.due_alert_states(clock()) == [("a", "sales")]
    await store.alert_states()
    token = await store.lease(row.lease, store.owner, DAY)
    assert await store.renew(row.lease, store.owner, DAY)
    await store.due_rows("webhook", clock())
    (read,) = await store.due_rows("slack", clock())
    assert await store.doubt(read, token, clock())
    assert await store.postpone(read, token, clock())
    assert await store.settle(read, token)
    await store.release(row.lease, store.owner)
    await store.waits_since("slack")
    await store.reserve_slot("C1", clock())
    await store.hold("C1", clock(), clock())
    await store.poll_due("sales", Kind.AGENTS, DAY, clock())
    await store.next_polls()
    await store.put_pending("t", {}, DAY)
    assert await store.take_pending("t", "U1") == {}
    await store.interrupted_operations(clock(), DAY)
    assert await store.settle_operation("t", "placed")
    await store.count_call("U1", clock().date(), 1)
    await store.pause_calls("U1", clock())
    await store.resume_calls()
    await store.put_share("s", {}, DAY)
    assert await store.take_share("s") == {}
    for at in (clock(), clock() - DAY):
        await store.audit(AuditRecord(at, "U1", "call", "sales", "…88", "placed"))
    assert len(await store.audit_log()) == 2
    await store.put_silence(Silence("sales", clock(), "U1", "", clock()))
    await store.silences(clock() + 3 * DAY)
    await store.alive("me", DAY)
    await store.replicas()
    await store.answer(await store.broadcast("reload"), "me", "done")
    await store.leave("me")
    throttle = StoreThrottle(store, "sales", "MoMVOIP", RateLimit(2, DAY), clock)
    await throttle.admit("MOM-1")
    assert await throttle.left() == 1
    await throttle.refused(429, None)
    await throttle.answered()


@pytest.fixture
def behind_tls(nodes, papers):
    """The port of a server that speaks TLS alone. `asks`: it wants a certificate of ours as well."""

    def started(asks: str) -> str:
        flags = {
            "tls-cert-file": papers["server.pem"],
            "tls-key-file": papers["server.key"],
            "tls-ca-cert-file": papers["ca.pem"],
            "tls-auth-clients": asks,
        }
        node = nodes.over_tls(flags)
        return f"rediss://127.0.0.1:{node.port}/0"

    return started


async def test_it_speaks_tls_and_believes_the_ca_that_it_was_told_of_alone(behind_tls, papers, clock):
    url = behind_tls("no")
    store = await Store.connect(by_settings(f"{url}?ssl_ca_certs={papers['ca.pem']}"), clock=clock)
    await errands(store, clock)
    await store.close()
    for doubtful in (url, f"{url}?ssl_ca_certs={papers['other-ca.pem']}"):
        with pytest.raises(StoreUnavailable, match=r"does not answer.*certificate"):
            await Store.connect(by_settings(doubtful), clock=clock)
    plain = url.replace("rediss", "redis")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await Store.connect(f"{plain}?socket_timeout=1", clock=clock)


async def test_it_shows_a_certificate_of_its_own(behind_tls, papers, clock):
    url = f"{behind_tls('yes')}?ssl_ca_certs={papers['ca.pem']}"
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await Store.connect(url, clock=clock)
    url += f"&ssl_certfile={papers['client.pem']}&ssl_keyfile={papers['client.key']}"
    store = await Store.connect(by_settings(url), clock=clock)
    await errands(store, clock)
    await store.close()


@pytest.fixture
def guarded(own_server):
    """Makes the user, by these rules and no others; the address with its login."""

    def made(*rules: str) -> str:
        with redis.Redis.from_url(own_server.url) as admin:
            admin.execute_command("ACL", "SETUSER", "ringwatch", "reset", *rules)
        return str(own_server.url.replace("unix://", "unix://ringwatch:hunter2@"))

    return made


async def test_it_needs_no_more_than_what_docs_store_says(guarded, acl_rule, clock):
    url = guarded(*acl_rule)
    store = await Store.connect(by_settings(url), clock=clock)
    await errands(store, clock)
    with pytest.raises(StoreError, match="too few rights"):
        await store.ask("GET", "somebody-elses")
    with pytest.raises(StoreError, match="too few rights"):
        await store.ask("FLUSHALL")
    await store.close()


def test_every_command_of_ours_is_in_the_rule_and_no_other(acl_rule):
    used = set()
    for path in (HOME / "bot" / "store").glob("*.py"):
        if path.name != "embedded.py":
            used |= set(
                re.findall(r"(?:redis\.p?call\('|ask\(\"|_execute\(\")([A-Z]+)", path.read_text(encoding="utf-8"))
            )
    granted = {word[1:].partition("|")[0].upper() for word in acl_rule if word.startswith("+")}
    assert used - {"KEYS"} == granted - {"CLIENT"}, "KEYS is for the embedded store, which has no users"
    assert not {word for word in granted if word.startswith(("B", "XREAD", "SUBSCRIBE", "WAIT"))}, "nothing that blocks"


async def test_it_says_in_one_sentence_that_the_user_may_not(guarded, clock):
    for rules in (["on", ">hunter2"], ["on", ">hunter2", "~*", "+@all", "-eval", "-evalsha"], ["off", ">hunter2"]):
        with pytest.raises(StoreError, match=r"too few rights .*docs/store.md|refused our login") as caught:
            await Store.connect(guarded(*rules), clock=clock)
        assert "\n" not in str(caught.value)
        assert "hunter2" not in str(caught.value)
