import { type Fault, fault } from '../claims.ts'
import { kindOf } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'

/** What is said about an event of {@link securityEvent} (RFC 8417 §2.2); nothing where its name says it all. */
export type EventClaims = Readonly<Record<string, unknown>>

/**
 * The claim `events` of a security event token: a URI names each statement, an object makes it (RFC 8417 §2.2). What the
 * names are is not told: it is for the receiver alone.
 *
 * @param demanded - the name of a statement that there has to be
 */
export function checkEvents(claims: JsonObject, faults: Fault[], demanded?: string): void {
  const events = own(claims, 'events')
  if (!isObject(events)) return
  const all = Object.entries(events)
  if (demanded === undefined ? all.length === 0 : !Object.hasOwn(events, demanded))
    faults.push(fault('CS_CLAIM_VALUE', 'events', `events does not name ${demanded ?? 'any event'}`))
  if (!all.every(([name]) => isUri(name)))
    faults.push(fault('CS_CLAIM_VALUE', 'events', 'events has a name that is no URI'))
  const wrong = all.find(([, event]) => !isObject(event))
  if (wrong)
    faults.push(fault('CS_CLAIM_TYPE', 'events', `events says something by ${kindOf(wrong[1])} and not by an object`))
}

/** Whether a text is an absolute URI (RFC 3986 §3): a scheme, something behind it, and no white space. */
const isUri = (text: string): boolean => /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(text)
