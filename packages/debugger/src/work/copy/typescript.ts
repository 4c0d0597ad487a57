import { inTypeScript, said } from './literals.ts'
import { isPassword, placeOf, type Subject } from './subject.ts'

const READ_FILE = `import { readFile } from 'node:fs/promises'\n`

function typescript(name: string, imports: readonly string[], subject: Subject, body: readonly string[]): string {
  const from = name === 'jose' || subject.form === 'jwt' ? '' : subject.form === 'jwe' ? '/jwe' : '/jws'
  const keyImport = imports.slice(1)
  const lines =
    from === ''
      ? [
          `import { ${[...imports].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(', ')} } from '${name}'`,
        ]
      : [`import { ${keyImport.join(', ')} } from '${name}'`, `import { ${imports[0]} } from '${name}${from}'`]
  const { key, isDetached, serialization } = subject
  const text = subject.token === undefined ? "process.env.TOKEN ?? ''" : inTypeScript(subject.token)
  const token = serialization === 'compact' ? text : `JSON.parse(${text})`
  return `${key === 'secret' && !isDetached ? '' : READ_FILE}${lines.join('\n')}\n\nconst token = ${token}\n${body.join('\n')}\n`
}

/** With countersign. */
export function countersign(subject: Subject): string {
  const { form, isDetached, alg, enc, key, spelling, isWeak, expected, hasExp } = subject
  const place = placeOf(subject)
  const spelled = spelling === 'utf8' ? 'text' : spelling
  const secret = isPassword(alg)
    ? `secretKey({ text: process.env.${place} ?? '' })`
    : form === 'jwe'
      ? `secretKey({ ${spelled}: process.env.${place} ?? '' })`
      : `secretKey({ ${spelled}: process.env.${place} ?? '' }, '${alg}'${isWeak ? ', { allowWeak: true }' : ''})`
  const [maker, keys] = {
    secret: ['secretKey', secret],
    set: ['keySet', `keySet(JSON.parse(await readFile('${place}', 'utf8')))`],
    key: ['importKey', `importKey(await readFile('${place}', 'utf8'))`],
  }[key] as [string, string]
  if (form !== 'jwt') {
    const [call, taken] = form === 'jwe' ? ['decryptJwe', 'plaintext'] : ['verifyJws', 'payload']
    return typescript('countersign', [call, maker], subject, [
      `const { ${taken}, header } = await ${call}(token, {`,
      `  keys: ${keys},`,
      `  algorithms: [${inTypeScript(alg)}],`,
      ...(enc === undefined ? [] : [`  encryptions: [${inTypeScript(enc)}],`]),
      ...(isDetached ? ["  detachedPayload: await readFile('payload'),"] : []),
      `})`,
      `console.log(header, new TextDecoder().decode(${taken}))`,
    ])
  }
  const expectation = (text: string): string => inTypeScript(said(text) ?? 'any')
  const typ = said(expected.typ)
  return typescript('countersign', ['createVerifier', maker], subject, [
    'const verifier = createVerifier({',
    `  keys: ${keys},`,
    `  algorithms: ['${alg}'],`,
    `  issuer: ${expectation(expected.iss)},`,
    `  audience: ${expectation(expected.aud)},`,
    ...(typ === undefined ? [] : [`  typ: ${inTypeScript(typ)},`]),
    ...(expected.leeway === 30 ? [] : [`  clockTolerance: '${expected.leeway}s',`]),
    ...(hasExp ? [] : ['  requireExp: false, // this token never expires']),
    '})',
    'const { claims } = await verifier.verify(token) // or throws a JoseError',
    'console.log(claims)',
  ])
}

/** With jose 6. */
export function jose(subject: Subject): string {
  const { form, serialization, alg, enc, key, spelling, expected } = subject
  const place = placeOf(subject)
  const [maker, made] = {
    secret: [
      undefined,
      spelling === 'utf8' || isPassword(alg)
        ? `new TextEncoder().encode(process.env.${place} ?? '')`
        : `Buffer.from(process.env.${place} ?? '', '${spelling}')`,
    ],
    set: ['createLocalJWKSet', `createLocalJWKSet(JSON.parse(await readFile('${place}', 'utf8')))`],
    key:
      form === 'jwe'
        ? ['importPKCS8', `await importPKCS8(await readFile('${place}', 'utf8'), ${inTypeScript(alg)})`]
        : ['importSPKI', `await importSPKI(await readFile('${place}', 'utf8'), '${alg}')`],
  }[key] as [string | undefined, string]
  const call = form === 'jwt' ? 'jwtVerify' : `${serialization}${form === 'jwe' ? 'Decrypt' : 'Verify'}`
  const taken = form === 'jwe' ? 'plaintext' : 'payload'
  const stated = [
    ['issuer', said(expected.iss)],
    ['audience', said(expected.aud)],
    ['typ', said(expected.typ)],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}: ${inTypeScript(value)},`]))
  return typescript('jose', [call, ...(maker === undefined ? [] : [maker])], subject, [
    `const key = ${made}`,
    `const { ${taken}, protectedHeader } = await ${call}(token, key, {`,
    ...(form === 'jwe'
      ? [
          `  keyManagementAlgorithms: [${inTypeScript(alg)}],`,
          ...(enc === undefined ? [] : [`  contentEncryptionAlgorithms: [${inTypeScript(enc)}],`]),
          ...(isPassword(alg) ? ['  maxPBES2Count: 600_000,'] : []),
        ]
      : [`  algorithms: ['${alg}'],`]),
    ...(form === 'jwt' ? [...stated, `  clockTolerance: ${expected.leeway},`] : []),
    '})',
    form === 'jwt'
      ? 'console.log(protectedHeader, payload)'
      : `console.log(protectedHeader, new TextDecoder().decode(${taken}))`,
  ])
}
