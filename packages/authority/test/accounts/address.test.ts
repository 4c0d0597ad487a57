import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toPlace } from '../../src/accounts/address.ts'

const PLACES = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['', ''],
  ['unknown', 'unknown'],
  ['192.0.2.1:80', '192.0.2.1:80'],
  ['[2001:db8::1]', '[2001:db8::1]'],
  ['1:2:3', '1:2:3'],
] as const

for (const [ip, place] of PLACES) {
  test(`the address ${JSON.stringify(ip)} is in the place ${JSON.stringify(place)}`, () => {
    assert.equal(toPlace(ip), place)
  })
}
