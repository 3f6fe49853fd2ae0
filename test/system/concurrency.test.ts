import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSlots, createSlotsFor, mapConcurrently } from '../../src/system/concurrency.ts';

test('never more at once than allowed, of one key either, and all of them once', async () => {
  const items = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), steps: fc.nat(5) }), { maxLength: 20 });
  const limits = fc.record({ jobs: fc.integer({ min: 1, max: 5 }), perKey: fc.integer({ min: 1, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(items, limits, async (all, { jobs, perKey }) => {
      const numbered = all.map((item, number) => ({ ...item, number }));
      const running: { key: string; number: number }[] = [];
      const begun: number[] = [];
      let most = 0;
      const results = await mapConcurrently(numbered, { jobs, perKey, keyOf: ({ key }) => key }, async (item) => {
        begun.push(item.number);
        running.push(item);
        most = Math.max(most, running.length);
        expect(running.length).toBeLessThanOrEqual(jobs);
        expect(running.filter(({ key }) => key === item.key).length).toBeLessThanOrEqual(perKey);
        for (let step = 0; step < item.steps; step += 1) await Promise.resolve();
        running.splice(running.indexOf(item), 1);
        return item.number;
      });
      expect(results).toEqual(numbered.map(({ number }) => number));
      expect(begun.toSorted((a, b) => a - b)).toEqual(results);
      // As many as may be are under way where nothing forbids it.
      if (perKey >= jobs && numbered.every(({ steps }) => steps === 5)) expect(most).toBe(Math.min(jobs, all.length));
      if (jobs === 1) expect(begun).toEqual(results);
    }),
    { numRuns: 500 },
  );
});

const never = new AbortController().signal;

test('so many hold a slot at once, and the next comes in when one is given back', async () => {
  const slots = createSlots(2);
  const order: string[] = [];
  const first = await slots.take(never);
  await slots.take(never);
  const third = slots.take(never).then(() => order.push('third'));
  const fourth = slots.take(never).then(() => order.push('fourth'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(order).toEqual([]);
  first[Symbol.dispose]();
  await third;
  expect(order).toEqual(['third']);
  void fourth;
});

test('slots of one key keep nobody waiting for those of another', async () => {
  const slotsFor = createSlotsFor(1);
  const first = await slotsFor('slow').take(never);
  await slotsFor('quick').take(never);
  const second = slotsFor('slow').take(never);
  first[Symbol.dispose]();
  await second;
});

test('who is interrupted while waiting leaves the queue to the others', async () => {
  const slots = createSlots(1);
  const first = await slots.take(never);
  const controller = new AbortController();
  const interrupted = slots.take(controller.signal);
  const patient = slots.take(never);
  controller.abort(new Error('ctrl-c'));
  await expect(interrupted).rejects.toThrow('ctrl-c');
  first[Symbol.dispose]();
  (await patient)[Symbol.dispose]();
  await expect(slots.take(controller.signal)).rejects.toThrow('ctrl-c');
  await slots.take(never);
});
