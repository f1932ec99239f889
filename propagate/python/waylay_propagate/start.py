"""OpenTelemetry's instrumentation without its SDK: nothing is recorded, nothing is sent anywhere."""
import os
import sys
from contextlib import contextmanager
from importlib.metadata import distributions
from importlib.util import find_spec

GROUP = 'opentelemetry_instrumentor'

# Of an app that has set OpenTelemetry up. The API alone comes along with many packages and does nothing.
OWN = ('opentelemetry.sdk', 'opentelemetry.instrumentation', 'opentelemetry.distro')

# Read when the API is imported, which fails for a propagator that is not there.
SETTINGS = {'OTEL_PROPAGATORS': 'tracecontext,baggage', 'OTEL_PYTHON_CONTEXT': 'contextvars_context'}


def start(library):
    """`library`: folder with the packages of requirements.txt. Behind the app's own: where both have one, the app's counts."""
    if find_spec('opentelemetry') is not None and any(find_spec(name) is not None for name in OWN):
        raise RuntimeError('it has its own OpenTelemetry, which is left alone')
    sys.path.append(library)
    with _settings():
        from opentelemetry.propagate import set_global_textmap
        from waylay_propagate.propagator import Propagator
        set_global_textmap(Propagator())
        from waylay_propagate.http_server import carry_on_http_server
        carry_on_http_server()
        for name, distribution, entry_point in _instrumentors(library):
            try:
                _instrument(distribution, entry_point)
            except ImportError:
                # The library is not there after all.
                continue
            except Exception as error:
                sys.stderr.write('waylay: headers are not carried on through %s: %s\n' % (name, error))


def _instrumentors(library):
    for distribution in distributions(path=[library]):
        for entry_point in distribution.entry_points:
            if entry_point.group == GROUP:
                yield entry_point.name, distribution, entry_point


def _instrument(distribution, entry_point):
    from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts
    # The library is not there, or in a version that the instrumentation does not know.
    if get_dist_dependency_conflicts(distribution) is None:
        entry_point.load()().instrument(skip_dep_check=True)


@contextmanager
def _settings():
    before = {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
