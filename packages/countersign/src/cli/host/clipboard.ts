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

/** The text of the clipboard, by the first program that gives one. @throws {CommandError} `CS_INPUT` */
export async function readClipboard(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const programs = programsFor(env)
  for (const [name, ...args] of programs) {
    const text = await outputOf(name, args)
    if (text !== undefined) return text
  }
  const names = programs.map(([name]) => name).join(', ')
  throw new CommandError('CS_INPUT', `cannot read clip: no program for the clipboard worked (${names}).`, {
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

function outputOf(name: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(name, args, { maxBuffer: MOST, timeout: 5000, windowsHide: true }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    )
  })
}
