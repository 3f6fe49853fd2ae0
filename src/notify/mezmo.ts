import { createLogger } from '@logdna/logger';
import type { Secret } from '../core/secret.ts';

export interface MezmoOptions {
  ingestionKey: Secret;
  /** In place of Mezmo's own ingestion URL. */
  url?: string;
  hostname: string;
  app: string;
}

export interface Mezmo {
  /** Takes a line to be sent; never throws and never waits. */
  log(line: { level: string; message: string }): void;
  /** Sends what is left, within a few seconds, and resolves with a sentence when Mezmo did not get everything. */
  close(): Promise<string | undefined>;
}

const ANSWER_WITHIN_MS = 2500;
const LEVELS: Record<string, string> = { warning: 'WARN', error: 'ERROR' };

/**
 * Ships log lines to Mezmo (https://docs.mezmo.com/log-analysis-api/ref#ingest). Each batch is tried once: the client's
 * own repetitions would keep a process alive for minutes where Mezmo cannot be reached. After the first batch that
 * fails nothing more is sent.
 */
export function openMezmo({ ingestionKey, url, hostname, app }: MezmoOptions): Mezmo {
  let problem: string | undefined;
  let pendingLines = 0;
  const logger = createLogger(ingestionKey.reveal(), {
    app,
    hostname: hostnameForMezmo(hostname),
    timeout: ANSWER_WITHIN_MS,
    maxAttempts: 1,
    // More than one answer may take, so that at most one batch waits behind another.
    flushIntervalMs: ANSWER_WITHIN_MS + 500,
    ...(url === undefined ? {} : { url }),
  });
  logger.on('error', (error: unknown) => {
    // Its `meta` holds the ingestion key.
    problem ??= `Mezmo did not take the log lines: ${codeOf(error)}`;
  });
  logger.on('send', ({ totalLinesSent }: { totalLinesSent: number }) => (pendingLines -= totalLinesSent));

  return {
    log: ({ level, message }) => {
      if (problem !== undefined) return;
      pendingLines += 1;
      logger.log(message, { level: LEVELS[level] ?? 'INFO' });
    },
    close: async () => {
      if (pendingLines === 0 || problem !== undefined) return problem;
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, ANSWER_WITHIN_MS + 500);
        const done = () => {
          clearTimeout(deadline);
          resolve();
        };
        logger.once('cleared', done);
        logger.once('error', done);
        logger.flush();
      });
      return problem ?? (pendingLines > 0 ? 'Mezmo did not take all log lines in time' : undefined);
    },
  };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('meta' in error)) return 'unknown error';
  const { meta } = error;
  const code = typeof meta === 'object' && meta !== null && 'code' in meta ? meta.code : undefined;
  return typeof code === 'number' ? `HTTP status ${code}` : typeof code === 'string' ? code : 'the connection failed';
}

/** The client refuses what is no host name by RFC 1123; a label that a user chose must not stop a backup. */
function hostnameForMezmo(hostname: string): string {
  const cleaned = hostname.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$|(?<=\.)[.-]+|[-]+(?=\.)/g, '');
  return cleaned === '' ? 'unnamed' : cleaned;
}
