"""Python's own http.server, which OpenTelemetry has nothing for; wsgiref and werkzeug's own server build on it."""
from opentelemetry import context, propagate
from opentelemetry.propagators.textmap import Getter


class Headers(Getter):
    """Reads an email.message.Message. Several lines of one header become one: readers of baggage look at the first."""

    def get(self, carrier, key):
        lines = carrier.get_all(key)
        return None if lines is None else [','.join(lines)]

    def keys(self, carrier):
        return list(carrier.keys())


def patch(module):
    handler = module.BaseHTTPRequestHandler
    parse_request, finish = handler.parse_request, handler.finish

    def parse_and_enter(self):
        _leave(self)
        is_parsed = parse_request(self)
        if is_parsed:
            entered = propagate.extract(self.headers, context=context.Context(), getter=Headers())
            self._waylay_token = context.attach(entered)
        return is_parsed

    def leave_and_finish(self):
        _leave(self)
        finish(self)

    handler.parse_request, handler.finish = parse_and_enter, leave_and_finish


def _leave(handler):
    token = handler.__dict__.pop('_waylay_token', None)
    if token is not None:
        context.detach(token)
