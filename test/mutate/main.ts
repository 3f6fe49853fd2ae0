import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { locate, mutated, type LocatedMutation } from './locate.ts';
import { MUTATIONS } from './mutations.ts';
import { trialTree, type TrialTree } from './trial-tree.ts';

// `npm run mutate`: breaks lines of src on purpose, one mutation at a time, in a copy of the working tree, and shows which
// the tests catch. `-- FILE...` takes the mutations of these files alone (a part of a mutation's name does as well), and
// `-- --list` only shows them. Exits 1 when a mutation survives.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const print = (line: string) => void process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({ options: { list: { type: 'boolean' } }, allowPositionals: true });
const all = locate(ROOT, MUTATIONS);
const isMeant = ({ file, name }: LocatedMutation) =>
  positionals.length === 0 || positionals.some((word) => file === word || name.includes(word));
const chosen = all.filter((mutation) => isMeant(mutation));
if (chosen.length === 0) throw new Error(`no mutation is of ${positionals.join(' or ')}; see -- --list`);

if (values.list === true) for (const { file, name } of chosen) print(`${file}: ${name}`);
else process.exitCode = await tryAll(chosen);

async function tryAll(mutations: readonly LocatedMutation[]): Promise<number> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`ended by ${name}`)));
  }
  const rows: string[] = [];
  let survivors = 0;
  {
    using tree = trialTree(ROOT, controller.signal);
    const green = new Set<string>();
    for (const mutation of mutations) {
      await expectGreen(tree, mutation, green);
      const before = tree.exchange(mutation.file, (text) => mutated(text, mutation));
      await tree.build();
      const { failed } = await tree.runTests(mutation.tests, mutation.only);
      tree.exchange(mutation.file, () => before);
      const [first] = failed;
      if (first === undefined) survivors += 1;
      rows.push(
        `${first === undefined ? 'SURVIVED' : 'caught  '}  ${mutation.name}${first === undefined ? '' : `, by: ${first}`}`,
      );
      print(rows.at(-1) ?? '');
    }
  }
  print(`\n${rows.join('\n')}\n\n${mutations.length - survivors} caught, ${survivors} survived`);
  return survivors === 0 ? 0 : 1;
}

/** A test that fails anyway catches nothing. */
async function expectGreen(tree: TrialTree, { tests, only }: LocatedMutation, green: Set<string>): Promise<void> {
  const key = [...tests, only].join('\n');
  if (green.has(key)) return;
  await tree.build();
  const { passed, failed, output } = await tree.runTests(tests, only);
  if (failed.length > 0 || passed === 0) {
    throw new Error(`without any mutation ${failed.length} fail and ${passed} pass of ${tests.join(', ')}:\n${output}`);
  }
  green.add(key);
}
