"""Where a request comes in.

OpenTelemetry takes a span that is there for this request's own, and then does not read what came. But uvicorn begins
the second of two pipelined requests in the context of the first one.
"""
from opentelemetry import context, trace
from opentelemetry.instrumentation import utils
from opentelemetry.propagate import extract


def replace():
    """Before the instrumentation of a server takes it from there."""
    utils._start_internal_or_server_span = start


def start(tracer, span_name, start_time, context_carrier, context_getter, attributes=None):
    entered = extract(context_carrier, context=context.Context(), getter=context_getter)
    span = tracer.start_span(name=span_name, context=entered, kind=trace.SpanKind.SERVER, start_time=start_time,
                             attributes=attributes)
    return span, context.attach(entered)
