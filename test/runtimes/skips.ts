// What is not run on some runtime, by name and with its reason. An entry that skips nothing is an error.

export interface Skip {
  /** Beginnings of the names of runtimes, or names where `*` stands for anything. */
  readonly on: readonly string[]
  readonly file: string
  /** Names of tests, where `*` stands for anything; left out for a whole file. */
  readonly tests?: readonly string[]
  readonly why: string
}

const EVERYWHERE = ['Node', 'Bun', 'Deno', 'workerd', 'Chromium']
/** Those whose library works by WebCrypto. */
const WEB = ['Node * on WebCrypto', 'Bun', 'Deno', 'workerd', 'Chromium']
/** Those that start no program and read no file. */
const CLOSED = ['workerd', 'Chromium']
/** Takes no TypeScript without a flag. */
const OLD = ['Node 22.12.0']

const SYNC = 'countersign/sync is for the backend on node:crypto; runtime.test.ts holds that it is refused here'
const PIECES =
  'WebCrypto takes messages whole; runtime.test.ts holds that a payload in pieces is refused as CS_UNSUPPORTED'
const DECRYPTS =
  'the backend on WebCrypto decrypts no private keys; runtime.test.ts holds that each is refused as CS_UNSUPPORTED'
const KEY_OBJECT = 'a KeyObject belongs to node:crypto, and the backend on WebCrypto takes CryptoKeys'
const SECP256K1 = 'WebCrypto has no secp256k1; runtime.test.ts holds that ES256K is refused as CS_UNSUPPORTED'
const NO_TYPES = 'it starts a program in TypeScript, which this Node does not take without a flag'
const SERVES = 'it is a server on node:http, which this runtime is not'
const READS = 'it reads the source tree, and this runtime has no files'
const BEHIND = 'DecompressionStream of Node 22 takes octets behind the end; node:crypto is what the library takes there'
const CUT = 'DecompressionStream of Deno ends without a word where its input is cut; the tag has vouched for it'
const NODE_ML_DSA = "Deno's node:crypto has no ML-DSA to forge or compare with; its WebCrypto has, and is tested"
const CLOSED_WHY = 'it starts programs and reads files, which this runtime cannot'

const KILLED = "it ends programs in TypeScript between two calls of Node's file system, which it takes Node to watch"

const AT_ONCE =
  "it holds what a set does in the background, and on Cloudflare's runtime nothing goes on there: whoever begins a request waits for it"

const test = (name: string): string => `packages/countersign/test/${name}.test.ts`

