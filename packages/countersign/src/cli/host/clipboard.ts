import { execFile } from 'node:child_process'
import { CommandError } from '../../diagnosis/told.ts'

type Program = readonly [name: string, ...args: readonly string[]]

const MAC: readonly Program[] = [['pbpaste']]
const WINDOWS: readonly Program[] = [['powershell.exe', '-NoProfile', '-Command', 'Get-Clipboard -Raw']]
const WAYLAND: readonly Program[] = [['wl-paste', '--no-newline']]
const X11: readonly Program[] = [
  ['xclip', '-selection', 'clipboard', '-o'],
  ['xsel', '--clipboard', '--output'],
]

/** Far more than a token or a key. */
const MOST = 16 * 1024 * 1024

/**
 * The text of the clipboard, by the first program that gives one.
 *
 * @param timeout - how long each program is waited for, in milliseconds
 * @throws {CommandError} `CS_INPUT`
 */
export async function readClipboard(
  env: Readonly<Record<string, string | undefined>>,
  timeout: number = 5000,
): Promise<string> {
  const programs = programsFor(env)
  const tried: string[] = []
  for (const [name, ...args] of programs) {
    const result = await outputOf(name, args, timeout)
    if ('text' in result && result.text !== '') return result.text
    if (!('text' in result) && result.why === 'absent') continue
    tried.push('text' in result ? `${name} says that it is empty` : `${name} ${result.why}`)
  }
  if (tried.length > 0) {
    throw new CommandError('CS_INPUT', `cannot read the clipboard: ${tried.join('; ')}.`, {
      hint: 'copy the text again, or paste it into the standard input: countersign decode -',
    })
  }
  const names = programs.map(([name]) => name).join(', ')
  throw new CommandError('CS_INPUT', `cannot read the clipboard: there is no program for it (${names}).`, {
    hint: 'install one of them, or paste into the standard input: countersign decode -',
  })
}

function programsFor(env: Readonly<Record<string, string | undefined>>): readonly Program[] {
  if (process.platform === 'darwin') return MAC
  if (process.platform === 'win32') return WINDOWS
  // Under WSL the clipboard is that of Windows.
  const wsl = env['WSL_DISTRO_NAME'] ? WINDOWS : []
  return env['WAYLAND_DISPLAY'] ? [...WAYLAND, ...X11, ...wsl] : [...X11, ...WAYLAND, ...wsl]
}

type Output = { readonly text: string } | { readonly why: string }

function outputOf(name: string, args: readonly string[], timeout: number): Promise<Output> {
  return new Promise((resolve) => {
    execFile(name, args, { maxBuffer: MOST, timeout, windowsHide: true }, (error, text) => {
      if (error === null) resolve({ text })
      else if (error.code === 'ENOENT' || error.code === 'EACCES') resolve({ why: 'absent' })
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve({ why: `gave more than ${MOST} octets` })
      else if (error.killed) resolve({ why: `gave no answer in ${timeout / 1000}s` })
      // Both for an empty clipboard and where no display is.
      else resolve({ why: 'found no text' })
    })
  })
}
