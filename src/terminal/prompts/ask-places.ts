import { checkbox, select } from '@inquirer/prompts';
import { printable } from '../../core/printable.ts';
import { isDestinationName } from '../../server/destination-name.ts';
import type { Environment } from '../../server/environment.ts';
import {
  DEFAULT_PLACE,
  directoryAt,
  directoryPlace,
  parsePlace,
  remoteAt,
  remotePlace,
  s3Place,
  type Place,
} from '../../storage/place.ts';
import { promptContext } from '../../system/interruption.ts';
import { anyOf, badBucket, badDirectory, badRemote, needed } from './ask-fields.ts';
import { fieldPrompt } from './field-prompt.ts';
import { fittedChoice, fittedLines } from './fitted.ts';

const QUESTION = 'Store the archives in';

const KINDS: readonly { value: Place['kind']; name: string; short: string }[] = [
  { value: 'b2', short: 'B2', name: 'Backblaze B2' },
  { value: 'directory', short: 'a directory', name: 'a directory of this machine' },
  { value: 'rclone', short: 'rclone', name: 'a remote of rclone (SFTP, a NAS, Google Drive, ...)' },
  { value: 's3', short: 'S3', name: 'an S3 bucket (AWS, R2, MinIO, Ceph, ...)' },
];
const SEVERAL = 'several';

/**
 * Asks for the places of a server's archives: names of destinations, and places that are typed, the primary one first.
 *
 * @param current what stands there; none for a new server whose environment names no place
 * @param isCorrected the only place, which was typed, will not do: it alone is asked for again
 */
export async function askPlaces(
  current: readonly string[],
  { namedDestinations }: Pick<Environment, 'namedDestinations'>,
  isCorrected: boolean,
): Promise<readonly string[]> {
  const [only = DEFAULT_PLACE, ...others] = current;
  const kind = kindOf(only);
  if (isCorrected && others.length === 0 && kind !== undefined && kind !== 'b2') return [await askPlace(kind, only)];
  if (namedDestinations.length > 0 || others.length > 0) return await askSeveral(current, namedDestinations);
  const choice = await select<Place['kind'] | typeof SEVERAL>(
    {
      message: QUESTION,
      choices: [...KINDS, { value: SEVERAL, name: 'several places, a copy in each', short: 'several places' }],
      default: kind ?? 'b2',
    },
    promptContext(),
  );
  if (choice === SEVERAL) return await askSeveral(current, namedDestinations);
  return [choice === 'b2' && kind === 'b2' ? only : await askPlace(choice, only)];
}

async function askSeveral(
  current: readonly string[],
  named: Environment['namedDestinations'],
): Promise<readonly string[]> {
  const placeOf = new Map(named.map(({ name, place }) => [name, place]));
  const others = named.map(({ name }) => name).filter((name) => !current.includes(name));
  const marked = new Set(current);
  const choices = [...current, ...others].map((text) => {
    const place = placeOf.get(text);
    const bare = text === DEFAULT_PLACE ? 'Backblaze B2' : text;
    const name = place === undefined ? bare : `${text}, which is ${place}`;
    return { value: text, name: fittedChoice(printable(name)), short: printable(text), checked: marked.has(text) };
  });
  // A value with a colon at its beginning is neither a name nor a place.
  const kinds = KINDS.filter(({ value }) => value !== 'b2' || !current.includes(DEFAULT_PLACE)).map(
    ({ value, name, short }) => ({
      value: `:${value}`,
      name: fittedChoice(choices.length === 0 ? name : `another place: ${name}`),
      short,
    }),
  );
  const chosen = await checkbox<string>(
    {
      message: QUESTION,
      choices: [...choices, ...kinds],
      validate: (items) =>
        items.length > 0 || fittedLines('Mark one place or several with the space bar, then press Enter.'),
      shortcuts: { all: null, invert: null },
      pageSize: 12,
      loop: false,
      theme: {
        style: { keysHelpTip: () => fittedLines('The space bar marks a place, Enter goes on. Each gets a copy.') },
      },
    },
    promptContext(),
  );
  const places: string[] = [];
  for (const text of chosen) {
    const kind = KINDS.find(({ value }) => text === `:${value}`)?.value;
    if (kind === undefined) {
      places.push(text);
      continue;
    }
    // One that was unmarked is most likely to be corrected.
    const before = current.find((one) => !chosen.includes(one) && kindOf(one) === kind);
    places.push(await askPlace(kind, before, places));
  }
  const [only, ...rest] = places;
  if (only === undefined || rest.length === 0 || (places[0] === current[0] && current.length > 1)) return places;
  return await primaryFirst(places);
}

/** Restores read the primary place first. */
async function primaryFirst(places: readonly string[]): Promise<readonly string[]> {
  const primary = await select(
    {
      message: 'Primary place, which a restore reads first',
      choices: places.map((value) => ({ value, name: fittedChoice(printable(value)) })),
    },
    promptContext(),
  );
  return [primary, ...places.filter((place) => place !== primary)];
}

function kindOf(text: string): Place['kind'] | undefined {
  return isDestinationName(text) ? undefined : parsePlace(text).kind;
}

/** Asks for a place of a kind. */
async function askPlace(
  kind: Place['kind'],
  before: string | undefined,
  others: readonly string[] = [],
): Promise<string> {
  const prefill = before !== undefined && kindOf(before) === kind ? before : undefined;
  if (kind === 'b2') return DEFAULT_PLACE;
  const twice = (toPlace: (text: string) => string) => (text: string) =>
    others.includes(toPlace(text)) ? 'this place is in the list already: name another one' : undefined;
  if (kind === 'rclone') {
    const remote = await fieldPrompt({
      message: 'Remote and path',
      example: 'nas:backups',
      problemOf: anyOf(needed, badRemote, twice(remotePlace)),
      ...(prefill === undefined ? {} : { prefill: remoteAt(prefill) ?? '' }),
    });
    return remotePlace(remote);
  }
  if (kind === 's3') {
    const bucket = await fieldPrompt({
      message: 'Bucket, and a prefix where it is shared',
      example: 'my-bucket or my-bucket/backups',
      problemOf: anyOf(needed, badBucket, twice(s3Place)),
      ...(prefill === undefined ? {} : { prefill: prefill.slice('s3:'.length) }),
    });
    return s3Place(bucket);
  }
  const directory = await fieldPrompt({
    message: 'Directory',
    example: '/srv/backups',
    problemOf: anyOf(needed, badDirectory, twice(directoryPlace)),
    ...(prefill === undefined ? {} : { prefill: directoryAt(prefill) ?? prefill }),
  });
  return directoryPlace(directory);
}
