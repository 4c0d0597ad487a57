import { CommandError } from '../../diagnosis/told.ts'

const [CTRL_C, CTRL_D, BACKSPACE, DELETE, CTRL_U] = ['\u0003', '\u0004', '\b', '\u007f', '\u0015']

/**
 * Asks at the terminal, and shows nothing of what is typed. Ctrl-C and Ctrl-D leave.
 *
 * @throws {CommandError} `CS_CANCELLED`
 */
export function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve, reject) => {
    let typed: string[] = []
    const finish = (settle: () => void): void => {
      stdin.off('data', take)
      stdin.off('end', leave)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
    }
    const leave = (): void => finish(() => reject(new CommandError('CS_CANCELLED', 'there was no answer.')))
    const take = (chunk: string): void => {
      for (const char of chunk) {
        if (char === CTRL_C || char === CTRL_D || char === '\r' || char === '\n') {
          if (char === '\r' || char === '\n') finish(() => resolve(typed.join('')))
          else leave()
          return
        }
        if (char === BACKSPACE || char === DELETE) typed.pop()
        else if (char === CTRL_U) typed = []
        else if (char >= ' ') typed.push(char)
      }
    }
    stdin.on('data', take)
    stdin.on('end', leave)
  })
}
