import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { soak } from './random/soak.ts';
import { Violation } from './random/violation.ts';

// `npm run soak:random -- --minutes 30 [--seed N] [--actions N] [--all]`: random backups, kills, full disks, damage, edits
// and prunes against a model of what must be restorable. Ends with 1 at the first promise that does not hold. Root may
// mount the small disks; without it nothing is full. `--all` prints every action, not only the last ones of a failure.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    actions: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
const TAIL = 25;
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) throw new Error('--seed is a whole number, --minutes more than 0');

const print = (line: string) => void process.stdout.write(`${line}\n`);
print(`seed ${seed}`);
const lines: string[] = [];
try {
  const { actions, table } = await soak({
    seed,
    minutes,
    ...(values.actions === undefined ? {} : { actions: Number(values.actions) }),
    tell: (line) => {
      lines.push(line);
      if (values.all) print(line);
    },
  });
  table.forEach((row) => print(row));
  print(`${actions} actions; ${lines.at(-1) ?? ''}`);
  print('nothing lost, nothing unlisted left, no false success, no secret');
} catch (error) {
  if (!values.all) lines.slice(-TAIL).forEach((line) => print(line));
  print(
    `seed ${seed}: ${error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)}`,
  );
  process.exitCode = 1;
}
