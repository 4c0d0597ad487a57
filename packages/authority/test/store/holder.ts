/** Opens an embedded database in a folder, writes to it, says so, and keeps it until it is killed. */
import { openSqlite } from '../../src/store/sqlite.ts'

const store = await openSqlite(String(process.argv[2]))
const row = { at: 1, actor: 'x', ip: null, event: 'written before the kill', data: '{}' }
await store.db.insertInto('audit').values(row).execute()
process.send?.('held')
process.on('disconnect', () => process.exit())
