/** Writes docs/openapi.json from the routes and types of src/viewer/api.ts: the comment of a route names its method, parameters and answer. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { createSchemas, type Schema } from './openapi-schemas.ts'

const FILE = path.join(import.meta.dirname, '../docs/openapi.json')
const API = path.join(import.meta.dirname, '../src/viewer/api.ts')
/** These answer about the viewer or in their own way, not about a time window. */
const WITHOUT_WINDOW = /^(health|status|events|compare|compareRuns|fields|fieldValues|insights)$/
const WINDOW: readonly Parameter[] = [
  {
    name: 'from',
    schema: { type: 'number' },
    description: 'Microseconds since the epoch. Default: all that is stored.',
  },
  { name: 'to', schema: { type: 'number' }, description: 'Microseconds since the epoch.' },
  { name: 'run', schema: { type: 'string' }, description: 'Id of a process.' },
  { name: 'service', schema: { type: 'array', items: { type: 'string' } }, description: 'Repeatable.' },
]

interface Parameter {
  readonly name: string
  readonly schema: Schema
  readonly required?: boolean
  readonly description?: string
}

/** A route as its comment describes it. */
interface Route {
  readonly name: string
  readonly path: string
  readonly methods: readonly string[]
  readonly summary: string
  /** What stands before the arrow, and behind it. */
  readonly takes: string
  readonly gives: string
}

export function renderOpenApi(): string {
  const program = ts.createProgram([API], {
    strict: true,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
  })
  const source = program.getSourceFile(API)!
  const schemas = createSchemas(program.getTypeChecker(), source)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routesOf(source)) {
    // the address of a page, not of the API
    if (route.name === 'short') continue
    const address = route.path.replace(/:(\w+)/g, '{$1}')
    paths[address] = Object.fromEntries(
      route.methods.map((method) => [method.toLowerCase(), operationOf(route, method, schemas)]),
    )
  }
  const info = {
    title: 'uptrace-node viewer',
    version: '1',
    description: 'The JSON API of the local viewer. Instants are microseconds since the epoch, durations nanoseconds.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  }
  const securitySchemes = {
    token: { type: 'http', scheme: 'bearer', description: 'The token of the DSN that `uptrace-node ui` prints.' },
  }
  const document = {
    openapi: '3.1.0',
    info,
    servers: [{ url: 'http://localhost:14319' }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes, schemas: schemas.named() },
  }
  return render(document, ['paths', 'components', 'schemas'])
}

/** An entry a line, so that a change can be read; those of the objects named one level further in. */
function render(value: object, opened: readonly string[]): string {
  const entries = Object.entries(value).map(([key, inner]) => {
    const text = opened.includes(key) ? render(inner as object, opened).trimEnd() : JSON.stringify(inner)
    return `${JSON.stringify(key)}:${text}`
  })
  return `{\n${entries.join(',\n')}\n}\n`
}

type Schemas = ReturnType<typeof createSchemas>

function operationOf(route: Route, method: string, schemas: Schemas): Record<string, unknown> {
  const fromPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name: name!,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const query = method === 'GET' ? parametersOf(route, schemas).map((parameter) => ({ ...parameter, in: 'query' })) : []
  const body = method === 'POST' ? bodyOf(route, schemas) : undefined
  return {
    operationId: method === 'DELETE' && route.methods.length > 1 ? `${route.name}Undo` : route.name,
    summary: route.summary,
    ...(route.name === 'health' ? { security: [] } : {}),
    ...(fromPath.length + query.length > 0 ? { parameters: [...fromPath, ...query] } : {}),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: { ...answersOf(route, schemas), default: jsonAnswer('What is wrong.', schemas.of('ApiError')) },
  }
}

function parametersOf({ name, path: address, takes }: Route, schemas: Schemas): Parameter[] {
  if (takes.includes('text/event-stream')) return []
  const linked = [...takes.matchAll(/\{@link (\w+)\}/g)].flatMap(([, type]) => schemas.parametersOf(type!))
  const written = [...takes.matchAll(/`(\w+)(?:=([^`]*))?`/g)].map(([, parameter, values]): Parameter => {
    const isChoice = values !== undefined && !values.includes(',')
    return { name: parameter!, schema: isChoice ? { enum: values.split('|') } : { type: 'string' } }
  })
  const window = address.includes(':traceId') || WITHOUT_WINDOW.test(name) ? [] : WINDOW
  const all = [...linked, ...written, ...window]
  return all.filter((parameter, at) => all.findIndex((other) => other.name === parameter.name) === at)
}

function bodyOf({ takes }: Route, schemas: Schemas): Schema | undefined {
  const [, type] = /\{@link (\w+)\}/.exec(takes) ?? []
  if (type !== undefined) return schemas.of(type)
  return takes.includes('OTLP JSON') ? { type: 'object' } : undefined
}

function answersOf({ gives, takes, summary }: Route, schemas: Schemas): Record<string, unknown> {
  const [, type] = /^\{@link (\w+)\}/.exec(gives) ?? []
  if (type !== undefined) return { 200: jsonAnswer(summary, schemas.of(type)) }
  if (takes.includes('text/event-stream'))
    return { 200: { description: summary, content: { 'text/event-stream': { schema: { type: 'string' } } } } }
  const [status] = /^20\d/.exec(gives) ?? []
  if (status !== undefined) return { [status]: { description: 'Done.' } }
  return { 200: { description: summary, content: { '*/*': {} } } }
}

const jsonAnswer = (description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
})

/** Reads the table of routes, with the comment before each. */
function routesOf(source: ts.SourceFile): Route[] {
  const table = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .find((declaration) => declaration.name.getText(source) === 'ROUTES')!
  const object = (table.initializer as ts.AsExpression).expression as ts.ObjectLiteralExpression
  return object.properties.map((property) => {
    const { name, initializer } = property as ts.PropertyAssignment
    const comment = source.text
      .slice(property.getFullStart(), property.getStart(source))
      .replace(/\s*\/\*\*\s*|\s*\*\/\s*/g, '')
    const [takes = '', gives = ''] = comment.split('→').map((part) => part.trim())
    return {
      name: name.getText(source),
      path: (initializer as ts.StringLiteral).text,
      methods: [...comment.matchAll(/\b(GET|POST|DELETE)\b/g)].map(([method]) => method),
      summary: comment.replace(/\{@link (\w+)\}/g, '$1'),
      takes,
      gives,
    }
  })
}

if (import.meta.main) writeFileSync(FILE, renderOpenApi())
