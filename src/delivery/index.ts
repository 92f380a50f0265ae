/** Delivery: from ended spans, emitted log records and collected metrics to the back end. */

export { currentDestinations, noteDisabled } from './current-destinations.ts'
export { createDelivery } from './delivery.ts'
export type {
  BatchOptions,
  Delivery,
  DeliveryHealth,
  DeliverySettings,
  DestinationHealth,
  DropCounts,
  DropReason,
  FlushOptions,
  FlushResult,
  SignalHealth,
} from './types.ts'
