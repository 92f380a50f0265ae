/** cron, croner and node-cron: each run of a job is a trace of its own. */
import { type Attributes, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { runInSpan, tryStart } from '../run-in-span.ts'
import { wrapMethod } from '../wrap-method.ts'

interface Class {
  readonly prototype: object
}
type Task = (this: unknown, ...args: unknown[]) => unknown

export function createCron(settings: Settings): Instrumentation {
  return define(
    'cron',
    ['>=2.0.0 <5'],
    ({ CronJob }: { readonly CronJob: Class }, tracing) => {
      wrapMethod(CronJob.prototype, 'addCallback', (original) => {
        return function (
          this: { readonly name?: unknown; readonly cronTime?: { readonly source?: unknown } },
          task,
          ...rest
        ) {
          const describe = (): [unknown, unknown] => [this.name, this.cronTime?.source]
          return original.call(this, traced(task, tracing, describe), ...rest)
        }
      })
    },
    settings,
  )
}

export function createCroner(settings: Settings): Instrumentation {
  return define(
    'croner',
    ['>=7.0.0 <12'],
    ({ Cron }: { readonly Cron: Class }, tracing) => {
      wrapMethod(Cron.prototype, '_trigger', (original) => {
        return function (this: { readonly name?: unknown; getPattern?(): unknown }, ...args: unknown[]) {
          return run(
            tracing,
            () => [this.name, this.getPattern?.()],
            () => original.apply(this, args),
          )
        }
      })
    },
    settings,
  )
}

export function createNodeCron(settings: Settings): Instrumentation {
  return define(
    'node-cron',
    ['>=3.0.0 <5'],
    (exported: { readonly default?: object }, tracing) => {
      for (const target of [exported, exported.default])
        for (const name of ['schedule', 'createTask'])
          if (target !== undefined)
            wrapMethod(target, name, (original) => {
              return function (this: unknown, pattern, task, ...rest) {
                const [options] = rest as [{ readonly name?: unknown } | undefined]
                return original.call(
                  this,
                  pattern,
                  traced(task, tracing, () => [options?.name, pattern]),
                  ...rest,
                )
              }
            })
    },
    settings,
  )
}

function define(
  name: string,
  versions: readonly string[],
  patch: (exported: never, tracing: Tracing) => void,
  settings: Settings,
) {
  return defineInstrumentation({ name, targets: [{ module: name, versions, patch }] }, settings)
}

/** Some name a file or a command in place of a function. */
function traced(task: unknown, tracing: Tracing, describe: () => [name: unknown, schedule: unknown]): unknown {
  if (typeof task !== 'function') return task
  return function (this: unknown, ...args: unknown[]) {
    return run(tracing, describe, () => Reflect.apply(task as Task, this, args))
  }
}

function run<T>(tracing: Tracing, describe: () => [name: unknown, schedule: unknown], task: () => T): T {
  const span = tryStart(() => {
    if (!tracing.isEnabled()) return undefined
    const [name, schedule] = describe()
    const attributes: Attributes = {}
    if (typeof name === 'string') attributes['cron.job.name'] = name
    if (typeof schedule === 'string') attributes['cron.job.schedule'] = schedule
    const text = [name, schedule].find((part) => typeof part === 'string' && part !== '') as string | undefined
    return tracing.startSpan(
      text === undefined ? 'cron' : `cron ${text}`,
      { kind: SpanKind.INTERNAL, attributes },
      ROOT_CONTEXT,
    )
  })
  return span === undefined ? task() : runInSpan(span, ROOT_CONTEXT, task)
}
