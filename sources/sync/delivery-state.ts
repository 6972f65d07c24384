/** PENDING waits, IN_FLIGHT is claimed, DONE agrees, DEAD waits for a person, DISCARDED was given up by one. */
export const DELIVERY_STATES = ['PENDING', 'IN_FLIGHT', 'DONE', 'DEAD', 'DISCARDED'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
