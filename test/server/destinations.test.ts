import { describe, expect, test } from '@jest/globals';
import { attempt, PgbakError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { DESTINATION_DEFAULTS, type DestinationRecord } from '../../src/server/destination-record.ts';
import { destinationsText, knownPlacesOf, placesOf, resolveDestinations } from '../../src/server/destination.ts';
import { readEnvironment, type Environment } from '../../src/server/environment.ts';
import { clashOf, parseServerInput } from '../../src/server/server-form.ts';
import { b2Source } from '../../src/server/settings.ts';
import { openPlace, storageOf, storageToPrune } from '../../src/server/storage-at.ts';
import { serverRecord } from '../support/server-record.ts';

const CATALOG = {
  id: 'catalog',
  places: {
    mark: async () => await Promise.resolve(undefined),
    noteMark: async () => {},
    expected: async () => await Promise.resolve([]),
  },
};

function named(name: string, place: string, changes: Partial<DestinationRecord> = {}): DestinationRecord {
  return { ...DESTINATION_DEFAULTS, id: 1, name, place, ...changes };
}

function environmentWith(
  destinations: readonly DestinationRecord[],
  variables: Record<string, string> = {},
): Environment {
  return { ...readEnvironment(variables), namedDestinations: destinations };
}

const OWN_KEYS = { b2KeyId: new Secret('own-id'), b2AppKey: new Secret('own-key') };
const B2 = { B2_KEY_ID: 'id', B2_APP_KEY: 'key', B2_BUCKET: 'usual' };

function problemOf(run: () => unknown): { message: string; hint: string | undefined } {
  const problem = attempt(run);
  if (!(problem instanceof PgbakError)) throw new Error('expected an error');
  return { message: problem.message, hint: problem.hint };
}

describe('a destination is', () => {
  test.each([
    ['b2', ['b2:usual']],
    ['b2:other', ['b2:other']],
    ['b2:other/hosts/one/', ['b2:other/hosts/one']],
    ['file:/srv/backups/', ['file:/srv/backups']],
    ['nas', ['file:/mnt/nas']],
  ])('%s: at %j', (text, places) => {
    const environment = environmentWith([named('nas', 'file:/mnt/nas')], B2);
    const server = serverRecord(parseServerInput({ destinations: [text] }));
    expect(placesOf(server, environment)).toEqual(places);
    expect(resolveDestinations(server, environment).map(({ place }) => place)).toEqual(places);
  });

  test.each(['b2:', 'b2:bucket//x', 'b2:bucket/../x', 'srv/backups', 'ftp://host'])('not %s', (text) => {
    expect(problemOf(() => parseServerInput({ destinations: [text] })).message).toMatch(/must be b2, s3:BUCKET/);
  });

  test('never given twice, and a name that is not known is told with those that are', () => {
    expect(problemOf(() => parseServerInput({ destinations: ['nas', 'nas'] })).message).toContain('given twice');
    const environment = environmentWith([named('offsite', 'b2:x'), named('nas', 'file:/mnt/nas')]);
    expect(problemOf(() => placesOf(serverRecord({ destinations: ['offsit'] }), environment))).toEqual({
      message: 'there is no destination of that name. Did you mean "offsite"?',
      hint: expect.stringContaining('Destinations: offsite, nas'),
    });
    // An application key in the wrong field is not repeated.
    const secret = problemOf(() => placesOf(serverRecord({ destinations: ['K0045f0571db506a'] }), environment));
    expect(`${secret.message} ${secret.hint}`).not.toContain('K004');
    expect(knownPlacesOf(serverRecord({ destinations: ['gone'] }), environment)).toEqual([]);
    expect(destinationsText(serverRecord({ destinations: ['gone'] }), environment)).toBe('gone');
  });
});

describe('of several destinations', () => {
  const environment = environmentWith([named('nas', 'file:/mnt/nas'), named('offsite', 'b2:far/away', OWN_KEYS)]);

  test('each has its own credentials, the primary one first', () => {
    const server = serverRecord({ destinations: ['offsite', 'file:/srv', 'nas'] });
    const resolved = resolveDestinations(server, environment);
    expect(resolved.map(({ name, place }) => [name, place])).toEqual([
      ['offsite', 'b2:far/away'],
      [undefined, 'file:/srv'],
      ['nas', 'file:/mnt/nas'],
    ]);
    const [{ destination }] = resolved;
    expect(destination).toMatchObject({ kind: 'b2', bucket: 'far', prefix: 'away' });
    expect(destination.kind === 'b2' && destination.keyId.reveal()).toBe('own-id');
    expect(destinationsText(server, environment)).toBe('offsite (b2:far/away), file:/srv, nas (file:/mnt/nas)');
  });

  test('all that is missing is told at once', () => {
    const lacking = environmentWith(
      [named('far', 'b2:far'), named('near', 'b2:near', { b2KeyId: new Secret('env:ID') })],
      {
        B2_APP_KEY: 'key',
      },
    );
    const { message } = problemOf(() =>
      resolveDestinations(serverRecord({ destinations: ['far', 'near', 'b2'] }), lacking),
    );
    expect(message).toContain('B2 settings of the destination far are missing: key id');
    expect(message).toContain('the B2 key id of the destination near refers to the environment variable ID');
    expect(message).toContain('B2 settings are missing: key id (--b2-key-id or B2_KEY_ID), bucket');
  });

  test('a record that cannot be read stops only what uses it', () => {
    const broken = environmentWith([
      named('nas', 'file:/mnt/nas', { unreadable: [{ column: 'keep_last', problem: 'is no number' }] }),
      named('other', 'file:/mnt/other'),
    ]);
    expect(problemOf(() => resolveDestinations(serverRecord({ destinations: ['nas'] }), broken))).toEqual({
      message: 'the record of the destination nas in the catalogue cannot be read: keep_last is no number',
      hint: 'Give it anew: pgbak destination edit nas --keep-last ...',
    });
    expect(resolveDestinations(serverRecord({ destinations: ['other'] }), broken)).toHaveLength(1);
  });
});

describe('two servers clash', () => {
  const environment = environmentWith([named('nas', 'file:/mnt/nas')], B2);
  test.each([
    [{ destinations: ['nas'] }, { destinations: ['file:/mnt/nas'] }],
    [{ destinations: ['b2:usual'] }, { destinations: [] }],
    [
      { destinations: ['b2:usual/hosts'], archiveName: 'shop' },
      { destinations: ['b2'], archiveName: 'hosts/shop' },
    ],
    [{ destinations: ['file:/srv'] }, { destinations: ['nas', 'file:/srv'] }],
  ])('%j and %j', (one, other) => {
    const others = [serverRecord({ id: 2, name: 'other', ...other })];
    expect(clashOf(serverRecord(one), others, environment)).toMatchObject({ name: 'archiveName' });
  });

  test('but not with one whose destination is not known, nor in another folder', () => {
    const others = [serverRecord({ id: 2, name: 'other', destinations: ['gone'] })];
    expect(clashOf(serverRecord({ destinations: ['nas'] }), others, environment)).toBeUndefined();
    const elsewhere = [serverRecord({ id: 2, name: 'other', destinations: ['b2:usual/x'] })];
    expect(clashOf(serverRecord({ destinations: ['b2'] }), elsewhere, environment)).toBeUndefined();
    const unknown = clashOf(serverRecord({ destinations: ['gone'] }), [], environment);
    expect(unknown).toMatchObject({
      name: 'destinations',
      problem: { message: 'there is no destination of that name' },
    });
  });
});

test('an old backup is reached with the keys of the destination of its place, unless the server itself names that place', async () => {
  const environment = environmentWith([named('far', 'b2:far', { b2AppKey: new Secret('env:UNSET') })], B2);
  const around = { catalog: CATALOG, environment };
  const opened = async (destinations: string[], place: string) =>
    (await storageOf({ place }, serverRecord({ destinations, ...OWN_KEYS }), around)).place;
  await expect(opened(['file:/srv'], 'b2:far')).rejects.toThrow('UNSET, which is not set');
  await expect(opened(['far'], 'b2:far')).rejects.toThrow('UNSET, which is not set');
  expect(await opened(['b2:far'], 'b2:far')).toBe('b2:far');
  expect(await opened(['far'], 'b2:usual')).toBe('b2:usual');
  expect((await openPlace(undefined, around)).place).toBe('b2:usual');
  await expect(openPlace('far', around)).rejects.toThrow('UNSET, which is not set');
  await expect(openPlace('b2:far', around)).rejects.toThrow('UNSET, which is not set');
});

test('prune takes the key of the destination, and that of the environment only where it has no key of its own', async () => {
  const pruned = async (record: Partial<DestinationRecord>) => {
    const environment = environmentWith([named('far', 'b2:far', record)], {
      ...B2,
      B2_PRUNE_KEY_ID: 'env:PRUNE_OF_ALL',
      B2_PRUNE_APP_KEY: 'x',
    });
    return await storageToPrune({ place: 'b2:far' }, serverRecord({ destinations: ['far'] }), {
      catalog: CATALOG,
      environment,
    });
  };
  await expect(pruned({})).rejects.toThrow('PRUNE_OF_ALL');
  expect((await pruned(OWN_KEYS)).place).toBe('b2:far');
  await expect(pruned({ b2PruneKeyId: new Secret('env:OWN_PRUNE'), b2PruneAppKey: new Secret('x') })).rejects.toThrow(
    'OWN_PRUNE',
  );
  await expect(pruned({ b2PruneKeyId: new Secret('id') })).rejects.toThrow('--b2-prune-app-key is missing');
});

test('where the B2 settings come from is told of the primary destination', () => {
  const environment = environmentWith([named('far', 'b2:far', OWN_KEYS)], B2);
  const source = (destinations: string[]) => b2Source(serverRecord({ destinations }), environment);
  expect(source([])).toBe('environment');
  expect(source(['b2'])).toBe('environment');
  expect(source(['b2:other'])).toBe('mixed');
  expect(source(['far'])).toBe('record');
  expect(source(['file:/srv', 'far'])).toBe('none');
});

test('two destinations that are one place are refused', () => {
  const environment = environmentWith([named('nas', 'file:/srv')]);
  const clash = clashOf(serverRecord({ destinations: ['nas', 'file:/srv'] }), [], environment);
  expect(clash?.problem.message).toBe('two of the destinations are the same place: file:/srv');
  expect(clashOf(serverRecord({ destinations: ['nas', 'file:/mnt'] }), [], environment)).toBeUndefined();
});
