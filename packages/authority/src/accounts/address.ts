import { isIPv6 } from 'node:net'

/**
 * What of an address counts as one place: an IPv4 address, or the /64 of an IPv6 address, which one household has to
 * itself. An IPv4 address inside an IPv6 one is that IPv4 address.
 *
 * @returns other text as it is: it counts as a place of its own
 */
export function toPlace(ip: string): string {
  const address = ip.replace(/%.*$/s, '')
  if (!isIPv6(address)) return ip
  const groups = toGroups(address)
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16))
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff' && high !== undefined && low !== undefined)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address, in the one spelling that a URL gives them. */
function toGroups(address: string): readonly string[] {
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [start, end] = [before, after ?? ''].map((text) => text.split(':').filter((group) => group !== '')) as [
    string[],
    string[],
  ]
  return [...start, ...Array<string>(8 - start.length - end.length).fill('0'), ...end]
}
