// What the cases of sets behind a URL are made with.
import type { Case, Harm, OpenSet, RemoteAsk, SetOptions } from '../case.ts'
import * as m from '../material.ts'
import type { Server } from '../served.ts'

const { ec } = m
export const good = m.signedBy(ec, { alg: 'ES256', kid: 'k' })
export const KEY = { ...ec.open, kid: 'k' }
export const BODY = JSON.stringify({ keys: [KEY] })
export const named = (kid: string): string => m.signedBy(ec, { alg: 'ES256', kid })

export const remote = (act: (open: OpenSet, server: Server) => Promise<Harm>): RemoteAsk => ({ do: 'remote', act })
export const served = (url: (server: Server) => Promise<string>, token = good, options: SetOptions = {}): RemoteAsk =>
  remote(async (open, server) => {
    await (await open(await url(server), options))(token)
    return true
  })
export const CONTROL = served((server) => server.set([KEY]))
export const of = (attack: number, what: string, ask: RemoteAsk, more: Partial<Case> = {}): Case => ({
  attack,
  what,
  ask,
  control: CONTROL,
  ...more,
})
