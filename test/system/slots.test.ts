import { expect, test } from '@jest/globals';
import { createSlots } from '../../src/system/slots.ts';

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
