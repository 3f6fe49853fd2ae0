import { attempt, PgbakError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import type { Environment } from '../server/environment.ts';
import type { ServerDestination } from '../server/destination.ts';
import { keptDays } from '../server/kept-days.ts';
import { rulesAt } from '../server/rules-at.ts';
import type { ServerRecord } from '../server/server.ts';
import { effectInWords, type LifecycleEffect } from '../storage/lifecycle.ts';
import type { Finding } from './findings.ts';

type Judgement = Omit<Finding, 'about'>;

/**
 * Compares how long a server's rules keep archives in a place with its lock, and with what its bucket does by itself. `effects` are
 * undefined where they are not known.
 */
export function judgeLifecycle(
  server: ServerRecord,
  { name, place, destination }: ServerDestination,
  effects: readonly LifecycleEffect[] | undefined,
  environment: Environment,
): Judgement[] {
  const found = attempt(() => rulesAt(place, server, environment));
  // The command that applies the rules tells what is wrong with the record.
  if (found instanceof PgbakError) return [];
  const kept = keptDays(found.rules, server);
  const locked = 'objectLock' in destination ? destination.objectLock?.days : undefined;
  return [
    ...(locked === undefined ? [] : [judgeLock({ place, name }, locked, kept)]),
    ...(effects ?? []).flatMap((effect) => judgeEffect(effect, { place, locked, kept, server })),
  ];
}

function judgeLock(
  { place, name }: Pick<ServerDestination, 'place' | 'name'>,
  lockedDays: number,
  kept: number | undefined,
): Judgement {
  const locked = `archives in ${place} are locked for ${inDays(lockedDays)}`;
  if (kept === undefined) return { level: 'ok', message: locked };
  if (lockedDays >= kept) {
    const longer = `${locked}, longer than the rules keep them (${inDays(kept)}): prune removes them when the lock has run out`;
    return { level: 'ok', message: lockedDays > kept ? longer : locked };
  }
  return {
    level: 'warning',
    message: `${locked}, and the rules keep them for up to ${inDays(kept)}: for the rest of that time they are not protected`,
    hint: `To lock new archives as long: pgbak destination edit ${name} --object-lock-days ${Math.ceil(kept)}`,
  };
}

function judgeEffect(
  effect: LifecycleEffect,
  surroundings: { place: string; locked: number | undefined; kept: number | undefined; server: ServerRecord },
): Judgement[] {
  const { place, locked = 0, kept, server } = surroundings;
  const said = effectInWords(effect, place);
  const change = 'Change that rule at the provider of the bucket';
  if (effect.does === 'cancels') {
    const message = `${said}: the upload of a large archive may take longer`;
    return [{ level: 'warning', message, hint: `${change}: it should leave uploads alone for some days.` }];
  }
  const backupDays = server.frequencyHours / 24;
  // Only a version that no newer one follows in that time.
  if (effect.isOfNewest === true && effect.afterDays >= backupDays) return [];
  const spared = Math.max(effect.afterDays, effect.sparesNewest * backupDays);
  if (effect.does === 'freezes') {
    if (kept !== undefined && spared >= kept) return [];
    const message = `${said}: restore and verify fail for such an archive until then`;
    return [{ level: 'warning', message, hint: `${change}. A class that can be read at once is GLACIER_IR.` }];
  }
  // No rule removes what is locked.
  if (kept !== undefined && Math.max(spared, locked) >= kept) return [];
  const instead =
    kept === undefined
      ? 'the server has no rules of retention: its backups should all stay'
      : `the rules keep them for up to ${inDays(kept)}`;
  return [{ level: 'warning', message: `${said}, but ${instead}`, hint: `${change}, or these backups are lost.` }];
}

function inDays(days: number): string {
  return formatCount(Math.ceil(days), 'day');
}
