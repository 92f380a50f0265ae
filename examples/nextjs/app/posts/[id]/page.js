// A page that is rendered per request, below the span that Next.js makes for it.

import { trace } from '@opentelemetry/api'
import { traceUrl } from 'uptrace-node'

export default async function Post({ params }) {
  const { id } = await params
  console.log(traceUrl(trace.getActiveSpan()))
  return <h1>post {id}</h1>
}
