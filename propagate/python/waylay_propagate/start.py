"""OpenTelemetry's instrumentation without its SDK: nothing is recorded, nothing is sent anywhere.

A library is instrumented when the program has imported it, and before that nothing is loaded: gevent and eventlet
exchange parts of the standard library first, and break what has them already.
"""
import os
import sys
from contextlib import contextmanager
from waylay_propagate.import_hooks import ImportHooks

GROUP = 'opentelemetry_instrumentor'

# Of an app that has set OpenTelemetry up. The API alone comes along with many packages and does nothing.
OWN = ('opentelemetry.sdk', 'opentelemetry.instrumentation', 'opentelemetry.distro')

# Read when the API is imported, which fails for a propagator that is not there.
SETTINGS = {'OTEL_PROPAGATORS': 'tracecontext,baggage', 'OTEL_PYTHON_CONTEXT': 'contextvars_context'}

# After which module of the app which instrumentors are loaded.
INSTRUMENTORS = {
    'aiohttp': ['aiohttp-client'],
    'fastapi': ['fastapi'],
    'flask': ['flask'],
    'grpc': ['grpc_client', 'grpc_server', 'grpc_aio_client', 'grpc_aio_server'],
    'httpx': ['httpx'],
    'requests': ['requests'],
    'starlette.applications': ['starlette'],
    'tornado.web': ['tornado'],
    'urllib.request': ['urllib'],
    'urllib3': ['urllib3'],
}


def start(folder):
    """`folder`: ours, with the packages of requirements.txt in `lib`."""
    carrying = _Carrying(folder)
    hooks = {name: carrying.instrument(names) for name, names in INSTRUMENTORS.items()}
    hooks['http.server'] = carrying.patched_by('waylay_propagate.http_server')
    hooks['aiohttp.web_app'] = carrying.patched_by('waylay_propagate.aiohttp_server')
    hooks['django.core.handlers.base'] = carrying.guarded('django', carrying.patch_django)
    ImportHooks(hooks).install()


class _Carrying:
    def __init__(self, folder):
        self._folder = folder
        self._packages = None
        self._is_refused = False

    def instrument(self, names):
        def callback(_module):
            for name in names:
                self.guarded(name, lambda _module, name=name: self._instrument(name))(_module)
        return callback

    def guarded(self, name, callback):
        """What goes wrong in here costs the carrying, and nothing else."""
        def call(module):
            try:
                if self._is_ready():
                    callback(module)
            except ImportError:
                # A part of the library is not there.
                pass
            except Exception as error:
                sys.stderr.write('waylay: headers are not carried on through %s: %s\n' % (name, error))
        return call

    def patched_by(self, name):
        return self.guarded(name, lambda module: self._packages.load(name).patch(module))

    def patch_django(self, module):
        """Its instrumentor reads the settings; programs name them later than they import Django."""
        handler = module.BaseHandler
        load_middleware = handler.load_middleware
        instrument = self.instrument(['django'])

        def instrument_and_load(this, *args, **kwargs):
            handler.load_middleware = load_middleware
            instrument(module)
            return load_middleware(this, *args, **kwargs)

        handler.load_middleware = instrument_and_load

    def _is_ready(self):
        if self._packages is None and not self._is_refused:
            try:
                self._packages = self._load()
            except Exception as error:
                self._is_refused = True
                sys.stderr.write('waylay: this program does not carry headers on: %s\n' % error)
        return self._packages is not None

    def _load(self):
        from importlib.util import find_spec
        from waylay_propagate.private import PREFIX, PrivatePackages
        if find_spec('opentelemetry') is not None and any(find_spec(name) is not None for name in OWN):
            raise RuntimeError('it has its own OpenTelemetry, which is left alone')
        packages = PrivatePackages([os.path.join(self._folder, 'lib'), self._folder])
        packages.install()
        _silence(PREFIX)
        metadata = packages.load('opentelemetry.util._importlib_metadata')
        metadata.entry_points = lambda group, name: [point for point, _ in self._entry_points(packages, group, name)]
        with _settings():
            propagator = packages.load('waylay_propagate.propagator').Propagator()
            packages.load('opentelemetry.propagate').set_global_textmap(propagator)
        return packages

    def _instrument(self, name):
        self._packages.load('waylay_propagate.server_span').replace()
        dependencies = self._packages.load('opentelemetry.instrumentation.dependencies')
        for entry_point, distribution in self._entry_points(self._packages, GROUP, name):
            # The library is in a version that the instrumentation does not know.
            if dependencies.get_dist_dependency_conflicts(distribution) is None:
                entry_point.load()().instrument(skip_dep_check=True)

    def _entry_points(self, packages, group, name):
        from importlib.metadata import distributions
        for distribution in distributions(path=[os.path.join(self._folder, 'lib')]):
            for entry_point in distribution.entry_points:
                if entry_point.group == group and entry_point.name == name:
                    yield _EntryPoint(packages, entry_point), distribution


class _EntryPoint:
    def __init__(self, packages, entry_point):
        self._packages, self._entry_point = packages, entry_point

    def load(self):
        return getattr(self._packages.load(self._entry_point.module), self._entry_point.attr)


def _silence(name):
    """Ours warn of each request whose baggage they cannot read, and anybody can send such: the app's log is its own."""
    from logging import getLogger, NullHandler
    logger = getLogger(name)
    logger.addHandler(NullHandler())
    logger.propagate = False


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
