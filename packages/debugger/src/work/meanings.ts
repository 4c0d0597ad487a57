import { CLAIMS_OF_PEOPLE } from '../../../countersign/src/explain/registry/claims-of-people.ts'
import { CLAIMS_OF_TOKENS } from '../../../countersign/src/explain/registry/claims-of-tokens.ts'
import { HEADER_MEMBERS } from '../../../countersign/src/explain/registry/header-members.ts'
import { type Registered, type Registry, toRegistry } from '../../../countersign/src/explain/registry/row.ts'

/** What a name means, in a line, and where that is written. */
export type Meaning = Pick<Registered, 'meaning' | 'spec'>

/** What tokens on the web have. Claims of telephone calls, devices and federations would make the page a tenth larger. */
const CLAIMS: Registry = toRegistry([...CLAIMS_OF_TOKENS, ...CLAIMS_OF_PEOPLE])

/** What a header member or a claim is; nothing for a name that is not known. */
export function meaningOf(place: 'header' | 'claim', name: string): Meaning | undefined {
  return (place === 'header' ? HEADER_MEMBERS : CLAIMS).get(name)
}
