// How the console is built: for browsers of today, without anything inline, so that its content security policy can be strict.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const DIST = join(import.meta.dirname, 'dist')
/** Its entry brings the server too, and with it the whole of graphql. */
const SSE_CLIENT = join(import.meta.dirname, '../node_modules/graphql-sse/lib/client.mjs')

// Whoever installs with another value would get a console for developers, twice as large.
process.env.NODE_ENV = 'production'

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  logLevel: 'warn',
  plugins: [packed()],
  resolve: { alias: [{ find: /^graphql-sse$/, replacement: SSE_CLIENT }] },
  build: {
    outDir: DIST,
    emptyOutDir: true,
    target: 'es2023',
    // They know light-dark() and nesting.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // An inline asset would be a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})

/** Packs each file once, here, so that the gateway starts with it and packs nothing. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    closeBundle() {
      const names = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
      for (const name of names.filter((one) => /\.(html|js|css|svg)$/.test(one))) {
        const path = join(DIST, name)
        const content = readFileSync(path)
        const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: size }))
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}
