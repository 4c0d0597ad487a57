const FILE = 'pem|key|crt|cer|der|p12|jwk|jwks|json|txt|js|css|html?|php|sh'

/**
 * By what a kid that is no name gives itself away. Base64 has slashes and pluses, a DID has colons and a hash, and names
 * of keys in the cloud are made of parts with slashes: none of that is anything. Blanks are counted, so that no text
 * makes a pattern slow.
 */
const INJECTIONS: readonly (readonly [patterns: readonly RegExp[], what: string])[] = [
  [
    [
      /^[a-z][a-z0-9+.-]{0,40}:\/\//i,
      /^(file|data|javascript|jndi|ldaps?|php|expect):/i,
      /^\/\/[\w-]+(\.[\w-]+)+(\/|$)/,
    ],
    'a URL',
  ],
  [
    [
      /(^|[/\\])\.{1,2}([/\\]|$)/,
      /%(00|2e|2f|5c)/i,
      /^\\\\|^[a-z]:[/\\]/i,
      /^~?\/(dev|etc|proc|var|usr|tmp|home|opt|root|sys)(\/|$)/,
      new RegExp(`[/\\\\][\\w-]+\\.(${FILE})$`, 'i'),
    ],
    'a path',
  ],
  [
    [
      /['"`][^a-z0-9]{0,20}((or|and|union|select|like)\b|;|--|#|\|\|)/i,
      /\b(or|and)\s{1,20}['"]?\w{1,20}['"]?\s{0,20}=/i,
      /\bunion\s{1,20}(all\s{1,20})?select\b/i,
      /;\s{0,20}(drop|delete|insert|update|select|exec)\b/i,
      /'\s{0,20}=\s{0,20}'/,
      /['"\s]--\s{0,20}$/,
      /\*\)\s{0,20}\(/,
    ],
    'a query',
  ],
  [[/\$\(/, /`[^`]+`/, /(^|\s)\|\s{0,20}\w|\|\s{1,20}\w/, /^;|;\s{1,20}\w|;\w{1,20}\s/, /&&/], 'a command'],
  [[/\$\{|\{\{|<%|#\{/], 'a template'],
  [[/\p{Cc}/u], 'text with control characters'],
]

/** More of a kid is not looked at. */
const MOST_LOOK = 2048

/** What a kid looks like that is no name. */
export function injectionIn(kid: string): string | undefined {
  const text = kid.slice(0, MOST_LOOK)
  return INJECTIONS.find(([patterns]) => patterns.some((pattern) => pattern.test(text)))?.[1]
}
