"""Calls back when the program has imported a module, and imports nothing itself."""
import sys


class ImportHooks:
    """A finder for sys.meta_path that finds what the others find."""

    def __init__(self, callbacks):
        """`callbacks`: by the full name of a module; called once, with the module."""
        self._callbacks = dict(callbacks)

    def install(self):
        sys.meta_path.insert(0, self)
        for name in [name for name in self._callbacks if name in sys.modules]:
            self._callbacks.pop(name)(sys.modules[name])

    def find_spec(self, name, path=None, target=None):
        if name not in self._callbacks:
            return None
        for finder in sys.meta_path:
            find_spec = None if finder is self else getattr(finder, 'find_spec', None)
            spec = None if find_spec is None else find_spec(name, path, target)
            if spec is not None:
                self._watch(name, spec.loader)
                return spec
        return None

    def _watch(self, name, loader):
        execute = getattr(loader, 'exec_module', None)
        if execute is None:
            return

        def execute_and_call(module):
            execute(module)
            callback = self._callbacks.pop(name, None) if module.__name__ == name else None
            if callback is not None:
                callback(module)

        try:
            # On this one loader: whoever looks at a module's loader still finds the one that it had.
            loader.exec_module = execute_and_call
        except AttributeError:
            pass
