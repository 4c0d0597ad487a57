import type { Finding } from '../doctor/finding.ts'
import { AuthorityError } from '../errors.ts'
import { type Command, command, JSON_OUTPUT, type Report } from './command.ts'
import { printable, toColumns } from './text.ts'

export const DOCTOR: Command = command({
  name: 'doctor',
  about: 'Says what is wrong with settings, database, keys and accounts, and how to mend it',
  more: 'It changes nothing, and a server may run meanwhile. The exit code is 1 where anything fails.',
  options: { json: JSON_OUTPUT },
  faulty: true,
  async run(call) {
    const { examine, faultsOf } = await call.host.upkeep()
    try {
      return toReport(await examine(call.settings))
    } catch (error) {
      if (error instanceof AuthorityError && error.code === 'SETTINGS') return toReport(faultsOf(error))
      throw error
    }
  },
})

function toReport(findings: readonly Finding[]): Report {
  const lines = toColumns(findings.map(({ check, status, message }) => [status, check, printable(message)])).split('\n')
  const indent = ' '.repeat(
    2 + Math.max(...['warn', ...findings.map(({ status }) => status)].map(({ length }) => length)),
  )
  const text = findings.flatMap(({ fix }, at) => [
    lines[at] ?? '',
    ...(fix === undefined ? [] : [`${indent}→ ${printable(fix)}`]),
  ])
  const number = (status: Finding['status']): number => findings.filter((one) => one.status === status).length
  const [failed, warned] = [number('fail'), number('warn')]
  const last = `${findings.length} findings: ${failed} fail, ${warned} warn`
  return { json: { findings, failed: failed > 0 }, text: [...text, '', last].join('\n'), failed: failed > 0 }
}
