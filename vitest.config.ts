import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // the suites of a fleet run by `npm run test:fleet`: their Collector takes minutes to build
    include: process.env.UPTRACE_TEST_FLEET ? ['test/fleet/*.fleet.ts'] : ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/viewer/ui/**', 'src/**/*.generated.ts'] },
  },
})
