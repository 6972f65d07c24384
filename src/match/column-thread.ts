import { parentPort, workerData } from 'node:worker_threads';
import { type ColumnsTask, readColumns } from './read-columns.js';

/** Reads some fields of a file, beside the thread that reads the others, and ends. */
parentPort?.postMessage(readColumns(workerData as ColumnsTask));
