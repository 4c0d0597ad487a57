import { capabilitiesOf } from '../../../countersign/src/capabilities.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'

/** What this browser can do. */
export const CAPABILITIES = /* @__PURE__ */ capabilitiesOf(backend)

/** The browser as people call it: `Chromium 156`. */
export function browserName(agent: string = navigator.userAgent): string {
  const [, name, version] = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(agent.replace(/Chrome(?=.*Edg\/)/, '')) ?? []
  const names: Readonly<Record<string, string>> = { Edg: 'Edge', Chrome: 'Chromium', Version: 'Safari' }
  return name === undefined ? 'this browser' : `${names[name] ?? name} ${version}`
}
