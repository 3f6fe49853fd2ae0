import { expect, test } from '@jest/globals';
import { guardDatabase } from '../../src/catalog/dialects/sqlite-guard.ts';
import { openSqlite } from '../../src/system/sqlite.ts';

test('each text is prepared once, and still right when the tables change', () => {
  const database = openSqlite(':memory:');
  const guarded = guardDatabase(
    database,
    (error) => error,
    () => {},
  );
  guarded.prepare('create table t (n int)').run([]);
  guarded.prepare('insert into t values (?)').run([7]);
  expect(guarded.prepare('select * from t')).toBe(guarded.prepare('select * from t'));
  expect(guarded.prepare('select * from t').all([])).toEqual([{ n: 7 }]);
  database.exec("alter table t add column word text default 'seven'");
  expect(guarded.prepare('select * from t').all([])).toEqual([{ n: 7, word: 'seven' }]);
  guarded.close();
});
