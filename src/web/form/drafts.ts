import { randomBytes } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';
import type { Clock } from '../../system/clock.ts';

/** How long what was typed is kept, and of how many forms. */
const KEPT_MS = 30 * 60_000;
const MOST = 50;

/**
 * What a form keeps here, since a page must not hold it: the secrets that were typed and not stored yet. Also what became of
 * it, for a form that is sent twice.
 */
export interface Draft {
  id: string;
  /** By the name of the input. */
  typed: Map<string, Secret[]>;
  /** Resolves with the page that a form which was stored leads to, and with undefined where it was not stored. */
  storing: Promise<string | undefined> | undefined;
}

export interface Drafts {
  /** A name for a form that is opened. Nothing is kept for it until it is sent. */
  newId(): string;
  /** The draft of a form, made where there is none. `of` tells what the form is about: its secrets are for nothing else. */
  take(id: string | null, of: string): Draft;
  /** The draft of a form that was sent; undefined once it is forgotten. */
  find(id: string, of: string): Draft | undefined;
}

export function openDrafts({ now }: Pick<Clock, 'now'>): Drafts {
  const kept = new Map<string, { draft: Draft; at: number }>();
  const forgetOld = () => {
    const time = now().getTime();
    for (const [key, { at }] of kept) if (time - at > KEPT_MS) kept.delete(key);
  };
  const newId = () => randomBytes(16).toString('base64url');
  const use = (key: string, draft: Draft) => {
    // At the end again, so that the one that was used longest ago goes first.
    kept.delete(key);
    kept.set(key, { draft, at: now().getTime() });
    // Also where no form is sent any more.
    setTimeout(forgetOld, KEPT_MS + 1).unref();
    const [oldest] = kept.keys();
    if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    return draft;
  };
  return {
    newId,
    take: (given, of) => {
      forgetOld();
      const id = given !== null && /^[\w-]{22}$/.test(given) ? given : newId();
      const key = `${of} ${id}`;
      return use(key, kept.get(key)?.draft ?? { id, typed: new Map(), storing: undefined });
    },
    find: (id, of) => {
      forgetOld();
      const key = `${of} ${id}`;
      const found = kept.get(key);
      return found === undefined ? undefined : use(key, found.draft);
    },
  };
}
