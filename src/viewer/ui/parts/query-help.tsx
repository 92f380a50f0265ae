/** Below the query box: saved and recent queries, and the language by examples that can be taken over. */
import { type QueryKind, recentQueries, savedQueries } from '../lib/query-history.ts'

interface Props {
  readonly of: QueryKind
  /** The query that is applied. */
  readonly current: string
  readonly onTake: (query: string) => void
}

export function QueryHelp({ of, current, onTake }: Props) {
  const saved = savedQueries.of(of)
  const isSaved = saved.includes(current)
  return (
    <section class="query-help" aria-label="Queries and how to write them">
      {current !== '' && (
        <p>
          <button
            type="button"
            onClick={() => (isSaved ? savedQueries.remove(of, current) : savedQueries.add(of, current))}
          >
            {isSaved ? 'Forget this query' : 'Save this query'}
          </button>
        </p>
      )}
      <Queries title="Saved" queries={saved} onTake={onTake} />
      <Queries title="Recent" queries={recentQueries.of(of).filter((one) => !saved.includes(one))} onTake={onTake} />
      <h3>Examples</h3>
      <dl>
        {EXAMPLES[of].map(([query, meaning]) => (
          <div key={query}>
            <dt>
              <Query query={query} onTake={onTake} />
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">
        A blank is AND. Units: ns, us, ms, s, m, h. Quote values with blanks. Of TraceQL, Uptrace, Kibana and SQL the
        usual forms are read as well; docs/query-language.md has the whole grammar.
      </p>
    </section>
  )
}

interface QueriesProps {
  readonly title: string
  readonly queries: readonly string[]
  readonly onTake: (query: string) => void
}

function Queries({ title, queries, onTake }: QueriesProps) {
  if (queries.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {queries.map((query) => (
          <li key={query}>
            <Query query={query} onTake={onTake} />
          </li>
        ))}
      </ul>
    </>
  )
}

const Query = ({ query, onTake }: { readonly query: string; readonly onTake: (query: string) => void }) => (
  <button type="button" class="quiet mono" onClick={() => onTake(query)}>
    {query}
  </button>
)

const EXAMPLES: Readonly<Record<QueryKind, ReadonlyArray<readonly [string, string]>>> = {
  spans: [
    ['status:error', 'traces with a span that failed'],
    ['service:orders duration>50ms', 'a span of orders that took longer'],
    ['status:error OR duration>1s', 'either; AND, OR, NOT and brackets'],
    ['-service:health', 'traces without any span of health'],
    ['http.route=/api/* http.response.status_code:5xx', 'attributes: * is any text, 5xx is 500 to 599'],
    ['db.query.text~users', 'contains; =~ is a regular expression'],
    ['duration:10ms..50ms', 'a range'],
    ['has:user.id', 'an attribute that is there'],
    ['{ kind = client } && { status = error }', 'two spans of one trace'],
    ['trace.duration>1s trace.spans>100', 'of the whole trace'],
    ['badge:n+1', 'what was found in it'],
    ['"no such user"', 'a text anywhere'],
  ],
  logs: [
    ['severity>=warn', 'warnings and worse'],
    ['service:orders body~timeout', 'contains; =~ is a regular expression'],
    ['severity:error OR body:"gave up"', 'either; AND, OR, NOT and brackets'],
    ['-service:health', 'all but those'],
    ['user.id=42', 'an attribute'],
    ['has:exception.type', 'an attribute that is there'],
    ['trace:4bf92f3577b34da6a3ce929d0e0e4736', 'records of one trace'],
    ['"connection refused"', 'a text anywhere'],
  ],
}
