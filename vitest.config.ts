import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Vite would take graphql's ES module, while yoga under Node takes the CommonJS one: two copies do not know each other's errors.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/service-notice.ts', 'test/support/console-build.ts'],
    // Much of a test's time is waiting for the database, for sockets and for other processes: one worker more than cores.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Conditions that are waited for: long, so that a busy machine fails nothing.
    expect: { poll: { timeout: 15_000, interval: 20 } },
  },
})
