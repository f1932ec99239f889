import test from 'ava'
import { digestPreviewToken, isPreviewToken, newPreviewToken, previewName } from '../../intercepts/preview.ts'

test('a token is 26 random characters that a host name can hold', t => {
  const tokens = Array.from({ length: 500 }, newPreviewToken)
  t.true(tokens.every(isPreviewToken))
  t.is(new Set(tokens).size, tokens.length)
  // Each of 32 characters has its chance: 130 bits.
  t.is(new Set(tokens.join('')).size, 32)
})

test('neither a preview\'s name nor a word passes for a token', t => {
  for (const label of [previewName(digestPreviewToken('x')), 'www', '', `${newPreviewToken()}a`, newPreviewToken().toUpperCase()]) {
    t.false(isPreviewToken(label), label)
  }
})

test('a name tells nothing of its token, and stays the same', t => {
  const token = newPreviewToken()
  const digest = digestPreviewToken(token)
  t.regex(digest, /^[0-9a-f]{64}$/)
  t.is(previewName(digest), previewName(digestPreviewToken(token)))
  t.regex(previewName(digest), /^p-[0-9a-f]{20}$/)
  t.false(previewName(digest).includes(digest.slice(0, 8)))
})
