/** A server, and its attempts, which are its frequency apart. */
export interface Sample {
  name: string;
  database: string;
  everyHours: number;
  attempts: number;
  /** The size of the newest archive. */
  megabytes: number;
  /** By what factor each is larger than the one before. */
  growth?: number;
  /** How long ago the newest attempt began. */
  hoursAgo: number;
  /** Errors of failed attempts, the newest being the attempt 0. */
  failed?: Record<number, string>;
  warning?: string;
  verified?: { hoursAgo: number; level: string; fault?: string };
}

export const REFUSED = `connection to server at "db3.example" (10.0.3.7), port 5432 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?
Start PostgreSQL on db3.example, or correct the connection string: pgbak edit billing --connection-string ...`;
const CLOSED = 'pg_dump: error: server closed the connection unexpectedly';
const LONG = 'the dump took longer than BACKUP_TIMEOUT_SEC allows, 14400 s';

const daily = { everyHours: 24, attempts: 30 };
const restored = (hoursAgo: number) => ({ hoursAgo, level: 'restore' });
const read = (hoursAgo: number) => ({ hoursAgo, level: 'archive' });

/** Servers of all states. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'shop',
    database: 'db1.example/shop',
    everyHours: 6,
    attempts: 120,
    megabytes: 277,
    growth: 1.01,
    hoursAgo: 2,
    failed: { 9: CLOSED, 33: REFUSED },
    verified: restored(20),
  },
  { ...daily, name: 'reporting', database: 'replica.example/shop', megabytes: 1320, hoursAgo: 11, verified: read(70) },
  {
    ...daily,
    name: 'billing',
    database: 'db3.example/billing',
    megabytes: 48,
    hoursAgo: 3,
    failed: { 0: REFUSED, 1: REFUSED },
    verified: read(90),
  },
  { ...daily, name: 'wiki', database: 'db1.example/wiki', megabytes: 12.4, growth: 1.003, hoursAgo: 52 },
  {
    ...daily,
    name: 'crm',
    database: 'db2.example/crm',
    megabytes: 91,
    growth: 1.08,
    hoursAgo: 5,
    warning: 'the archive grew by 71.6 %, from 53.0 MB to 91.0 MB',
  },
  { ...daily, name: 'new-project', database: 'db2.example/new', attempts: 0, megabytes: 0, hoursAgo: 0 },
  {
    name: 'sessions',
    database: 'db1.example/sessions',
    everyHours: 1,
    attempts: 60,
    megabytes: 0.6,
    growth: 0.99,
    hoursAgo: 0.4,
    verified: restored(4),
  },
  {
    name: 'an-unusually-long-name-that-somebody-gave-to-the-archive-of-2019',
    database: 'archive-of-everything.internal.example/analytics_and_events_2019',
    everyHours: 168,
    attempts: 9,
    megabytes: 51_400,
    growth: 1.05,
    hoursAgo: 100,
    verified: read(99),
  },
  {
    ...daily,
    name: 'geo',
    database: 'db4.example/geo',
    megabytes: 6100,
    hoursAgo: 8,
    verified: { ...read(7), fault: 'the archive is damaged: CRC failed in geo.sql' },
  },
  { ...daily, name: 'mail', database: 'db4.example/mail', megabytes: 730, hoursAgo: 9, verified: restored(200) },
  {
    ...daily,
    name: 'metrics',
    database: 'db5.example/metrics',
    megabytes: 2210,
    growth: 1.06,
    hoursAgo: 10,
    failed: { 4: LONG, 5: LONG, 6: CLOSED },
  },
  { ...daily, name: '<script>alert(1)</script>', database: 'db5.example/odd', megabytes: 3.3, hoursAgo: 14 },
];
