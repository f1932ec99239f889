import test from 'ava'
import { toForwardFailure } from '../../../cli/cluster/port-forward-failure.ts'

const PLACE = { namespace: 'shop', pod: 'payments-1', port: 15900 }

const explains = test.macro((t, said: string, message: RegExp, hint: RegExp) => {
  const failure = toForwardFailure(said, PLACE)
  t.is(failure.code, 'WAYLAY_TUNNEL_FAILED')
  t.regex(failure.message, message)
  t.regex(failure.hint, hint)
})

// As kubelet and containerd say it.
test('a proxy that does not listen leads to its log', explains,
  'error forwarding port 15900 to pod 8b2c, uid : failed to execute portforward in network namespace "/var/run/netns/cni-1": failed to connect to localhost:15900 inside namespace "8b2c", IPv4: dial tcp4 127.0.0.1:15900: connect: connection refused IPv6 dial tcp6 [::1]:15900: connect: connection refused',
  /nothing listens on its port 15900/, /kubectl -n shop logs payments-1 -c waylay-proxy/)
test('a pod that was deleted is told as gone', explains,
  'pods "payments-1" not found', /the pod is gone or does not run/, /kubectl -n shop get pod payments-1/)
test('a pod that the kubelet has forgotten is told as gone', explains,
  'unable to upgrade connection: pod does not exist', /the pod is gone or does not run/, /get pod/)
test('a sandbox that was stopped is told as gone', explains,
  'error forwarding port 15900 to pod 8b2c: rpc error: code = NotFound desc = sandbox container "8b2c" is not running',
  /the pod is gone or does not run/, /get pod/)
test('a node that does not answer leads to the nodes', explains,
  'error dialing backend: dial tcp 10.0.0.7:10250: connect: connection refused', /does not reach the pod's node/, /get nodes/)
test('anything else is told as it was said', explains,
  'something new', /failed: something new$/, /--verbose/)
