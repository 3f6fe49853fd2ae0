import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutation } from './mutations.ts';

/** A mutation whose texts were found. */
export interface LocatedMutation extends Mutation {
  /** Relative to the root of the repository. */
  file: string;
}

/** Finds the file of each mutation. Throws where a text does not stand exactly once in `src`: the table is out of step. */
export function locate(root: string, mutations: readonly Mutation[]): LocatedMutation[] {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ file: join('src', name), text: readFileSync(join(root, 'src', name), 'utf8') }));
  const placesOf = (find: string) => sources.flatMap(({ file, text }) => Array(text.split(find).length - 1).fill(file));
  const problems: string[] = [];
  const located = mutations.map((mutation) => {
    const places = mutation.edits.map(([find]) => ({ find, files: placesOf(find) }));
    for (const { find, files } of places) {
      if (files.length === 1) continue;
      problems.push(`${mutation.name}: stands ${files.length} times in src, not once: ${find} ${files.join(' ')}`);
    }
    const files = [...new Set<string>(places.flatMap((place) => place.files))];
    if (files.length > 1) problems.push(`${mutation.name}: stands in several files: ${files.join(', ')}`);
    return { ...mutation, file: files[0] ?? '' };
  });
  if (problems.length > 0) throw new Error(`bring test/mutate/mutations.ts up to date:\n${problems.join('\n')}`);
  return located;
}

/** The text of a file with the mutation in it. */
export function mutated(text: string, { edits }: Mutation): string {
  return edits.reduce((changed, [find, replacement]) => changed.replace(find, () => replacement), text);
}
