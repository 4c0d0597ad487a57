import { toSpan } from '../../diagnosis/moments.ts'
import type { Rule } from '../rule.ts'
import { short } from '../shown.ts'
import { mediaTypeOf } from './subject.ts'

/** How long a revoked key may go on being trusted, in seconds. */
const DAY = 24 * 3600

/** How the keys of an issuer are delivered. */
export const DELIVERY_RULES: readonly Rule[] = [
  {
    id: 'CSL126',
    name: 'uncacheable-keys',
    severity: 'warn',
    title: 'the answer with the keys does not say for how long it may be kept, or may not be kept at all',
    text: 'Each verifier then goes by a time of its own, or fetches the keys over and over. The issuer cannot know when a new key is known everywhere, nor when an old one is forgotten.',
    fix: 'serve it with Cache-Control: public, max-age=300, or up to some hours.',
    spec: 'RFC 9111 §5.2.2',
    *issuer({ keys }) {
      if (keys.state !== 'published') return
      const { maxAge, cacheControl } = keys.publication
      if (maxAge === undefined)
        yield {
          path: 'jwks',
          message:
            cacheControl === undefined
              ? 'there is neither Cache-Control nor Expires.'
              : `Cache-Control is ${short(cacheControl)}, without max-age.`,
        }
      else if (maxAge === 0)
        yield {
          path: 'jwks',
          message: `${cacheControl === undefined ? 'Expires is past' : `Cache-Control is ${short(cacheControl)}`}: every verifier has to fetch the keys each time.`,
        }
    },
  },
  {
    id: 'CSL127',
    name: 'long-kept-keys',
    severity: 'warn',
    title: 'the keys may be kept for more than a day',
    text: 'A key that was stolen and taken out of the set is trusted for that long after, and a new one is unknown.',
    fix: 'serve it with a max-age of some hours at most.',
    spec: 'OpenID Connect Core 1.0 §10.1.1',
    *issuer({ keys }) {
      const { maxAge = 0 } = keys.state === 'published' ? keys.publication : {}
      if (maxAge > DAY) yield { path: 'jwks', message: `the keys may be kept for ${toSpan(maxAge)}.` }
    },
  },
  {
    id: 'CSL128',
    name: 'keys-type',
    severity: 'info',
    title: 'the keys come neither as application/jwk-set+json nor as application/json',
    text: 'Strict clients refuse them, and a browser may make a page of them.',
    fix: 'serve them with Content-Type: application/jwk-set+json, or application/json.',
    spec: 'RFC 7517 §8.5.2',
    *issuer({ keys }) {
      if (keys.state !== 'published') return
      const type = mediaTypeOf(keys.publication.contentType)
      if (!['application/jwk-set+json', 'application/json'].includes(type))
        yield { path: 'jwks', message: type === '' ? 'there is no Content-Type.' : `Content-Type is ${short(type)}.` }
    },
  },
]
