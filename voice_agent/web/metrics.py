"""/metrics for Prometheus: counts and times, nothing about anybody."""

from collections.abc import Iterator

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException

from voice_agent.web.service import Service

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _Figures(Collector):
    """Reads the service's figures when they are asked for; nothing is counted twice."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        host, recogniser = self._service.host, self._service.recogniser
        renderer = self._service.parts.renderer.figures
        gauges = {
            "sessions": ("Sessions that are looked after.", len(host.sessions)),
            "decode_queue": (
                "Stretches of speech that wait for the recogniser.",
                recogniser.queued,
            ),
            "render_queue": ("Lines that wait to be rendered.", self._service.renders.waiting),
            "pump_late_seconds": ("How late the last 10 ms began.", host.late_s),
        }
        counters = {
            "sessions_begun": ("Sessions begun.", host.began),
            "sessions_refused": ("Sessions refused for want of room.", host.refused),
            "decodes": ("Stretches of speech decoded.", recogniser.decoded),
            "partials_thinned": ("Partial decodes left out under load.", recogniser.thinned),
            "decode_seconds": ("Seconds spent decoding.", recogniser.spent_s),
            "lines_rendered": ("Lines the voice spoke anew.", renderer.lines),
            "render_seconds": ("Seconds spent rendering.", renderer.spent_s),
        }
        for name, (about, value) in gauges.items():
            yield GaugeMetricFamily(f"still_here_{name}", about, value=value)
        for name, (about, value) in counters.items():
            yield CounterMetricFamily(f"still_here_{name}", about, value=value)


def add(app: FastAPI, service: Service) -> None:
    """Add /metrics, for this machine alone unless the settings say otherwise."""
    registry = CollectorRegistry()
    registry.register(_Figures(service))

    @app.get("/metrics", tags=["operation"])
    async def metrics(request: Request) -> Response:
        """Give the figures in Prometheus' text format."""
        client = request.client.host if request.client else ""
        if not service.settings.metrics_public and client not in _LOOPBACK:
            raise HTTPException(403, "The figures are for this machine alone.")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
