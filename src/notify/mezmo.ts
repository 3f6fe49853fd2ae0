import { createLogger } from '@logdna/logger';
import type { Secret } from '../core/secret.ts';

export interface MezmoOptions {
  ingestionKey: Secret;
  /** Replaces Mezmo's own ingestion URL. */
  url?: string;
  hostname: string;
  app: string;
}

export interface Mezmo {
  /** Queues a line; never throws and never waits. */
  log(line: { level: string; message: string }): void;
  /** Sends the remaining lines within a few seconds; resolves with a sentence when Mezmo did not get all lines. */
  close(): Promise<string | undefined>;
}

const ANSWER_WITHIN_MS = 2500;
const LEVELS: Record<string, string> = { warning: 'WARN', error: 'ERROR' };

/**
 * Ships log lines to Mezmo (https://docs.mezmo.com/log-analysis-api/ref#ingest). Tries each batch once: the client's own retries
 * would keep the process alive for minutes where Mezmo cannot be reached. Sends nothing more after a failed batch.
 */
export function openMezmo({ ingestionKey, url, hostname, app }: MezmoOptions): Mezmo {
  let problem: string | undefined;
  let pendingLines = 0;
  const logger = createLogger(ingestionKey.reveal(), {
    app,
    hostname: hostnameForMezmo(hostname),
    timeout: ANSWER_WITHIN_MS,
    maxAttempts: 1,
    // Longer than an answer may take, so that at most one batch waits behind another.
    flushIntervalMs: ANSWER_WITHIN_MS + 500,
    ...(url === undefined ? {} : { url }),
  });
  logger.on('error', (error: unknown) => {
    // Never print the whole error: its `meta` holds the ingestion key.
    problem ??= `cannot send the log lines to Mezmo: ${codeOf(error)}`;
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
      return problem ?? (pendingLines > 0 ? 'cannot send all log lines to Mezmo in time' : undefined);
    },
  };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('meta' in error)) return 'unknown error';
  const { meta } = error;
  const code = typeof meta === 'object' && meta !== null && 'code' in meta ? meta.code : undefined;
  return typeof code === 'number' ? `HTTP status ${code}` : typeof code === 'string' ? code : 'the connection failed';
}

/** The client throws for a name that breaks RFC 1123; a user's label must not stop a backup. */
function hostnameForMezmo(hostname: string): string {
  const cleaned = hostname.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$|(?<=\.)[.-]+|[-]+(?=\.)/g, '');
  return cleaned === '' ? 'unnamed' : cleaned;
}
