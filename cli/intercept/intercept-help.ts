export const INTERCEPT_HELP = `
Examples:
  $ waylay intercept payments --port 3000
  $ waylay intercept deployment/payments --port 3000:8080 -n shop
  $ waylay intercept payments --port 3000:http --port 3001:admin
  $ waylay intercept service/payments --port 3000
  $ waylay intercept payments --port 3000:http --http-header x-user=maria@example.org
  $ waylay intercept payments --port 3000 --http-path-prefix /api --method POST
  $ waylay intercept payments --port 3000 --host-header localhost:3000
  $ waylay intercept payments --port 3000 --reach ledger:80=8081 --socks 1080
  $ waylay intercept payments --port 3000 --take-over
  $ waylay intercept payments --port 3000 --for 10m --wait-for-first-match
  $ waylay intercept payments --port 3000 --inspect
  $ waylay intercept payments --port 3000 -- npm run dev
  $ waylay intercept payments --port 3000 --run "npm run dev"
  $ waylay intercept payments --port 3000 -e app.env --mount ./pod-files

Environment:
  WAYLAY_ID           value of x-waylay-id, as --id
  WAYLAY_CONFIG_DIR   where the value kept for you lies (default: ~/.config/waylay)
  NO_COLOR            no colours; FORCE_COLOR=1: colours also where stderr is no terminal
  Your program gets the pod's environment, and WAYLAY_INTERCEPT, WAYLAY_NAMESPACE and WAYLAY_WORKLOAD.

Exit codes:
  0 stopped with Ctrl-C, --for is over, or the first match came
  1 a bug in waylay   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 workload not fit, or no match came   6 held by somebody else, taken over, or ended by "waylay leave"
  7 tunnel broken
  With a program of yours: its own exit code; our own failures are then 120 to 126, in the order above.`
