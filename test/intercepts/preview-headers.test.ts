import test from 'ava'
import { previewHeaders } from '../../intercepts/preview-headers.ts'

test('each exact condition becomes a header, in bytes, and patterns are left to the visitor', t => {
  const headers = previewHeaders({
    headers: [
      { type: 'Exact', name: 'X-Waylay-Id', value: 'maria-3fk27d4a' },
      { type: 'Exact', name: 'x-team', value: 'café' },
      { type: 'Glob', name: 'user-agent', value: '*Firefox*' }
    ]
  })

  t.deepEqual(headers, [
    { name: 'x-waylay-id', value: 'maria-3fk27d4a' }, { name: 'x-team', value: 'caf\u00c3\u00a9' }
  ])
})

const refused = {
  'no condition at all': { headers: [] },
  'a path alone': { headers: [], path: { type: 'Exact', value: '/pay' } },
  'patterns alone': { headers: [{ type: 'Glob', name: 'x-waylay-id', value: 'maria-*' }] },
  'a cookie': { headers: [{ type: 'Exact', name: 'cookie', value: 'user=maria' }] },
  'a host': { headers: [{ type: 'Exact', name: 'Host', value: 'shop.example.com' }] }
} as const

for (const [what, match] of Object.entries(refused)) {
  test(`a match of ${what} has no previews`, t => {
    t.throws(() => previewHeaders(match), { code: 'WAYLAY_PREVIEW_UNFIT' })
  })
}
