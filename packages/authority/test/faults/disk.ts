import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, so small that it can be filled. */
export interface SmallDisk {
  /** A folder on it. */
  readonly folder: string
  /** Fills what is left of it, by a file of somebody else. */
  fill(): void
  /** Removes that file. */
  free(): void
  close(): void
}

const BLOCK = Buffer.alloc(4096)

/** Makes one in memory. @returns why there is none here, where there is none */
export function openSmallDisk(megabytes: number): SmallDisk | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a file system that can be filled takes Linux and root'
  const place = mkdtempSync(join(tmpdir(), 'countersign-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', place], { stdio: 'pipe' })
  } catch (error) {
    rmSync(place, { recursive: true })
    return `no file system can be mounted here: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`
  }
  let mounted = true
  const close = (): void => {
    if (!mounted) return
    mounted = false
    // Whoever still has a file open there does not keep it in the tree.
    execFileSync('umount', ['--lazy', place])
    rmSync(place, { recursive: true })
  }
  process.once('exit', close)
  const [folder, ballast] = [join(place, 'data'), join(place, 'ballast')]
  mkdirSync(folder, { mode: 0o700 })
  return {
    folder,
    fill() {
      try {
        for (;;) appendFileSync(ballast, BLOCK)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    free: () => rmSync(ballast, { force: true }),
    close() {
      process.off('exit', close)
      close()
    },
  }
}
