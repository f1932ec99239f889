#!/usr/bin/env bash
# PID 1 of the sidecar. Starts the proxy again and again, kills it when its event loop hangs, and ends the redirect the
# moment it is gone: from then on callers reach the app as if waylay did not exist.
#
#   supervisor.sh [<script>]
#
# No `set -e`: whatever fails here, the next line is the better idea.
set -u

proxy=${1:-/waylay/proxy.js}
export WAYLAY_LIFE_FD=3
first_byte_seconds=15 # a cold start of Node on a busy machine
life_seconds=5
backoff_ms=200
longest_backoff_ms=30000
good_life_seconds=10
# In MiB. There is no memory limit on the container (the kernel would kill us too), so the heap has one of its own.
node_options=${WAYLAY_NODE_OPTIONS:---max-old-space-size=192}

# Every listener's disarm port, by the contract its own number + 200. There is no jq in the image, and need not be.
disarm_ports=()
rest=${WAYLAY_CONFIG:-}
while [[ $rest =~ \"listener\"[[:space:]]*:[[:space:]]*([0-9]+) ]]; do
  disarm_ports+=($((BASH_REMATCH[1] + 200)))
  rest=${rest#*"${BASH_REMATCH[0]}"}
done

disarm() {
  local address port
  for port in "${disarm_ports[@]}"; do
    for address in 127.0.0.1 ::1; do
      # Each redirection fails for itself where a pod has no IPv6.
      { printf disarm >"/dev/udp/$address/$port"; } 2>/dev/null
    done
  done
}

pid=
stopping=
hand_on() {
  stopping=$1
  [[ -z $pid ]] || kill -s "$1" "$pid" 2>/dev/null
}
trap 'hand_on TERM' TERM
trap 'hand_on INT' INT

# A pipe that nobody writes to: reading it with a timeout is a sleep that a signal's trap can interrupt.
exec {never}<> <(:)
nap() { read -r -t "$1" -u "$never"; }

exec {out}>&1
start() {
  # The pipe's only writer is the proxy's fd 3, so its end is the proxy's end. What the proxy prints stays our stdout.
  # shellcheck disable=SC2086 # the options are words
  exec {life}< <(exec node $node_options "$proxy" 3>&1 1>&"$out" {out}>&- {never}>&-)
  pid=$!
  # A signal may have come while there was nobody to hand it to.
  [[ -z $stopping ]] || kill -s "$stopping" "$pid" 2>/dev/null
}

# Reads life bytes. Returns 0 when the proxy has ended, 1 when it hangs.
watch() {
  local patience=$first_byte_seconds
  while true; do
    # The last second is counted apart: a pod that was frozen wakes up with its time over, and may show that it lives.
    for part in $((patience - 1)) 1; do
      IFS= read -r -N 1 -t "$part" -u "$life" && patience=$life_seconds && continue 2
      (($? > 128)) || return 0
    done
    echo "waylay-supervisor: no sign of life from the proxy for $patience s, killing it" >&2
    return 1
  done
}

# Ends what is left of the proxy and sets `code`. `$1`: how often to look whether it ends by itself, every 50 ms.
finish() {
  local looks=$1
  while ((looks-- > 0)) && kill -0 "$pid" 2>/dev/null; do nap 0.05; done
  kill -s KILL "$pid" 2>/dev/null
  # A signal of our own ends `wait` early.
  until wait "$pid"; code=$?; ! kill -0 "$pid" 2>/dev/null; do :; done
  pid=
  exec {life}<&-
}

code=0
while [[ -z $stopping ]]; do
  started=$SECONDS
  start
  # Its pipe closes a moment before the proxy is gone: without that moment its exit code would be ours.
  if watch; then looks=20; else looks=0; fi
  disarm
  finish "$looks"
  # Once more: it may have beaten in between.
  disarm
  [[ -z $stopping ]] || break

  ((SECONDS - started < good_life_seconds)) || backoff_ms=200
  echo "waylay-supervisor: the proxy ended with $code, starting it again in $backoff_ms ms" >&2
  for ((waited_ms = 0; waited_ms < backoff_ms; waited_ms += 200)); do
    [[ -z $stopping ]] || break
    nap 0.2
  done
  backoff_ms=$((backoff_ms * 2 < longest_backoff_ms ? backoff_ms * 2 : longest_backoff_ms))
done
exit "$code"
