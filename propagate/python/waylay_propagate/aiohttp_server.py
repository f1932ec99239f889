"""Servers of aiohttp. OpenTelemetry's own instrumentation hands the span on and loses what else the request brought."""
from opentelemetry import context, propagate
from opentelemetry.propagators.textmap import Getter


class Headers(Getter):
    """Reads a multidict. Several lines of one header become one: readers of baggage look at the first."""

    def get(self, carrier, key):
        lines = carrier.getall(key, None)
        return None if lines is None else [','.join(lines)]

    def keys(self, carrier):
        return list(carrier.keys())


def patch(module):
    application = module.Application
    handle = application._handle

    async def enter_and_handle(self, request):
        token = context.attach(propagate.extract(request.headers, context=context.Context(), getter=Headers()))
        try:
            return await handle(self, request)
        finally:
            # One task answers all requests of a connection, one after the other.
            context.detach(token)

    application._handle = enter_and_handle
