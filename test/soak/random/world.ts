import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { startB2Server, type B2Server } from '../../support/b2-server/start.ts';
import { newAccount, type Account } from '../../support/pgbak.ts';
import { startCluster, type Cluster } from '../../support/postgres/start-cluster.ts';
import { CAN_MOUNT, mountSmallDisk } from '../../support/small-disk.ts';
import { fillDatabase } from './content.ts';
import { startPgbak, type Ended } from './start.ts';
import type { Blow } from './strike.ts';
import { newTally, type Tally } from './tally.ts';
import { demand } from './violation.ts';

/** A server as the soak set it up; what `edit` changes in it is noted here as well. */
export interface SoakServer {
  name: string;
  database: string;
  place: 'directory' | 'b2';
  flags: Record<string, string>;
  /** So many good backups stay at least, whatever is pruned; undefined where no rule removes any. */
  keptAtLeast: number | undefined;
  prunesItself: boolean;
  /** The variable that holds its archive password. */
  password: string | undefined;
}

/** The real parts: a cluster, an account with its directory, a B2 server, small disks where they can be mounted. */
export interface World extends AsyncDisposable {
  cluster: Cluster;
  b2: B2Server;
  account: Account;
  servers: SoakServer[];
  directory: string;
  /** Where the directory lies, on a disk of its own; undefined where this process may not mount one. */
  directoryDisk: string | undefined;
  /** A disk that is soon full; undefined likewise. */
  tinyDisk: string | undefined;
  /** Where the catalogue lies; undefined likewise. */
  catalogDisk: string | undefined;
  tally: Tally;
  /** What may be printed nowhere and stand in no file. */
  secrets: readonly string[];
  /** The connection string of a database, as a variable for `env:`. */
  urlOf(database: string): string;
  pgbak(args: readonly string[], more?: { env?: Record<string, string>; blow?: Blow | undefined }): Promise<Ended>;
  addServer(server: SoakServer): Promise<void>;
}

export const BUCKET = 'soak-bucket';
export const SOAK_ROLE = 'soak';
const DIRECTORY_DISK_BYTES = 64_000_000;
export const TINY_DISK_BYTES = 160 * 1024;
const CATALOG_DISK_BYTES = 32_000_000;
const TARGET = 'SOAK_TARGET';

export const variableOf = (database: string) => `SOAK_URL_${database.toUpperCase()}`;

/** The variable of the database into which backups are restored. */
export const target = { variable: TARGET, database: 'soak_restored' };

const SERVERS: readonly SoakServer[] = [
  {
    name: 'shop',
    database: 'shop',
    place: 'directory',
    flags: { 'keep-last': '3', 'auto-prune': '' },
    keptAtLeast: 3,
    prunesItself: true,
    password: 'SOAK_PASSWORD_A',
  },
  {
    name: 'diary',
    database: 'diary',
    place: 'directory',
    flags: { format: 'binary', compression: 'zstd:3', 'count-rows': '' },
    keptAtLeast: undefined,
    prunesItself: false,
    password: undefined,
  },
  {
    name: 'ledger',
    database: 'ledger',
    place: 'b2',
    flags: { format: 'binary', 'keep-last': '4', 'include-globals': '' },
    keptAtLeast: 4,
    prunesItself: false,
    password: 'SOAK_PASSWORD_B',
  },
  {
    name: 'notes',
    database: 'notes',
    place: 'b2',
    flags: { compression: 'none', 'archive-name': 'deep/er/notes', 'keep-daily': '1', 'auto-prune': '' },
    keptAtLeast: 1,
    prunesItself: true,
    password: 'SOAK_PASSWORD_A',
  },
];

type Parts = (Disposable | AsyncDisposable)[];

/** Starts all of it, fills the databases and adds the servers. */
export async function startWorld(seed: number): Promise<World> {
  const parts: Parts = [];
  const endAll = async () => {
    for (const part of parts.splice(0).toReversed()) {
      if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
      else part[Symbol.dispose]();
    }
  };
  try {
    return { ...(await build(seed, parts)), [Symbol.asyncDispose]: endAll };
  } catch (error) {
    await endAll();
    throw error;
  }
}

async function build(seed: number, parts: Parts): Promise<Omit<World, typeof Symbol.asyncDispose>> {
  const use = <Part extends Disposable | AsyncDisposable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const cluster = use(await startCluster());
  const secret = (of: string) => `soak-secret-${of}-${(seed >>> 0).toString(16)}-q7x`;
  const role = { user: SOAK_ROLE, password: secret('database') };
  await cluster.sql('postgres', `create role soak superuser login password '${role.password}'`);
  const b2 = use(await startB2Server({ recommendedPartSize: 100_000, absoluteMinimumPartSize: 50_000 }));
  const bucket = b2.createBucket(BUCKET);
  const key = b2.createKey({ bucketId: bucket.id });
  const secrets = [role.password, secret('a'), secret('b'), key.key];
  const account = use(
    newAccount({
      B2_API_URL: b2.url,
      B2_KEY_ID: key.id,
      B2_APP_KEY: key.key,
      B2_BUCKET: BUCKET,
      PGBAK_CATALOG_COPY: 'on',
      PGBAK_SCRATCH_URL: cluster.url('postgres', role),
      SOAK_PASSWORD_A: secret('a'),
      SOAK_PASSWORD_B: secret('b'),
      [TARGET]: cluster.url(target.database, role),
      ...Object.fromEntries(SERVERS.map(({ database }) => [variableOf(database), cluster.url(database, role)])),
    }),
  );
  const mounted = (name: string, sizeBytes: number) =>
    CAN_MOUNT ? use(mountSmallDisk(account.folder.at(name), sizeBytes)).path : undefined;
  const directoryDisk = mounted('disk', DIRECTORY_DISK_BYTES);
  const tinyDisk = mounted('tiny', TINY_DISK_BYTES);
  const catalogDisk = CAN_MOUNT
    ? use(mountSmallDisk(dirname(account.catalogPath), CATALOG_DISK_BYTES)).path
    : undefined;
  const tally = newTally();
  const directory = directoryDisk === undefined ? account.folder.at('backups') : `${directoryDisk}/backups`;
  mkdirSync(directory);
  const world: Omit<World, typeof Symbol.asyncDispose> = {
    cluster,
    b2,
    account,
    servers: SERVERS.map((server) => ({ ...server, flags: { ...server.flags } })),
    directory,
    directoryDisk,
    tinyDisk,
    catalogDisk,
    tally,
    secrets,
    urlOf: (database) => `env:${variableOf(database)}`,
    pgbak: async (args, { env = {}, blow } = {}) =>
      await startPgbak(args, { ...account.env, ...env }, secrets, tally, blow),
    addServer: async (server) => {
      const flags = {
        name: server.name,
        'connection-string': `env:${variableOf(server.database)}`,
        destination: server.place === 'b2' ? 'b2' : `file:${directory}`,
        ...(server.password === undefined ? {} : { 'archive-password': `env:${server.password}` }),
        ...server.flags,
      };
      const words = Object.entries(flags).map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`));
      const { status, stderr } = await world.pgbak(['add', '--no-check', ...words]);
      demand(status === 0, `pgbak add of ${server.name} ended with ${status}: ${stderr}`);
    },
  };
  for (const [index, { database }] of SERVERS.entries()) await fillDatabase(cluster, database, 150 + 150 * index);
  for (const server of world.servers) await world.addServer(server);
  return world;
}
