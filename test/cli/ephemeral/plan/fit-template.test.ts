import test from 'ava'
import { fitTemplate } from '../../../../cli/ephemeral/plan/fit-template.ts'
import { anOriginal } from './an-original.ts'

const claimed = (claims: Record<string, { readonly accessModes: readonly string[] } | 'forbidden'>) => ({
  ...anOriginal('deployment/payments', [{ name: 'app' }], {
    volumes: Object.keys(claims).map(claimName => ({ name: `of-${claimName}`, persistentVolumeClaim: { claimName } }))
  }),
  claims: new Map(Object.entries(claims))
})

test('a volume for one pod, or for the pods of one node, is not shared', t => {
  for (const mode of ['ReadWriteOnce', 'ReadWriteOncePod']) {
    t.throws(() => fitTemplate(claimed({ data: { accessModes: [mode] } }), false), {
      code: 'WAYLAY_COPY_UNFIT', message: /deployment\/payments .*of-data/
    })
  }
  const { template } = fitTemplate(claimed({ data: { accessModes: ['ReadWriteOnce'] } }), true)
  t.deepEqual(template.spec.volumes, [{ name: 'of-data', emptyDir: {} }])
})

test('a volume that pods may share is said', t => {
  const { template, warnings } = fitTemplate(claimed({ docs: { accessModes: ['ReadOnlyMany'] }, secret: 'forbidden' }), false)
  t.is(template.spec.volumes?.length, 2)
  t.regex(warnings.join('\n'), /reads the same files.*docs[^]*You may not get persistentvolumeclaims/)
})

test('a StatefulSet with claims of its own is refused, without them copied', t => {
  const original = anOriginal('statefulset/carts', [{ name: 'app' }])
  t.throws(() => fitTemplate({ ...original, claimTemplates: [{ metadata: { name: 'data' } }] }, false), {
    code: 'WAYLAY_COPY_UNFIT', message: /each of its pods has these volumes for itself: data/
  })
  const { template, warnings } = fitTemplate(original, false)
  t.deepEqual(template, original.template)
  t.is(warnings.length, 1)
})

test('nobody opens the gate of a copy, so it has none', t => {
  const gates = { readinessGates: [{ conditionType: 'lb.example.org/ready' }] }
  const { template, warnings } = fitTemplate(anOriginal('deployment/payments', [{ name: 'app' }], gates), false)
  t.deepEqual(template.spec, { containers: [{ name: 'app' }] })
  t.regex(warnings.join(), /lb\.example\.org\/ready/)
})

test('the node\'s network is refused', t => {
  t.throws(() => fitTemplate(anOriginal('daemonset/agent', [{ name: 'app' }], { hostNetwork: true }), true), { code: 'WAYLAY_COPY_UNFIT' })
})
