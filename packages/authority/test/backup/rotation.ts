/** Replaces the key in the file of the settings, and ends as a power cut does at the moment that is named. */
import { kekFileOf } from '../../src/keys/kek.ts'
import { rotateKekFile } from '../../src/keys/master.ts'
import { toSettings } from '../../src/settings.ts'
import { openStore } from '../../src/store/database.ts'

const settings = toSettings(process.env)
const store = await openStore(settings)
await rotateKekFile(store, String(kekFileOf(settings)), (moment) => {
  if (moment === process.argv[2]) process.kill(process.pid, 'SIGKILL')
})
await store.close()
