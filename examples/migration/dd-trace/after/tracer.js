const { configureOpentelemetry } = require('uptrace-node')

configureOpentelemetry({
  serviceName: 'shop',
  resourceAttributes: { 'shop.region': 'eu' },
})
