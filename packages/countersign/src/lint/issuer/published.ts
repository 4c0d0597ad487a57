import { misfit } from '../../alg/needs.ts'
import { SIGNATURE } from '../../alg/signature.ts'
import { member, textOf } from '../../diagnosis/exact-json.ts'
import { toIso } from '../../diagnosis/moments.ts'
import { validityOf } from '../../key/certificate.ts'
import { memberAt, type Rule } from '../rule.ts'
import { short } from '../shown.ts'
import { certificateIn } from '../subject.ts'
import { promisedBy } from './algorithms.ts'
import { memberOf } from './subject.ts'

/** More keys than verifiers take from one issuer; those of this library, too. */
const MOST_KEYS = 100
/** The largest answer that they read. */
const MOST_OCTETS = 512 * 1024

/** The keys that an issuer publishes, taken together; each of them is looked at by the rules for keys. */
export const PUBLISHED_RULES: readonly Rule[] = [
  {
    id: 'CSL120',
    name: 'no-keys',
    severity: 'error',
    title: 'the keys of the issuer are not to be had',
    text: 'Nobody can verify its tokens: each service that has to fetch the keys refuses everybody.',
    fix: 'publish a JWK Set with the public keys at jwks_uri.',
    spec: 'RFC 8414 §2',
    *issuer({ metadata, keys }) {
      if (keys.state === 'unreadable') yield { path: 'jwks', message: `the keys at ${short(keys.url)}: ${keys.why}.` }
      const uri = memberOf(metadata, 'jwks_uri')
      if (keys.state === 'published') {
        const { set, count } = keys.publication
        if (count === 0) yield { path: 'jwks.keys', message: 'the set has no key.' }
        else if (!set.keys.some(({ key }) => key !== undefined))
          yield { path: 'jwks.keys', message: `the set has ${counted(count)}, and none that can be used.` }
      } else if (uri === undefined && !metadata.isOpenid)
        yield {
          path: 'metadata.jwks_uri',
          message: 'there is no jwks_uri: tokens are verified by asking alone.',
          severity: 'info',
        }
    },
  },
  {
    id: 'CSL121',
    name: 'unnamed-key',
    severity: 'warn',
    title: 'one of several keys has no kid',
    text: 'A verifier cannot tell which of them a token is signed with. It tries them all, or refuses; and the next key that is added makes it worse.',
    fix: 'give each key a kid of its own, such as its thumbprint (RFC 7638), and name it in each token.',
    spec: 'OpenID Connect Core 1.0 §10.1',
    *issuer({ keys }) {
      if (keys.state !== 'published' || keys.publication.count < 2) return
      for (const { exact, path } of keys.publication.set.keys)
        if (!textOf(member(exact, 'kid'))) yield { path: `jwks.${path}`, message: `${path} has no kid.` }
    },
  },
  {
    id: 'CSL122',
    name: 'unmarked-key',
    severity: 'info',
    title: 'a key does not say what it is for (use, alg)',
    text: 'Then the algorithm is chosen by somebody else: a verifier that takes any that fits takes the weakest one, too. Where keys to sign and keys to encrypt are in one set, use is required.',
    fix: 'give each key its use, and the one alg that it serves.',
    spec: 'OpenID Connect Discovery 1.0 §3',
    *issuer({ keys }) {
      if (keys.state !== 'published') return
      const all = keys.publication.set.keys.filter(({ key }) => key !== undefined)
      const isMixed = all.some(({ key }) => key?.use === 'enc') && all.some(({ key }) => key?.use !== 'enc')
      for (const { key, path } of all) {
        const lacks = [
          ...(key?.use === undefined && key?.key_ops === undefined ? ['use'] : []),
          ...(key?.alg === undefined ? ['alg'] : []),
        ]
        const isRequired = isMixed && key?.use === undefined
        if (lacks.length > 0)
          yield {
            path: `jwks.${path}`,
            message: `${path} has no ${lacks.join(' and no ')}${isRequired ? ', in a set of both kinds' : ''}.`,
            ...(isRequired && { severity: 'warn' }),
          }
      }
    },
  },
  {
    id: 'CSL123',
    name: 'large-set',
    severity: 'warn',
    title: 'the set has more than 100 keys, or more than 512 KiB',
    text: 'Verifiers bound what they read from elsewhere. Those that refuse the set refuse every token.',
    fix: 'take keys out whose last token has expired.',
    spec: 'RFC 7517 §5',
    *issuer({ keys }) {
      if (keys.state !== 'published') return
      const { count, octets } = keys.publication
      if (count > MOST_KEYS) yield { path: 'jwks.keys', message: `the set has ${count} keys.` }
      if (octets > MOST_OCTETS) yield { path: 'jwks', message: `the set has ${octets} bytes.` }
    },
  },
  {
    id: 'CSL124',
    name: 'certificate-out-of-date',
    severity: 'warn',
    title: 'the certificate of a key has expired, or does not hold yet',
    text: 'Whoever checks the certificate refuses the key, and whoever takes the key alone does not notice.',
    fix: 'renew the certificate, or leave x5c out: a JWK Set that comes by https needs none.',
    spec: 'RFC 7517 §4.7',
    *key({ path, exact, certificate }, { now }) {
      const validity = validityOf(certificate ?? certificateIn(exact) ?? new Uint8Array())
      const at = certificate === undefined ? memberAt(path, 'x5c') : path
      if (validity === undefined) return
      const { notBefore, notAfter } = validity
      if (notAfter < now) yield { path: at, message: `the certificate expired on ${toIso(notAfter)}.` }
      else if (notBefore > now) yield { path: at, message: `the certificate holds from ${toIso(notBefore)} on.` }
    },
  },
  {
    id: 'CSL125',
    name: 'no-headroom',
    severity: 'info',
    title: 'one key alone serves an algorithm: no next key is published ahead of its use, and no old one after it',
    text: 'Verifiers keep the set for as long as they may. A new key that signs as soon as it is published is unknown to them until then, and an old one that is taken out at once leaves its tokens unverified. From one look nobody can tell whether the keys change at all, or whether a next one is published in time for that.',
    fix: 'publish the next key before it signs, for longer than the set is kept, and the old one until its last token has expired.',
    spec: 'OpenID Connect Core 1.0 §10.1.1',
    *issuer({ metadata, keys }) {
      if (keys.state !== 'published') return
      const { set, maxAge } = keys.publication
      const promised = promisedBy(metadata)
      const rows = promised.length > 0 ? promised : [...SIGNATURE.values()]
      const served = set.keys.map(({ key }) =>
        key === undefined ? [] : rows.filter((row) => misfit(row, key) === undefined).map(({ id }) => id),
      )
      const counts = new Map<string, number>()
      for (const id of served.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
      for (const [at, { path }] of set.keys.entries()) {
        const alone = served[at]?.filter((id) => counts.get(id) === 1) ?? []
        if (alone.length > 0)
          yield {
            path: `jwks.${path}`,
            message: `no other key serves ${alone.slice(0, 8).join(', ')}: neither a next one nor an old one.`,
            ...(maxAge ? { fix: headroom(maxAge) } : {}),
          }
      }
    },
  },
]

function counted(count: number): string {
  return count === 1 ? 'one key' : `${count} keys`
}

const headroom = (maxAge: number): string =>
  `publish the next key more than ${maxAge} s before it signs, which is how long the set may be kept, and the old one until its last token has expired.`
