import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';

export type DownloadDamage =
  | { kind: 'corrupt' }
  | { kind: 'truncate'; afterBytes: number }
  /** After some bytes nothing comes any more, on a connection that stays open. */
  | { kind: 'stall'; afterBytes: number }
  /** A range is asked for, and all of it comes; or another range; or no word of how much comes. */
  | { kind: 'ignore-range' }
  | { kind: 'other-range' }
  | { kind: 'no-length' }
  /** Other headers, or none (undefined). */
  | { kind: 'headers'; headers: Readonly<Record<string, string | undefined>> };

/** How an answer is spoilt on its way: `cut` breaks off, `long` announces more than comes, `half` is half of the JSON. */
export type Garbling = 'cut' | 'long' | 'half' | 'html' | 'empty' | 'refusal';

export type FaultAction =
  /** An error answer; for uploads before the body, in the middle of it (`afterBytes`), or after all of it. */
  | {
      kind: 'refuse';
      status: number;
      code?: string;
      message?: string;
      headers?: Record<string, string>;
      afterBytes?: number | 'all';
      html?: boolean;
      /** Leaves the connection open, as B2's own servers do. */
      keepAlive?: boolean;
    }
  /** The connection breaks, before the body or in the middle of it; nothing is done. */
  | { kind: 'reset'; afterBytes?: number }
  /** All is done as asked, but nobody hears of it. */
  | { kind: 'lose-response' }
  /** All is done as asked, but the answer is another one. */
  | { kind: 'garble'; how: Garbling; status?: number; code?: string }
  /** A listing that names its own page as the next; an upload URL of a host that nothing listens on. */
  | { kind: 'same-page' }
  | { kind: 'dead-host' }
  /** All is done as asked, and the answer changed. */
  | { kind: 'twist'; change: (result: unknown) => unknown }
  /** No answer, ever. */
  | { kind: 'hang' }
  | DownloadDamage;

export interface Fault {
  /** `b2_upload_file`, `b2_upload_part`, `b2_download`, or any call's name. */
  endpoint: string;
  /** Let so many pass first. */
  after?: number;
  /** How often it strikes; once unless told otherwise. */
  times?: number;
  action: FaultAction;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The action that strikes now, if one does. */
  next(endpoint: string): FaultAction | undefined;
  /** How often one has struck. */
  struck(): number;
}

export function newFaults(): Faults {
  let waiting: { fault: Fault; seen: number }[] = [];
  let struck = 0;
  return {
    struck: () => struck,
    add: (fault) => waiting.push({ fault, seen: 0 }),
    clear: () => {
      waiting = [];
    },
    next: (endpoint) => {
      for (const entry of waiting) {
        const { after = 0, times = 1, action } = entry.fault;
        if (entry.fault.endpoint !== endpoint) continue;
        entry.seen += 1;
        if (entry.seen <= after || entry.seen > after + times) continue;
        struck += 1;
        return action;
      }
      return undefined;
    },
  };
}

/** Broken connection, told from an answer. */
export class Broken extends Error {}

/** Never settles; its request stays open until somebody gives up. */
export class Hanging extends Error {}

const DAMAGES = ['corrupt', 'truncate', 'stall', 'ignore-range', 'other-range', 'no-length', 'headers'];

export function damageOf(action: FaultAction | undefined): DownloadDamage | undefined {
  return action !== undefined && isDamage(action) ? action : undefined;
}

function isDamage(action: FaultAction): action is DownloadDamage {
  return DAMAGES.includes(action.kind);
}

/** Lets an action strike before the work of a call. */
export function strikeBefore(action: FaultAction | undefined): void {
  if (action?.kind === 'hang') throw new Hanging();
  if (action?.kind === 'reset' && action.afterBytes === undefined) throw new Broken();
  if (action?.kind === 'refuse' && action.afterBytes === undefined) throw refusalOf(action);
}

/** Lets an action strike while a body comes in. */
export function strikeDuring(action: FaultAction | undefined, receivedBytes: number): void {
  if (action?.kind === 'reset' && receivedBytes >= (action.afterBytes ?? 0)) throw new Broken();
  if (action?.kind === 'refuse' && typeof action.afterBytes === 'number' && receivedBytes >= action.afterBytes) {
    throw refusalOf(action);
  }
}

/** Lets an action strike once the work is done, or undone. */
export function strikeAfter(action: FaultAction | undefined): void {
  if (action?.kind === 'lose-response') throw new Broken();
}

export function refusalOf(action: Extract<FaultAction, { kind: 'refuse' }>): Refusal {
  return new Refusal(action.status, action.code ?? 'injected', action.message ?? 'injected fault', {
    ...action.headers,
    ...(action.html === true ? { 'x-html': 'yes' } : {}),
    ...(action.keepAlive === true ? { 'x-keep': 'yes' } : {}),
  });
}

/** How long a client that is still sending gets to read why it should not. */
const LINGER_MS = 2000;

/** Answers with a refusal; as a proxy's HTML page where the fault wants that. */
export function answerRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message, headers }: Refusal,
): void {
  const { 'x-html': html, 'x-keep': keep, ...others } = headers;
  const body = html === undefined ? JSON.stringify({ status, code, message }) : '<html><body>nginx</body></html>';
  response.writeHead(status, {
    ...others,
    'content-type': html === undefined ? 'application/json;charset=UTF-8' : 'text/html',
    'content-length': Buffer.byteLength(body),
    ...(keep === undefined ? { connection: 'close' } : {}),
  });
  if (request.complete) {
    response.end(body);
    return;
  }
  // A socket closed on a client that is sending resets the connection, and the answer with it.
  response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.resume().once('close', () => {
    clearTimeout(timer);
    response.end();
  });
}

/** What a hostile or broken service says in place of the result. */
export function twisted(action: FaultAction | undefined, result: unknown): unknown {
  if (action?.kind === 'same-page') return { ...Object(result), nextFileName: 'shop.sql.7z', nextFileId: '4_same' };
  if (action?.kind === 'twist') return action.change(result);
  if (action?.kind !== 'dead-host') return result;
  const { uploadUrl, ...others } = Object(result);
  return { ...others, uploadUrl: String(uploadUrl).replace(/:\d+\//, ':9/') };
}

/** Answers what was done with something else than B2 would. */
export function answerGarbled(
  response: ServerResponse,
  { how, status = 200, code = 'injected' }: Extract<FaultAction, { kind: 'garble' }>,
  result: unknown,
): void {
  const json = JSON.stringify(result);
  const bodies: Record<Garbling, string> = {
    cut: json.slice(0, json.length / 2),
    long: json,
    half: json.slice(0, json.length / 2),
    html: '<html><body>Please log in</body></html>',
    empty: '',
    refusal: JSON.stringify({ status, code, message: 'injected fault' }),
  };
  const body = bodies[how];
  const announced = how === 'cut' || how === 'long' ? json.length + 100 : Buffer.byteLength(body);
  response.writeHead(status, {
    'content-type': how === 'html' ? 'text/html' : 'application/json;charset=UTF-8',
    'content-length': announced,
    connection: 'close',
  });
  if (how === 'cut' || how === 'long') response.write(body, () => response.destroy());
  else response.end(body);
}
