import { nextDue } from '../backup/due.ts';
import type { Context } from '../core/context.ts';
import type { ServerRecord } from '../server/server.ts';
import { isExpected } from '../server/cluster-part.ts';
import { connectionLabel } from './server-list.ts';
import { collectStatus, placeCount, STATES, type PlaceCount, type ServerStatus, type State } from './status.ts';

/** All servers at a glance. */
export interface Overview {
  servers: OverviewServer[];
  /** How many servers are in each state. */
  counts: Readonly<Record<State, number>>;
}

export interface OverviewServer extends ServerStatus {
  /** The connection, without passwords. */
  database: string;
  /** What its last attempts stored, oldest first; `failed` for one that failed. */
  sizes: AttemptSize[];
  /** Undefined where it is due at the next run. */
  nextDue: Date | undefined;
  placeCount: PlaceCount;
}

/** Bytes, or `failed`. */
export type AttemptSize = number | 'failed';

/** So many attempts show how sizes went. */
const SHOWN_ATTEMPTS = 20;

/** The state of all servers and what came of their last attempts, by a handful of queries however many servers there are. */
export async function collectOverview(context: Context): Promise<Overview> {
  const { catalog, clock } = context;
  const now = clock.now();
  const records = (await catalog.servers.units()).filter((server) => isExpected(server));
  const recent = await catalog.backups.recent(SHOWN_ATTEMPTS);
  const statuses = await collectStatus(records, context);
  const byId = new Map<number, ServerRecord>(records.map((record) => [record.id, record]));
  const servers = statuses.flatMap((status) => {
    const record = byId.get(status.serverId);
    if (record === undefined) return [];
    const sizes = (recent.get(status.serverId) ?? []).flatMap(({ result, sizeBytes }): AttemptSize[] =>
      result === 'failed' ? ['failed'] : result === 'success' && sizeBytes !== undefined ? [sizeBytes] : [],
    );
    return {
      ...status,
      database: connectionLabel(record),
      sizes: sizes.toReversed(),
      nextDue: nextDue(record, now),
      placeCount: placeCount(status),
    };
  });
  return { servers, counts: countsOf(statuses) };
}

function countsOf(statuses: readonly ServerStatus[]): Record<State, number> {
  const counts = { OK: 0, WARNING: 0, INCOMPLETE: 0, LATE: 0, FAILING: 0, NEVER: 0 };
  for (const { state } of statuses) counts[state] += 1;
  return counts;
}

/** The worst state first. */
const GRAVITY: readonly State[] = ['FAILING', 'LATE', 'INCOMPLETE', 'NEVER', 'WARNING', 'OK'];

const ORDERS = {
  state: (one: OverviewServer) => GRAVITY.indexOf(one.state),
  name: () => 0,
  backup: ({ lastGood }: OverviewServer) => lastGood?.startedAt.getTime() ?? 0,
  size: ({ lastGood }: OverviewServer) => lastGood?.sizeBytes ?? 0,
  due: (one: OverviewServer) => one.nextDue?.getTime() ?? 0,
  verified: ({ lastVerified }: OverviewServer) => lastVerified?.verifiedAt.getTime() ?? 0,
};

export type OrderName = keyof typeof ORDERS;
export const ORDER_NAMES = Object.keys(ORDERS);

/** What of the overview is shown, and how it is sorted. */
export interface Selection {
  /** In the name or the connection. */
  text: string;
  state: State | undefined;
  order: OrderName;
  isDescending: boolean;
}

/** Reads a selection from the parameters of an address; what is not known there counts as not given. */
export function selectionOf(parameters: Readonly<Record<string, string | undefined>>): Selection {
  const { q = '', state, sort = '' } = parameters;
  const wanted = sort.replace(/^-/, '');
  return {
    text: q.trim(),
    state: STATES.find((known) => known === state),
    order: isOrder(wanted) ? wanted : 'state',
    isDescending: isOrder(wanted) && sort.startsWith('-'),
  };
}

const isOrder = (name: string): name is OrderName => Object.hasOwn(ORDERS, name);

/** The servers of a selection in its order, equal ones by their names. */
export function selected(servers: readonly OverviewServer[], selection: Selection): OverviewServer[] {
  const { state, order, isDescending } = selection;
  const text = selection.text.toLowerCase();
  const keyOf = ORDERS[order];
  const sign = isDescending ? -1 : 1;
  return servers
    .filter((one) => state === undefined || one.state === state)
    .filter(({ name, database }) => `${name}\n${database}`.toLowerCase().includes(text))
    .toSorted((a, b) => sign * (keyOf(a) - keyOf(b)) || (order === 'name' ? sign : 1) * byName(a, b));
}

const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: OverviewServer, b: OverviewServer) => collator.compare(a.name, b.name);
