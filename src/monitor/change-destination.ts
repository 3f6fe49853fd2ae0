import type { Context } from '../core/context.ts';
import { ConfigError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { bringAlong } from '../restore/moved-directory.ts';
import {
  unreadableDestination,
  OF_DESTINATION,
  type DestinationChanges,
  type DestinationFields,
  type DestinationRecord,
} from '../server/destination-record.ts';
import { recordNamed } from '../server/destination.ts';
import { RULE_NAMES, rulesInWords } from '../server/retention-rules.ts';
import { clashOf } from '../server/server-form.ts';

/** The destination of a name. Throws a `ConfigError` that leads to the nearest one. */
export function findDestination(
  name: string | undefined,
  { environment }: Pick<Context, 'environment'>,
  usage: string,
): DestinationRecord {
  if (name === undefined) throw new ConfigError('no destination was named', `For example: ${usage}`);
  return recordNamed(name, environment);
}

/** What cannot be read and is not given anew: an edit would store something that the user did not ask for. */
export function refuseUnmendedDestination(today: DestinationRecord, changes: DestinationChanges): void {
  const given = new Set(
    Object.entries(OF_DESTINATION).flatMap(([name, { column }]) => (name in changes ? [column] : [])),
  );
  const left = (today.unreadable ?? []).filter(({ column }) => !given.has(column));
  const problem = unreadableDestination({ ...today, unreadable: left });
  if (problem !== undefined) throw problem;
}

/** Refuses another place of a destination where that would mix the archives of two servers. */
export async function refuseMixing(
  today: DestinationRecord,
  fields: DestinationFields,
  { catalog, environment }: Pick<Context, 'catalog' | 'environment'>,
): Promise<void> {
  const namedDestinations = environment.namedDestinations.map((one) =>
    one.id === today.id ? { id: one.id, ...fields, name: one.name } : one,
  );
  const servers = await catalog.servers.list();
  for (const server of servers.filter(({ destinations }) => destinations.includes(today.name))) {
    const others = servers.filter(({ id }) => id !== server.id);
    const clash = clashOf(server, others, { ...environment, namedDestinations });
    if (clash?.name === 'archiveName')
      throw new ConfigError(`${server.name}: ${clash.problem.message}`, 'Choose another place.');
  }
}

/**
 * Stores another place of a destination, and all else that changed. A directory that was moved brings its backups along; any other place
 * must be empty, as far as pgbak knows, since nothing would lead to its backups any more.
 */
export async function storeDestinationEdit(
  today: DestinationRecord,
  fields: DestinationFields,
  context: Context,
): Promise<string[]> {
  const { catalog } = context;
  const lines = fields.place === today.place ? [] : await bringAlong(fields.place, context);
  if (fields.place !== today.place) {
    const held = await catalog.places.held(today.place);
    if (held.length > 0) {
      throw new ConfigError(
        `${formatCount(held.length, 'backup')} ${held.length === 1 ? 'is' : 'are'} recorded in ${today.place}`,
        `Add another destination, and give it to the servers: pgbak destination add NAME ${quoted(fields.place)}`,
      );
    }
    await catalog.places.forgetMissing(today.place);
  }
  await catalog.destinations.update(today, fields);
  return lines;
}

/** What rules of retention mean that a destination got, or lost. */
export function rulesInEffect(before: Partial<DestinationFields>, after: DestinationFields): string[] {
  if (RULE_NAMES.every((rule) => before[rule] === after[rule])) return [];
  const rules = rulesInWords(after);
  const effect =
    rules === undefined
      ? `${after.name} has no rules of its own any more. The rules of each server apply there.`
      : `Of each server, prune keeps ${rules} in ${after.name}. The server's own rules do not apply there.`;
  return [effect, 'To see what would be removed: pgbak prune --dry-run'];
}

/** The document of `destination del --json`. */
export interface DeletedDestination {
  name: string;
  place: string;
  /** So many backups were given up in its place. */
  forgotten: number;
}

/**
 * Forgets a destination. Refused while servers refer to it, and while backups are recorded in its place unless these are to be given
 * up. Nothing changes in storage.
 */
export async function deleteDestination(
  record: DestinationRecord,
  isForgetting: boolean,
  { catalog, clock }: Pick<Context, 'catalog' | 'clock'>,
): Promise<DeletedDestination> {
  const { id, name, place } = record;
  const users = (await catalog.servers.list()).filter(({ destinations }) => destinations.includes(name));
  const [user] = users;
  if (user !== undefined) {
    throw new ConfigError(
      `${users.map((one) => one.name).join(', ')} ${users.length === 1 ? 'stores its' : 'store their'} backups in ${name}`,
      `Give another destination first: pgbak edit ${quoted(user.name)} --destination file:/other/dir`,
    );
  }
  const held = await catalog.places.held(place);
  if (held.length > 0 && !isForgetting) {
    throw new ConfigError(
      `${formatCount(held.length, 'backup')} ${held.length === 1 ? 'is' : 'are'} recorded in ${place}, and could not be reached without ${name}`,
      `To give up what is there: pgbak destination del ${name} --forget`,
    );
  }
  const forgotten = held.length === 0 ? 0 : await catalog.places.giveUp(place, clock.now());
  await catalog.places.forgetMissing(place);
  await catalog.destinations.remove(id);
  return { name, place, forgotten };
}
