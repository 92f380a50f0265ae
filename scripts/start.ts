/** `npm start`: runs the quickstart, or the example that is named, under `uptrace-node dev`, which prints its traces. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const example = process.argv[2] ?? 'examples/basic/main.mjs'
const command = [path.join(root, 'dist/cli.cjs'), 'dev', path.join(root, example)]
const [code] = await once(spawn(process.execPath, command, { stdio: 'inherit' }), 'exit')
process.exitCode = code ?? 1
