import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openInBrowser, servePage } from '../../src/cli/host/browser.ts'
import { command } from './support/memory-host.ts'
import { PROCESS_ENV } from './support/process.ts'

const home = mkdtempSync(join(tmpdir(), 'countersign-debug-'))
const page = join(home, 'a page #1.html')
const HTML = '<!doctype html><title>é</title>'
writeFileSync(page, HTML)
after(() => rmSync(home, { recursive: true }))

describe('debug', () => {
  test('where the page was not built it says how to build it', async () => {
    const { code, out, err } = await command(['debug'])
    assert.equal(code, 9)
    assert.equal(out, '')
    assert.match(err, /error\[CS_UNSUPPORTED\]: the page of the debugger is not there/)
    assert.match(err, /fix: .*npm run build/)
  })

  for (const args of [['--serve'], ['--no-open']]) {
    test(`--print-path stands alone, without ${args}`, async () => {
      assert.equal((await command(['debug', '--print-path', ...args], { page })).code, 2)
    })
  }

  for (const port of ['65536', '-1', 'http', '80 80']) {
    test(`${JSON.stringify(port)} is no port`, async () => {
      assert.equal((await command(['debug', `--serve=${port}`], { page })).code, 2)
    })
  }

  test('without a browser it prints the address, and fails', async () => {
    const { code, out, err } = await command(['debug'], { page, browser: false })
    assert.equal(code, 9)
    assert.equal(out, `${pathToFileURL(page)}\n`)
    assert.match(err, /no program was found that opens a browser/)
  })

  test('it opens the page, and prints its address', async () => {
    const { code, out, err, opened } = await command(['debug'], { page })
    assert.deepEqual({ code, out, err }, { code: 0, out: `${pathToFileURL(page)}\n`, err: '' })
    assert.deepEqual(opened, [String(pathToFileURL(page))])
  })

  test('it opens nothing with --no-open and --print-path', async () => {
    const unopened = await command(['debug', '--no-open'], { page })
    assert.deepEqual([unopened.out, unopened.opened], [`${pathToFileURL(page)}\n`, []])
    const { out, opened } = await command(['debug', '--print-path'], { page })
    assert.deepEqual([out, opened], [`${page}\n`, []])
  })

  test('the same for programs', async () => {
    const url = String(pathToFileURL(page))
    const common = { v: 1, ok: true, cmd: 'debug', path: page }
    assert.deepEqual((await command(['debug', '--json'], { page })).json(), { ...common, url })
    assert.deepEqual((await command(['debug', '--json', '--print-path'], { page })).json(), common)
  })
})

/** Sends a request as no client would that means well. */
function send(port: number, options: { method?: string; path?: string; host?: string }): Promise<[number, string]> {
  const { method = 'GET', path = '/', host = `127.0.0.1:${port}` } = options
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers: { host } }, (response) => {
      response.setEncoding('utf8')
      let body = ''
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve([response.statusCode ?? 0, body]))
    })
    sent.once('error', reject)
    sent.end()
  })
}

