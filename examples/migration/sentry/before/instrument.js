import * as Sentry from '@sentry/node'

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  environment: 'production',
  release: 'shop@1.4.0',
  tracesSampleRate: 1,
  sendDefaultPii: false,
})
