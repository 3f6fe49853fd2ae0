import { expect } from '@jest/globals';
import { b2Place } from './open-b2.ts';
import { keepsToTheContract } from './contract.ts';

keepsToTheContract(
  'B2',
  async () => {
    const place = await b2Place();
    return {
      storage: place.open(),
      [Symbol.asyncDispose]: async () => {
        expect(place.server.unfinished()).toEqual([]);
        expect(place.server.violations).toEqual([]);
        await place[Symbol.asyncDispose]();
      },
    };
  },
  // In one request, and in parts of 5 MB.
  [5000, 23_000_000],
);