export const SKIPS: readonly Skip[] = [
  {
    on: EVERYWHERE,
    file: test('structure'),
    why: 'it reads the source tree, and no runtime runs it: npm test does',
  },
  { on: WEB, file: test('jws/streams'), why: PIECES },
  { on: WEB, file: test('vectors/jws'), tests: ['*may come in pieces*', '*suite jwsDetached*'], why: PIECES },
  { on: WEB, file: test('keys/encrypted'), why: DECRYPTS },
  {
    on: WEB,
    file: test('keys/matrix'),
    tests: [
      '*: importKey opens with its passphrase alone, *',
      '*: importKey reads * as *encrypted *',
      '*: importKey refuses and names, *: *encrypted PKCS#8 *',
      '*: importKey refuses and names, *: legacy encrypted *',
    ],
    why: DECRYPTS,
  },
  {
    on: WEB,
    file: test('keys/matrix'),
    tests: [
      '*: importKey takes the KeyObject of every PEM of *',
      '*: capabilities() names ML-DSA exactly where node:crypto has it',
    ],
    why: KEY_OBJECT,
  },
  {
    on: WEB,
    file: test('keys/import'),
    tests: ['*: importKey takes a KeyObject of *', '*: importKey refuses a KeyObject *'],
    why: KEY_OBJECT,
  },
  {
    on: CLOSED,
    file: test('attacks/sets'),
    tests: ['*: attack 53: a KeyObject among the JWKs of a set *'],
    why: KEY_OBJECT,
  },
  {
    on: WEB,
    file: test('keys/akp'),
    tests: ['*: an ML-DSA-* key is the same as JWK, PEM, DER and KeyObject*'],
    why: KEY_OBJECT,
  },
  {
    on: WEB.filter((name) => name !== 'workerd'),
    file: test('source/remote'),
    tests: ['countersign/sync*'],
    why: SYNC,
  },
  { on: ['workerd'], file: test('source/remote'), why: AT_ONCE },
  { on: ['workerd'], file: test('source/remote-outage'), why: AT_ONCE },
  { on: ['workerd'], file: test('source/snapshot'), tests: ['a snapshot whose end is *'], why: AT_ONCE },
  { on: WEB, file: test('source/snapshot'), tests: ['countersign/sync*'], why: SYNC },
  { on: WEB, file: test('source/function'), tests: ['countersign/sync*'], why: SYNC },
  { on: WEB, file: test('keys/remote-key'), tests: ['countersign/sync *'], why: SYNC },
  { on: WEB, file: test('keys/crypto-key'), tests: ['countersign/sync: *'], why: SYNC },
  { on: ['Node * on WebCrypto', 'Bun'], file: test('examples'), tests: ['countersign/sync: *'], why: SYNC },
  {
    on: ['Node * on WebCrypto', 'Bun'],
    file: test('examples'),
    tests: ['countersign/jws: the example of PayloadStream *'],
    why: PIECES,
  },
  {
    on: WEB,
    file: test('keys/crypto-key'),
    tests: ['countersign: CryptoKeys and every algorithm work without a word *'],
    why: 'it starts Node with the backend on node:crypto; the check of the built library holds it on every Node',
  },
  {
    on: OLD,
    file: test('keys/crypto-key'),
    tests: [
      'countersign: CryptoKeys and every algorithm work without a word *',
      'countersign: a CryptoKey of * works too, *',
    ],
    why: NO_TYPES,
  },
  {
    on: ['Node 22.12.0'],
    file: test('attacks/jwe-cost'),
    tests: ['attack 37: a compressed plaintext is one DEFLATE stream *'],
    why: BEHIND,
  },
  {
    on: ['Node 22.23.3 on WebCrypto'],
    file: test('jwe/decrypt'),
    tests: ['decryptJwe: a plaintext that is not what zip says is refused, *'],
    why: BEHIND,
  },
  { on: OLD, file: test('examples'), why: NO_TYPES },
  { on: CLOSED, file: test('examples'), why: CLOSED_WHY },
  { on: CLOSED, file: test('keys/remote-kms'), why: CLOSED_WHY },
  { on: CLOSED, file: test('keys/remote-pkcs11'), why: CLOSED_WHY },
  { on: OLD, file: test('keys/remote-kms'), why: NO_TYPES },
  { on: OLD, file: test('jws/streams'), tests: ['memory stays flat *'], why: NO_TYPES },
  { on: WEB, file: test('attacks/keys'), tests: ['*secp256k1*', '*ES256K*'], why: SECP256K1 },
  { on: WEB, file: test('attacks/tokens'), tests: ['*: ES256K'], why: SECP256K1 },
  { on: ['Node * on WebCrypto', 'Bun', 'Deno'], file: test('cross-check/jwt'), tests: ['*secp256k1*'], why: SECP256K1 },
  { on: WEB, file: test('keys/containers'), tests: ['*ES256K*'], why: SECP256K1 },
  { on: WEB, file: test('keys/rights'), tests: ['*secp256k1*'], why: SECP256K1 },
  { on: CLOSED, file: test('source/remote-servers'), why: SERVES },
  { on: CLOSED, file: test('source/discovery'), tests: ['*a real server *'], why: SERVES },
  { on: CLOSED, file: test('lint/issuer-servers'), why: SERVES },
  { on: CLOSED, file: test('attacks/remote-requests'), tests: ['attack *: a real server *'], why: SERVES },
  { on: CLOSED, file: test('attacks/remote-sets'), tests: ['attack *: a real server *'], why: SERVES },
  {
    on: CLOSED,
    file: test('attacks/tokens'),
    tests: ['*: attack 11: URLs in the header are not fetched'],
    why: SERVES,
  },
  { on: CLOSED, file: test('attacks/keys'), tests: ['attack 24: octets that someone else chose *'], why: READS },
  {
    on: ['Bun', 'Deno', 'workerd', 'Chromium'],
    file: test('attacks/jws'),
    tests: ['attack 46: a detached payload is not copied *'],
    why: 'this runtime does not say how much memory buffers hold',
  },
  {
    on: ['Chromium'],
    file: test('attacks/jwe-cost'),
    tests: ['attack 37: *'],
    why: 'the compressed plaintexts are forged with node:zlib; jwe/properties compresses here',
  },
  {
    on: CLOSED,
    file: test('keys/matrix'),
    tests: ['*: node:crypto reads * out of the PEM that is written'],
    why: 'there is no node:crypto to read it; the matrix of tokens goes from runtime to runtime',
  },
  {
    on: CLOSED,
    file: test('keys/crypto-key'),
    tests: ['*CryptoKey of RSA has an exponent from 65537 up *'],
    why: 'no such CryptoKey can be made here: WebCrypto refuses the exponent 1 itself',
  },
  {
    on: ['Deno'],
    file: test('attacks/jwe-cost'),
    tests: ['attack 37: a DEFLATE stream without its end is refused *'],
    why: CUT,
  },
  {
    on: ['Deno'],
    file: test('jwe/decrypt'),
    tests: ['decryptJwe: a compressed plaintext without its end is refused *'],
    why: CUT,
  },
  {
    on: ['Deno'],
    file: test('attacks/jwe-oracles'),
    tests: [
      'attack 42: *: a vector of any other length than 12 octets *',
      'attack 42: *: iv of 12 octets and tag of 16 are in the header*',
    ],
    why: 'a vector of another length cannot be forged here: WebCrypto refuses it itself',
  },
  {
    on: ['Deno'],
    file: test('attacks/keys'),
    tests: ['*: attack 5 and 7: a signature of ML-DSA-*'],
    why: NODE_ML_DSA,
  },
  {
    on: ['Deno'],
    file: test('keys/akp'),
    tests: [
      '*: ML-DSA-* signatures that anything was done to *',
      '*: what ML-DSA-* signs, node:crypto verifies, *',
      '*: generateKey makes ML-DSA-* keys, *',
    ],
    why: NODE_ML_DSA,
  },
  {
    on: ['Deno'],
    file: test('keys/crypto-key'),
    tests: ['countersign: a CryptoKey of ML-DSA-* works too, *'],
    why: 'it starts Node, where this is experimental',
  },
  { on: ['Deno'], file: test('keys/containers'), tests: ['*: a ML-DSA-* key goes through *'], why: NODE_ML_DSA },
  { on: ['Deno'], file: test('keys/matrix'), tests: ['*: node:crypto reads ML-DSA-* out of *'], why: NODE_ML_DSA },
  {
    on: ['Deno'],
    file: test('cross-check/jwt'),
    tests: ['jsonwebtoken lacks what the table says that it lacks'],
    why: NODE_ML_DSA,
  },
  {
    on: ['Deno'],
    file: test('keys/remote-kms'),
    why: "the service signs digests with RSA-PSS by hand, for which Deno's node:crypto lacks the bare operation",
  },
  {
    on: ['Deno'],
    file: test('examples'),
    why: 'an example is a module of text, where Deno finds no package; the other runtimes run them',
  },
  {
    on: CLOSED,
    file: test('cross-check/jwt'),
    why: 'jsonwebtoken and fast-jwt are for Node; cross-check/jws holds jose here',
  },
  {
    on: [...WEB, 'Node 22.12.0'],
    file: test('scenarios/remote-sets'),
    why: 'it measures jwks-rsa, which is for Node, on a server and by the clocks of Node: once is enough, and the tests in test/source run here',
  },
  {
    on: ['Node 22.12.0', 'Bun', 'Deno', 'workerd', 'Chromium'],
    file: test('keyring/seal'),
    tests: ['a passphrase by a passphrase is replaced: *'],
    why: 'it takes seconds to make keys of passphrases so often, and one that takes the place of a kek, or gives it up, shows the same',
  },
  { on: CLOSED, file: test('keyring/file-store'), why: CLOSED_WHY },
  { on: [...OLD, 'Deno'], file: test('keyring/file-store'), tests: ['four processes *'], why: NO_TYPES },
  { on: [...OLD, ...CLOSED, 'Bun', 'Deno'], file: test('keyring/crash'), why: KILLED },
  {
    on: CLOSED,
    file: test('keyring/jwks-handler'),
    tests: ['a real server *', 'a remote set in front of *'],
    why: SERVES,
  },
  { on: CLOSED, file: test('testing/http'), tests: ['a real server: *'], why: SERVES },
  { on: CLOSED, file: test('testing/jsonwebtoken'), why: 'jsonwebtoken is for Node; testing/jose runs here' },
  { on: CLOSED, file: test('testing/page'), why: READS },
  { on: CLOSED, file: test('guard/node'), why: SERVES },
  {
    on: ['Bun'],
    file: test('guard/node'),
    tests: ['node:http: a request for the server as a whole *'],
    why: "Bun's server refuses the request target * by itself",
  },
  { on: CLOSED, file: test('guard/fastify'), why: SERVES },
  { on: CLOSED, file: test('attacks/guard-fastify'), why: SERVES },
  {
    on: ['Chromium'],
    file: test('revocation/zlib'),
    tests: ['node:zlib *'],
    why: 'there is no node:zlib to compare with; what is packed is unpacked here, too',
  },
  { on: CLOSED, file: test('revocation/status-server'), why: SERVES },
  {
    on: ['workerd'],
    file: test('revocation/status-times'),
    tests: ['in the last fifth *', '*no token waits for the tries'],
    why: AT_ONCE,
  },
  { on: ['workerd'], file: test('revocation/status-list'), tests: ['many who ask at once *'], why: AT_ONCE },
]
