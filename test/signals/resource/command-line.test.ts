/** Command lines without their secrets. */
import { expect, test } from 'vitest'
import { maskArguments } from '../../../src/signals/resource/command-line.ts'

test.for<[string[], string[]]>([
  [
    ['--password', 'hunter2', 'x'],
    ['--password', '***', 'x'],
  ],
  [
    ['--password', '--verbose'],
    ['--password', '--verbose'],
  ],
  [['--db-password=hunter2'], ['--db-password=***']],
  [
    ['--dbPassword', 'hunter2'],
    ['--dbPassword', '***'],
  ],
  [
    ['--token=abc', '--port=80'],
    ['--token=***', '--port=80'],
  ],
  [
    ['-token', 'abc'],
    ['-token', '***'],
  ],
  [
    ['--api-key', 'k', '--apiKey=k', '--api_key=k'],
    ['--api-key', '***', '--apiKey=***', '--api_key=***'],
  ],
  [
    ['--client-secret', '-weird'],
    ['--client-secret', '-weird'],
  ],
  [
    ['PGPASSWORD=x', 'DB_PASSWORD=x', 'UPTRACE_DSN=https://t@h'],
    ['PGPASSWORD=***', 'DB_PASSWORD=***', 'UPTRACE_DSN=***'],
  ],
  [['postgres://me:secret@db/x'], ['postgres://***@db/x']],
  [
    ['--db', 'postgres://me:secret@db/x'],
    ['--db', 'postgres://***@db/x'],
  ],
  [['--url=https://h/?token=abc&x=1'], ['--url=https://h/?token=***&x=1']],
  [
    ['--header', 'Authorization: Bearer abc'],
    ['--header', 'Authorization: ***'],
  ],
  [
    ['--config', '{"password":"x","port":1}'],
    ['--config', '{"password":"***","port":1}'],
  ],
  [
    ['ghp_abcdefghijklmnopqrst', 'x'],
    ['***', 'x'],
  ],
  [
    ['--jwt-less', 'eyJhbGciOiJIUzI1.eyJzdWIiOiIx.sig'],
    ['--jwt-less', '***'],
  ],
  [
    ['--keyboard', 'qwerty', '--author', 'me', '--passive', 'yes'],
    ['--keyboard', 'qwerty', '--author', 'me', '--passive', 'yes'],
  ],
])('%j', ([args, masked]) => {
  expect(maskArguments(args)).toEqual(masked)
})

test('a long argument is cut and costs no time', () => {
  const started = performance.now()
  const [arg] = maskArguments(['a.'.repeat(2_000_000)])
  expect(arg!.length).toBeLessThan(1_100)
  expect(performance.now() - started).toBeLessThan(1_000)
})
