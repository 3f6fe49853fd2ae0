import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { openSqlite, preparingOnce } from '../../src/system/sqlite.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('nothing of a file is collected as garbage, also when it is closed', async () => {
  const make = () => {
    const database = openSqlite(':memory:');
    const statement = database.prepare('select 1');
    database.close();
    return [database, statement, {}].map((one) => new WeakRef(one));
  };
  const [database, statement, garbage] = make();
  // What was just made stays until the turn is over.
  await nextTurn();
  collect();
  expect(garbage?.deref()).toBeUndefined();
  expect(database?.deref()).toBeDefined();
  expect(statement?.deref()).toBeDefined();
});

test('each text is prepared once, and still right when the tables change', () => {
  const database = openSqlite(':memory:');
  const { prepare, close } = preparingOnce(database);
  prepare('create table t (n int)').run();
  prepare('insert into t values (?)').run(7);
  expect(prepare('select * from t')).toBe(prepare('select * from t'));
  expect(prepare('select * from t').all()).toEqual([{ n: 7 }]);
  database.exec("alter table t add column word text default 'seven'");
  expect(prepare('select * from t').all()).toEqual([{ n: 7, word: 'seven' }]);
  close();
});
