/** CI can't be passed by leaving something out: what did not run is counted, and a script ends only servers it has started. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { countTests, parseList } from '../scripts/count-tests.ts'

const ROOT = path.join(import.meta.dirname, '..')
const file = (status: string, ...tests: Array<[string, string]>) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
})

test.for(['skipped', 'pending', 'todo', 'disabled', 'whatever comes next'])(
  'a test that is %s counts as failed',
  (status) => {
    const counts = countTests({ testResults: [file('passed', ['a', 'passed'], ['b', status])] }, [])
    expect(counts).toEqual({ passed: 1, failed: 1, complaints: [`did not run (${status}): b (a.test.ts)`] })
  },
)

test('a listed test may be skipped, and may run; a listed one that is not there is a mistake', () => {
  const testResults = [file('passed', ['a', 'skipped'], ['b', 'passed'])]
  expect(countTests({ testResults }, ['a', 'b'])).toMatchObject({ passed: 1, failed: 0 })
  expect(countTests({ testResults }, ['a', 'gone'])).toMatchObject({ failed: 1 })
})

test('a file that does not load is a failure, and one whose tests fail is none more', () => {
  expect(countTests({ testResults: [file('failed')] }, [])).toMatchObject({ passed: 0, failed: 1 })
  expect(countTests({ testResults: [file('failed', ['a', 'failed'])] }, [])).toMatchObject({
    failed: 1,
    complaints: [],
  })
})

test('every entry of the list has a reason before it', () => {
  const text = readFileSync(path.join(ROOT, '.ci/may-be-skipped.txt'), 'utf8')
  const lines = text.split('\n')
  for (const name of parseList(text)) expect(lines[lines.indexOf(name) - 1]).toMatch(/^# /)
})

/** Runs the step function of .ci/run on its own. */
function runSteps(steps: string): string {
  const script = readFileSync(path.join(ROOT, '.ci/run'), 'utf8')
  const start = script.indexOf('# step <name>')
  const body = script.slice(start, script.indexOf('\n}\n', start) + 3)
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-ci-'))
  mkdirSync(path.join(folder, 'artifacts'))
  const head = 'set -uo pipefail\npassed=0 failed=0 failures=()\n'
  const output = execFileSync('bash', ['-c', `${head}${body}${steps}\necho "$passed $failed \${VALUE:-}"`], {
    cwd: folder,
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  return output.trim().split('\n').at(-1)!.trim()
}

test('a step fails by its code, by what it says it left out, and when its script is missing', () => {
  expect(runSteps('step good true')).toBe('1 0')
  expect(runSteps('step bad false; step good true')).toBe('1 1')
  expect(runSteps('step "not there" ./missing.sh')).toBe('0 1')
  expect(runSteps('step partial echo "skipped: Node 26 is not installed"')).toBe('0 1')
  expect(runSteps('step table echo "pg   skipped: no server"')).toBe('0 1')
  expect(runSteps('set_value() { VALUE=kept; }; step exporting set_value')).toBe('1 0 kept')
})

test('stop ends what start has recorded, and no other process that has the id by now', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-ci-'))
  mkdirSync(path.join(folder, 'scripts'))
  mkdirSync(path.join(folder, 'services/records'), { recursive: true })
  for (const script of ['services.sh', 'fleet-services.sh'])
    cpSync(path.join(ROOT, 'scripts', script), path.join(folder, 'scripts', script))
  const [ours, other] = [spawn('sleep', ['60']), spawn('sleep', ['60'])]
  const ended = new Promise((resolve) => ours.once('exit', (_, signal) => resolve(signal)))
  const startOf = (pid: number): string => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
  }
  writeFileSync(path.join(folder, 'services/records/redis'), `${ours.pid} ${startOf(ours.pid!)}\n`)
  writeFileSync(path.join(folder, 'services/records/mariadb'), `${other.pid} 1\n`)
  const run = (command: string): string =>
    execFileSync('bash', [path.join(folder, 'scripts/services.sh'), command], {
      env: { PATH: process.env.PATH, UPTRACE_TEST_SERVICES: path.join(folder, 'services') },
      encoding: 'utf8',
    })
  // a folder that the unprivileged user can enter is used as it is
  execFileSync('chmod', ['755', folder])
  run('stop')
  expect(await ended).toBe('SIGTERM')
  expect(other.exitCode ?? other.signalCode).toBeNull()
  other.kill()
  expect(run('env').match(/^export UPTRACE_TEST_\w+_URL=\S+$/gm)).toHaveLength(4)
  rmSync(folder, { recursive: true })
})
