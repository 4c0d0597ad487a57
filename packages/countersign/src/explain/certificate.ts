import { printable } from '../diagnosis/exact-json.ts'
import { type CertificateFacts, certificateFacts } from '../key/certificate-facts.ts'
import { certificateIn, type KeySubject } from '../lint/subject.ts'
import type { Explanation, Part } from './explanation.ts'
import { momentText } from './values.ts'

/** What the certificate of a key says, and what it is worth; nothing where it has none that can be read. */
export function explainCertificate({ certificate, exact }: KeySubject, now: number): Explanation | undefined {
  const der = certificate ?? certificateIn(exact)
  const facts = der && certificateFacts(der)
  if (facts === undefined) return undefined
  const { notBefore, notAfter, isSelfIssued, isAuthority } = facts
  const state = now < notBefore ? 'It is not valid yet.' : now > notAfter ? 'It is out of date.' : 'It is in date.'
  return {
    kind: 'certificate',
    name: 'certificate',
    title: 'an X.509 certificate',
    text: [
      'It says whose a public key is, and whoever signed it vouches for that.',
      isSelfIssued
        ? 'It names itself as its issuer: by itself it vouches for nothing.'
        : 'Its issuer is somebody else, and only who trusts that issuer can believe it.',
      ...(isAuthority ? ['It is one to issue other certificates with.'] : []),
      state,
    ],
    watch: [
      'Neither its signature nor its chain was checked, nor whether it was revoked.',
      'Where tokens are verified here, its key alone is taken: who vouches for it, and until when, does not count.',
    ],
    spec: ['RFC 5280 §4.1'],
    parts: partsOf(facts, now),
  }
}

function partsOf(facts: CertificateFacts, now: number): readonly Part[] {
  const { subject, issuer, serial, notBefore, notAfter, keyUsage, purposes, names } = facts
  const rows: readonly (readonly [name: string, value: string, meaning: string, section: string])[] = [
    ['subject', subject || 'none', 'whose key it is', '4.1.2.6'],
    ['issuer', issuer || 'none', 'who vouches for that', '4.1.2.4'],
    ['serial', serial, 'its number with that issuer', '4.1.2.2'],
    ['notBefore', momentText(notBefore, now), 'from when on it holds', '4.1.2.5'],
    ['notAfter', momentText(notAfter, now), 'until when it holds', '4.1.2.5'],
    ['names', names.join(', '), 'the hosts, mailboxes and addresses that it is for', '4.2.1.6'],
    ['keyUsage', keyUsage.join(', '), 'what its key may be used for', '4.2.1.3'],
    ['purposes', purposes.join(', '), 'for what kinds of work', '4.2.1.12'],
  ]
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value, meaning, section]) => ({
      path: `certificate.${name}`,
      name,
      value: printable(value),
      meaning,
      spec: `RFC 5280 §${section}`,
    }))
}
