import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { proofText, signProof, verifyProof } from '../../intercepts/proof.ts'

const ours = generateKeyPairSync('ed25519')
const foreign = generateKeyPairSync('ed25519')
const proof = signProof(ours.privateKey, 'shop', 'payments-1', 'nonce')

test('a proof counts for its own namespace, pod and nonce', t => {
  t.true(verifyProof(ours.publicKey, 'shop', 'payments-1', 'nonce', proof))
})

const others: Record<string, readonly [namespace: string, pod: string, nonce: string]> = {
  'another namespace': ['bank', 'payments-1', 'nonce'],
  'another pod': ['shop', 'payments-2', 'nonce'],
  'another nonce': ['shop', 'payments-1', 'other']
}
for (const [name, [namespace, pod, nonce]] of Object.entries(others)) {
  test(`a proof does not count for ${name}`, t => {
    t.false(verifyProof(ours.publicKey, namespace, pod, nonce, proof))
  })
}

test('a proof of another key does not count', t => {
  t.false(verifyProof(foreign.publicKey, 'shop', 'payments-1', 'nonce', proof))
})

for (const text of ['', 'not base64 !', proof.slice(4), Buffer.alloc(64).toString('base64')]) {
  test(`"${text.slice(0, 12)}" (${text.length} characters) is no proof`, t => {
    t.false(verifyProof(ours.publicKey, 'shop', 'payments-1', 'nonce', text))
  })
}

test('a proof is never a ticket: its text names what it is for', t => {
  t.regex(proofText('a', 'b', 'c').toString(), /^waylay-session-v1\n/)
})
