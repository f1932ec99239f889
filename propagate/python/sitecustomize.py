"""Runs when Python starts: carries headers on, then runs the sitecustomize.py that this one hides.

In whatever Python the app brings, so in old syntax; and nothing of ours gets out of here.
"""
import os
import sys


def _carry_on(folder):
    try:
        if sys.version_info < (3, 10):
            raise RuntimeError('Python %d.%d is older than 3.10' % sys.version_info[:2])
        from waylay_propagate.start import start
        start(folder)
    except Exception as error:
        sys.stderr.write('waylay: this program does not carry headers on: %s\n' % error)


def _run_next(folder):
    """What this one raises is the app's, and Python reports it as it would without us."""
    if sys.version_info < (3, 4):
        return
    # Not from importlib.util, which imports threading: gevent wants to exchange that first.
    from importlib._bootstrap import module_from_spec
    from importlib.machinery import PathFinder
    # From here on the app's modules are found as without us.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder]
    spec = PathFinder.find_spec('sitecustomize', sys.path)
    if spec is None:
        return
    module = module_from_spec(spec)
    sys.modules['sitecustomize'] = module
    spec.loader.exec_module(module)


_folder = os.path.dirname(os.path.abspath(__file__))
_carry_on(_folder)
_run_next(_folder)
