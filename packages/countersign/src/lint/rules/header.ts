import { ADVICE } from '../../alg/advice.ts'
import { LEFT_OUT, MANAGEMENT } from '../../alg/management.ts'
import { SIGNATURE } from '../../alg/signature.ts'
import { mediaType } from '../../claims.ts'
import { type ExactJson, member, quoted, textOf } from '../../diagnosis/exact-json.ts'
import { LEAST_ITERATIONS } from '../../jwe/parameters.ts'
import { isNone } from '../../serialization/jws.ts'
import { type Hit, memberAt, type Rule } from '../rule.ts'
import { hostIn, kindIn, short } from '../shown.ts'
import type { TokenSubject } from '../subject.ts'
import { critical, namesOf } from './critical.ts'
import { injectionIn } from './injection.ts'
import { privateIn } from './private-members.ts'

/** What a header says that decides how its token is read. */
export const HEADER_RULES: readonly Rule[] = [
  {
    id: 'CSL001',
    name: 'unsigned',
    severity: 'error',
    title: 'the token is not signed, or does not say how',
    text: 'With alg "none", or with an empty signature, anyone can write what the token says. Libraries have been made to accept such tokens by writing None or nOnE.',
    fix: 'refuse it, and have the issuer sign its tokens.',
    spec: 'RFC 8725 §3.2',
    *token({ token, headers, signatures }) {
      if (token.kind !== 'jws') return
      for (const [index, [path, header]] of headers.entries()) {
        const alg = member(header, 'alg')
        const at = memberAt(path, 'alg')
        const [place = '', signature] = signatures[index] ?? []
        if (alg === undefined) yield { path: at, message: 'the header has no alg, which says how the token is signed.' }
        else if (alg.kind !== 'string')
          yield { path: at, message: `alg is ${kindIn(alg)}, and no name of an algorithm.` }
        else if (isNone(alg.value)) yield { path: at, message: `alg is ${short(alg.value)}: nobody signed the token.` }
        else if (signature === '') yield { path: place, message: 'the signature is empty: nobody signed the token.' }
      }
    },
  },
  {
    id: 'CSL003',
    name: 'key-by-url',
    severity: 'error',
    title: 'the header says where its key is to be fetched (jku, x5u)',
    text: 'Whoever goes by it takes the key of whoever wrote the token, and fetches whatever address he likes from inside the network.',
    fix: 'leave it out; a verifier takes its keys from an address that it was configured with, and looks at kid alone.',
    spec: 'RFC 8725 §3.10',
    *token(subject) {
      for (const name of ['jku', 'x5u'])
        for (const [path, value] of membersOf(subject, name))
          yield { path, message: `${name} ${leadsTo(value)}: a verifier that goes by it trusts the token itself.` }
    },
  },
  {
    id: 'CSL004',
    name: 'key-inside',
    severity: 'warn',
    title: 'the token brings its own key (jwk, x5c)',
    text: 'A key inside a token proves that its sender has a key, and nothing about who that is. Verifiers that took it in place of a trusted one were fooled by tokens of anybody (CVE-2018-0114).',
    fix: 'leave it out, and name the key by its kid; a certificate counts only where its chain is checked against a trusted root.',
    spec: 'RFC 7515 §4.1.3',
    kinds: { dpop: 'off' },
    *token(subject) {
      for (const name of ['jwk', 'x5c'])
        for (const [path, value] of membersOf(subject, name)) {
          const secret = name === 'jwk' ? privateIn(value) : undefined
          if (secret !== undefined)
            yield { path, message: `the header shows a private key (${secret}) to everybody.`, severity: 'error' }
          else if (name === 'jwk')
            yield { path, message: 'the header holds a key, and anybody could have put it there.' }
          else yield { path, message: 'the header holds certificates, and anybody could have put them there.' }
        }
    },
  },
  {
    id: 'CSL005',
    name: 'kid-injection',
    severity: 'error',
    title: 'kid is no plain name: it looks like a path, a query, a command or a URL',
    text: 'kid is a name and nothing else. Where it was put into a file name, a query of a database or a request, tokens chose the file, the row or the server that their key came from.',
    fix: 'refuse it; look kid up in the keys at hand, and use it for nothing else.',
    spec: 'RFC 8725 §3.10',
    *token(subject) {
      for (const [path, kid] of membersOf(subject, 'kid')) {
        const what = kid.kind === 'string' ? injectionIn(kid.value) : undefined
        if (kid.kind !== 'string') yield { path, message: `kid is ${kindIn(kid)}, and the name of a key is text.` }
        else if (what !== undefined) yield { path, message: `kid ${short(kid.value)} looks like ${what}.` }
      }
    },
    *key({ exact, path }) {
      const kid = textOf(member(exact, 'kid'))
      const what = kid === undefined ? undefined : injectionIn(kid)
      if (kid !== undefined && what !== undefined)
        yield { path: memberAt(path, 'kid'), message: `kid ${short(kid)} looks like ${what}.`, severity: 'warn' }
    },
  },
  {
    id: 'CSL006',
    name: 'rsa-pkcs1-encryption',
    severity: 'error',
    title: 'the key was encrypted with the padding of PKCS#1 v1.5 (RSA1_5)',
    text: 'Whoever can send tokens and see how they fail can decrypt others (Bleichenbacher). The answers that give it away come back in one implementation after the other.',
    fix: 'encrypt with RSA-OAEP-256, or with ECDH-ES.',
    spec: 'RFC 8725 §3.2',
    *token(subject) {
      if (subject.token.kind !== 'jwe') return
      for (const [path, alg] of textsOf(subject, 'alg'))
        if (LEFT_OUT.has(alg)) yield { path, message: `alg is ${alg}: ${LEFT_OUT.get(alg)}.` }
    },
    *key({ exact, path }) {
      const alg = textOf(member(exact, 'alg')) ?? ''
      if (LEFT_OUT.has(alg))
        yield { path: memberAt(path, 'alg'), message: `the key is for ${alg}: ${LEFT_OUT.get(alg)}.` }
    },
  },
  {
    id: 'CSL015',
    name: 'untyped',
    severity: 'info',
    title: 'typ does not say what the token is for',
    text: 'Where tokens of several kinds come from one issuer, typ is what keeps one from being taken for another: a reset link for a login, an ID token for an access token.',
    fix: 'give each kind of token a type of its own, such as at+jwt, and have its verifier demand that.',
    spec: 'RFC 8725 §3.11',
    kinds: { bcp: 'warn', 'oidc-id-token': 'error', rfc9068: 'error', dpop: 'error' },
    *token({ token, headers, claims }, { profile, demands }) {
      if (token.kind !== 'jws' || claims === undefined) return
      for (const [path, header] of headers) {
        const value = member(header, 'typ')
        const typ = value?.kind === 'string' ? mediaType(value.value) : undefined
        const at = memberAt(path, 'typ')
        const says =
          value === undefined
            ? 'the header has no typ'
            : `typ is ${value.kind === 'string' ? short(value.value) : kindIn(value)}`
        if (value !== undefined && typ === undefined)
          yield { path: at, message: `${says}, and the name of a type is text.`, severity: 'error' }
        else if (profile !== undefined && demands !== undefined) {
          if (typ !== mediaType(demands.typ) && !(demands.typ === 'JWT' && typ === undefined))
            yield { path: at, message: `${says}, and a token of this kind has ${quoted(demands.typ)}.` }
        } else if (typ === undefined) yield { path: at, message: `${says}.` }
        else if (GENERAL.includes(typ)) yield { path: at, message: `${says}, as any token may have it.` }
      }
    },
  },
  {
    id: 'CSL016',
    name: 'critical',
    severity: 'error',
    title: 'crit is malformed, or names what is not known',
    text: 'What crit names has to be understood, or the token refused. Readers that skipped over it took tokens for something that they were not.',
    fix: 'leave crit out, or have every reader act upon the extensions that it names.',
    spec: 'RFC 7515 §4.1.11',
    *token(subject) {
      for (const [path, crit, header] of membersOf(subject, 'crit'))
        yield* critical(path, crit, header, subject.token.kind)
      yield* openly(subject, 'crit')
    },
  },
  {
    id: 'CSL017',
    name: 'unencoded-payload',
    severity: 'error',
    title: 'b64 is false where it may not be: crit does not name it, nothing protects it, or it is a token with claims',
    text: 'A reader that does not know b64 decodes the payload all the same, and so it reads, and verifies, something else than what was signed.',
    fix: 'put b64 into crit; or leave both out, and encode the payload.',
    spec: 'RFC 7797 §6',
    *token(subject) {
      if (subject.token.kind !== 'jws') return
      for (const [path, b64, header] of membersOf(subject, 'b64')) {
        if (b64.kind !== 'literal' || b64.value === null)
          yield { path, message: `b64 is ${kindIn(b64)}, and neither true nor false.` }
        else if (!b64.value && !namesOf(member(header, 'crit')).includes('b64'))
          yield { path, message: 'b64 is false, and crit does not name it.' }
        else if (!b64.value && subject.claims !== undefined)
          yield { path, message: 'b64 is false, and a token with claims has it encoded. (RFC 7797 §7)' }
      }
      yield* openly(subject, 'b64')
    },
  },
  {
    id: 'CSL020',
    name: 'compressed',
    severity: 'warn',
    title: 'the content was compressed before it was encrypted',
    text: 'How small it became tells of what is in it, the more so where somebody else chooses a part of it; and a few octets may stand for gigabytes.',
    fix: 'encrypt without zip.',
    spec: 'RFC 8725 §3.6',
    *token(subject) {
      if (subject.token.kind !== 'jwe') return
      for (const [path] of membersOf(subject, 'zip'))
        yield { path, message: 'the header has zip: the content was compressed.' }
      yield* openly(subject, 'zip')
    },
  },
  {
    id: 'CSL021',
    name: 'password-iterations',
    severity: 'error',
    title: 'the iterations of the password are too few, or too many',
    text: 'With few iterations a password is guessed in no time; with many, reading one token keeps a server busy for as long as its sender likes.',
    fix: 'make it with as many iterations as are advised for its hash, 600 000 for SHA-256, and bound what is read.',
    spec: 'RFC 7518 §4.8.1.2',
    *token(subject) {
      for (const [path, header] of subject.headers) {
        const alg = MANAGEMENT.get(textOf(member(header, 'alg')) ?? '')
        if (alg?.family !== 'password') continue
        const value = member(header, 'p2c')
        const at = memberAt(path, 'p2c')
        const count = value?.kind === 'number' ? Math.min(Number(value.text), Number.MAX_SAFE_INTEGER) : undefined
        if (value === undefined)
          yield { path: at, message: 'the header does not say how many iterations there are (p2c).' }
        else if (count === undefined || count % 1 !== 0)
          yield { path: at, message: `p2c is ${kindIn(value)}, and no whole number of iterations.` }
        else if (count < LEAST_ITERATIONS)
          yield { path: at, message: `p2c is ${count}; the least is ${LEAST_ITERATIONS}.` }
        else if (count > alg.iterations)
          yield { path: at, message: `p2c is ${count}; countersign takes no more than ${alg.iterations}.` }
        else if (count < alg.iterations)
          yield {
            path: at,
            message: `p2c is ${count}; with ${alg.id} ${alg.iterations} are advised.`,
            severity: 'info',
          }
      }
    },
  },
  {
    id: 'CSL026',
    name: 'polymorphic-eddsa',
    severity: 'info',
    title: 'alg is EdDSA, which does not say on what curve',
    text: 'One name for two algorithms leaves it to the key which of them is meant. Ed25519 and Ed448 have had names of their own since 2025.',
    fix: 'sign with alg Ed25519 once every verifier knows it.',
    spec: 'RFC 9864 §2.2',
    *token(subject) {
      for (const [path, alg] of textsOf(subject, 'alg'))
        if (isPolymorphic(alg)) yield { path, message: `alg is ${alg}; the name that says which is Ed25519, or Ed448.` }
    },
    *key({ exact, path }) {
      const alg = textOf(member(exact, 'alg')) ?? ''
      if (isPolymorphic(alg))
        yield {
          path: memberAt(path, 'alg'),
          message: `the key is for ${alg}; the name that says which is that of its crv.`,
        }
    },
  },
]

