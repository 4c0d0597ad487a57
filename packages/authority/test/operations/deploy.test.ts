import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { toSettings } from '../../src/settings.ts'
import {
  type Compose,
  DEPLOY,
  deployed,
  environmentOf,
  findYaml,
  parseCompose,
  parseDockerfile,
  parseEnvFile,
  parseUnit,
  ROOT,
  toSeconds,
} from './deploy-files.ts'

/** For how long a server that is ending waits for answers, as src/authority.ts has it, in seconds. */
const ANSWERS = 10

const manifest = (folder: string): Readonly<Record<string, Readonly<Record<string, string>>>> =>
  JSON.parse(readFileSync(new URL(`${folder}package.json`, ROOT), 'utf8'))
/** The variables that are settings, as their table in the README has them. */
const [, table = ''] = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('| name | default | |')
const SETTINGS = [...table.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name)

/** The runs of a program, where it is there; else why not. */
const lacks = (program: string, ...args: readonly string[]): string | false =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0
    ? false
    : `there is no ${[program, ...args].join(' ')} here`

describe('Dockerfile', () => {
  const stages = parseDockerfile(deployed('Dockerfile'))
  const [build = [], last = []] = stages
  const texts = (name: string, stage = last): readonly string[] =>
    stage.filter((one) => one.name === name).map(({ text }) => text)

  test('it stands on the Node that the workspace is tested with', () => {
    assert.equal(stages.length, 2)
    const { node } = manifest('')['devDependencies'] ?? {}
    assert.deepEqual(
      stages.flatMap((stage) => texts('FROM', stage)),
      [`node:${node}-slim AS build`, `node:${node}-slim`],
    )
  })

  test('what it copies is there, and npm scripts and workspaces that it names are', () => {
    const { scripts = {} } = manifest('')
    const runs = texts('RUN', build).join('\n')
    const named = [...runs.matchAll(/npm run (\S+)/g)].map(([, script = '']) => script)
    assert.ok(named.length > 0 && named.every((script) => script in scripts), `${named}`)
    assert.match(runs, /--workspace=@countersign\/authority\b/)
    assert.equal(manifest('packages/authority/')['name'], '@countersign/authority')
    // The command of the package, as `npm run build` stages it.
    assert.deepEqual(manifest('packages/authority/')['bin'], { 'countersign-authority': './src/cli.ts' })
    assert.match(runs, /ln -sf \.\.\/@countersign\/authority\/cli\.js node_modules\/\.bin\/countersign-authority/)
    for (const [, name] of runs.matchAll(/cp -r packages\/(\w+)\/dist/g))
      assert.ok(existsSync(new URL(`packages/${name}/src`, ROOT)))
    const copies = stages.flat().filter(({ name }) => name === 'COPY')
    for (const { options, text } of copies) {
      const [source = ''] = text.split(' ')
      const from = options.find((option) => option.startsWith('--from='))
      if (from === undefined) assert.ok(existsSync(new URL(source, ROOT)), source)
      else assert.deepEqual([from, source], ['--from=build', '/source/node_modules'])
    }
    const ignored = deployed('Dockerfile.dockerignore').split('\n')
    for (const path of ['.git', '**/node_modules', '**/data', 'packages/authority/deploy'])
      assert.ok(ignored.includes(path), path)
  })

  test('it runs as nobody in particular, without a shell, and holds no secret', () => {
    assert.deepEqual(texts('USER'), ['node'])
    assert.ok(last.findIndex(({ name }) => name === 'USER') > last.findLastIndex(({ name }) => name === 'RUN'))
    assert.deepEqual(last.find(({ name }) => name === 'CMD')?.words, ['countersign-authority', 'serve'])
    assert.ok(last.find(({ name }) => name === 'HEALTHCHECK')?.words)
    for (const { name, text } of stages.flat()) {
      assert.ok(!['ADD', 'ARG', 'ENTRYPOINT'].includes(name), name)
      if (name === 'ENV') assert.doesNotMatch(text, /KEK|TOKEN|PASSWORD|SECRET|DATABASE_URL/)
    }
  })

  test('its environment is settings, and its port the one that is asked whether it lives', () => {
    const { NODE_ENV, PATH, ...env } = environmentOf(last)
    assert.deepEqual([NODE_ENV, PATH], ['production', '/app/node_modules/.bin:$PATH'])
    for (const name of Object.keys(env)) assert.ok(SETTINGS.includes(name), name)
    const { port, host, data } = toSettings(env)
    assert.deepEqual([`${port}`, host, data], [texts('EXPOSE')[0], '0.0.0.0', '/data'])
    assert.deepEqual(last.find(({ name }) => name === 'VOLUME')?.words, [data])
  })
})

const load = findYaml()
const [skip, yaml] = typeof load === 'string' ? [load, undefined] : [false, load]
const EXAMPLE = parseEnvFile(deployed('.env.example'))
const FILLED: Readonly<Record<string, string>> = {
  ...EXAMPLE,
  POSTGRES_PASSWORD: 'a1b2c3',
  METRICS_TOKEN: 'd'.repeat(32),
}

