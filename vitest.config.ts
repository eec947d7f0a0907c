import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    // patience, no assertion: what takes so long on the busiest machine hangs
    testTimeout: 900_000,
    hookTimeout: 900_000,
    maxWorkers: 2,
    // what is known of programs' code is the test run's
    env: { XDG_CACHE_HOME: join(import.meta.dirname, 'test/.tmp/.cache') },
    globalSetup: 'test/support/build.ts',
  },
})
