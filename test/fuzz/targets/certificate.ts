import { fieldsOf, validityOf } from '../../../packages/countersign/src/key/certificate.ts'
import { certificateFacts } from '../../../packages/countersign/src/key/certificate-facts.ts'
import { isDerKey } from '../../../packages/countersign/src/key/outline.ts'
import { mutateDer } from '../mutate/der.ts'
import { havoc } from '../mutate/octets.ts'
import { hold } from '../oracle.ts'
import { CERTIFICATES } from '../seeds.ts'
import type { Bytes, Outcome, Target } from '../target.ts'

const WORDS = ['\u0006\u0003\u0055\u001d\u0011', '\u0006\u0003\u0055\u001d\u000f', '991231235959Z', '20500101000000Z']
const inDer = mutateDer(havoc(WORDS, 1024))

/** What is told of a certificate that nobody has checked: it never throws. */
export const target: Target = {
  name: 'certificate',
  words: WORDS,
  mutators: [inDer, inDer],
  seeds: () => CERTIFICATES,
  prepare: () => read,
}

function read(input: Bytes): Outcome {
  isDerKey(input)
  fieldsOf(input)
  const validity = validityOf(input)
  const facts = certificateFacts(input)
  hold(facts === undefined || validity !== undefined, 'facts without a validity')
  if (facts === undefined) return validity === undefined ? 'none' : 'validity'
  const { subject, issuer, serial, names, purposes, keyUsage } = facts
  const texts = [subject, issuer, serial, ...names, ...purposes, ...keyUsage]
  hold(texts.length < 400, `${texts.length} texts`)
  for (const text of texts) hold(text.length <= 64 * 1024, `a text of ${text.length} characters`)
  hold(Number.isFinite(facts.notBefore) && Number.isFinite(facts.notAfter), 'a time that is none')
  return 'accepted'
}