describe('compose.yaml', { skip }, () => {
  const open = (env: Readonly<Record<string, string>> = FILLED): Compose =>
    parseCompose(deployed('compose.yaml'), yaml ?? (() => ({})), env)

  test('nothing starts before the secrets are filled in', () => {
    for (const name of ['POSTGRES_PASSWORD', 'METRICS_TOKEN', 'DOMAIN'])
      assert.throws(() => open({ ...FILLED, [name]: '' }), new RegExp(`${name} is not set`))
    assert.throws(() => open(EXAMPLE), /is not set/)
    assert.deepEqual(Object.keys(EXAMPLE).sort(), ['DOMAIN', 'LOG_LEVEL', 'METRICS_TOKEN', 'POSTGRES_PASSWORD'])
  })

  test('two instances are the same one twice: one database, one issuer, one key', () => {
    const { services, secrets } = open()
    const [first, second] = [services['authority-1'], services['authority-2']]
    assert.ok(first)
    assert.deepEqual(first, second)
    const inside = environmentOf(parseDockerfile(deployed('Dockerfile')).at(-1) ?? [])
    for (const name of Object.keys(first.environment)) assert.ok(SETTINGS.includes(name), name)
    const { NODE_ENV: _, PATH: __, ...own } = inside
    const settings = toSettings({ ...own, ...first.environment })
    assert.equal(settings.issuer, `https://${FILLED['DOMAIN']}`)
    assert.equal(
      settings.databaseUrl,
      `postgres://countersign:${FILLED['POSTGRES_PASSWORD']}@database:5432/countersign`,
    )
    assert.deepEqual([settings.kekFile, first.secrets], ['/run/secrets/kek', ['kek']])
    assert.deepEqual(secrets, { kek: { file: './kek' } })
    assert.equal(settings.trustProxy, 1)
    assert.equal(settings.metricsToken, FILLED['METRICS_TOKEN'])
    assert.ok(first.read_only && first.cap_drop?.includes('ALL'))
    assert.ok(toSeconds(first.stop_grace_period ?? '0') > settings.drain + ANSWERS)
    assert.deepEqual(deployed('.gitignore').trim().split('\n').sort(), ['.env', 'kek'])
  })

  test('the proxy alone can be reached, and the database by the instances alone', () => {
    const { services, networks } = open()
    assert.deepEqual(
      Object.keys(services).filter((name) => services[name]?.ports),
      ['proxy'],
    )
    assert.equal(networks['inside']?.internal, true)
    assert.deepEqual(services['database']?.networks, ['inside'])
    assert.ok(!services['proxy']?.networks.includes('inside'))
    const { POSTGRES_USER, POSTGRES_DB } = services['database']?.environment ?? {}
    assert.deepEqual([POSTGRES_USER, POSTGRES_DB], ['countersign', 'countersign'])
    const probe = services['database']?.healthcheck?.test
    assert.deepEqual(probe, ['CMD', 'pg_isready', `--username=${POSTGRES_USER}`, `--dbname=${POSTGRES_DB}`])
  })

  test('what it names is there, and every image has its version', () => {
    const { services, networks, volumes, secrets } = open()
    for (const [name, service] of Object.entries(services)) {
      if (service.build === undefined) assert.match(service.image, /^[a-z]+:\d+\.\d+(\.\d+)?$/, name)
      else {
        const context = new URL(`${service.build.context}/`, DEPLOY)
        assert.equal(context.href, ROOT.href)
        assert.ok(existsSync(new URL(service.build.dockerfile, context)))
      }
      for (const network of service.networks) assert.ok(network in networks, network)
      for (const secret of service.secrets ?? []) assert.ok(secret in secrets, secret)
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        assert.equal(condition, 'service_healthy')
        const { healthcheck, build } = services[other] ?? {}
        assert.ok(healthcheck !== undefined || build !== undefined, `${other} never says that it is healthy`)
      }
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':')
        assert.ok(source.startsWith('.') ? existsSync(new URL(source, DEPLOY)) : source in volumes, volume)
      }
    }
  })

  test('the proxy sends requests to both, and knows in time that one stops', () => {
    const text = deployed('Caddyfile').replaceAll(/^\s*#.*$/gm, '')
    const { services } = open()
    const drain = services['authority-1']?.environment['DRAIN'] ?? '0'
    const value = (name: string): string => new RegExp(`^\\s*${name} (.+)$`, 'm').exec(text)?.[1] ?? ''
    const { PORT } = environmentOf(parseDockerfile(deployed('Dockerfile')).at(-1) ?? [])
    const instances = Object.keys(services).filter((name) => name.startsWith('authority-'))
    assert.equal(value('reverse_proxy'), `${instances.map((name) => `${name}:${PORT}`).join(' ')} {`)
    assert.equal(value('health_uri'), '/readyz')
    assert.ok(3 * toSeconds(value('health_interval')) <= toSeconds(drain))
    assert.match(text, /@figures path \/metrics\n\s*respond @figures 404/)
    assert.match(text, /^\{\$DOMAIN\} \{$/m)
    assert.equal(text.split('{').length, text.split('}').length)
    // What is said of X-Forwarded-For must be what the proxy says of it by itself.
    assert.doesNotMatch(text, /trusted_proxies|X-Forwarded-For|\blog\b/)
  })

  test('docker compose takes it', { skip: lacks('docker', 'compose', 'version') }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'authority-compose-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, '.env')
    writeFileSync(
      file,
      Object.entries(FILLED)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    const compose = fileURLToPath(new URL('compose.yaml', DEPLOY))
    execFileSync('docker', ['compose', '--env-file', file, '--file', compose, 'config', '--quiet'], { stdio: 'pipe' })
  })

  test('caddy takes its configuration', { skip: lacks('caddy', 'version') }, () => {
    const env = { ...process.env, DOMAIN: 'localhost' }
    const config = fileURLToPath(new URL('Caddyfile', DEPLOY))
    execFileSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', config], { env, stdio: 'pipe' })
  })
})

