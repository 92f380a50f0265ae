/** Installs an arm beside the programs that are measured, once; a failed install is a result, not an error. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ARMS, OURS } from './arms.ts'

const ROOT = path.join(import.meta.dirname, '..')
const HOME = path.join(ROOT, '.cache/bench')

/** What the measured programs use, in every arm. */
export const LIBRARIES = [
  ...['express@5.3.0', 'fastify@5.12.8', 'pg@8.23.1', 'ioredis@6.0.0', 'pino@10.4.0', '@grpc/grpc-js@1.14.7'],
  '@opentelemetry/api@1.10.0',
]

export const folderOf = (name: string): string => path.join(HOME, 'arms', ARMS[name]!.installedAs ?? name)

let packed: string | undefined

/** The tarball that users get, built and packed once a run, apart from `dist`, which may hold chunks of older builds; or the one `UPTRACE_NODE_TARBALL` names. */
export function tarball(): string {
  packed ??= process.env.UPTRACE_NODE_TARBALL && path.resolve(process.env.UPTRACE_NODE_TARBALL)
  if (packed) return packed
  const folder = path.join(HOME, 'pack')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, UPTRACE_NODE_DIST: path.join(folder, 'dist') }
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] })
  for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
    if (existsSync(path.join(ROOT, file))) copyFileSync(path.join(ROOT, file), path.join(folder, file))
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error'], { cwd: folder, encoding: 'utf8' }),
  ) as [{ filename: string }]
  packed = path.join(folder, filename)
  return packed
}

/** Runs `npm install` of these packages; returns why it failed, or `undefined`. */
export function npmInstall(folder: string, name: string, packages: readonly string[]): string | undefined {
  const overrides = ARMS[name]!.overrides ?? {}
  const file = path.join(folder, 'package.json')
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ private: true, overrides }))
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts']
  try {
    execFileSync('npm', ['install', ...flags, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return reasonOf(String((error as { stderr?: Buffer }).stderr ?? error))
  }
}

/** Makes the arm ready to run; returns why it cannot be, or `undefined`. */
export function prepareArm(name: string): string | undefined {
  const arm = ARMS[name]!
  const folder = folderOf(name)
  mkdirSync(folder, { recursive: true })
  const hasOwn = (spec: string): boolean => arm.packages.some((other) => nameOf(other) === nameOf(spec))
  const wanted = [...LIBRARIES.filter((spec) => !hasOwn(spec)), ...arm.packages]
  const marker = path.join(folder, 'installed')
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted.join()) {
    rmSync(path.join(folder, 'package.json'), { force: true })
    const reason = npmInstall(folder, name, wanted)
    if (reason) return reason
    writeFileSync(marker, wanted.join())
  }
  if (arm.setup) writeFileSync(path.join(folder, arm.setup.name), arm.setup.source)
  if (arm.copied) copyFileSync(path.join(import.meta.dirname, arm.copied), path.join(folder, arm.copied))
  if (name !== OURS) return undefined
  rmSync(path.join(folder, 'node_modules/uptrace-node'), { recursive: true, force: true })
  return npmInstall(folder, name, [tarball()])
}

/** `@a/b@1.0.0` -> `@a/b` */
const nameOf = (spec: string): string => spec.slice(0, spec.lastIndexOf('@'))

/** The error in one line without addresses and paths of this machine. */
function reasonOf(stderr: string): string {
  const line =
    stderr
      .split('\n')
      .filter((text) => text.startsWith('npm error') && !text.includes('A complete log'))
      .map((text) => text.slice('npm error '.length).trim())
      .slice(0, 3)
      .join(' ') || stderr.slice(0, 200)
  return line.replaceAll(/https?:\/\/\S+/g, 'the registry').replaceAll(/(^|\s)\/\S+/g, '$1…')
}
