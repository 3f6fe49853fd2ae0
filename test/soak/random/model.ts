import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { demand } from './violation.ts';
import { BUCKET, type SoakServer, type World } from './world.ts';

/** A backup that was called good. */
export interface KnownBackup {
  id: number;
  server: string;
  place: 'directory' | 'b2';
  objectId: string;
  /** It must come back with one of these: an edit while it ran may be in it or not. */
  contents: readonly string[];
  password: string | undefined;
  /**
   * `damaged`: we changed bytes of it. `taken`: we deleted or renamed it. `pruned`: a rule let pgbak remove it. `forgotten`:
   * its server was deleted; it must lie where it lay.
   */
  fate: 'sound' | 'damaged' | 'taken' | 'pruned' | 'forgotten';
}

/** What an action may have done, as far as the model must know. */
export interface Allowed {
  /** What a backup that was made in it may hold, by server. */
  contents: ReadonlyMap<string, readonly string[]>;
  /** The servers whose rules may have removed something. */
  mayPrune: ReadonlySet<string>;
}

interface Row {
  id: number;
  server: string;
  /** Null where the server was deleted since. */
  serverId: number | null;
  success: string;
  objectId: string | null;
  removedAt: string | null;
  startedAt: string;
}

type Attempt = Pick<KnownBackup, 'place' | 'password' | 'contents'>;

export interface Model {
  backups: Map<number, KnownBackup>;
  /** Whether storage holds the object of a backup. */
  isStored(backup: KnownBackup): boolean;
  /** Looks at catalogue and storage after an action and holds them against what was and what may be. */
  observe(allowed: Allowed): void;
}

export function newModel(world: World): Model {
  const backups = new Map<number, KnownBackup>();
  /**
   * What each attempt may have stored, by its row and by its server and its beginning: what a killed run stored is recorded
   * by a later one, as begun when it was.
   */
  const attempts = new Map<number | string, Attempt>();
  const model: Model = {
    backups,
    isStored: ({ place, objectId }) =>
      place === 'directory'
        ? existsSync(objectId)
        : world.b2.versions(BUCKET).some(({ fileId, action }) => fileId === objectId && action === 'upload'),
    observe: (allowed) => {
      const { rows, badIds } = readCatalog(world.account.catalogPath);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const before = new Map([...backups.values()].map((backup) => [backup.id, { ...backup }]));
      for (const row of rows) noteAttempt(row, allowed);
      for (const row of rows) if (row.success === '1' && !backups.has(row.id)) note(row);
      const fresh = [...backups.values()].filter(({ id }) => !before.has(id));
      for (const backup of backups.values()) {
        const row = byId.get(backup.id);
        demand(row !== undefined, `the catalogue has forgotten backup ${backup.id} of ${backup.server}`);
        if (backup.fate === 'pruned') continue;
        const isStored = model.isStored(backup);
        if (backup.fate === 'taken') continue;
        if (isStored && row.removedAt === null) continue;
        demand(
          allowed.mayPrune.has(backup.server) && backup.fate !== 'forgotten',
          `backup ${backup.id} of ${backup.server} is gone, and no rule was applied: ${backup.objectId}`,
        );
        demand(
          !isStored,
          `backup ${backup.id} of ${backup.server} is recorded as removed, and lies there: ${backup.objectId}`,
        );
        backup.fate = 'pruned';
      }
      for (const server of world.servers) judgePruning(server, [...before.values(), ...fresh], badIds);
    },
  };

  function noteAttempt({ id, server: name, startedAt }: Row, { contents }: Allowed): void {
    const server = world.servers.find((one) => one.name === name);
    const expected = contents.get(name);
    if (attempts.has(id) || server === undefined || expected === undefined) return;
    const key = `${name} ${startedAt}`;
    const { place, password } = server;
    const attempt = attempts.get(key) ?? { place, password, contents: expected };
    attempts.set(id, attempt).set(key, attempt);
  }

  function note({ id, server, serverId, objectId }: Row): void {
    const attempt = attempts.get(id);
    demand(attempt !== undefined, `backup ${id} of ${server} came from nowhere`);
    demand(objectId !== null, `backup ${id} of ${server} is called good and has no object`);
    backups.set(id, { id, server, objectId, fate: serverId === null ? 'forgotten' : 'sound', ...attempt });
  }

  /** What a rule left, against what it must leave: so many as it keeps at least, the one recorded last among them. */
  function judgePruning(server: SoakServer, candidates: readonly KnownBackup[], badIds: ReadonlySet<number>): void {
    const counted = candidates.filter(
      ({ id, server: name, fate }) =>
        name === server.name && (fate === 'sound' || fate === 'damaged') && !badIds.has(id),
    );
    const left = counted.filter(({ id }) => backups.get(id)?.fate !== 'pruned');
    if (left.length === counted.length) return;
    const least = Math.min(server.keptAtLeast ?? Number.POSITIVE_INFINITY, counted.length);
    const ids = (some: readonly KnownBackup[]) => some.map(({ id }) => id).join(', ');
    demand(
      left.length >= least,
      `the rules of ${server.name} keep ${least}, and of ${ids(counted)} only ${ids(left) || 'none'} are left`,
    );
    const last = counted.reduce((a, b) => (a.id > b.id ? a : b));
    demand(
      left.some(({ id }) => id === last.id),
      `the newest backup of ${server.name}, ${last.id}, was pruned`,
    );
  }
  return model;
}

function readCatalog(path: string): { rows: Row[]; badIds: Set<number> } {
  const catalog = new Database(path, { readonly: true });
  try {
    const rows = catalog
      .prepare<[], Row>(
        `select id, server_name as server, server_id as serverId, success, object_id as objectId,
           removed_at as removedAt, started_at as startedAt
         from backup_log order by id`,
      )
      .all();
    const verdicts = catalog
      .prepare<[], { id: number; success: string }>(
        `select backup_id as id, success from verification_log where level <> 'remote' order by id`,
      )
      .all();
    const newest = new Map(verdicts.map(({ id, success }) => [id, success]));
    return { rows, badIds: new Set([...newest].flatMap(([id, success]) => (success === '0' ? [id] : []))) };
  } finally {
    catalog.close();
  }
}
