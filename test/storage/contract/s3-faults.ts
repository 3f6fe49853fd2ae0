import type { S3Fault, S3Proxy } from '../../support/s3-proxy.ts';
import type { FaultName, Kind, Step } from './rig.ts';

/** How long nothing may move in the suite. */
export const IDLE_MS = 500;
/** Fewer bytes than the smallest archive has. */
const SOME_BYTES = 2000;

/** In one request, and in parts of 5 MiB. */
export const S3_SIZES: Pick<Kind, 'sizes' | 'growingBytes'> = { sizes: [5000, 13_000_000], growingBytes: 23_000_000 };

export const WITHOUT_VERSIONS: Kind['cannot'] = {
  'lock an object': 'S3 locks objects of buckets with versions alone',
};

const REQUESTS: Record<Step, readonly string[]> = {
  send: ['PUT', 'PUT ?uploadId'],
  finish: ['PUT', 'POST ?uploadId'],
  ask: ['HEAD', 'GET ?versions', 'GET ?list-type', 'GET ?uploads'],
  fetch: ['GET'],
  remove: ['DELETE'],
};

function faultOf(fault: FaultName, step: Step): S3Fault {
  switch (fault) {
    case 'lose the answer':
      return { kind: 'lose-answer' };
    case 'answer a wrong checksum':
      return { kind: 'wrong-sums' };
    case 'stall':
      return step === 'fetch' ? { kind: 'stall-answer', afterBytes: SOME_BYTES } : { kind: 'stall' };
    case 'storm of 503':
      return { kind: 'refuse', status: 503, code: 'SlowDown' };
    case 'expire the credentials':
      return { kind: 'refuse', status: 400, code: 'ExpiredToken' };
    case 'revoke the credentials':
      return { kind: 'refuse', status: 403, code: 'InvalidAccessKeyId' };
    case 'cut the download':
      return { kind: 'cut-answer', afterBytes: SOME_BYTES };
    case 'fill the place':
      return { kind: 'refuse', status: 403, code: 'QuotaExceeded' };
  }
}

/** Lets the proxy before a service of S3 break what a step is made of. */
export function armProxy({ faults }: S3Proxy, fault: FaultName, step: Step, times: number): void {
  // The second of several parts: in the middle.
  const after = fault === 'expire the credentials' ? 1 : 0;
  for (const on of REQUESTS[step]) {
    faults.push({ on, times, fault: faultOf(fault, step), after: on === 'PUT ?uploadId' ? after : 0 });
  }
}
