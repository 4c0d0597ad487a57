// Runs the suite inside workerd: one request for each file, whose answer is its outcomes.
import type { Matrix } from '../matrix/tokens.ts'
import { runFiles, type TestFile, watchRejections } from '../portable/test.ts'

interface Worker {
  fetch(request: Request): Promise<Response>
}

export function start(files: readonly TestFile[], matrix: Matrix): Worker {
  watchRejections()
  return {
    async fetch(request) {
      const url = new URL(request.url)
      const name = url.searchParams.get('name') ?? ''
      if (url.pathname === '/tests') return Response.json(await runFiles(files.filter(({ path }) => path === name)))
      if (url.pathname === '/make') return Response.json(await matrix.makeTokens(name))
      return Response.json(await matrix.openTokens((await request.json()) as never))
    },
  }
}
