import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { openSqlite } from '../../src/system/sqlite.ts';

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
