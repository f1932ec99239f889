#!/usr/bin/env bash
# Runs a command with the project's own Node and tools, installing them first where the lock file says they are not there.
# A fresh clone needs nothing but some Node with npm: the Node that runs everything is a dev dependency.
set -euo pipefail
cd "$(dirname "$0")/.."

installed=node_modules/.waylay-lock
if ! cmp -s package-lock.json "$installed" || [ ! -x node_modules/.bin/node ]; then
  echo 'waylay: installing dependencies (once per lock file)' >&2
  npm ci --no-fund --no-audit --loglevel=error >&2
  if [ ! -x node_modules/.bin/node ]; then
    echo "waylay: npm's install scripts are switched off, so the package 'node' has no binary." >&2
    echo '  Try:  npm_config_ignore_scripts=false npm test' >&2
    exit 1
  fi
  cp package-lock.json "$installed"
fi

export PATH="$PWD/node_modules/.bin:$PATH"
exec "$@"
