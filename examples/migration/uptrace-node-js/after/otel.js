const { configureOpentelemetry } = require('uptrace-node')

configureOpentelemetry({
  dsn: process.env.UPTRACE_DSN,
  serviceName: 'shop',
  serviceVersion: '1.4.0',
  deploymentEnvironment: 'production',
  resourceAttributes: { 'shop.region': 'eu' },
})
