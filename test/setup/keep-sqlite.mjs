// Loaded into jest and its workers before anything else: never lets an object of better-sqlite3 be collected, which aborts
// Node 24.19 and later (src/system/sqlite.ts says why). There it would be when a test file ends, with all that it had loaded;
// only what lies outside of jest's sandbox stays.
import { createRequire } from 'node:module';

const { Database } = createRequire(import.meta.url)('better-sqlite3/build/Release/better_sqlite3.node');
const kept = new Set();
for (const name of ['prepare', 'exec', 'close']) {
  const method = Database.prototype[name];
  Database.prototype[name] = function (...args) {
    const result = method.apply(this, args);
    kept.add(this).add(result);
    return result;
  };
}
