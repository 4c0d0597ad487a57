/** Texts in quotes, as each language has them; what nobody sees is escaped. */
const literal =
  (quote: string, beyond: (code: number) => string) =>
  (text: string): string =>
    `${quote}${text
      .replaceAll('\\', '\\\\')
      .replaceAll(quote, `\\${quote}`)
      .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => {
        const code = one.codePointAt(0) ?? 0
        return code > 0xffff ? beyond(code) : `\\u${code.toString(16).padStart(4, '0')}`
      })}${quote}`
/** For TypeScript. */
export const inTypeScript = literal("'", (code) => `\\u{${code.toString(16)}}`)
/** For Python and Go. */
export const inOthers = literal('"', (code) => `\\U${code.toString(16).padStart(8, '0')}`)

/** For bash, zsh and the like. */
export function inShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    return `$${literal("'", (code) => `\\U${code.toString(16).padStart(8, '0')}`)(text)}`
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** What stands in a field; nothing where that is empty. */
export const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim())
