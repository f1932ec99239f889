// Starts main.ts, which older versions of Node cannot read: they are told so here.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 20)) {
  await import('./main.ts')
} else {
  process.stdout.write(`::error::waylay needs Node 22.20 or later, and this is ${process.versions.node}. ` +
    'Put actions/setup-node before it.\n')
  process.exitCode = 1
}
