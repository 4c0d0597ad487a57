import type { Bytes } from '../bytes.ts'

/** A stream that people or programs read. */
export interface Output {
  readonly isTerminal: boolean
  /** In characters; 80 where nobody can tell. */
  readonly columns: number
  /** Comes back once it is written; where nobody reads any more, the process ends quietly. */
  write(data: string | Bytes): Promise<void>
}

/** A payload that is read as it comes. */
export interface Pieces {
  /** How many octets there are, where that is known. */
  readonly bytes?: number
  /** Each is to be used before the next is asked for: they may share their memory. */
  readonly pieces: AsyncIterable<Uint8Array>
}

/** How a file is to be written. */
export interface Writing {
  /** Only its owner may read it. */
  readonly isPrivate: boolean
  /** It may take the place of one that is there. */
  readonly force: boolean
  /** A file that is changed and not made anew: it keeps the mode that it has, and its owner. */
  readonly changes?: boolean
}

/** A file that is written in pieces: it has its name once it is whole. */
export interface NewFile {
  write(data: string | Bytes): Promise<void>
  /** @throws {CommandError} `CS_OUTPUT` */
  finish(): Promise<void>
  /** Leaves nothing of it, also where it is whole and took the place of nothing. */
  abandon(): Promise<void>
}

/** Everything outside that a command touches. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  /** The runtime and its version, such as `Node.js 24.21.0`. */
  readonly runtime: string
  readonly input: Pieces & { readonly isTerminal: boolean }
  readonly output: Output
  readonly errors: Output
  /** Epoch seconds. */
  now(): number
  readonly fetch: typeof globalThis.fetch
  /** @throws {CommandError} `CS_INPUT`, `CS_TOO_LARGE` for more than the octets that are allowed */
  readFile(path: string, most: number): Promise<Bytes>
  /** The same for a file of any size. */
  openFile(path: string): Promise<Pieces>
  readDescriptor(descriptor: number, most: number): Promise<Bytes>
  openDescriptor(descriptor: number): Promise<Pieces>
  /** @throws {CommandError} `CS_INPUT` where there is no clipboard */
  readClipboard(): Promise<string>
  /** Whether something has this name, or whether a file could have it. @throws {CommandError} `CS_INPUT` */
  isThere(path: string): Promise<boolean>
  /** Writes a file as a whole, or not at all. @throws {CommandError} `CS_OUTPUT` */
  writeFile(path: string, data: string | Bytes, writing: Writing): Promise<void>
  /** The same for what comes in pieces. */
  createFile(path: string, writing: Writing): Promise<NewFile>
  /** What somebody types at a question, which does not show. @throws {CommandError} `CS_CANCELLED` */
  askSecret(question: string): Promise<string>
  /** A private key as PEM, encrypted under a passphrase (PKCS#8, PBES2). */
  encryptPem(pem: string, passphrase: string): Promise<string>
  /** Where the page of the debugger is; nothing where it was not built. */
  debuggerPage(): string | undefined
  /** @returns whether a browser could be started */
  openInBrowser(target: string): Promise<boolean>
  /** Shows a page at 127.0.0.1. @returns the port, and what ends it */
  servePage(page: string, port: number): Promise<{ readonly port: number; close(): Promise<void> }>
  /** Waits for Ctrl-C. @throws {Interrupted} then */
  interrupted(): Promise<never>
}

/** Ctrl-C ended what goes on until then. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Nobody reads the output any more, as behind `| head`. */
export class OutputGone extends Error {
  override readonly name = 'OutputGone'
}
