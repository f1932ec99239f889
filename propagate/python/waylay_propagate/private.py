"""Packages of ours under names of their own: an app finds no other OpenTelemetry than without us."""
import builtins
import os
import sys
import types
from importlib import import_module
from importlib.machinery import PathFinder, SourceFileLoader

PREFIX = '_waylay_lib'


class PrivatePackages:
    """A finder for sys.meta_path. Each module that it loads imports the packages beside it before those of the app."""

    def __init__(self, folders):
        self._folders = list(folders)
        entries = [entry.partition('.py')[0] for folder in self._folders for entry in os.listdir(folder)]
        self._names = {name for name in entries if name.isidentifier()}
        # Frames look up __import__ here, also those of functions that import something later.
        self._builtins = dict(vars(builtins), __import__=self._import)

    def install(self):
        root = types.ModuleType(PREFIX)
        root.__path__ = self._folders
        sys.modules[PREFIX] = root
        sys.meta_path.insert(0, self)

    def load(self, name):
        return import_module('%s.%s' % (PREFIX, name))

    def find_spec(self, name, path=None, target=None):
        if not name.startswith(PREFIX + '.'):
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._builtins)
        return spec

    def _import(self, name, globals=None, locals=None, fromlist=(), level=0):
        top = name.partition('.')[0]
        if level != 0 or top not in self._names:
            return builtins.__import__(name, globals, locals, fromlist, level)
        module = self.load(name)
        if not fromlist:
            return sys.modules['%s.%s' % (PREFIX, top)]
        return builtins.__import__(module.__name__, globals, locals, fromlist, 0)


class _Loader(SourceFileLoader):
    def __init__(self, name, path, its_builtins):
        super().__init__(name, path)
        self._builtins = its_builtins

    def exec_module(self, module):
        module.__builtins__ = self._builtins
        super().exec_module(module)
