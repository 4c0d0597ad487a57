import type { SecretSpelling } from '../../../../countersign/src/diagnosis/near-misses.ts'
import { inOthers, said } from './literals.ts'
import { placeOf, type Subject } from './subject.ts'

/** With PyJWT. */
export function python(subject: Subject): string {
  const { alg, kid, key, spelling, expected } = subject
  const place = placeOf(subject)
  const variable = `os.environ["${place}"]`
  const secrets: Readonly<Record<SecretSpelling, string>> = {
    utf8: `${variable}.encode()`,
    base64: `base64.b64decode(${variable})`,
    base64url: `base64.urlsafe_b64decode(${variable} + "==")`,
    hex: `bytes.fromhex(${variable})`,
  }
  const made = {
    secret: [`key = ${secrets[spelling]}`],
    key: [`key = Path("${place}").read_text()`],
    set: [
      `keys = jwt.PyJWKSet.from_json(Path("${place}").read_text())`,
      kid === undefined ? 'key = keys.keys[0].key' : `key = keys[${inOthers(kid)}].key`,
    ],
  }[key]
  const token = subject.token === undefined ? 'os.environ["TOKEN"]' : inOthers(subject.token)
  const [iss, aud, typ] = [said(expected.iss), said(expected.aud), said(expected.typ)]
  const imports = [
    key === 'secret' && spelling.startsWith('base64') && 'import base64',
    (key === 'secret' || subject.token === undefined) && 'import os',
    key !== 'secret' && 'from pathlib import Path',
  ]
  return [
    ...imports.filter(Boolean),
    '',
    'import jwt',
    '',
    `token = ${token}`,
    ...made,
    `${typ === undefined ? 'claims' : 'decoded'} = jwt.${typ === undefined ? 'decode' : 'decode_complete'}(`,
    '    token,',
    '    key,',
    `    algorithms=["${alg}"],`,
    ...(iss === undefined ? [] : [`    issuer=${inOthers(iss)},`]),
    aud === undefined
      ? '    options={"verify_aud": False},  # no audience is expected'
      : `    audience=${inOthers(aud)},`,
    `    leeway=${expected.leeway},`,
    ')  # or raises a jwt.InvalidTokenError',
    ...(typ === undefined
      ? ['print(claims)']
      : [
          `if decoded["header"].get("typ") != ${inOthers(typ)}:`,
          '    raise jwt.InvalidTokenError("typ is another one")',
          'print(decoded["payload"])',
        ]),
    '',
  ].join('\n')
}
