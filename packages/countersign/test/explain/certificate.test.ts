import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from 'countersign/lint'
import { certificateFacts } from '../../src/key/certificate-facts.ts'
import certificates from '../support/certificates.json' with { type: 'json' }
import { der, derOf, EC } from '../support/keys.ts'

const PEMS = Object.entries(certificates.certificates).map(([alg, { certificate }]) => [alg, certificate] as const)
const PEM = certificates.certificates.ES256.certificate
const DER = derOf(PEM)
const now = (): number => 1_800_000_000

test('octets that are no certificate, to the last of them, have no facts and throw nothing', () => {
  for (const octets of [
    new Uint8Array(),
    Uint8Array.of(0x30),
    new Uint8Array(64),
    DER.subarray(1),
    derOf(PEM).slice(0, -1),
  ])
    assert.equal(certificateFacts(octets), undefined)
  assert.equal(certificateFacts(Uint8Array.from([...DER, 0])), undefined)
  assert.equal(certificateFacts(Uint8Array.from([0x30, 0x83, 0x0f, 0xff, 0xff, ...DER])), undefined)
  for (let at = 0; at < DER.length; at++) {
    certificateFacts(DER.subarray(0, at))
    for (const octet of [0, 0x1f, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
      const wrong = Uint8Array.from(DER)
      wrong[at] = octet
      certificateFacts(wrong)
    }
  }
})

for (const [alg, pem] of PEMS) {
  test(`the certificate for ${alg} is read`, () => {
    const facts = certificateFacts(derOf(pem))
    assert.ok(facts)
    const { subject, issuer, serial, notBefore, notAfter, isSelfIssued, isAuthority, keyUsage } = facts
    assert.deepEqual([subject, issuer], [`CN=${alg} test, O=countersign`, `CN=${alg} test, O=countersign`])
    assert.match(serial, /^[0-9a-f]{20,42}$/)
    assert.deepEqual([notBefore, notAfter], [1_795_315_729, 4_948_915_729])
    assert.deepEqual([isSelfIssued, isAuthority, keyUsage], [true, true, []])
  })
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const CN = [0x55, 4, 3]
const named = (...pairs: readonly (readonly [oid: readonly number[], tag: number, value: Uint8Array])[]): Uint8Array =>
  der(0x30, ...pairs.map(([oid, tag, value]) => der(0x31, der(0x30, der(6, oid), der(tag, value)))))
const extension = (oid: readonly number[], value: Uint8Array): Uint8Array => der(0x30, der(6, oid), der(4, value))

/** A certificate by hand; nobody has signed it. */
function certificate(
  subject: Uint8Array,
  extensions: readonly Uint8Array[] = [],
  times = [text('260101000000Z'), text('20500101000000Z')],
): Uint8Array {
  const [from = new Uint8Array(), to = new Uint8Array()] = times
  const content = der(
    0x30,
    der(2, [7]),
    der(0x30, der(6, [0x2b, 0x65, 0x70])),
    named([CN, 0x0c, text('issuer')]),
    der(0x30, der(from.length === 13 ? 0x17 : 0x18, from), der(to.length === 13 ? 0x17 : 0x18, to)),
    subject,
    der(0x30, der(0x30, der(6, [0x2b, 0x65, 0x70])), der(3, [0], new Uint8Array(32))),
    ...(extensions.length === 0 ? [] : [der(0xa3, der(0x30, ...extensions))]),
  )
  return der(0x30, content, der(0x30, der(6, [0x2b, 0x65, 0x70])), der(3, [0], new Uint8Array(64)))
}

test('names are read in every kind of string, and none passes for several', () => {
  for (const [tag, octets, told] of [
    [0x0c, text('Zoë'), 'CN=Zoë'],
    [0x13, text('Ada'), 'CN=Ada'],
    [0x1e, Uint8Array.of(0, 0x41, 0x20, 0xac), 'CN=A€'],
    [0x14, Uint8Array.of(0x41, 0xe9), 'CN=Aé'],
    [0x0c, text('a, O=evil'), 'CN=a\\, O=evil'],
    [0x04, Uint8Array.of(1, 2), 'CN=#0102'],
    [0x0c, Uint8Array.of(0xff), 'CN=ÿ'],
  ] as const)
    assert.equal(certificateFacts(certificate(named([CN, tag, octets])))?.subject, told)
  const two = named([CN, 0x0c, text('a')], [[0x2a, 3, 4], 0x0c, text('b')])
  assert.equal(certificateFacts(certificate(two))?.subject, 'CN=a, 1.2.3.4=b')
  assert.equal(certificateFacts(certificate(named()))?.subject, '')
  assert.equal(certificateFacts(certificate(named()))?.isSelfIssued, false)
})

test('names that are long, or many, are cut', () => {
  const long = certificateFacts(certificate(named([CN, 0x0c, text('a'.repeat(5000))])))
  assert.equal(long?.subject.length, 'CN='.length + 256 + 1)
  const many = certificateFacts(certificate(named(...Array(500).fill([CN, 0x0c, text('a')] as const))))
  assert.equal(many?.subject.split(', ').length, 64)
})

test('what its key is for, and whom it names, is read; what is malformed is left out', () => {
  const facts = certificateFacts(
    certificate(named([CN, 0x0c, text('a')]), [
      extension([0x55, 0x1d, 0x0f], der(3, [7, 0x82, 0x80])),
      extension(
        [0x55, 0x1d, 0x11],
        der(
          0x30,
          ...[der(0x82, text('a.example')), der(0x81, text('a@a.example')), der(0x87, [10, 0, 0, 1])],
          ...[der(0x87, [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]), der(0x87, [1, 2, 3])],
        ),
      ),
      extension([0x55, 0x1d, 0x25], der(0x30, der(6, [0x2b, 6, 1, 5, 5, 7, 3, 1]), der(6, [0x2a, 3]))),
      extension([0x55, 0x1d, 0x13], der(0x30, der(1, [0xff]))),
    ]),
  )
  assert.deepEqual(facts?.keyUsage, ['digitalSignature', 'cRLSign', 'decipherOnly'])
  assert.deepEqual(facts?.names, ['a.example', 'a@a.example', '10.0.0.1', '[2001:db8::1]'])
  assert.deepEqual(facts?.purposes, ['serverAuth', '1.2.3'])
  assert.equal(facts?.isAuthority, true)
  const odd = [
    extension([0x55, 0x1d, 0x0f], Uint8Array.of(1)),
    extension([0x55, 0x1d, 0x11], new Uint8Array(9)),
    der(0x30),
  ]
  const none = certificateFacts(certificate(named([CN, 0x0c, text('a')]), odd))
  assert.deepEqual([none?.keyUsage, none?.names, none?.isAuthority], [[], [], false])
})

test('a time is read by its kind, and a certificate without one has no facts', () => {
  const at = (from: string, to: string): unknown => {
    const facts = certificateFacts(certificate(named(), [], [text(from), text(to)]))
    return facts && [facts.notBefore, facts.notAfter]
  }
  assert.deepEqual(at('490101000000Z', '20500101000000Z'), [Date.UTC(2049, 0) / 1000, Date.UTC(2050, 0) / 1000])
  assert.deepEqual(at('500101000000Z', '99991231235959Z'), [Date.UTC(1950, 0) / 1000, 253_402_300_799])
  for (const wrong of ['', '2601010000Z', '261301000000Z', '260101000000+', '2601010000001Z'])
    assert.equal(at(wrong, '20500101000000Z'), undefined, wrong)
})

test('a certificate is told with its key, in whatever it comes', async () => {
  const x5c = [PEM.replace(/-----.*-----|\n/g, '')]
  for (const shown of [PEM, DER]) {
    const [paper, key, ...more] = await explain(shown, { now })
    assert.deepEqual([paper?.kind, key?.kind, more.length], ['certificate', 'key', 0])
    assert.deepEqual(
      paper?.parts?.map(({ name }) => name),
      ['subject', 'issuer', 'serial', 'notBefore', 'notAfter'],
    )
    assert.match(paper?.text.join('\n') ?? '', /names itself as its issuer.*is in date/s)
    assert.match(paper?.watch[0] ?? '', /Neither its signature nor its chain was checked/)
    assert.match(key?.title ?? '', /^a P-256 public key/)
  }
  // The key of the certificate is another one, so that the JWK is refused; what it says is told all the same.
  const found = await explain({ ...EC, x5c }, { now })
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['key', 'certificate'],
  )
  assert.deepEqual((await explain({ ...EC, x5c: ['AAAA'] }, { now })).length, 1)
})

test('a certificate out of date says so', async () => {
  for (const [at, told] of [
    [1_700_000_000, /is not valid yet/],
    [5_000_000_000, /is out of date/],
  ] as const) {
    const [paper] = await explain(PEM, { now: () => at })
    assert.match(paper?.text.join('\n') ?? '', told)
  }
})
