/** Writes docs/configuration.md from the types of the options: each one with its type, default, variable and meaning. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

const CONFIG = path.join(import.meta.dirname, '../src/config')
const FILE = path.join(import.meta.dirname, '../docs/configuration.md')
/** Heading -> the first option below it, in the order of the interface. */
const SECTIONS: Readonly<Record<string, string>> = {
  dsn: 'Where telemetry goes',
  serviceName: 'Who sends it',
  tracingEnabled: 'Traces',
  textMapPropagator: 'Context',
  metricsEnabled: 'Metrics',
  loggingEnabled: 'Logs',
  redaction: 'Privacy',
  instrumentations: 'Instrumentation',
  delivery: 'Delivery and the end of the process',
  logLevel: 'Lines of this package',
}
/** Interface -> the heading of its own table. */
const PARTS: Readonly<Record<string, string>> = {
  BackendOptions: 'a back end of backend',
  BatchOptions: 'batchSpanProcessor, batchLogRecordProcessor',
  DeliveryOptions: 'delivery',
  EventLoopBlocksOptions: 'eventLoopBlocks',
  KeepOptions: 'keep',
  SamplingRule: 'a rule of sampling',
  LogCorrelationOptions: 'logs',
  RedactionOptions: 'redaction',
  SpanMetricsOptions: 'spanMetrics',
  TlsOptions: 'tls',
}

export function renderConfiguration(): string {
  const interfaces = new Map<string, ts.InterfaceDeclaration>()
  const choices = new Map<string, string>()
  for (const file of readdirSync(CONFIG, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )) {
    const source = readFileSync(path.join(CONFIG, file), 'utf8')
    for (const node of ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true).statements) {
      if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node)
      if (ts.isTypeAliasDeclaration(node) && /^'[^`]*'$/.test(node.type.getText()))
        choices.set(node.name.text, node.type.getText())
    }
  }
  const top: string[] = []
  for (const member of membersOf(interfaces.get('ConfigureOptions')!)) {
    const name = member.name.getText()
    if (SECTIONS[name]) top.push(`\n## ${SECTIONS[name]}\n\n${HEAD}`)
    top.push(rowOf(member, choices))
  }
  const parts = Object.entries(PARTS).map(([name, heading]) => {
    const rows = membersOf(interfaces.get(name)!).map((member) => rowOf(member, choices))
    return `\n### ${heading}\n\n${HEAD}\n${rows.join('\n')}`
  })
  return `${INTRODUCTION}${top.join('\n')}\n\n## Options of options\n${parts.join('\n')}\n`
}

const membersOf = (node: ts.InterfaceDeclaration): ts.PropertySignature[] => node.members.filter(ts.isPropertySignature)

/** @param choices name of a type -> the texts it stands for */
function rowOf(member: ts.PropertySignature, choices: ReadonlyMap<string, string>): string {
  const { text, fallback, variables } = readComment(member)
  const stated = member.type!.getText().replace(/\s+/g, ' ')
  const type = cell(choices.get(stated) ?? stated)
  return `| \`${member.name.getText()}\` | \`${type}\` | ${fallback} | ${variables} | ${text} |`
}

/** A default is written as `value — env NAME`, or as `env NAME, then value`. */
function readComment(member: ts.PropertySignature): { text: string; fallback: string; variables: string } {
  const [comment] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc)
  const tags = ts.getJSDocTags(member)
  const ofTag = (name: string): string[] =>
    tags.filter(({ tagName }) => tagName.text === name).map((tag) => textOf(tag.comment))
  const [stated = ''] = ofTag('default')
  const variables = stated.match(/`(?:OTEL|UPTRACE)_[A-Z_*{},]+(?:=\w+)?`/g) ?? []
  const [before, after] = stated.split(/(?:— )?env `/, 2)
  const then = after?.match(/, then (.*)$/)?.[1]
  const throws = ofTag('throws').map((text) => text.replace(/^\{ConfigError\}\s*/, ''))
  const links = tags
    .flatMap((tag) => tag.getText().match(/^@see (\S+)/)?.[1] ?? [])
    .map((address) => `[specification](${address})`)
  const parts = [textOf(comment?.comment), ...throws.map((text) => `Throws ${text}`), ...links]
  return {
    text: cell(parts.filter(Boolean).map(asSentence).join(' ')),
    fallback: cell(code(before?.trim() || then || '')),
    variables: cell(variables.join(', ')),
  }
}

function textOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim()
}

const asSentence = (text: string): string => (/[.)!?]$/.test(text) ? text : `${text}.`)
/** A literal as code, its digits in threes. */
function code(text: string): string {
  const grouped = text.replace(/\b\d[\d_]*\b/g, (digits) => digits.replaceAll('_', ','))
  return /^('.*'|[\d,]+|true|false)$/.test(text.replaceAll('_', '')) ? `\`${grouped}\`` : grouped
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

const HEAD = '| option | type | default | variable | |\n|---|---|---|---|---|'
const INTRODUCTION = `<!-- Written by scripts/generate-configuration.ts from the types of the options: do not edit. -->
# Configuration

Every option of \`configureOpentelemetry\`. An option wins over the environment, the environment over the default. A wrong option throws a \`ConfigError\`
with a stable \`code\` and the name of the option; a wrong variable logs one line and is ignored. [environment.md](environment.md) has every variable, and
what a configuration file (\`OTEL_CONFIG_FILE\`) may hold. Without a usable DSN one line says so and telemetry is off; the application runs on.
`

if (import.meta.main) writeFileSync(FILE, renderConfiguration())
