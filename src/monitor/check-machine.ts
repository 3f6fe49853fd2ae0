import { homedir } from 'node:os';
import { formatMade } from '../core/format.ts';
import { findSchedule } from '../schedule/find-schedule.ts';
import { clientProgramsOf, sevenZipOf } from '../server/programs.ts';
import { finding, MACHINE, problemOf, type Examination, type Finding } from './findings.ts';

/** Node and the programs that a backup starts. */
export async function checkPrograms(examination: Examination): Promise<Finding[]> {
  const { version, program } = examination;
  const node: Finding = {
    about: MACHINE,
    level: 'ok',
    message: `pgbak ${version} (${program}) on Node ${process.version} (${process.execPath})`,
  };
  const sevenZip = await finding(MACHINE, async () => {
    const found = await sevenZipOf(examination);
    return { level: 'ok', message: `7-Zip ${found.version} (${found.file})` };
  });
  return [node, sevenZip, ...(await checkClientPrograms(examination))];
}

async function checkClientPrograms(examination: Examination): Promise<Finding[]> {
  try {
    const found = await clientProgramsOf(examination);
    if (found.length > 0) {
      return found.map(({ version, pgDump, psql }) => ({
        about: MACHINE,
        level: psql === undefined ? 'warning' : 'ok',
        message: `pg_dump ${version.text} (${pgDump})${psql === undefined ? ', without a psql beside it' : ''}`,
      }));
    }
    const hint =
      'If they are installed elsewhere, set PGBAK_PG_BIN to their directory. To install them on Debian: sudo apt install postgresql-client';
    return [{ about: MACHINE, level: 'problem', message: 'no pg_dump was found', hint }];
  } catch (error) {
    return [problemOf(MACHINE, error)];
  }
}

/** Checks that cron or systemd starts pgbak, and reports when it last did. */
export async function checkScheduler({ catalog, environment, signal, clock, zones }: Examination): Promise<Finding[]> {
  const entries = await findSchedule(homedir(), environment.variables()['PATH'] ?? '', signal);
  const [last] = (await catalog?.backups.list({ limit: 1 })) ?? [];
  const when =
    last === undefined
      ? 'no backup has been attempted yet'
      : `last attempt ${formatMade(last.startedAt, clock.now(), { zone: zones.shown })}`;
  if (entries.length === 0) {
    const hint = 'Let cron start it every hour: pgbak schedule --install cron';
    return [{ about: MACHINE, level: 'warning', message: `nothing starts pgbak by itself (${when})`, hint }];
  }
  return entries.map(({ what, lastRun, isActive, missing }) => {
    if (missing.length > 0) {
      const hint = 'Put it right, or let pgbak do so: pgbak schedule --install cron --replace';
      const message = `${what} cannot start pgbak: there is no ${missing.join(' and no ')}; ${when}`;
      return { about: MACHINE, level: 'problem', message, hint };
    }
    return {
      about: MACHINE,
      level: isActive ? 'ok' : 'warning',
      message: `${what} starts pgbak${lastRun === undefined ? '' : `, last ${lastRun}`}; ${when}`,
      ...(isActive ? {} : { hint: 'It is there but not active. To start it: systemctl enable --now pgbak.timer' }),
    };
  });
}
