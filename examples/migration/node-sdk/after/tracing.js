import { configureOpentelemetry } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'shop',
  serviceVersion: '1.4.0',
  resourceAttributes: { 'shop.region': 'eu' },
  instrumentations: { fs: false, router: false },
})
