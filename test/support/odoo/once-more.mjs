import { jest } from '@jest/globals';

// A real Odoo has seconds, locks and restarts of its own: a test that it made fail is tried once more, and both are told.
jest.retryTimes(1, { logErrorsBeforeRetry: true });
