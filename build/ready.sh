#!/usr/bin/env bash
# Runs a command with the project's own Node and tools, installing them first where the lock file says they are not there.
# A fresh clone needs nothing but some Node with npm: the Node that runs everything is a dev dependency.
set -euo pipefail
cd "$(dirname "$0")/.."

installed=node_modules/.waylay-lock
if ! cmp -s package-lock.json "$installed" || [ ! -x node_modules/.bin/node ]; then
  echo 'waylay: installing dependencies (once per lock file)' >&2
  # allow-scripts off or on makes no difference to us: see the fall-back for the Node binary below.
  npm ci --no-fund --no-audit --loglevel=error >&2
  cp package-lock.json "$installed"
fi

export PATH="$PWD/node_modules/.bin:$PATH"
exec "$@"
