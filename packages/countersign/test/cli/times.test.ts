import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDuration, parseTime, parseZone } from '../../src/cli/given/times.ts'
import { CommandError } from '../../src/diagnosis/told.ts'

const NOW = 1_795_300_500.7

const REFUSED_TIMES: readonly (readonly [text: string, hint?: RegExp])[] = [
  [''],
  ['-'],
  ['m'],
  ['15'],
  ['1767225600', /epoch seconds stand behind an @/],
  ['15M'],
  ['15 m'],
  ['5m5m'],
  ['30m2h'],
  ['.5h'],
  ['1e3s'],
  ['1y'],
  ['--5m'],
  ['999999999w'],
  ['@'],
  ['@1.5'],
  ['@1e9'],
  ['@9999999999999'],
  ['tomorrow'],
  ['Never'],
  ['2026-02-30', /there is no such moment/],
  ['2026-02-29', /there is no such moment/],
  ['2026-04-31T00:00:00Z', /there is no such moment/],
  ['2026-13-01', /there is no such moment/],
  ['2026-00-10', /there is no such moment/],
  ['2026-01-00', /there is no such moment/],
  ['2026-11-21T23:59:60Z', /Leap seconds are not counted/],
  ['2026-11-21T24:00:00Z', /there is no such moment/],
  ['2026-11-21T22:60:00Z', /there is no such moment/],
  ['2026-11-21T22:50:00+24:00', /there is no such moment/],
  ['2026-11-21T22:50:00 UTC'],
  ['2026-11-21T22'],
  ['21.11.2026'],
  ['2026/11/21'],
  ['12026-11-21'],
]

for (const [text, hint = /./] of REFUSED_TIMES) {
  test(`${JSON.stringify(text)} is no TIME, and the error does not repeat it`, () => {
    assert.throws(
      () => parseTime(text, '--exp', NOW),
      (error) => {
        assert.ok(error instanceof CommandError)
        assert.equal(error.told.code, 'CS_USAGE')
        assert.equal(
          error.told.message,
          '--exp is a time such as 15m, 7d, @1767225600, 2026-11-21T22:50:00Z, now or never.',
        )
        assert.match(error.told.hint, hint)
        return true
      },
    )
  })
}

const TIMES: readonly (readonly [text: string, seconds: number | undefined])[] = [
  ['never', undefined],
  ['now', 1_795_300_500],
  ['15m', 1_795_301_400],
  ['+15m', 1_795_301_400],
  ['-5m', 1_795_300_200],
  ['2h30m', 1_795_309_500],
  ['7d', 1_795_905_300],
  ['1w1d1h1m1s', 1_795_300_500 + 694_861],
  ['1.5h', 1_795_305_900],
  ['0s', 1_795_300_500],
  ['@1767225600', 1_767_225_600],
  ['@-1', -1],
  ['@0', 0],
  ['2026-11-21T22:50:00Z', 1_795_301_400],
  ['2026-11-21t22:50:00z', 1_795_301_400],
  ['2026-11-21T22:50:00.999Z', 1_795_301_400],
  ['2026-11-21T22:50Z', 1_795_301_400],
  ['2026-11-21 22:50', 1_795_301_400],
  ['2026-11-21T22:50:00', 1_795_301_400],
  ['2026-11-22T00:50:00+02:00', 1_795_301_400],
  ['2026-11-22T00:50:00+0200', 1_795_301_400],
  ['2026-11-22T00:50:00+02', 1_795_301_400],
  ['2026-11-21T17:20:00-05:30', 1_795_301_400],
  ['2026-11-21', 1_795_219_200],
  ['2024-02-29', 1_709_164_800],
  ['0001-01-01', -62_135_596_800],
]

for (const [text, seconds] of TIMES) {
  test(`the TIME ${text}`, () => {
    assert.equal(parseTime(text, '--exp', NOW), seconds)
  })
}

test('a moment is the same in every way to write it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 253_402_300_799 }),
      fc.integer({ min: -840, max: 840 }),
      (seconds, minutes) => {
        const iso = new Date(seconds * 1000).toISOString()
        assert.equal(parseTime(iso, '--at', NOW), seconds)
        assert.equal(parseTime(`@${seconds}`, '--at', NOW), seconds)
        const there = new Date((seconds + minutes * 60) * 1000).toISOString().slice(0, 19)
        const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, '0')
        const offset = `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
        if (/^\d{4}-/.test(there)) assert.equal(parseTime(`${there}${offset}`, '--at', NOW), seconds)
      },
    ),
    { numRuns: 300 },
  )
})

for (const text of ['', '-5m', 'x', '1x', '5m5m', '@5', 'never', '1234567890123', '1e3', '30 s']) {
  test(`${JSON.stringify(text)} is no duration`, () => {
    const message = '--leeway is a duration such as 30s, 15m or 2h30m'
    assert.throws(() => parseDuration(text, '--leeway'), { name: 'CommandError', message })
  })
}

test('durations are spans, or numbers of seconds', () => {
  const all = { '30s': 30, '90': 90, '15m': 900, '2h30m': 9000, '1w': 604_800, '0': 0, '0.5s': 0.5 }
  for (const [text, seconds] of Object.entries(all)) assert.equal(parseDuration(text, '--leeway'), seconds)
})

for (const text of ['', 'UTC', 'Z', 'Europe/Berlin', '+2', '+02:60', '+14:01', '-12:01', '+15:00', '02:00']) {
  test(`${JSON.stringify(text)} is no time zone`, () => {
    assert.throws(() => parseZone(text), /--tz is local, utc, or an offset/)
  })
}

test('time zones are names, or minutes east of UTC', () => {
  const all = { local: 'local', utc: 'utc', '+02:00': 120, '+0530': 330, '-05:00': -300, '+14:00': 840, '-12:00': -720 }
  for (const [text, zone] of Object.entries(all)) assert.equal(parseZone(text), zone)
})
