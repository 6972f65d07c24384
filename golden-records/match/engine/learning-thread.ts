import { parentPort, workerData } from 'node:worker_threads';
import { type LearningTask, learnHere } from './learn.js';

/** Learns once, and ends when its parent has the answer. */
const learnt = await learnHere(workerData as LearningTask);
parentPort?.postMessage(learnt);
