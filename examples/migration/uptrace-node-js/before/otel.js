const uptrace = require('@uptrace/node')

const sdk = uptrace.configureOpentelemetry({
  dsn: process.env.UPTRACE_DSN,
  serviceName: 'shop',
  serviceVersion: '1.4.0',
  deploymentEnvironment: 'production',
  resourceAttributes: { 'shop.region': 'eu' },
})
sdk.start()

module.exports = sdk
