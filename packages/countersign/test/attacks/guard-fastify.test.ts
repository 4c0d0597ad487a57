import type { Refusal } from 'countersign/guard'
import { createGuard } from 'countersign/guard/fastify'
import fastify from 'fastify'
import { URL_HERE, verifier } from '../guard/rig.ts'
import { type Attacked, attackFailures, attackOptions, attackSilence } from './guard.ts'

const GUARD: Attacked = {
  name: 'countersign/guard/fastify',
  create: createGuard,
  async send(options, headers) {
    const told: Refusal[] = []
    let entered = 0
    const app = fastify()
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send(''))
    await app.register(createGuard({ verifier, onRefusal: (refusal) => told.push(refusal), ...options }))
    app.get('/orders', () => {
      entered += 1
      return 'in'
    })
    const response = await app.inject({ url: new URL(URL_HERE).pathname, headers })
    await app.close()
    return { status: response.statusCode, entered, seen: `${JSON.stringify(response.headers)}${response.body}`, told }
  },
}

attackSilence(GUARD)
attackOptions(GUARD)
attackFailures(GUARD)
