import { createHmac } from 'node:crypto'
import { importKey, type Jwk } from 'countersign'
import { encryptJwe } from 'countersign/jwe'
import { keyFor, publicMembers, sign } from './keys.ts'
import { encoded, NOW, type Opened } from './page.ts'

/** Something that the page shows, and how to get there. */
export interface State {
  readonly name: string
  enter(opened: Opened): Promise<void>
  leave(opened: Opened): Promise<void>
}

const bare = ({ alg: _, use: __, kid: ___, ...rest }: Jwk): Jwk => rest as Jwk
const text = (value: unknown): string => JSON.stringify(value, undefined, 2)

/** Every state of the page: for the eye, and for tests that look at all of them. @param now - what their times are told from */
export async function STATES(now: number = NOW): Promise<readonly State[]> {
  const CLAIMS = {
    iss: 'https://id.example.com',
    sub: 'ada',
    aud: ['https://api.example.com'],
    scope: 'orders:read orders:write',
    admin: true,
    iat: now - 240,
    nbf: now - 240,
    exp: now + 660,
  }
  const [own, stranger] = [keyFor('ES256'), keyFor('ES256', 1)]
  const open = text(publicMembers(own))
  const good = await sign(CLAIMS, 'ES256', { kid: '2026-a' })
  const expired = await sign({ ...CLAIMS, iat: now - 9000, nbf: now - 9000, exp: now - 7440 }, 'ES256', {
    kid: '2026-a',
  })
  const embedded = await sign({ sub: 'mallory', admin: true, exp: now + 660 }, 'ES256', {
    by: stranger,
    jwk: publicMembers(stranger),
  })
  const RSA = bare(keyFor('RS256'))
  const sealing = { key: importKey(publicMembers(RSA)), alg: 'RSA-OAEP-256', enc: 'A256GCM' }
  const nested = (await encryptJwe(good, { ...sealing, protected: { cty: 'JWT' } })) as string
  const claims = (await encryptJwe(text(CLAIMS), sealing)) as string
  const six = importKey({ kty: 'oct', k: Buffer.alloc(24, 7).toString('base64url') })
  const lacking = (await encryptJwe(text(CLAIMS), { key: six, alg: 'dir', enc: 'A192GCM' })) as string
  const long = `${encoded('{"alg":"ES256"}')}.${encoded(`{"name":"${'x'.repeat(600)}","${'y'.repeat(300)}":1,"exp":1}`)}.${'A'.repeat(86)}`
  const bareWeak = `${encoded('{"alg":"HS256","typ":"JWT"}')}.${encoded('{"sub":"1234567890","name":"John Doe"}')}`
  const weak = `${bareWeak}.${createHmac('sha256', 'secret').update(bareWeak).digest('base64url')}`

  const given = (name: string, token: string, key: string, said: RegExp, then?: State['enter']): State => ({
    name,
    async enter(opened) {
      await opened.give(token, key)
      await opened.says(said)
      if (token !== '' && (await opened.page.getByRole('region', { name: /^Findings/ }).count()) > 0)
        await opened.says(/fix|none/, opened.panel('Findings'))
      await then?.(opened)
    },
    leave: async () => {},
  })
  const sheet = (name: string, title: RegExp | string, then?: State['enter']): State => ({
    name,
    async enter(opened) {
      await opened.give(good, open)
      await opened.says(/Signature valid/)
      await opened.button(title).click()
      await opened.page.getByRole('dialog').waitFor()
      await then?.(opened)
    },
    async leave({ page }) {
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    },
  })
  const building = (name: string, key: string, said: RegExp, then?: State['enter']): State => ({
    name,
    async enter(opened) {
      await opened.give(good, key)
      await opened.button('Build').click()
      await then?.(opened)
      await opened.says(said)
    },
    async leave(opened) {
      await opened.button('Decode').click()
    },
  })
  const editor = ({ page }: Opened, name: string) => page.getByRole('textbox', { name, exact: true })

  return [
    given('empty', '', '', /Paste a token/),
    given('unreadable', 'nonsense', '', /no token/),
    given('partly', `${good.slice(0, 60)}+${good.slice(61)}`, '', /readable|no token/),
    given('decoded', good, '', /Not verified/),
    given('verified', good, open, /Claims accepted/),
    given('expired', expired, open, /Claims refused/),
    given('wrong', good, text(publicMembers(stranger)), /Signature wrong/),
    given('kind', good, text(publicMembers(keyFor('RS256'))), /Not verified|Signature wrong/),
    given('embedded', embedded, '', /./),
    given('unsigned', `${encoded('{"alg":"none"}')}.${encoded(text(CLAIMS))}.`, '', /Unsigned/),
    given('weak', weak, 'secret', /Not verified|Signature wrong/),
    given('long', long, '', /Not verified/),
    given('json', good, '', /Not verified/, async ({ page }) => {
      for (const button of await page.getByRole('button', { name: 'JSON', exact: true }).all()) await button.click()
    }),
    given('encrypted', claims, '', /Encrypted/),
    given('lacking', lacking, '', /not in this browser/),
    given('decrypted', claims, text(RSA), /Decrypted/),
    given('nested', nested, text(RSA), /Decrypted/, async (opened) => {
      const inside = opened.page.getByRole('region', { name: /^Inside/ })
      await inside.getByRole('textbox', { name: 'Key', exact: true }).fill(open)
      await opened.says(/Claims accepted/, inside.getByRole('status').first())
    }),
    building('build', text(own), /Signed anew/, async (opened) => {
      await opened.button(/^exp \+1h/).click()
    }),
    building('build-fault', text(own), /No token/, async (opened) => {
      await editor(opened, 'Claims').fill('{\n  "sub": "ada",\n  "admin": yes\n}')
    }),
    sheet('keys', 'Keys'),
    sheet('key-made', 'Keys', async ({ page }) => {
      await page.getByRole('button', { name: 'Make a key' }).click()
      await page.getByRole('button', { name: 'Show the private key' }).click()
    }),
    sheet('copy-as', 'Copy as'),
    sheet('share', 'Share'),
    sheet('about', /^(Offline|Online)/),
    sheet('help', /help/i),
    {
      ...sheet('commands', 'Keys'),
      async enter(opened) {
        await opened.give(good, open)
        await opened.says(/Signature valid/)
        await opened.page.keyboard.press('ControlOrMeta+K')
        await opened.page.getByRole('dialog', { name: 'Commands' }).waitFor()
      },
    },
  ]
}
