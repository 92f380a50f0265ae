/** A tool that compares two starts of a program. */
import type { ComparedOperation, RunComparison } from '../api.ts'
import { lines, millis, type Tool, time } from './tool.ts'

export const compareRuns: Tool = {
  name: 'compare_runs',
  title: 'Compare two runs of a program',
  description:
    'Compares two starts of a program, by default the newest with the one before: operations that became significantly slower or faster, findings such as errors and N+1 that are new or gone, and statements that a request now runs more or less often. Use it after a change, to see what the change did.',
  properties: {
    before: { type: 'string', description: 'Id of the run before. Default: the one before the newest.' },
    after: { type: 'string', description: 'Id of the run after. Default: the newest.' },
  },
  async run(client, given) {
    const { before: a, after: b } = given as Record<string, string | undefined>
    return render(await client.get('compareRuns', { a, b }))
  },
}

function render({ a, b, operations, findings, queries }: RunComparison): string {
  const describe = (run: typeof b): string =>
    JSON.stringify({
      id: run.id,
      services: run.services,
      start: time(run.firstUs),
      requests: run.requests,
      failed: run.failed,
    })
  if (a === null) return `There is one run only, nothing to compare with: ${describe(b)}`
  const changed = operations.filter(({ verdict }) => verdict !== 'same' && verdict !== 'too-few')
  return [
    `before: ${describe(a)}`,
    `after: ${describe(b)}`,
    `\nOperations that changed, of ${operations.length}:`,
    lines(changed.map(operationOf), '(none)'),
    '\nFindings that are new:',
    lines(
      findings.added.map(({ kind, title, service, evidence }) => ({
        kind,
        service,
        title,
        trace_id: evidence[0]?.traceId,
      })),
      '(none)',
    ),
    '\nFindings that are gone:',
    lines(
      findings.gone.map(({ kind, title, service }) => ({ kind, service, title })),
      '(none)',
    ),
    '\nStatements a request, before and after:',
    lines(
      queries.map(({ operation, statement, a: first, b: second }) => ({
        operation,
        statement,
        before: first,
        after: second,
      })),
      '(none)',
    ),
  ].join('\n')
}

function operationOf({ service, name, verdict, a, b, pValue }: ComparedOperation): object {
  return {
    service,
    name,
    verdict,
    p50_ms_before: a && millis(a.p50Ns),
    p50_ms_after: b && millis(b.p50Ns),
    calls_before: a?.calls ?? 0,
    calls_after: b?.calls ?? 0,
    ...(pValue === null ? {} : { p: Number(pValue.toPrecision(2)) }),
  }
}
