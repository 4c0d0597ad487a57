/**
 * An authority in a process of its own whose keys live fast: by the time that it is told. It ends with the process that
 * started it.
 */
import { startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'

let time = 0
const told = new Promise<void>((resolve) => {
  process.on('message', (given) => {
    time = Number(given)
    process.send?.(time)
    resolve()
  })
})
process.send?.('ready')
await told
const authority = await startAuthority(toSettings(process.env), { clock: () => time })
process.once('disconnect', () => void authority.close())
process.send?.('listening')
