import type { Rule } from '../rule.ts'
import { short } from '../shown.ts'
import { hasLogin, listOf, type Metadata, memberOf } from './subject.ts'

const [METHODS, GRANTS, RESPONSES] = [
  'code_challenge_methods_supported',
  'grant_types_supported',
  'response_types_supported',
]
const [STRONG, PLAIN] = ['S256', 'plain']

/** The ways to a token. */
export const FLOW_RULES: readonly Rule[] = [
  {
    id: 'CSL109',
    name: 'no-pkce',
    severity: 'warn',
    title: 'the issuer does not say that it takes PKCE with S256',
    text: 'Without it, whoever gets hold of a code on its way through the browser turns it into tokens, or slips his own into the login of another. Clients look here to learn whether they can rely on it.',
    fix: 'support it, demand it of every client, and say so: code_challenge_methods_supported: ["S256"].',
    spec: 'RFC 9700 §2.1.1',
    *issuer({ metadata }) {
      const methods = listOf(metadata, METHODS)
      if (!hasCode(metadata) || methods?.includes(STRONG)) return
      const fact = methods === undefined ? 'is missing' : `lacks ${STRONG}`
      yield { path: `metadata.${METHODS}`, message: `${METHODS} ${fact}.` }
    },
  },
  {
    id: 'CSL110',
    name: 'plain-pkce',
    severity: 'warn',
    title: 'the issuer takes PKCE without a hash (plain)',
    text: 'The request then shows the very value that redeems the code: who reads the request needs nothing else.',
    fix: 'take S256 alone; every client can hash.',
    spec: 'RFC 9700 §2.1.1',
    *issuer({ metadata }) {
      if (listOf(metadata, METHODS)?.includes(PLAIN))
        yield { path: `metadata.${METHODS}`, message: `${METHODS} has ${PLAIN}.` }
    },
  },
  {
    id: 'CSL111',
    name: 'implicit-flow',
    severity: 'warn',
    title: 'the issuer gives access tokens to the browser (response type token, grant implicit)',
    text: 'They stand in the address bar and in its history, every script of the page can read them, and nothing binds them to the client that asked.',
    fix: 'offer the response type code with PKCE, to apps in a browser as well.',
    spec: 'RFC 9700 §2.1.2',
    *issuer({ metadata }) {
      const [responses = [], grants] = [RESPONSES, GRANTS].map((name) => listOf(metadata, name))
      const open = responses.filter((type) => type.split(' ').includes('token'))
      if (open.length > 0)
        yield { path: `metadata.${RESPONSES}`, message: `${RESPONSES} has ${open.slice(0, 8).map(short).join(', ')}.` }
      // An ID token alone grants no access.
      else if (grants?.includes('implicit'))
        yield {
          path: `metadata.${GRANTS}`,
          message: `${GRANTS} has implicit, though no response type gives an access token.`,
          severity: 'info',
        }
      else if (memberOf(metadata, GRANTS) === undefined && hasLogin(metadata))
        yield {
          path: `metadata.${GRANTS}`,
          message: `${GRANTS} is missing, which means authorization_code and implicit. (RFC 8414 §2)`,
          severity: 'info',
        }
    },
  },
  {
    id: 'CSL112',
    name: 'password-grant',
    severity: 'error',
    title: 'clients may ask for the password of a user (grant password)',
    text: 'Every client then sees passwords, and people learn to type them anywhere. Second factors, passkeys and login at another provider have no place in it.',
    fix: 'switch it off, and send people to the login of the issuer: authorization_code with PKCE.',
    spec: 'RFC 9700 §2.4',
    *issuer({ metadata }) {
      if (listOf(metadata, GRANTS)?.includes('password'))
        yield { path: `metadata.${GRANTS}`, message: `${GRANTS} has password.` }
    },
  },
  {
    id: 'CSL113',
    name: 'no-response-issuer',
    severity: 'info',
    title: 'the issuer does not say that it names itself in authorization responses (iss)',
    text: 'A client that knows several issuers cannot tell which of them an answer is from, and one of them can have it send the code of another to itself.',
    fix: 'add iss to each authorization response, and say so: authorization_response_iss_parameter_supported: true.',
    spec: 'RFC 9207 §3',
    *issuer({ metadata }) {
      const name = 'authorization_response_iss_parameter_supported'
      const said = memberOf(metadata, name)
      if (hasLogin(metadata) && !(said?.kind === 'literal' && said.value === true))
        yield { path: `metadata.${name}`, message: `${name} is ${said === undefined ? 'missing' : 'not true'}.` }
    },
  },
]

/** Whether codes are given to clients. */
function hasCode(metadata: Metadata): boolean {
  const types = listOf(metadata, RESPONSES)
  return hasLogin(metadata) && (types?.some((type) => type.split(' ').includes('code')) ?? true)
}
