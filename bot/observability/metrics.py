"""The metrics that Prometheus reads at `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot import __version__

BUCKETS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)


class Metrics:
    """The metrics of one service, in a registry of their own, so that two in one process do not mix."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.polls = Counter("ringwatch_polls", "Polls of vendors.", ["account", "kind", "outcome"], registry=registry)
        self.poll_seconds = Histogram(
            "ringwatch_poll_seconds",
            "How long a poll took.",
            ["account", "kind"],
            buckets=BUCKETS_SECONDS,
            registry=registry,
        )
        self.last_observed = Gauge(
            "ringwatch_last_observed_timestamp_seconds",
            "When a kind was last seen, as a Unix time.",
            ["account", "kind"],
            registry=registry,
        )
        self.commands = Counter(
            "ringwatch_commands",
            "Slash commands and presses answered.",
            ["name", "outcome"],
            registry=registry,
        )
        self.answer_seconds = Histogram(
            "ringwatch_answer_seconds",
            "From acknowledgement to answer.",
            ["name"],
            buckets=BUCKETS_SECONDS,
            registry=registry,
        )
        self.deliveries = Counter(
            "ringwatch_deliveries",
            "Alert messages delivered to Slack.",
            ["kind", "outcome"],
            registry=registry,
        )
        self.webhook_deliveries = Counter(
            "ringwatch_webhook_deliveries",
            "Posts to the alerts' webhooks.",
            ["alert", "outcome"],
            registry=registry,
        )
        self.mqtt_events = Counter(
            "ringwatch_mqtt_events", "Changes of alerts told by MQTT.", ["alert", "outcome"], registry=registry
        )
        self._mqtt: Gauge | None = None  # there only where a broker is configured
        self.delivery_lag = Histogram(
            "ringwatch_delivery_lag_seconds",
            "From the commit of a notice to its delivery.",
            buckets=(*BUCKETS_SECONDS, 60, 300, 900),
            registry=registry,
        )
        self.outbox = Gauge("ringwatch_outbox_rows", "Notices that wait for Slack.", registry=registry)
        self.outbox_oldest = Gauge(
            "ringwatch_outbox_oldest_seconds",
            "How long the oldest notice for Slack has been waiting; 0 where none is.",
            registry=registry,
        )
        self.polls_late = Gauge(
            "ringwatch_polls_late", "Polls that were not asked when they were due.", registry=registry
        )
        self.failing = Gauge(
            "ringwatch_alerts_failing",
            "1 for an alert that could not be judged when it was due last.",
            ["alert", "account"],
            registry=registry,
        )
        self.incidents = Gauge(
            "ringwatch_incidents_open", "Open incidents.", ["alert", "account", "phase"], registry=registry
        )
        self.webhooks = Counter(
            "ringwatch_webhooks", "Requests that vendors pushed.", ["account", "outcome"], registry=registry
        )
        self.last_tick = Gauge(
            "ringwatch_last_tick_timestamp_seconds",
            "When the alerts were last judged, as a Unix time.",
            registry=registry,
        )
        self.loop_pause = Gauge(
            "ringwatch_loop_pause_seconds",
            "The longest time in the last minute or two in which the event loop did nothing else.",
            registry=registry,
        )
        self.slack_connected = Gauge("ringwatch_slack_connected", "1 while Slack is connected.", registry=registry)
        self.config_reloaded = Gauge(
            "ringwatch_config_last_reload_successful",
            "1 while the configuration in force is the one that was read last.",
            registry=registry,
        )
        self.config_reloaded.set(1)
        build = Gauge("ringwatch_build_info", "The running version.", ["version"], registry=registry)
        build.labels(__version__).set(1)

    def mqtt_connected(self, connected: bool | None) -> None:
        """Notes whether this replica, or another one, is connected to the broker; None: none is configured."""
        if connected is None:
            if self._mqtt is not None:
                self.registry.unregister(self._mqtt)
            self._mqtt = None
            return
        if self._mqtt is None:
            words = "1 while a replica is connected to the MQTT broker."
            self._mqtt = Gauge("ringwatch_mqtt_connected", words, registry=self.registry)
        self._mqtt.set(connected)

    def forget(self, account: str) -> None:
        """Drops every series of an account that is configured no longer."""
        for metric in (self.polls, self.poll_seconds, self.last_observed, self.failing, self.incidents, self.webhooks):
            metric.remove_by_labels({"account": account})

    def text(self) -> bytes:
        """Returns the exposition in Prometheus' text format."""
        return generate_latest(self.registry)