/** The directives that the unit has need of. */
const DIRECTIVES: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'After', 'Wants'],
  Service: [
    ...['Type', 'User', 'Group', 'WorkingDirectory', 'ExecStart', 'EnvironmentFile', 'Environment', 'LoadCredential'],
    ...['StateDirectory', 'StateDirectoryMode', 'UMask', 'Restart', 'RestartSec', 'TimeoutStopSec', 'LimitNOFILE'],
    ...['NoNewPrivileges', 'CapabilityBoundingSet', 'ProtectSystem', 'ProtectHome', 'ProtectProc', 'ProtectClock'],
    ...[
      'ProtectHostname',
      'ProtectControlGroups',
      'ProtectKernelLogs',
      'ProtectKernelModules',
      'ProtectKernelTunables',
    ],
    ...['PrivateTmp', 'PrivateDevices', 'PrivateUsers', 'RemoveIPC', 'RestrictAddressFamilies', 'RestrictNamespaces'],
    ...['RestrictRealtime', 'RestrictSUIDSGID', 'LockPersonality', 'SystemCallArchitectures', 'SystemCallFilter'],
    'SystemCallErrorNumber',
  ],
  Install: ['WantedBy'],
}

describe('countersign-authority.service', () => {
  const text = deployed('countersign-authority.service')
  const unit = parseUnit(text)
  const service = new Map(unit.get('Service'))

  test('every directive is one, and stands once', () => {
    assert.deepEqual([...unit.keys()], Object.keys(DIRECTIVES))
    for (const [section, rows] of unit) {
      const names = rows.map(([name]) => name)
      assert.equal(new Set(names).size, names.length)
      assert.deepEqual([...names].sort(), [...(DIRECTIVES[section] ?? [])].sort())
    }
  })

  test('its environment is settings, and the key comes as a credential', () => {
    const pairs = (service.get('Environment') ?? '').split(' ').map((pair) => pair.split('=') as [string, string])
    const { NODE_ENV, ...env } = Object.fromEntries(pairs)
    assert.equal(NODE_ENV, 'production')
    assert.deepEqual(Object.keys(env).sort(), ['COUNTERSIGN_DATA', 'COUNTERSIGN_KEK_FILE'])
    const [credential, file] = (service.get('LoadCredential') ?? '').split(':')
    assert.deepEqual([env['COUNTERSIGN_KEK_FILE'], file], [`%d/${credential}`, '/etc/countersign-authority/kek'])
    assert.equal(env['COUNTERSIGN_DATA'], `%S/${service.get('StateDirectory')}`)
  })

  test('it may do no more than it has to, and has time to stop', () => {
    assert.ok(!['root', '0', undefined].includes(service.get('User')))
    for (const name of ['NoNewPrivileges', 'ProtectHome', 'PrivateTmp', 'PrivateDevices', 'RestrictNamespaces'])
      assert.equal(service.get(name), 'yes', name)
    assert.deepEqual([service.get('ProtectSystem'), service.get('CapabilityBoundingSet')], ['strict', ''])
    assert.match(
      service.get('ExecStart') ?? '',
      /^\/usr\/bin\/node \S+\/node_modules\/@countersign\/authority\/cli\.js serve$/,
    )
    assert.ok(toSeconds(service.get('TimeoutStopSec') ?? '') > 5 + ANSWERS)
    assert.equal(service.get('Restart'), 'on-failure')
  })

  test('systemd takes it', { skip: lacks('systemd-analyze', '--version') }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'authority-unit-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'countersign-authority.service')
    writeFileSync(path, text.replace('/usr/bin/node', process.execPath))
    const { stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    // It looks at what the unit asks for, too: of other units' faults nothing follows.
    assert.deepEqual(
      stderr.split('\n').filter((line) => line.includes('countersign-authority')),
      [],
    )
  })
})
