/** `npm start`: runs the quickstart against an OTLP receiver in a child process, which prints each trace it gets as a tree. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const example = path.join(import.meta.dirname, '..', process.argv[2] ?? 'examples/basic/main.mjs')
const receiver = fork(path.join(import.meta.dirname, 'receiver.ts'))
const [port] = (await once(receiver, 'message')) as [number]
const env = { ...process.env, UPTRACE_DSN: `http://local@localhost:${port}` }
const [code] = await once(spawn(process.execPath, [example], { stdio: 'inherit', env }), 'exit')
receiver.send('end')
await once(receiver, 'exit')
process.exitCode = code ?? 1
