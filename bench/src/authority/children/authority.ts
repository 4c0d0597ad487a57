// Ours, with one client for each job. What it is set up with is there before it says that it is ready.
import { hashPassword, verifyPassword } from '../../../../packages/authority/src/accounts/passwords.ts'
import { startAuthority } from '../../../../packages/authority/src/authority.ts'
import { toSettings } from '../../../../packages/authority/src/settings.ts'
import { answer, CALLBACK, type Credentials, newPeople, RESOURCE, SCOPE, toSetup } from '../control.ts'
import { load } from '../http.ts'

const setup = toSetup()
const counts: Record<string, number> = {}
const { operations, origin, issuer } = await startAuthority(toSettings(setup.env), {
  count(model, operation) {
    const name = `${model} ${operation}`
    counts[name] = (counts[name] ?? 0) + 1
  },
})

const resources = { [RESOURCE]: SCOPE }
const common = { resources, trusted: true, replace: true }
const people = newPeople(setup.people)
for (const { email, password } of people) await operations.addUser({ email, password })
const service = toCredentials(await operations.addClient({ ...common, type: 'service' }))
const web = toCredentials(await operations.addClient({ ...common, type: 'web', redirect_uris: [CALLBACK] }))
const stored = await hashPassword('a password')

answer(
  { origin, issuer, service, web, people },
  {
    operations: () => counts,
    passwords: (count) => load(count, () => verifyPassword('a password', stored)),
  },
)

function toCredentials({
  client_id: id,
  client_secret: secret = '',
}: {
  client_id: string
  client_secret?: string
}): Credentials {
  return { id, secret }
}
