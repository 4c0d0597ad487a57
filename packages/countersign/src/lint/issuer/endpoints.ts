import type { ExactJson } from '../../diagnosis/exact-json.ts'
import { isLoopback } from '../../source/download.ts'
import { memberAt, type Rule } from '../rule.ts'
import { hostIn, kindIn, short } from '../shown.ts'
import type { Metadata } from './subject.ts'

/** Where the metadata sends clients and people. */
export const ENDPOINT_RULES: readonly Rule[] = [
  {
    id: 'CSL107',
    name: 'plain-endpoint',
    severity: 'error',
    title: 'an endpoint is not reached by https, or is on the machine of whoever asks',
    text: 'By plain http everybody on the way reads codes, tokens and passwords, and puts keys of his own in place of the published ones. An address like localhost leads each client to itself.',
    fix: 'serve it by https under the name that clients use; behind a proxy, tell the server what it is called outside.',
    spec: 'RFC 9700 §2.6',
    *issuer({ issuer, metadata, isLocal, keys }) {
      if (!isLocal && issuer.startsWith('http:'))
        yield { path: 'metadata.issuer', message: 'the issuer itself is asked by http.' }
      for (const [path, value] of endpointsOf(metadata)) {
        const url = urlOf(value)
        const fault = url && faultOf(url, isLocal)
        if (fault === undefined) continue
        const isKept = path === 'metadata.jwks_uri' && keys.state === 'not fetched'
        yield { path, message: `${fault}.${isKept ? ' It was not fetched.' : ''}` }
      }
    },
  },
  {
    id: 'CSL108',
    name: 'odd-endpoint',
    severity: 'error',
    title: 'an endpoint is no URL, or holds a password or a fragment',
    text: "What is no URL is reached by nobody. A password in it is everybody's, and a fragment gets in the way of what is added to the URL.",
    fix: 'write the whole URL, https://…, and nothing behind a #.',
    spec: 'RFC 6749 §3.1',
    *issuer({ metadata }) {
      for (const [path, value] of endpointsOf(metadata)) {
        const url = urlOf(value)
        const host = value.kind === 'string' ? hostIn(value.value) : undefined
        // What may hold a password is not shown.
        if (url === undefined) yield { path, message: `it is ${kindIn(value)}, and no whole URL.` }
        else if (url.username !== '' || url.password !== '') yield { path, message: `it holds a password for ${host}.` }
        else if (url.href.includes('#')) yield { path, message: `it has a fragment, which is not sent to ${host}.` }
      }
    },
  },
]

/** Members that are the URL of something to ask, and those that are so with a certificate of the client (RFC 8705 §5). */
function* endpointsOf({ json }: Metadata): Generator<readonly [path: string, value: ExactJson]> {
  for (const [name, value] of json.members) {
    if (/_endpoint$|^jwks_uri$|^check_session_iframe$/.test(name)) yield [memberAt('metadata', name), value]
    if (name !== 'mtls_endpoint_aliases' || value.kind !== 'object') continue
    for (const [alias, own] of value.members) yield [memberAt(`metadata.${name}`, alias), own]
  }
}

function urlOf(value: ExactJson): URL | undefined {
  try {
    return value.kind === 'string' ? new URL(value.value) : undefined
  } catch {
    return undefined
  }
}

function faultOf(url: URL, isLocal: boolean): string | undefined {
  const where = short(`${url.protocol}//${url.host}`)
  const isHere = isLoopback(url)
  if (isHere && !isLocal)
    return `it leads to ${where}, which is the machine of whoever asks, and the issuer is elsewhere`
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) return undefined
  return `it is at ${where}, and not reached by https`
}
