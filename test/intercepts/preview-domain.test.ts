import test from 'ava'
import { PREVIEW_DOMAIN } from '../../intercepts/preview-domain.ts'

test('a domain of at least two labels, with or without a port, is a preview domain', t => {
  for (const domain of ['preview.example.com', 'p.shop.internal', 'previews.localhost', 'preview.example.com:8443', 'a-1.b2']) {
    t.regex(domain, PREVIEW_DOMAIN)
  }
})

test('nothing else is one', t => {
  for (const domain of [
    '', 'localhost', '.example.com', 'example.com.', '*.example.com', 'Preview.example.com', 'https://example.com',
    'example.com/x', 'example.com:443', 'example.com:0', 'example.com:', '10.0.0.1', 'a..b', '-a.example.com',
    'example.com:8443:1', `${'a.'.repeat(100)}com`, 'a b.com'
  ]) t.notRegex(domain, PREVIEW_DOMAIN, domain)
})
