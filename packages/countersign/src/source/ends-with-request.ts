/**
 * Cloudflare's runtime ends what a request has begun as soon as that is answered, and fails whoever waits for it from
 * another one. So nothing goes on in the background there, and nobody waits for others without a deadline.
 */
export const endsWithRequest = (): boolean => globalThis.navigator?.userAgent === 'Cloudflare-Workers'
