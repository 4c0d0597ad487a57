/** An authority in a process of its own whose keys live fast. It ends with the process that started it. */
import { startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { fastClock } from './fast.ts'

const clock = fastClock(Number(process.env['CLOCK_SINCE']), Number(process.env['CLOCK_SPEED']))
const authority = await startAuthority(toSettings(process.env), { clock })
process.once('disconnect', () => void authority.close())
process.send?.('listening')
