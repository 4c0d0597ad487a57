// Signs a file of any size. The signature stands in a file beside it, and the file itself stays as it is.
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { importKey } from 'countersign'
import { signJws } from 'countersign/jws'
import { ALGORITHMS, TYP } from './format.ts'
import { line, run } from './program.ts'

const USAGE = 'usage: node src/sign.ts FILE --key KEY.pem [--kid KID]'

interface Job {
  readonly file: string
  readonly pem: string
  readonly options: { readonly kid?: string }
}

function readArguments(): Job {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { key: { type: 'string' }, kid: { type: 'string' } },
  })
  const [file, ...rest] = positionals
  const { key, kid } = values
  if (file === undefined || rest.length > 0) throw new TypeError('give one FILE')
  if (!key) throw new TypeError('give --key: who signs?')
  return { file, pem: key, options: kid ? { kid } : {} }
}

async function sign({ file, pem, options }: Job): Promise<void> {
  const key = importKey(await readFile(pem, 'utf8'), options)
  const jws = await signJws(createReadStream(file), {
    key,
    alg: key.kty === 'RSA' ? ALGORITHMS.RSA : ALGORITHMS.EC,
    detached: true,
    b64: false, // the octets as they are (RFC 7797)
    protected: { typ: TYP, file: basename(file), iat: Math.floor(Date.now() / 1000) },
  })
  await writeFile(`${file}.jws`, `${jws}\n`, { flag: 'wx' }) // another signature is not lost
  console.log(line('signed', `${file}, the signature is in ${file}.jws`))
}

run(USAGE, readArguments, sign)
