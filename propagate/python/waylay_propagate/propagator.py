"""What is carried, and how it is written out again."""
import re
from time import monotonic
from opentelemetry import baggage, context as contexts
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter, default_setter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

BAGGAGE = 'baggage'
ROUTING_HEADER = 'x-waylay-id'
CARRIED = contexts.create_key('waylay-carried')
# As much as everybody must take of baggage (W3C Baggage, 3.3.2): with more the app's own request may be refused.
MAX_LENGTH = 8192
# Some libraries throw at anything else, some write another value than came. Ids and baggage have nothing else.
VALUE = re.compile('[\t\x20-\x7e]*')
# A task of asyncio that a request happened to start keeps its context for as long as it runs, and serves everybody.
MAX_SECONDS = 300


class Propagator(TextMapPropagator):
    """Trace context, and baggage as it came: written anew, properties and spaces of foreign members would change.

    Never writes over what the app has set on a request itself.
    """

    def __init__(self):
        self._trace = TraceContextTextMapPropagator()
        self._baggage = W3CBaggagePropagator()

    @property
    def fields(self):
        return {*self._trace.fields, BAGGAGE, ROUTING_HEADER}

    def extract(self, carrier, context=None, getter=default_getter):
        context = self._trace.extract(carrier, context, getter)
        context = self._baggage.extract(carrier, context, getter)
        found = {name: getter.get(carrier, name) for name in (BAGGAGE, ROUTING_HEADER)}
        joined = {name: ','.join(values) for name, values in found.items() if values}
        raw = {name: value for name, value in joined.items() if len(value) <= MAX_LENGTH and VALUE.fullmatch(value)}
        return contexts.set_value(CARRIED, (monotonic(), raw, baggage.get_all(context)), context)

    def inject(self, carrier, context=None, setter=default_setter):
        came, raw, was = contexts.get_value(CARRIED, context) or (monotonic(), {}, {})
        if monotonic() - came > MAX_SECONDS:
            return
        headers = {}
        self._trace.inject(headers, context)
        headers.update(raw)
        if baggage.get_all(context) != was:
            # The app has changed it.
            headers.pop(BAGGAGE, None)
            self._baggage.inject(headers, context)
        own = _names(carrier)
        if 'traceparent' in own:
            headers.pop('tracestate', None)
        for name, value in headers.items():
            if name not in own:
                setter.set(carrier, name, value)


def _names(carrier):
    """Of a mapping, or of pairs, as gRPC has them."""
    try:
        names = carrier.keys() if hasattr(carrier, 'keys') else [pair[0] for pair in carrier]
        return {str(name).lower() for name in names}
    except (TypeError, IndexError):
        return set()
