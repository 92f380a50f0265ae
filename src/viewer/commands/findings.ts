/** `uptrace-node errors` and `uptrace-node insights`: what is wrong, by cause. */
import { INSIGHT_KINDS, type Insight } from '../api.ts'
import { ago } from '../format.ts'
import { UsageError } from '../process/start.ts'
import { clean, cutTo } from '../terminal/clean.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, inlineMarkdown, markdownTable } from '../terminal/table.ts'
import { shortAddress } from '../terminal/trace-line.ts'
import { appFrame, placeOf } from '../terminal/trouble.ts'
import { type Context, type Definition, JSON_OPTION, limitOption, MARKDOWN_OPTION, numberOf } from './frame.ts'

const COLUMNS: readonly Column<Insight>[] = [
  { title: 'times', of: ({ count }) => String(count), right: true },
  { title: 'kind', of: ({ kind }) => kind },
  { title: 'what', of: ({ title }) => title },
  { title: 'service', of: ({ service }) => service },
  { title: 'operation', of: ({ operation }) => operation ?? '' },
  { title: 'where', of: (insight) => placeOfInsight(insight) ?? '' },
  { title: 'trace', of: ({ evidence }) => evidence[0]?.traceId ?? '' },
]

export const errors: Definition = {
  usage: '[options]',
  about: 'Lists errors by cause: how often, what, the place in the code of the app, and a trace to look at.',
  options: { ...limitOption(20), ...JSON_OPTION, ...MARKDOWN_OPTION },
  run: (context) => show(context, ({ kind }) => kind === 'errors', 'No error was recorded.'),
}

export const insights: Definition = {
  usage: '[options]',
  about: 'Lists what is wrong, by cause, with advice: N+1, slow operations, errors, spans never ended, lost context.',
  options: {
    kind: {
      type: 'string',
      multiple: true,
      value: '<kind>',
      help: `only ${INSIGHT_KINDS.join(', ')}; may be repeated`,
    },
    dismissed: { type: 'boolean', help: 'also what was dismissed in the pages' },
    ...limitOption(20),
    ...JSON_OPTION,
    ...MARKDOWN_OPTION,
  },
  examples: ['insights --kind n+1', 'insights --markdown > findings.md'],
  async run(context) {
    const kinds = (context.values['kind'] ?? []) as readonly string[]
    const wrong = kinds.find((kind) => !(INSIGHT_KINDS as readonly string[]).includes(kind))
    if (wrong !== undefined)
      throw new UsageError(`--kind is one of ${INSIGHT_KINDS.join(', ')}, not ${JSON.stringify(wrong)}`)
    return show(context, ({ kind }) => kinds.length === 0 || kinds.includes(kind), 'Nothing was found.')
  },
}

async function show(context: Context, accept: (insight: Insight) => boolean, none: string): Promise<number> {
  const { client, values, print, screen, signal, words } = context
  if (words.length > 0) throw new UsageError(`unexpected ${JSON.stringify(words[0])}`)
  const list = await client.get('insights', { dismissed: values['dismissed'] ? 1 : undefined }, signal)
  const chosen = list.insights.filter(accept).slice(0, numberOf(values, 'limit', 20, 500))
  if (values['json']) print(JSON.stringify({ ...list, insights: chosen }, null, 2))
  else if (values['markdown']) print(...markdownOf(chosen))
  else if (chosen.length === 0) process.stderr.write(`${none}\n`)
  else print(...chosen.flatMap((insight) => linesOf(insight, client.url, screen)))
  return 0
}

function linesOf(insight: Insight, url: string, screen: Screen): string[] {
  const { paint, columns } = screen
  const colour = insight.severity === 'error' ? 'red' : insight.severity === 'warning' ? 'yellow' : 'blue'
  const head = `${insight.count}× ${insight.kind === 'errors' ? '' : `${insight.kind}: `}`
  const place = placeOfInsight(insight)
  const [first] = insight.evidence
  const facts = [
    clean(insight.service, 60),
    ...(insight.operation === null ? [] : [clean(insight.operation, 100)]),
    ...(place === null ? [] : [place]),
    ago(insight.lastUs),
    ...(first ? [paint('cyan', shortAddress(url, first.traceId))] : []),
  ]
  const advice = insight.kind === 'errors' ? [] : [`   ${paint('dim', cutTo(clean(insight.advice), columns - 3))}`]
  return [
    `${paint(colour, head + cutTo(clean(insight.title), columns - head.length))}`,
    `   ${facts.join('  ')}`,
    ...advice,
  ]
}

function markdownOf(insights: readonly Insight[]): string[] {
  const details = insights
    .filter(({ kind }) => kind !== 'errors')
    .map(({ title, detail, advice }) => `- **${inlineMarkdown(title)}** ${inlineMarkdown(`${detail} ${advice}`)}`)
  return [...markdownTable(COLUMNS, insights), ...(details.length > 0 ? ['', ...details] : [])]
}

function placeOfInsight({ exception }: Insight): string | null {
  const frame = appFrame(exception?.frames ?? [])
  return frame === undefined ? null : placeOf(frame)
}
