import type { SecretSpelling } from '../../../../countersign/src/diagnosis/near-misses.ts'
import { inOthers, said } from './literals.ts'
import { placeOf, type Subject } from './subject.ts'

const GO_PEM: readonly (readonly [beginning: RegExp, parse: string])[] = [
  [/^(RS|PS)/, 'ParseRSAPublicKeyFromPEM'],
  [/^ES/, 'ParseECPublicKeyFromPEM'],
  [/^Ed/, 'ParseEdPublicKeyFromPEM'],
]

/** With golang-jwt 5. */
export function go(subject: Subject): string {
  const { alg, key, spelling, expected } = subject
  const place = placeOf(subject)
  const variable = `os.Getenv("${place}")`
  const decoders: Readonly<Partial<Record<SecretSpelling, string>>> = {
    base64: 'base64.StdEncoding.DecodeString',
    base64url: 'base64.RawURLEncoding.DecodeString',
    hex: 'hex.DecodeString',
  }
  const orEnd = ['\tif err != nil {', '\t\tlog.Fatal(err)', '\t}']
  const decoder = decoders[spelling]
  const parse = GO_PEM.find(([beginning]) => beginning.test(alg))?.[1]
  const made = {
    secret:
      decoder === undefined ? [`\tkey := []byte(${variable})`] : [`\tkey, err := ${decoder}(${variable})`, ...orEnd],
    key: [`\tpem, err := os.ReadFile("${place}")`, ...orEnd, `\tkey, err := jwt.${parse}(pem)`, ...orEnd],
    set: [`\tjwks, err := os.ReadFile("${place}")`, ...orEnd, '\tkeys, err := keyfunc.NewJWKSetJSON(jwks)', ...orEnd],
  }[key]
  const find = key === 'set' ? 'keys.Keyfunc' : 'func(*jwt.Token) (any, error) { return key, nil }'
  const [iss, aud, typ] = [said(expected.iss), said(expected.aud), said(expected.typ)]
  const encoding = key === 'secret' && decoder !== undefined && `\t"encoding/${decoder.split('.')[0]}"`
  const imports = [
    encoding,
    '\t"fmt"',
    '\t"log"',
    '\t"os"',
    '\t"time"',
    '',
    key === 'set' && '\t"github.com/MicahParks/keyfunc/v3"',
    '\t"github.com/golang-jwt/jwt/v5"',
  ].filter((line) => line !== false)
  return [
    'package main',
    '',
    'import (',
    ...imports,
    ')',
    '',
    'func main() {',
    ...made,
    `\ttoken, err := jwt.Parse(${subject.token === undefined ? 'os.Getenv("TOKEN")' : inOthers(subject.token)}, ${find},`,
    `\t\tjwt.WithValidMethods([]string{"${alg}"}),`,
    ...(iss === undefined ? [] : [`\t\tjwt.WithIssuer(${inOthers(iss)}),`]),
    ...(aud === undefined ? [] : [`\t\tjwt.WithAudience(${inOthers(aud)}),`]),
    `\t\tjwt.WithLeeway(${expected.leeway}*time.Second),`,
    '\t\tjwt.WithJSONNumber(), // keeps every digit',
    '\t)',
    ...orEnd,
    ...(typ === undefined
      ? []
      : [`\tif token.Header["typ"] != ${inOthers(typ)} {`, '\t\tlog.Fatal("typ is another one")', '\t}']),
    '\tfmt.Println(token.Claims)',
    '}',
    '',
  ].join('\n')
}
