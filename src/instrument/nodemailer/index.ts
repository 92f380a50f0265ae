/** nodemailer: a span for each mail that is sent, without addresses and without what is in it. */
import { type Attributes, context, SpanKind } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { applyIn } from '../call-in.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { endSpan, tryStart } from '../run-in-span.ts'
import { following, wholeOf, wrapMethod } from '../wrap-method.ts'

interface Mail {
  readonly transporter?: {
    readonly name?: unknown
    readonly options?: { readonly host?: unknown; readonly port?: unknown }
  }
}

const FILES = ['lib/mailer/index.js', 'dist/cjs/mailer/index.js', 'dist/esm/mailer/index.js']

export function createNodemailer(settings: Settings): Instrumentation {
  const targets = FILES.map((file) => ({ module: 'nodemailer', versions: ['>=4.0.0 <11'], file, patch }))
  return defineInstrumentation({ name: 'nodemailer', targets }, settings)
}

function patch(exported: unknown, tracing: Tracing): void {
  const { prototype } = wholeOf<{ readonly prototype: object }>(exported)
  wrapMethod(prototype, 'sendMail', (original) => {
    return function (this: Mail, ...args: unknown[]) {
      const active = context.active()
      const span = tryStart(() =>
        tracing.isEnabled()
          ? tracing.startSpan('send mail', { kind: SpanKind.CLIENT, attributes: attributesOf(this) }, active)
          : undefined,
      )
      if (span === undefined) return original.apply(this, args)
      const end = (error: unknown, sent: unknown): void => {
        const { messageId } = Object(sent) as { messageId?: unknown }
        const { responseCode } = Object(error) as { responseCode?: unknown }
        if (typeof messageId === 'string') span.setAttribute('email.message_id', messageId)
        if (typeof responseCode === 'number') span.setAttribute('smtp.response.status_code', responseCode)
        endSpan(span, error)
      }
      const callback = args[1]
      if (typeof callback === 'function')
        args[1] = function (this: unknown, ...results: unknown[]) {
          end(results[0], results[1])
          return applyIn(active, callback, this, results)
        }
      try {
        const result = original.apply(this, args)
        return typeof callback === 'function' ? result : following(result, end)
      } catch (error) {
        end(error, undefined)
        throw error
      }
    }
  })
}

function attributesOf({ transporter }: Mail): Attributes {
  const { name, options } = transporter ?? {}
  const attributes: Attributes = {}
  if (typeof name === 'string') attributes['nodemailer.transport'] = name
  if (String(name).startsWith('SMTP')) attributes['network.protocol.name'] = 'smtp'
  if (typeof options?.host === 'string') attributes['server.address'] = options.host
  if (Number(options?.port) > 0) attributes['server.port'] = Number(options?.port)
  return attributes
}
