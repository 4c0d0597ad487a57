// Makes a private key, and publishes the public half of it as a JWK Set.
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { exportPem, generateKey, importKey, publicJwks } from 'countersign'
import { ALGORITHMS } from './format.ts'
import { line, run } from './program.ts'

const USAGE = `usage: node src/keys.ts new KEY.pem [--alg ES256|PS256]
       node src/keys.ts publish KEY.pem [--port 8080]`
const PATH = '/jwks.json'

function readArguments(): () => Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { alg: { type: 'string', default: ALGORITHMS.EC }, port: { type: 'string', default: '8080' } },
  })
  const [command, file, ...rest] = positionals
  const { alg, port } = values
  if (file === undefined || rest.length > 0) throw new TypeError('give new or publish, and one KEY.pem')
  if (!(Object.values(ALGORITHMS) as string[]).includes(alg)) throw new TypeError('--alg is ES256 or PS256')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new TypeError('--port is a number from 0 to 65535')
  if (command === 'new') return () => make(file, alg)
  if (command === 'publish') return () => publish(file, Number(port))
  throw new TypeError('the command is new or publish')
}

async function make(file: string, alg: string): Promise<void> {
  const key = await generateKey(alg)
  // wx: a key that is there already is not lost. 0600: nobody else reads it.
  await writeFile(file, await exportPem(key), { flag: 'wx', mode: 0o600 })
  console.log(line('made', `${file} for ${alg}, kid ${key.kid}`))
}

async function publish(file: string, port: number): Promise<void> {
  const key = importKey(await readFile(file, 'utf8'), { use: 'sig' })
  const jwks = JSON.stringify(await publicJwks([key])) // public members alone
  const server = createServer(({ url }, response) => {
    if (url !== PATH) return response.writeHead(404).end()
    return response.writeHead(200, { 'Content-Type': 'application/jwk-set+json' }).end(jwks)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  console.log(line('published', `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`))
}

run(USAGE, readArguments, (work) => work())
