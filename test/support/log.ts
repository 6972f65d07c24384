import type { Log } from '../../golden-records/transaction.js';

const nothing = (): void => undefined;

/** For code under test that wants a log nobody reads. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
