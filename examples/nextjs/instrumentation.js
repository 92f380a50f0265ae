// Next.js calls register() once, before the server takes requests; telemetry belongs to its Node.js runtime, not to the edge.

export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { configureOpentelemetry } = await import('uptrace-node')
  configureOpentelemetry({ serviceName: 'nextjs-example' })
}

export async function onRequestError(error) {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { reportError } = await import('uptrace-node')
  reportError(error)
}
