import { expect, test } from '@jest/globals';
import { keepLines } from '../../src/system/program-output.ts';

test('lines are cut wherever chunks end, and cleaned whole', () => {
  const seen: string[] = [];
  const lines = keepLines(
    (line) => line.replaceAll('s3cret', '[hidden]'),
    (line) => seen.push(line),
  );
  const bytes = Buffer.from('first größe s3cret\nprogress 1%\b\b\b2%\rlast without an end s3c');
  for (const byte of bytes) lines.write(Buffer.from([byte]));
  lines.write(Buffer.from('ret'));
  expect(seen).toEqual(['first größe s3cret', 'progress 1%', '2%']);
  expect(lines.tail()).toBe('first größe [hidden]\nprogress 1%\n2%\nlast without an end [hidden]');
  expect(lines.rawTail().reveal()).toBe('first größe s3cret\nprogress 1%\n2%\nlast without an end s3cret');
});

test('only the last lines of a flood are kept', () => {
  const lines = keepLines((line) => line);
  for (let n = 0; n < 100_000; n += 1) lines.write(Buffer.from(`line ${n}\n`));
  expect(lines.tail().length).toBeLessThan(9000);
  expect(lines.tail().endsWith('line 99999')).toBe(true);
  lines.write(Buffer.alloc(5_000_000, 'x'));
  lines.write(Buffer.from('\nlast\n'));
  expect(lines.tail().endsWith('last')).toBe(true);
  expect(lines.tail().length).toBeLessThan(13_000);
});
