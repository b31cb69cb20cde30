#!/usr/bin/env node
// The executable: runs the sources in a checkout, and what was built from them in a published package.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`kyc-gateway needs Node 24 or later. This is Node ${process.versions.node}.\n`)
  process.exit(1)
}
// V8 guesses from the first seconds which objects grow old, and then makes a part of every request among the old ones,
// which are collected late: under load the process is larger for it.
setFlagsFromString('--no-allocation-site-pretenuring')
// Compiled code is kept beside the packages, so that later starts are quicker; the script `prepare` makes the first of
// them after an install, so that `npm start` is quick at once. Not in the temporary directory, where
// other users could write; where this one cannot be written, nothing is kept.
nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
const sources = new URL('../src/main.ts', import.meta.url)
await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href)
