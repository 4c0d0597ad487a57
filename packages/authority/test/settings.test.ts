import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { type Settings, toSettings } from '../src/settings.ts'

const KEK = randomBytes(32)
const [TEXT, HEX] = [KEK.toString('base64url'), KEK.toString('hex')]

interface Row {
  readonly member: keyof Settings
  readonly bad: readonly string[]
  readonly good: readonly (readonly [text: string, value: unknown])[]
  /** Where it is not set. */
  readonly fallback: unknown
}

const SETTINGS: Readonly<Record<string, Row>> = {
  PORT: {
    member: 'port',
    bad: ['65536', '-1', '1.5', '1e3', '0x50', ' 80', '80 ', 'http', '٨٠', '1000000', 'Infinity'],
    good: [
      ['0', 0],
      ['80', 80],
      ['00080', 80],
      ['65535', 65_535],
    ],
    fallback: 3000,
  },
  HOST: {
    member: 'host',
    bad: ['a b', 'http://a', 'a/b', 'a\n', '[::1]', 'a%0a', 'x'.repeat(254), '*'],
    good: ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'login.example'].map((host) => [host, host]),
    fallback: '127.0.0.1',
  },
  ISSUER: {
    member: 'issuer',
    bad: [
      'login.example',
      'http://login.example',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example',
      'https://login.example/',
      'https://login.example/path',
      'https://login.example?x',
      'https://login.example#x',
      'https://user@login.example',
      'https://LOGIN.example',
      'https://login.example:443',
      'HTTPS://login.example',
      ' https://login.example',
      'ftp://login.example',
      'javascript:alert(1)',
      'https://',
      'null',
    ],
    good: [
      'https://login.example',
      'https://login.example:8443',
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:3000',
    ].map((url) => [url, url]),
    fallback: 'http://localhost:3000',
  },
  COUNTERSIGN_DATA: {
    member: 'data',
    bad: [],
    good: [
      ['/var/lib/x', '/var/lib/x'],
      ['x', resolve('x')],
    ],
    fallback: resolve('data'),
  },
  DATABASE_URL: {
    member: 'databaseUrl',
    bad: ['mysql://a/b', 'postgres', 'localhost:5432', 'https://postgres/', 'postgresqlx://a', 'sqlite:x'],
    good: ['postgres://a/b', 'postgresql://user:pw@a:5432/b?sslmode=require'].map((url) => [url, url]),
    fallback: undefined,
  },
  COUNTERSIGN_KEK: {
    member: 'kek',
    bad: [
      'x',
      TEXT.slice(1),
      `${TEXT}=`,
      ` ${TEXT}`,
      `${TEXT}A`,
      HEX.slice(1),
      `${HEX}0`,
      HEX.replace(/^./, 'g'),
      KEK.toString('base64'),
    ],
    good: [
      [TEXT, TEXT],
      [HEX, HEX],
      [HEX.toUpperCase(), HEX.toUpperCase()],
    ],
    fallback: undefined,
  },
  COUNTERSIGN_KEK_PREVIOUS: {
    member: 'previousKek',
    bad: ['x', TEXT.slice(1), `${HEX}0`],
    good: [
      [TEXT, TEXT],
      [HEX, HEX],
    ],
    fallback: undefined,
  },
  COUNTERSIGN_KEK_FILE: {
    member: 'kekFile',
    bad: [],
    good: [
      ['/run/secrets/kek', '/run/secrets/kek'],
      ['kek', resolve('kek')],
    ],
    fallback: undefined,
  },
  TRUST_PROXY: {
    member: 'trustProxy',
    bad: ['true', 'all', '-1', '11', '1.0', 'loopback', '127.0.0.1', '*'],
    good: [
      ['0', 0],
      ['1', 1],
      ['10', 10],
    ],
    fallback: 0,
  },
  DEMO: {
    member: 'demo',
    bad: ['2', 'y', 'enabled', 'demo', ' 1'],
    good: [
      ...['1', 'true', 'yes', 'on', 'TRUE'].map((text) => [text, true] as const),
      ...['0', 'false', 'no', 'off', 'Off'].map((text) => [text, false] as const),
    ],
    fallback: false,
  },
  LOG_LEVEL: {
    member: 'logLevel',
    bad: ['INFO', 'trace', 'warning', '3', 'constructor'],
    good: ['silent', 'error', 'warn', 'info', 'debug'].map((level) => [level, level]),
    fallback: 'info',
  },
  METRICS_TOKEN: {
    member: 'metricsToken',
    bad: ['fifteen-letters', 'x'.repeat(513), 'sixteen or more letters', 'sixteen-or-more-\n', 'sechzehn-oder-mehr-ä'],
    good: ['sixteen-letters!', 'x'.repeat(512)].map((token) => [token, token]),
    fallback: undefined,
  },
  DRAIN: {
    member: 'drain',
    bad: ['x', '-1', '1.5', '301', '6m', '5 s', 'constructor'],
    good: [
      ['0', 0],
      ['5', 5],
      ['5s', 5],
      ['5m', 300],
    ],
    fallback: 0,
  },
  MAIL_HOOK: {
    member: 'mailHook',
    bad: [
      'mail.example',
      'http://mail.example/letters',
      'http://127.0.0.1.evil.example/',
      'https://user@mail.example/',
      'https://:secret@mail.example/',
      'http://user:secret@127.0.0.1:25/',
      'https://mail.example/#x',
      'mailto:ada@example.org',
      'file:///tmp/mail',
      'https://',
    ],
    good: [
      'https://mail.example/letters?key=1',
      'http://127.0.0.1:2525/',
      'http://localhost/x',
      'http://[::1]:2525/',
    ].map((url) => [url, url]),
    fallback: undefined,
  },
  OUTGOING_ALLOW: {
    member: 'outgoing',
    bad: [
      '*',
      '10.0.0.1',
      'http://10.0.0.1/',
      'http://10.0.0.1/x',
      'ftp://10.0.0.1',
      'http://a,http://b/',
      'http://a,*',
    ],
    good: [
      ['http://10.0.0.1:8080', ['http://10.0.0.1:8080']],
      ['http://a, https://b http://c', ['http://a', 'https://b', 'http://c']],
    ],
    fallback: [],
  },
}

