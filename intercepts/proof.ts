import { sign, verify, type KeyObject } from 'node:crypto'

/**
 * What a CLI signs to prove that it holds a ticket's session key.
 *
 * The pod's name stands in it, so that a pod that is not what it claims cannot hand another proxy's nonce to a CLI and
 * pass the answer on.
 */
export function proofText (namespace: string, pod: string, nonce: string): Buffer {
  return Buffer.from(['waylay-session-v1', namespace, pod, nonce].join('\n'))
}

/** Signs the nonce of one proxy. Returns base64. */
export function signProof (key: KeyObject, namespace: string, pod: string, nonce: string): string {
  return sign(null, proofText(namespace, pod, nonce), key).toString('base64')
}

/** Checks the answer to our nonce. */
export function verifyProof (key: KeyObject, namespace: string, pod: string, nonce: string, proof: string): boolean {
  return verify(null, proofText(namespace, pod, nonce), key, Buffer.from(proof, 'base64'))
}