/** The member of each header that has it, with its place. */
function* membersOf(
  { headers }: TokenSubject,
  name: string,
): Generator<readonly [path: string, value: ExactJson, header: ExactJson]> {
  for (const [path, header] of headers) {
    const value = member(header, name)
    if (value !== undefined) yield [memberAt(path, name), value, header]
  }
}

function* textsOf(subject: TokenSubject, name: string): Generator<readonly [path: string, text: string]> {
  for (const [path, value] of membersOf(subject, name)) if (value.kind === 'string') yield [path, value.value]
}

/** The algorithms of signatures that are there for what exists already, and no other. */
const isPolymorphic = (alg: string): boolean => SIGNATURE.has(alg) && ADVICE.get(alg)?.standing === 'legacy'

/** What says nothing: any JWT, any token (RFC 7519 §5.1, RFC 7515 §4.1.9). */
const GENERAL = ['jwt', 'jose', 'jose+json']

/** Where a URL in a header leads, in words. */
function leadsTo(value: ExactJson): string {
  if (value.kind !== 'string') return `is ${kindIn(value)}`
  const host = hostIn(value.value)
  return host === undefined ? 'is no URL of a host' : `leads to ${host}`
}

/** What counts only where the signature, or the tag, vouches for it (RFC 7515 §4.1.11, RFC 7797 §3, RFC 7516 §4.1.3). */
function* openly({ unprotected }: TokenSubject, name: string): Generator<Hit> {
  for (const [path, header] of unprotected)
    if (Object.hasOwn(header, name))
      yield {
        path: memberAt(path, name),
        message: `${name} stands in an unprotected header, where anybody can change it.`,
        severity: 'error',
      }
}
