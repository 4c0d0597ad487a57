import { startDemo } from './demo.ts'
import { build, isInstalled } from './next.ts'

async function main(): Promise<void> {
  if (!isInstalled()) {
    console.error('Next is not installed: run `npm ci` in examples/next-api first')
    process.exitCode = 1
    return
  }
  console.log('next build …')
  await build()
  const { welcome, close } = await startDemo(Number(process.env['PORT'] ?? 3000))
  const stop = async (): Promise<void> => {
    process.off('SIGINT', stop).off('SIGTERM', stop) // a second Ctrl-C ends it the hard way
    await close()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  console.log(welcome)
}

await main()