describe('the server of the page', () => {
  test('a port that is taken is told', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as { port: number }
    await assert.rejects(servePage(page, port), (error: { told?: { code: string }; message: string }) => {
      assert.equal(error.told?.code, 'CS_OUTPUT')
      assert.equal(error.message, `port ${port} of 127.0.0.1 is taken.`)
      return true
    })
    other.close()
  })

  test('it answers to nobody who came by another name, and has one page', async () => {
    const { port, close } = await servePage(page, 0)
    try {
      for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil', '[::1]'])
        assert.equal((await send(port, { host }))[0], 403, host)
      for (const path of ['/x', '/debugger.html', '//', '/../etc/passwd', '/%2e%2e/', 'http://evil.example/', '*'])
        assert.equal((await send(port, { path }))[0], 404, path)
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
        assert.equal((await send(port, { method }))[0], 405, method)
      assert.deepEqual(await send(port, { method: 'HEAD' }), [200, ''])
      assert.deepEqual(await send(port, { host: `localhost:${port}`, path: '/?from=terminal' }), [200, HTML])
    } finally {
      await close()
    }
  })

  test('no page may frame it, and nothing is kept of it', async () => {
    const { port, close } = await servePage(page, 0)
    try {
      const { status, headers } = await fetch(`http://127.0.0.1:${port}/`)
      assert.equal(status, 200)
      const sent = Object.fromEntries(headers)
      assert.equal(sent['content-type'], 'text/html; charset=utf-8')
      assert.equal(sent['content-security-policy'], "frame-ancestors 'none'")
      assert.equal(sent['x-frame-options'], 'DENY')
      assert.equal(sent['x-content-type-options'], 'nosniff')
      assert.equal(sent['cross-origin-opener-policy'], 'same-origin')
      assert.equal(sent['cross-origin-resource-policy'], 'same-origin')
      assert.equal(sent['referrer-policy'], 'no-referrer')
      assert.equal(sent['cache-control'], 'no-store')
      assert.equal(sent['access-control-allow-origin'], undefined)
    } finally {
      await close()
    }
  })

  const elsewhere = process.platform === 'linux' ? false : 'here 127.0.0.1 is the only address of its kind'
  test('it listens at 127.0.0.1 alone', { skip: elsewhere }, async () => {
    const { port, close } = await servePage(page, 0)
    try {
      const socket = connect({ host: '127.0.0.2', port })
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
      assert.equal(error.code, 'ECONNREFUSED')
    } finally {
      await close()
    }
  })
})

describe('a browser', { skip: process.platform === 'win32' ? 'Windows starts its own' : false }, () => {
  /** A program that writes down what it is given. */
  function program(name: string, end: string): { readonly path: string; readonly given: () => string } {
    mkdirSync(join(home, 'bin'), { recursive: true })
    const [path, given] = [join(home, 'bin', name), join(home, `${name}.given`)]
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" >'${given}'\n${end}\n`, { mode: 0o700 })
    return { path, given: () => readFileSync(given, 'utf8') }
  }

  test('what is not there, or fails, opens nothing', async () => {
    assert.equal(await openInBrowser('file:///x', { BROWSER: join(home, 'none') }), false)
    assert.equal(await openInBrowser('file:///x', { BROWSER: program('fails', 'exit 3').path }), false)
  })

  test('BROWSER names several, with their arguments', async () => {
    const [one, other] = [program('one', 'exit 0'), program('other', 'exit 0')]
    const named = `${join(home, 'none')}:${one.path} --new-window %s --now:${other.path}`
    assert.equal(await openInBrowser('http://127.0.0.1:1/', { BROWSER: named }), true)
    assert.equal(one.given(), '--new-window\nhttp://127.0.0.1:1/\n--now\n')
    assert.equal(await openInBrowser('file:///a%20page', { BROWSER: other.path }), true)
    assert.equal(other.given(), 'file:///a%20page\n')
  })

  test('debug --serve opens it, serves the page, and ends with Ctrl-C', async () => {
    const { path, given } = program('browser', 'exit 0')
    const src = (name: string): string =>
      JSON.stringify(fileURLToPath(new URL(`../../src/cli/${name}`, import.meta.url)))
    const script = `
      const [{ main }, { thisHost }] = await Promise.all([import(${src('main.ts')}), import(${src('this-host.ts')})])
      process.exitCode = await main(['debug', '--serve'], { ...thisHost(), debuggerPage: () => ${JSON.stringify(page)} })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...PROCESS_ENV, BROWSER: path },
    })
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    const url = chunk.toString('utf8').trim()
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    assert.equal(given(), `${url}\n`)
    assert.equal(await (await fetch(url)).text(), HTML)
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'exit'), [130, null])
    await assert.rejects(fetch(url))
  })
})
