/** Finds telemetry that is itself wrong: ids used twice, clocks that differ, attributes cut off by limits, no service name. */

import type { PlacedSpan } from '../query/place-trace.ts'
import { isSkewed } from '../query/trace-warnings.ts'
import type { ResourceInfo } from '../store/context.ts'
import type { Finding, TraceView } from './finding.ts'

const EVIDENCE = 3

export function findHygiene(trace: TraceView): Finding[] {
  const { spans, tree } = trace
  const findings: Finding[] = []
  const add = (
    finding: Pick<Finding, 'title' | 'detail' | 'advice' | 'badge'> & { code: string },
    found: PlacedSpan[],
  ) => {
    const first = found[0]
    if (!first) return
    const { service } = first.stored
    const { code, ...texts } = finding
    findings.push({
      ...texts,
      key: `hygiene|${code}|${service}`,
      kind: 'hygiene',
      severity: 'info',
      service,
      operation: null,
      count: found.length,
      weight: found.length,
      savingNs: null,
      spanIds: found.slice(0, EVIDENCE).map(({ spanId }) => spanId),
      query: texts.badge === null ? null : `badge:${texts.badge}`,
    })
  }
  add(
    {
      code: 'duplicate-ids',
      title: 'Span ids are used twice in a trace',
      detail: 'Other spans cannot tell which of them is their parent.',
      advice: 'The sender sends spans twice (two exporters, or two copies of the SDK), or its ids are not random.',
      badge: 'duplicate-spans',
    },
    tree.duplicates.map((index) => spans[index]!),
  )
  add(
    {
      code: 'clock-skew',
      title: 'Spans start before their parent, or end before they start',
      detail:
        'The clocks of the machines differ. In the waterfall, spans of other machines that lay outside their parents are moved into them, and marked.',
      advice: 'Synchronise the clocks (NTP); in a container or virtual machine check the clock of its host.',
      badge: 'clock-skew',
    },
    spans.filter((span, index) => isSkewed(spans, tree, span, index)),
  )
  add(
    {
      code: 'dropped',
      title: 'Attributes, events or links were dropped by limits',
      detail: 'The sender cut them off before they were sent: what is missing here never left the process.',
      advice:
        'Raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_EVENT_COUNT_LIMIT or OTEL_SPAN_LINK_COUNT_LIMIT, or set less.',
      badge: null,
    },
    spans.filter(({ stored }) => stored.extra.d !== undefined),
  )
  return findings
}

/** Programs that have no name of their own. */
export function findNameless(resources: readonly ResourceInfo[]): Finding[] {
  const nameless = resources.filter(({ service }) => /^unknown_service(:|$)/.test(service))
  return [...new Set(nameless.map(({ service }) => service))].map((service) => ({
    key: `hygiene|no-name|${service}`,
    kind: 'hygiene',
    severity: 'info',
    title: `A program sends telemetry as ${service}`,
    detail: 'Without service.name all programs that have none are shown as one.',
    advice: 'Set `serviceName` in configureOpentelemetry(), or OTEL_SERVICE_NAME.',
    service,
    operation: null,
    count: 1,
    weight: 1,
    savingNs: null,
    spanIds: [],
    query: `service:${service}`,
    badge: null,
  }))
}
