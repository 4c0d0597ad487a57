/** The targets by name, each a file in `targets/`: those that take longest to start come first. */
export const TARGETS: readonly string[] = [
  'lint',
  'verify',
  'decrypt',
  'remote',
  'pem',
  'jwk',
  'claims',
  'sealed',
  'parse',
  'header',
  'json',
  'finder',
  'certificate',
  'zlib',
]
