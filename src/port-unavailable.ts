/** The port can't be listened on; the message says which, and what to do. */
export class PortUnavailable extends Error {
  override name = 'PortUnavailable';
  readonly code = 'PORT_UNAVAILABLE';
}
