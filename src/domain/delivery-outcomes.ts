// What becomes of a webhook request.

export const DELIVERY_OUTCOMES = [
  'accepted',
  'duplicate',
  'ignored',
  'refused',
  'quarantined',
  'dead',
] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]
