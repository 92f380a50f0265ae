import { configureOpentelemetry } from 'uptrace-node'

configureOpentelemetry({
  deploymentEnvironment: 'production',
  serviceVersion: 'shop@1.4.0',
})