/** What a time of the keys must not be. What is too short beside the others is refused, too. */
const TIMES = {
  KEY_PERIOD: { name: 'period', bad: ['x', '-1', '1.5', '60', '0'], good: 2_592_000 },
  KEY_PREPUBLISH: { name: 'prepublish', bad: ['x', '-1', '1', '0'], good: 86_400 },
  KEY_OVERLAP: { name: 'overlap', bad: ['x', '-1', '60', '0'], good: 7200 },
  KEY_CACHE_MAX_AGE: { name: 'cacheMaxAge', bad: ['x', '-1', '0', '999999999'], good: 600 },
  KEY_POLL: { name: 'poll', bad: ['x', '-1', '0', '999999999'], good: 10 },
  KEY_SKEW: { name: 'skew', bad: ['x', '-1', '999999999'], good: 5 },
} as const

function faultOf(env: Readonly<Record<string, string>>): string {
  try {
    toSettings(env)
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    assert.equal(code, 'SETTINGS')
    return message
  }
  throw new Error(`${JSON.stringify(env)} was taken`)
}

describe('settings', () => {
  for (const [name, { member, bad, good, fallback }] of Object.entries(SETTINGS)) {
    for (const text of bad)
      test(`${name} is refused by its name for ${JSON.stringify(text.length > 70 ? `${text.slice(0, 70)}…` : text)}`, () => {
        const message = faultOf({ [name]: text })
        assert.ok(message.startsWith(`${name} `), message)
        if (/KEK|DATABASE|TOKEN/.test(name) && text.length > 8)
          assert.ok(!message.includes(text), 'a secret is in the message')
      })

    test(`${name} has its value, that of nothing where it is missing, and is refused where it is set and empty`, () => {
      for (const [text, value] of good) assert.deepEqual(toSettings({ [name]: text })[member], value)
      for (const env of [{}, { [name]: undefined }]) assert.deepEqual(toSettings(env)[member], fallback)
      assert.equal(faultOf({ [name]: '' }), `${name} is set and empty: give it a value, or unset it`)
    })
  }

  for (const [variable, { name, bad, good }] of Object.entries(TIMES)) {
    for (const text of bad)
      test(`${variable} is refused by its name for ${text}`, () => {
        assert.match(faultOf({ [variable]: text }), new RegExp(`\\b${variable}\\b`))
      })
    test(`${variable} has its value`, () => {
      assert.equal(toSettings({ [variable]: `${good}` }).schedule[name], good)
      assert.match(faultOf({ [variable]: '' }), /set and empty/)
    })
  }

  test('two ways to give the KEK are refused: one key encrypts keys', () => {
    const message = faultOf({ COUNTERSIGN_KEK: TEXT, COUNTERSIGN_KEK_FILE: '/run/secrets/kek' })
    assert.match(message, /COUNTERSIGN_KEK and COUNTERSIGN_KEK_FILE/)
  })

  test('every fault is in the one message', () => {
    const broken = Object.fromEntries(
      Object.entries(SETTINGS).flatMap(([name, { bad }]) => (bad[0] === undefined ? [] : [[name, bad[0]]])),
    )
    const message = faultOf({ ...broken, KEY_PERIOD: 'x' })
    for (const name of [...Object.keys(broken), 'KEY_PERIOD'])
      assert.match(message, new RegExp(`^ +${name} |\\b${name}\\b`, 'm'))
    assert.match(message, new RegExp(`has? ?\\b|have ${Object.keys(broken).length + 1} faults`))
  })

  test('every broken time is in the one message', () => {
    const message = faultOf(Object.fromEntries(Object.keys(TIMES).map((name) => [name, 'x'])))
    for (const name of Object.keys(TIMES)) assert.match(message, new RegExp(`\\b${name}\\b`), message)
  })

  test('the last ports leave no room for those of the demo', () => {
    assert.match(faultOf({ PORT: '65533', DEMO: '1' }), /^PORT 65533 leaves no room for the 3 ports of the demo/)
    assert.equal(toSettings({ PORT: '65532', DEMO: '1' }).port, 65_532)
    assert.equal(toSettings({ PORT: '65535' }).port, 65_535)
  })

  test('the issuer goes with the port, and no further setting is read', () => {
    assert.equal(toSettings({ PORT: '8080' }).issuer, 'http://localhost:8080')
    const { schedule, ...more } = toSettings({})
    assert.equal(schedule.tokenLifetime, 3600)
    assert.deepEqual(
      Object.keys(more).sort(),
      Object.values(SETTINGS)
        .map(({ member }) => member)
        .sort(),
    )
  })

  test('in the demo keys take turns within seconds, unless a time is said', () => {
    const { tokenLifetime, prepublish, overlap, cacheMaxAge, poll } = toSettings({ DEMO: '1' }).schedule
    assert.deepEqual([tokenLifetime, prepublish, overlap, cacheMaxAge, poll], [600, 15, 660, 5, 1])
    assert.deepEqual(toSettings({ DEMO: '1', KEY_POLL: '10s' }).schedule, toSettings({ KEY_POLL: '10s' }).schedule)
  })
})
