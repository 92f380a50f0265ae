/** Runs a suite with `uptrace-node/testing` in each test runner at its latest version. `npm run test:runners [-- vitest …]` */
import { spawnSync } from 'node:child_process'
import { install, installOurs, versionOf } from './install.ts'
import { TEST_RUNNERS, type TestRunner } from './test-runners.ts'

const wanted = process.argv.slice(2)
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|JEST|NODE_OPTIONS|NODE_TEST|OTEL_|UPTRACE_)/.test(name)),
)
let failures = 0

for (const runner of TEST_RUNNERS) {
  if (wanted.length > 0 && !wanted.some((name) => runner.name.startsWith(name))) continue
  const wrong = run(runner)
  if (wrong === undefined) continue
  failures++
  console.log(`FAIL  ${runner.name}: ${wrong}`)
}
process.exit(failures === 0 ? 0 : 1)

/** @returns what is wrong with it */
function run({ name, packages, files, flags = [], args }: TestRunner): string | undefined {
  const folder = install(`runner ${name}`.replace(/\W+/g, '-'), packages, files)
  installOurs(folder)
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...args], {
    cwd: folder,
    env: { ...env, NO_COLOR: '1' },
    encoding: 'utf8',
    timeout: 120_000,
  })
  const output = stdout + stderr
  const [, failed] = /(?:^|\W)(\d+) failed|# fail (\d+)|ℹ fail (\d+)/.exec(output)?.filter(Boolean) ?? []
  const [, passed] =
    /(?:^|\W)(\d+) passed|# pass (\d+)|ℹ pass (\d+)/
      .exec(output.replace(/^.*(?:Suites|Files).*$/gm, ''))
      ?.filter(Boolean) ?? []
  const version = packages[0] === undefined ? process.version : versionOf(folder, packages[0])
  // what fails says why, as a tree of spans
  const isExplained = /N\+1|SELECT stock/.test(output)
  if (status === 1 && passed === '1' && failed === '1' && isExplained) {
    console.log(`ok    ${name} ${version}: a matcher that holds passes, one that does not fails and shows the spans`)
    return undefined
  }
  return `${version}, exit code ${status}, ${passed} passed, ${failed} failed\n${output.slice(-2_500)}`
}
