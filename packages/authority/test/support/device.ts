import type { Page, UserAgent } from './user-agent.ts'
import type { World } from './world.ts'

/** Goes to the page and enters a code. */
export async function enterCode({ issuer }: World, agent: UserAgent, user_code: string): Promise<Page> {
  return agent.submit(await agent.get(`${issuer}/device`), { user_code })
}

/** Presses one of the buttons of the page that shows the code, as a device has it. */
export function pressOn(agent: UserAgent, page: Page, what: 'confirm' | 'abort'): Promise<Page> {
  const button = what === 'abort' ? { name: 'abort', value: 'yes' } : { name: '', value: '' }
  return agent.submit(page, {}, { button })
}
