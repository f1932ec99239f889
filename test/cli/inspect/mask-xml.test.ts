import test from 'ava'
import { MASK, maskBody } from '../../../cli/inspect/mask.ts'

/** What is shown of a body. */
function shown (text: string, type = 'application/xml'): string {
  return maskBody(text, type) ?? text
}

test('elements that are named like secrets hide their text, in any namespace', t => {
  t.is(shown('<?xml version="1.0"?>\n<login>\n  <user>maria</user>\n  <password>hush &amp; hush</password>\n</login>\n'),
    `<?xml version="1.0"?>\n<login>\n  <user>maria</user>\n  <password>${MASK}</password>\n</login>\n`)
  t.is(shown('<s:Envelope xmlns:token="urn:x"><wsse:Password Type="urn:#Text">hush</wsse:Password><n:key>hush</n:key></s:Envelope>', 'text/xml'),
    `<s:Envelope xmlns:token="urn:x"><wsse:Password Type="urn:#Text">${MASK}</wsse:Password><n:key>${MASK}</n:key></s:Envelope>`)
  t.is(shown('<a><apiKey><![CDATA[hu]]sh]]></apiKey><note><![CDATA[a < b]]></note><token>\n  hu<!-- no -->sh\n</token></a>'),
    `<a><apiKey><![CDATA[${MASK}]]></apiKey><note><![CDATA[a < b]]></note><token>\n  ${MASK}<!-- no -->${MASK}\n</token></a>`)
  t.is(shown('<tokens><user>maria</user><token/><b>c</b></tokens>'), '<tokens><user>maria</user><token/><b>c</b></tokens>')
})

test('attributes are hidden by their name, and by the one beside them that names what they hold', t => {
  t.is(shown('<db user="maria" password="hush" apiKey=\'hush\' timeout="5"/>'), `<db user="maria" password="${MASK}" apiKey='${MASK}' timeout="5"/>`)
  t.is(shown('<add key="DbPassword" value="hush"/><add key="color" value="red"/>'), `<add key="DbPassword" value="${MASK}"/><add key="color" value="red"/>`)
  t.is(shown('<param name="token">hush</param><param name="color">red</param>'), `<param name="token">${MASK}</param><param name="color">red</param>`)
  t.is(shown('<google key="hush"/>'), `<google key="${MASK}"/>`)
  t.is(shown('<dict><key>password</key><string>hush</string><name>secret</name>\n<value>hush</value><string>red</string></dict>'),
    `<dict><key>password</key><string>${MASK}</string><name>secret</name>\n<value>${MASK}</value><string>red</string></dict>`)
})

test('addresses in texts and attributes hide their secrets', t => {
  t.is(shown('<url>https://a.b/?x=1&amp;token=hush</url><a href="https://maria:hush@a.b/"/>'),
    `<url>https://a.b/?x=1&amp;token=${MASK}</url><a href="https://${MASK}@a.b/"/>`)
})

test('XML is known by how it begins, whatever its type says, and is masked where its end is missing', t => {
  t.is(shown('\ufeff <password>hush</password>', ''), `\ufeff <password>${MASK}</password>`)
  t.is(shown('<a><password>hus'), `<a><password>${MASK}`)
  t.is(shown('<a><db password="hus'), `<a><db password="${MASK}"`)
  t.is(shown('<a><token><![CDATA[hus'), `<a><token><![CDATA[${MASK}`)
  t.is(shown('a < b and <password>c</password>', 'text/plain'), 'a < b and <password>c</password>')
  const part = '--b\r\nContent-Disposition: form-data; name="config"\r\n\r\n<password>hush</password>\r\n--b--\r\n'
  t.is(shown(part, 'multipart/form-data; boundary=b'), part.replace('hush', MASK))
})

test('a page keeps its scripts and texts, but for tokens in its forms and secrets in its JSON', t => {
  const page = (token: string, json: string): string => '<!doctype html><html><head><meta name="csrf-token" content="' + token + '"></head>' +
    '<body><h2 id="password">Your password</h2><input type="hidden" name="_token" value="' + token + '"> Remember me' +
    '<textarea name="api_key">' + token + '</textarea><textarea name="note">x = y ? 1 : 2</textarea>' +
    '<script>if (a<b && c>d) var x = y ? 1 : 2; var token = f(); z = {"token":"' + json + '"}</script></body></html>'
  t.is(shown(page('hush', 'hush'), 'text/html'), page(MASK, MASK))
})

// As in mask.test.ts: a scan that begins anew at each byte would not end.
for (const [name, text] of Object.entries({
  'tags without an end': `<a>${'<a '.repeat(1_000_000)}`,
  'a tag without an end': `<a ${'b'.repeat(4_000_000)}`,
  'blanks after an attribute': `<a b${' '.repeat(4_000_000)}>`,
  'quotes without an end': `<a ${'b="'.repeat(1_000_001)}`,
  'comments without an end': `<a>${'<!-- '.repeat(1_000_000)}`,
  'data without an end': `<a>${'<![CDATA['.repeat(500_000)}`,
  'blanks in a secret': `<token>${' \n'.repeat(2_000_000)}<`,
  'signs that begin nothing': '<'.repeat(2_000_000),
  'attributes without a value': `<a ${'token '.repeat(500_000)}`
})) {
  test(`${name} are read once, however long it is`, t => {
    const startMs = performance.now()
    t.notThrows(() => shown(text))
    const tookMs = performance.now() - startMs
    t.log(`${tookMs.toFixed(0)} ms`)
    t.true(tookMs < 20_000)
  })
}
