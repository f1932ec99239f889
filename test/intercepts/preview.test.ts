import test from 'ava'
import {
  digestPreviewToken, isPreviewName, isPreviewToken, isTokenOf, newPreviewToken, previewName
} from '../../intercepts/preview.ts'

const MARIA = { namespace: 'shop', intercept: 'c0ffee', owner: 'maria' }

test('a token is 26 random characters that a host name can hold', t => {
  const tokens = Array.from({ length: 500 }, newPreviewToken)
  t.true(tokens.every(isPreviewToken))
  t.is(new Set(tokens).size, tokens.length)
  // Each of 32 characters has its chance: 130 bits.
  t.is(new Set(tokens.join('')).size, 32)
})

test('neither a preview\'s name nor a word passes for a token, nor a token for a name', t => {
  for (const label of [previewName('x'), 'www', '', `${newPreviewToken()}a`, newPreviewToken().toUpperCase()]) {
    t.false(isPreviewToken(label), label)
  }
  for (const label of [newPreviewToken(), 'www', '', `${previewName('x')}0`, previewName('x').toUpperCase()]) {
    t.false(isPreviewName(label), label)
  }
})

test('a name tells nothing of its token, and stays the same', t => {
  const token = newPreviewToken()
  t.is(previewName(token), previewName(token))
  t.true(isPreviewName(previewName(token)))
  t.false(digestPreviewToken(token, MARIA).includes(previewName(token).slice(2, 10)))
})

test('a digest proves its token for one holder of one intercept, and for nobody else', t => {
  const token = newPreviewToken()
  const digest = digestPreviewToken(token, MARIA)

  t.regex(digest, /^[0-9a-f]{64}$/)
  t.true(isTokenOf(digest, token, MARIA))
  t.false(isTokenOf(digest, newPreviewToken(), MARIA))
  for (const other of [{ namespace: 'web' }, { intercept: 'c0ffef' }, { owner: 'jon' }]) {
    t.false(isTokenOf(digest, token, { ...MARIA, ...other }), JSON.stringify(other))
  }
})

test('what is no digest at all proves no token', t => {
  for (const digest of ['', 'zz', 'ab', '0'.repeat(63)]) t.false(isTokenOf(digest, newPreviewToken(), MARIA), digest)
})
