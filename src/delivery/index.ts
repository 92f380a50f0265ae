/** Delivery: from ended spans, emitted log records and collected metrics to the back end. */

export { guardLoggerProvider, guardMeterProvider, guardTracerProvider } from '../signals/guard.ts'
export { currentDestinations } from './current-destinations.ts'
export { createDelivery } from './delivery.ts'
export type {
  BatchOptions,
  Delivery,
  DeliveryHealth,
  DeliveryOptions,
  DestinationHealth,
  DropCounts,
  DropReason,
  FlushOptions,
  SignalHealth,
} from './types.ts'
