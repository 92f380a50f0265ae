/** Notices requests made through functions that were taken from node:http before telemetry was configured, and says so once. */
import diagnosticsChannel from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { context, propagation } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { log } from '../../log.ts'

const CHANNEL = 'http.client.request.start'

/**
 * `const { get } = require('http')` keeps the unpatched function: nothing can trace it later. Such a request carries no trace header.
 * @returns stops watching
 */
export function watchFunctionsTakenEarly(isIgnored: (url: string) => boolean): () => void {
  const onStart = (message: unknown): void => {
    const { request } = message as { request: ClientRequest }
    const fields = propagation.fields()
    // where no header is known, none can be missed
    if (fields.length === 0 || isTracingSuppressed(context.active())) return
    if (fields.some((field) => request.hasHeader(field))) return
    if (isIgnored(`${request.protocol}//${request.getHeader('host')}/`)) return
    diagnosticsChannel.unsubscribe(CHANNEL, onStart)
    log.warn(
      `http: a request to ${request.host} was made with a function taken from node:http before telemetry was configured (such as const { get } = require('http')); it is not traced. Start with node --import uptrace-node/register, or configure before that require`,
    )
  }
  diagnosticsChannel.subscribe(CHANNEL, onStart)
  return () => void diagnosticsChannel.unsubscribe(CHANNEL, onStart)
}
