// Verifies that a file is the one that was signed, with nothing but the URL of the signer's published keys.
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { type RemoteKeySet, remoteKeySet } from 'countersign'
import { verifyJws } from 'countersign/jws'
import { ALGORITHMS, TYP } from './format.ts'
import { line, Refusal, run } from './program.ts'

const USAGE = 'usage: node src/verify.ts FILE FILE.jws --jwks URL'
const MOST_OCTETS = 64 * 1024 // no signature is that long, and what is cut here is refused below

interface Job {
  readonly file: string
  readonly signature: string
  readonly keys: RemoteKeySet
}

function readArguments(): Job {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { jwks: { type: 'string' } } })
  const [file, signature, ...rest] = positionals
  if (file === undefined || signature === undefined || rest.length > 0) throw new TypeError('give FILE and FILE.jws')
  if (!values.jwks) throw new TypeError('give --jwks: whose signature is it?')
  return { file, signature, keys: remoteKeySet(values.jwks) }
}

async function verify({ file, signature, keys }: Job): Promise<void> {
  const jws = await text(createReadStream(signature, { end: MOST_OCTETS }))
  const { protectedHeader, key } = await verifyJws(jws.trim(), {
    keys,
    algorithms: Object.values(ALGORITHMS),
    detachedPayload: createReadStream(file),
  })
  // The signature is good. Is it about this file? What the header says is signed as well.
  const { typ, file: name, iat } = protectedHeader
  if (typ !== TYP || typeof name !== 'string' || typeof iat !== 'number')
    throw new Refusal('OTHER_TYPE', 'these octets were signed, but not as a file')
  if (name !== basename(file))
    throw new Refusal('OTHER_NAME', `the file was signed as ${JSON.stringify(name)}, and has another name here`)
  console.log(line('good', `${file} is what was signed`))
  console.log(line('signed', `${new Date(iat * 1000).toUTCString()}, as the signer says`))
  console.log(line('key', `${key.kid} of ${keys.url}`))
}

run(USAGE, readArguments, verify)
