import { backUp, prune, type Scene } from './backing-up.ts';
import { restore, verify, writeFile } from './bringing-back.ts';
import { chanceOfStep, type Chance } from './chance.ts';
import { editDatabase, editServer, forgetServer, harmArchive } from './changing.ts';
import { backUpInPeace, judgeTheEnd } from './ending.ts';
import { newModel } from './model.ts';
import { Violation } from './violation.ts';
import { startWorld } from './world.ts';

export interface SoakOptions {
  seed: number;
  /** No action begins after this. */
  minutes: number;
  /** No more actions than that. */
  actions?: number;
  /** Hears of every action once it has ended. */
  tell: (line: string) => void;
}

export interface Soaked {
  actions: number;
  /** Actions, troubles and what was struck in which phase, each with how often. */
  table: string[];
}

type Action = (scene: Scene, chance: Chance, step: number) => void | Promise<void>;

async function run(scene: Scene, chance: Chance, step: number): Promise<void> {
  await backUp(scene, chance, step);
}

/** How often each comes, as a share of their sum. */
const ACTIONS: readonly (readonly [number, Action])[] = [
  [34, run],
  [14, editDatabase],
  [7, harmArchive],
  [11, prune],
  [10, verify],
  [11, restore],
  [5, writeFile],
  [6, editServer],
  [2, forgetServer],
];

function actionFor(chance: Chance): Action {
  let left = chance.below(ACTIONS.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, action] of ACTIONS) {
    left -= weight;
    if (left < 0) return action;
  }
  throw new Error('the weights do not add up');
}

/**
 * Does random things to a few databases, their backups and pgbak itself, and holds what comes of it against a simple model.
 * The same seed makes the same actions in the same order; how far each had come when it was struck is the machine's.
 *
 * @returns what was done
 * @throws Violation at the first promise that does not hold
 */
export async function soak({ seed, minutes, actions = Number.POSITIVE_INFINITY, tell }: SoakOptions): Promise<Soaked> {
  await using world = await startWorld(seed);
  const until = Date.now() + minutes * 60_000;
  let line: string[] = [];
  const scene: Scene = { world, model: newModel(world), say: (words) => void line.push(words) };
  const perform = async (step: number | 'end', work: () => void | Promise<void>) => {
    line = [];
    const began = Date.now();
    try {
      await work();
    } catch (error) {
      throw error instanceof Violation ? new Violation(`at ${step}: ${error.message}`) : error;
    } finally {
      tell(`${step} (${((Date.now() - began) / 1000).toFixed(1)} s): ${line.join('; ')}`);
    }
  };
  let step = 0;
  while (step < actions && Date.now() < until) {
    step += 1;
    const chance = chanceOfStep(seed, step);
    // A soak begins with something to lose.
    const action = step === 1 ? backUpInPeace : actionFor(chance);
    world.tally.add('action', action.name);
    await perform(step, async () => await action(scene, chance, step));
  }
  await perform('end', async () => await judgeTheEnd(scene));
  return { actions: step, table: world.tally.lines() };
}
