import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { der, oid, TAG } from './keys.ts'

/** Where packages put SoftHSM's module, beside what SOFTHSM2_MODULE says. */
const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/lib/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

const MODULE = [process.env['SOFTHSM2_MODULE'] ?? '', ...MODULES].find((path) => path !== '' && existsSync(path))

/** Whether a program is there: any answer of it will do. */
const has = (program: string): boolean => spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined

/** Why there can be no token here; `false` where there can. */
export const MISSING: string | false =
  MODULE !== undefined && has('softhsm2-util') && has('pkcs11-tool')
    ? false
    : 'softhsm2-util, pkcs11-tool or libsofthsm2.so is missing: install the Debian packages softhsm2 and opensc, and set SOFTHSM2_MODULE where the module is in an unusual place'

/** A key inside a token, by its id in hex. */
export type KeyType = 'EC:prime256v1' | 'EC:secp384r1' | 'EC:secp521r1' | 'EC:edwards25519' | 'rsa:2048'

/** The name and the PIN of whoever signs. */
const LABEL = 'countersign'
export const PIN = '271828-open-sesame'

/**
 * A token of SoftHSM in a temporary folder, which ends with its test. All that is known of its keys came out of
 * `pkcs11-tool`, a program of its own, and the PIN goes there by the environment, where no error repeats it.
 */
export class Token {
  readonly #folder: string
  #last: Promise<unknown> = Promise.resolve()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static make(t: TestContext): Token {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-token-'))
    t.after(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'tokens'))
    const lines = [
      `directories.tokendir = ${join(folder, 'tokens')}`,
      'objectstore.backend = file',
      'log.level = ERROR',
    ]
    writeFileSync(join(folder, 'softhsm2.conf'), `${lines.join('\n')}\n`)
    const token = new Token(folder)
    const init = ['--init-token', '--free', '--label', LABEL, '--so-pin', `so-${PIN}`, '--pin', PIN]
    execFileSync('softhsm2-util', [...init, '--module', MODULE ?? ''], { env: token.#env(PIN), stdio: 'pipe' })
    return token
  }

  #env(pin: string): NodeJS.ProcessEnv {
    return { ...process.env, SOFTHSM2_CONF: join(this.#folder, 'softhsm2.conf'), COUNTERSIGN_PIN: pin }
  }

  /**
   * Runs `pkcs11-tool` as a user of the token, once nobody else does: programs that open a token at the same time
   * sometimes do not see it.
   *
   * @returns what it wrote to its standard output
   */
  tool(args: readonly string[], input: Uint8Array = new Uint8Array(), pin: string = PIN): Promise<Buffer> {
    const turn = this.#last.then(() => this.#run(args, input, pin))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #run(args: readonly string[], input: Uint8Array, pin: string): Promise<Buffer> {
    const login = ['--module', MODULE ?? '', '--token-label', LABEL, '--login', '--pin', 'env:COUNTERSIGN_PIN']
    const child = spawn('pkcs11-tool', [...login, ...args], { env: this.#env(pin), stdio: 'pipe' })
    const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal))
    })
    // One that is refused at the login does not read its input.
    child.stdin.on('error', () => {}).end(input)
    const [output, complaint, code] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), ended])
    if (code === 0) return Buffer.concat(output)
    const said = Buffer.concat(complaint).toString().trim().replaceAll('\n', ', ')
    throw new Error(`pkcs11-tool ended with ${code}: ${said}`)
  }

  /** Makes a key pair inside the token. @returns what the token says of it */
  async generate(type: KeyType, id: string, label: string): Promise<string> {
    const args = ['--keypairgen', '--key-type', type, '--id', id, '--label', label, '--usage-sign', '--sensitive']
    return (await this.tool(args)).toString()
  }

  /**
   * The public key as the tool reads it out: SPKI, as DER or as PEM by its version and the type of the key. Some
   * versions cannot do it for some curves, and then it is put together from its point.
   */
  async publicKey(id: string): Promise<Uint8Array | string> {
    let read: Buffer
    try {
      read = await this.tool(['--read-object', '--type', 'pubkey', '--id', id])
    } catch {
      return this.publicPoint(id)
    }
    return read.toString('latin1').startsWith('-----BEGIN') ? read.toString() : new Uint8Array(read)
  }

  /** SPKI out of the attributes of an EC public key: CKA_EC_PARAMS is its curve, CKA_EC_POINT an OCTET STRING. */
  async publicPoint(id: string): Promise<Uint8Array> {
    // Some versions list every public key, whatever id they are asked for.
    const listed = (await this.tool(['--list-objects', '--type', 'pubkey', '--id', id])).toString()
    const told =
      listed.split('Public Key Object').find((text) => new RegExp(`^\\s+ID:\\s+${id}$`, 'm').test(text)) ?? ''
    const [curve, string] = ['EC_PARAMS', 'EC_POINT'].map((name) => {
      const [, hex] = new RegExp(`${name}:\\s+([0-9a-f]+)`).exec(told) ?? []
      if (hex === undefined) throw new Error(`the token tells no ${name} of key ${id}`)
      return Buffer.from(hex, 'hex')
    }) as [Buffer, Buffer]
    const point = string.subarray(string[1] === 0x81 ? 3 : 2)
    return der(TAG.sequence, der(TAG.sequence, oid('ec'), curve), der(TAG.bits, [0], point))
  }

  /** Signs with a key of the token; which, says its id, for the tool does not look at labels here. */
  sign(id: string, mechanism: readonly string[], input: Uint8Array, pin?: string): Promise<Uint8Array> {
    return this.tool(['--sign', '--id', id, '--mechanism', ...mechanism], input, pin)
  }
}
