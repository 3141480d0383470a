"""What the server counts, for Prometheus. Each server has a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SIZES = (1, 2, 5, 10, 20, 50, 100)
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """The figures of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.events = Counter("events", "Events by outcome, repeats left out", ["outcome"], registry=self._registry)
        self.batch = Histogram("batch_size", "Events in a batch", registry=self._registry, buckets=_SIZES)
        self.intake = Histogram(
            "intake_seconds", "From a batch's arrival to its commit", registry=self._registry, buckets=_SECONDS
        )
        self.sign_ins = Counter("sign_ins", "Sign-ins by outcome", ["outcome"], registry=self._registry)
        self.sessions = Gauge("sessions", "Sessions that are open", registry=self._registry)
        self.listeners = Gauge("listeners", "Streams of live updates that are open", registry=self._registry)

    def page(self) -> bytes:
        """Give the figures in Prometheus' text format."""
        return generate_latest(self._registry)
