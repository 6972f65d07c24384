/** Between what derives from a title and what from other fields. */
export const AFTER_TITLE = '\u0001';
