/** GraphQL Yoga and others execute with `@graphql-tools/executor` in place of graphql-js: it is traced by what traces that. */
import { loadLazily } from '../../lazy.ts'
import { withExport } from '../routes/exports.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Args = Readonly<Record<string, unknown>>
type Execute = (args: Args) => unknown
interface Patching {
  readonly name: string
  patch?(exported: object): unknown
}

const PACKAGE = '@graphql-tools/executor'
const MODEL = 'graphql/execution/execute.js'
/** Functions that take what `execute` of graphql-js takes. */
const FUNCTIONS = ['execute', 'normalizedExecutor']

/** Adds what patches the package to the definitions of the instrumentation of graphql-js. */
export function addExecutor<Definition extends { readonly files: readonly object[] }>(definitions: Definition[]): void {
  const { InstrumentationNodeModuleDefinition } = loadLazily<Base>('instrumentation')
  const model = definitions
    .flatMap(({ files }) => files as readonly Patching[])
    .find(({ name, patch }) => name.replaceAll('\\', '/') === MODEL && patch)
  if (model === undefined) return
  const patch = (exported: Record<string, unknown>): object =>
    FUNCTIONS.filter((name) => typeof exported[name] === 'function').reduce<object>(
      (all, name) => withExport(all as never, name, traced(exported[name] as Execute, model, exported)),
      exported,
    )
  definitions.push(new InstrumentationNodeModuleDefinition(PACKAGE, ['>=1 <3'], patch) as unknown as Definition)
}

/** The instrumentation hands on the arguments of graphql-js only: what else there is, such as a signal, is added again. */
function traced(original: Execute, model: Patching, { defaultFieldResolver }: Record<string, unknown>): Execute {
  let given: Args = {}
  const like = { execute: (args: Args) => original({ ...given, ...args }), defaultFieldResolver }
  model.patch!(like)
  return (args) => {
    given = args
    return like.execute(args)
  }
}
