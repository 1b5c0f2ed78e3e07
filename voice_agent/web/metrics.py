"""/metrics for Prometheus: counts and times, nothing about anybody."""

import ipaddress
from collections.abc import Iterator, Mapping

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException

from voice_agent.engines.stt.queue import Kind
from voice_agent.web.service import Service


def is_local(address: str) -> bool:
    """Whether a request from `address` comes from this machine itself.

    Example:
        >>> is_local("127.0.0.1"), is_local("::ffff:127.0.0.1"), is_local("192.0.2.1")
        (True, True, False)
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


class _Figures(Collector):
    """Reads the service's figures when they are asked for; nothing is counted twice."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        host, recogniser = self._service.host, self._service.recogniser
        counted = recogniser.counted
        renderer = self._service.parts.renderer.figures
        measurer = self._service.parts.measurer
        gauges = {
            "sessions": ("Sessions that are looked after.", len(host.sessions)),
            "decode_queue": (
                "Stretches of speech that wait for the recogniser.",
                recogniser.queued,
            ),
            "decoder_behind_seconds": (
                "How long decodes usually wait; from .5 on no new session is taken.",
                recogniser.behind_s,
            ),
            "measure_queue": ("Utterances that wait to be measured.", measurer.queued),
            "render_queue": ("Lines that wait to be rendered.", self._service.renders.waiting),
            "session_behind_seconds": (
                "How far the slowest session's time is behind the wall's: it grows under overload.",
                max((live.behind_s for live in host.sessions.values()), default=0.0),
            ),
            "pump_late_seconds": ("How late the last 10 ms began.", host.late_s),
        }
        counters = {
            "sessions_begun": ("Sessions begun.", host.began),
            "sessions_refused": ("Sessions refused for want of room.", host.refused),
            "sessions_refused_decoder_behind": (
                "Of those, because the recogniser was behind.",
                host.refused_behind,
            ),
            "decodes_failed": ("Stretches of speech that could not be decoded.", counted.failed),
            "early_finals_withdrawn": (
                "Finals begun in a pause and not needed.",
                recogniser.withdrawn,
            ),
            "decodes": ("Stretches of speech decoded.", recogniser.decoded),
            "partials_thinned": ("Partial decodes left out under load.", recogniser.thinned),
            "decode_seconds": ("Seconds spent decoding.", recogniser.spent_s),
            "utterances_measured": ("Utterances measured, after a yes.", measurer.measured),
            "utterances_unmeasured": ("Utterances left out under load.", measurer.left_out),
            "measure_seconds": ("Seconds spent measuring.", measurer.spent_s),
            "lines_rendered": ("Lines the voice spoke anew.", renderer.lines),
            "render_seconds": ("Seconds spent rendering.", renderer.spent_s),
        }
        for name, (about, value) in gauges.items():
            yield GaugeMetricFamily(f"still_here_{name}", about, value=value)
        for name, (about, value) in counters.items():
            yield CounterMetricFamily(f"still_here_{name}", about, value=value)
        by_kind: dict[str, tuple[str, Mapping[Kind, float]]] = {
            "decodes_by_kind": ("Decodes: final, early or partial.", counted.decodes),
            "decode_wait_seconds_by_kind": ("Seconds they waited.", counted.waited_s),
            "decode_seconds_by_kind": ("Seconds they took.", counted.spent_s),
            "decode_audio_seconds_by_kind": ("Seconds of sound in them.", counted.audio_s),
        }
        for name, (about, values) in by_kind.items():
            family = CounterMetricFamily(f"still_here_{name}", about, labels=["kind"])
            for kind, value in values.items():
                family.add_metric([kind.name.lower()], value)
            yield family


def add(app: FastAPI, service: Service) -> None:
    """Add /metrics, for this machine alone unless the settings say otherwise."""
    registry = CollectorRegistry()
    registry.register(_Figures(service))

    @app.get(
        "/metrics",
        tags=["operation"],
        response_class=PlainTextResponse,
        responses={403: {"description": "Asked from another machine."}},
    )
    async def metrics(request: Request) -> Response:
        """Give the figures in Prometheus' text format."""
        client = request.client.host if request.client else ""
        if not service.settings.metrics_public and not is_local(client):
            raise HTTPException(403, "The figures are for this machine alone.")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
