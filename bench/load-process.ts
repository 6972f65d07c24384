import autocannon, { type LoadRequest } from 'autocannon';
import { childOptions, serveParent } from './child.js';

export interface LoadOptions {
  readonly connections: number;
}

export interface LoadQuestion {
  readonly url: string;
  readonly seconds: number;
  readonly requests: readonly LoadRequest[];
}

export interface LoadAnswer {
  readonly perSecond: number;
  readonly requests: number;
  readonly bytesPerAnswer: number;
}

const { connections } = childOptions<LoadOptions>();

serveParent<LoadQuestion>({}, async ({ url, seconds, requests }): Promise<LoadAnswer> => {
  const result = await autocannon({ url, connections, duration: seconds, requests });
  const { total } = result.requests;
  if (result.non2xx > 0 || result.errors > 0 || total === 0) {
    throw new Error(`${result.non2xx} refused, ${result.errors} failed, of ${total} requests to ${url}`);
  }
  return { perSecond: total / result.duration, requests: total, bytesPerAnswer: result.throughput.total / total };
});
