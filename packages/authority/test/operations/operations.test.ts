import { onEachStore } from './administered.ts'
import { testAudit } from './on-audit.ts'
import { testClients } from './on-clients.ts'
import { testSessions } from './on-sessions.ts'
import { testUsers } from './on-users.ts'

// Servers and databases are started once for all of them.
onEachStore((world) => {
  testUsers(world)
  testClients(world)
  testSessions(world)
  testAudit(world)
})
