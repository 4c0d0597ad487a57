import { inShell, said } from './literals.ts'
import { isPassword, placeOf, type Subject } from './subject.ts'

/** As a command line. */
export function command(subject: Subject): string {
  const { form, token, key, alg, spelling, isWeak, expected } = subject
  const place = placeOf(subject)
  const isJwe = form === 'jwe'
  const options: readonly (string | false | undefined)[] = [
    key !== 'secret'
      ? `--${key === 'set' && !isJwe ? 'jwks' : 'key'} @${place}`
      : `--${isPassword(alg) ? 'password' : 'secret'} env:${place}`,
    key === 'secret' && spelling !== 'utf8' && !isPassword(alg) && `--secret-encoding ${spelling}`,
    key === 'secret' && isWeak && !isJwe && '--allow-weak-secret',
    `--alg ${inShell(alg)}`,
    subject.isDetached && '--payload @payload',
    ...(isJwe
      ? []
      : [
          ...(['iss', 'aud', 'typ'] as const).map((name) => {
            const value = said(expected[name])
            return value !== undefined && `--${name} ${inShell(value)}`
          }),
          expected.leeway !== 30 && `--leeway ${expected.leeway}s`,
        ]),
  ]
  const what = token === undefined ? '"$TOKEN"' : inShell(token)
  return [`countersign ${isJwe ? 'decrypt' : 'verify'} ${what}`, ...options.filter(Boolean)].join(' \\\n  ')
}
