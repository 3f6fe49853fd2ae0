import { expect, test } from '@jest/globals';
import { elsewhere, missingInWords } from '../../src/backup/copies-in-words.ts';

const held = (place: string) => ({ place, objectId: 'id' });

test('how a backup is told that is in several places, and that is not', () => {
  expect(elsewhere([held('b2:one')])).toBe('');
  expect(elsewhere([held('b2:one'), held('file:/two')])).toBe(' and in another place');
  expect(elsewhere([held('b2:one'), held('file:/two'), held('file:/three')])).toBe(' and in 2 other places');
  expect(elsewhere([held('b2:one'), { place: 'file:/two', error: 'no' }])).toBe('');
  expect(missingInWords([held('b2:one'), held('file:/two')])).toBeUndefined();
  expect(missingInWords([held('b2:one'), { place: 'file:/two', error: 'it is full' }, { place: 'b2:three' }])).toBe(
    'stored in 1 of 3 places: file:/two: it is full; b2:three: it was not stored',
  );
});
