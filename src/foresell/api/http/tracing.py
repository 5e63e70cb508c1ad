"""Spans of requests and of what they ask, sent to an OpenTelemetry collector where one is set; else they cost nothing.

FastAPI's own telemetry stays off: it would send query strings, and those hold names people searched for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

import foresell

_tracer = trace.get_tracer("foresell", foresell.__version__)
_context = TraceContextTextMapPropagator()
#: FastAPI's settings for its own telemetry.
FASTAPI_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def send_to(url: str) -> None:
    """From here on spans go to the collector at this address; once a process."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    provider = TracerProvider(resource=Resource({"service.name": "foresell", "service.version": foresell.__version__}))
    provider.add_span_processor(BatchSpanProcessor(Collector(url)))
    trace.set_tracer_provider(provider)


class Seen:
    """The span of a request."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def record_response(self, route: str, status: int, request_id: str | None) -> None:
        """Set the result of the span."""
        if not self._span.is_recording():
            return
        attributes = self._span.attributes if isinstance(self._span, ReadableSpan) else None
        method = (attributes or {}).get("http.request.method", "")
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if request_id:
            self._span.set_attribute("foresell.request_id", request_id)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)


@contextmanager
def request_span(scope: Scope) -> Iterator[Seen]:
    """Around one request, below the caller's span if it names one."""
    carrier = {key.decode(): value.decode("latin-1") for key, value in scope["headers"] if key == b"traceparent"}
    with _tracer.start_as_current_span(
        scope["method"],
        _context.extract(carrier) if carrier else None,
        SpanKind.SERVER,
        attributes={"http.request.method": scope["method"]},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield Seen(span)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Around a part of a request. An exception marks it; what it says is not sent."""
    with _tracer.start_as_current_span(name, record_exception=False):
        yield


class Collector(SpanExporter):
    """Sends spans as OTLP's JSON over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/v1/traces"
        self._client = httpx2.Client(timeout=10)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some; a collector that is away costs their loss, nothing else."""
        headers = {"content-type": "application/json"}
        try:
            answer = self._client.post(self._url, content=json.dumps(_request(spans)), headers=headers)
        except httpx2.HTTPError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if answer.is_success else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _request(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    resource = {"attributes": _attributes(spans[0].resource.attributes)} if spans else {}
    scoped = {"scope": {"name": "foresell"}, "spans": [_span(each) for each in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}


def _span(span: ReadableSpan) -> dict[str, Any]:
    own = span.get_span_context()
    assert own
    return {
        "traceId": f"{own.trace_id:032x}",
        "spanId": f"{own.span_id:016x}",
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {"code": 2} if span.status.status_code is StatusCode.ERROR else {},
    }


def _attributes(values: Any) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for key, value in values.items()
    ]
