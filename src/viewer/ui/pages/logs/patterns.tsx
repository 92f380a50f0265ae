/** Records with equal text, numbers and ids aside, as one row each. */
import type { LogPatternList } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { severityClass } from '../../lib/colors.ts'
import { ago, count } from '../../lib/format.ts'
import { param, setParams } from '../../lib/location.tsx'
import { addTerm } from '../../lib/query-text.ts'
import { Empty, Failed, Loading } from '../../lib/states.tsx'
import { logParams } from './params.ts'

export function Patterns() {
  const { data, error, loading } = useQuery<LogPatternList>(() => urlOf('logPatterns', logParams()))
  if (error) return <Failed error={error} />
  if (!data) return loading ? <Loading /> : null
  if (data.patterns.length === 0) return <Empty title="No records" />
  const most = Math.max(...data.patterns.map((pattern) => pattern.count))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard
    <section class="patterns" aria-label="Patterns" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th class="num">Records</th>
            <th>Severity</th>
            <th>Pattern</th>
            <th>Services</th>
            <th class="num">Last</th>
          </tr>
        </thead>
        <tbody>
          {data.patterns.map((pattern) => (
            <tr key={`${pattern.severity} ${pattern.pattern}`}>
              <td class="num">
                <span class="share" aria-hidden="true">
                  <span style={{ width: `${(pattern.count / most) * 100}%` }} />
                </span>
                {count(pattern.count)}
              </td>
              <td class={severityClass(pattern.severity)}>{pattern.severity}</td>
              <td class="mono">
                <button type="button" class="pattern" title="Show its records" onClick={() => showRecords(pattern)}>
                  <PatternText text={pattern.pattern} />
                </button>
              </td>
              <td>{pattern.services.join(', ')}</td>
              <td class="dim num">{ago(pattern.lastUs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** The parts that differ stand back. */
function PatternText({ text }: { readonly text: string }) {
  return (
    <>
      {text.split('<*>').map((part, index) => (
        <span key={index}>
          {index > 0 && <span class="wild">‹…›</span>}
          {part}
        </span>
      ))}
    </>
  )
}

/** Blanks stand for any blanks, and long texts are cut in patterns. */
function showRecords({ pattern }: LogPatternList['patterns'][number]): void {
  const glob = `${pattern.replaceAll('<*>', '*')}${pattern.length > 400 ? '*' : ''}`.replace(/\s/g, '*')
  setParams({ q: addTerm(param('q'), `body:"${glob.replace(/["\\]/g, '\\$&')}"`), group: null })
}
