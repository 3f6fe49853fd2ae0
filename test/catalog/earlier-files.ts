import Database from 'better-sqlite3';

/** Files as the earlier program made them over the years: its own DDL, filled. */
export interface EarlierFile {
  name: string;
  ddl: string;
}

const LOG = `CREATE TABLE backup_log (server_id INTEGER, ts TEXT, result TEXT, file_size INTEGER, success TEXT);
INSERT INTO backup_log VALUES
  (1, '20251101T020000', 'Success', 1000000, '1'),
  (1, '20251102T020000', 'pg_dump: error: connection refused', NULL, '0'),
  (2, '20251102T030000', 'Success', 5000, '1'),
  (99, '20240101T000000', 'Success', 77, '1');`;

export const OLDEST: EarlierFile = {
  name: 'the oldest: parts of a connection, a dead man switch',
  ddl: `CREATE TABLE servers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, port INTEGER, database TEXT, user TEXT, password TEXT,
    frequency_hrs INTEGER DEFAULT 1, B2_KEY_ID TEXT, B2_APP_KEY TEXT, B2_BUCKET TEXT,
    archive_name TEXT, archive_password TEXT, keep_last_files INTEGER, dms_id TEXT,
    last_backup TEXT, last_backup_result TEXT);
  INSERT INTO servers VALUES
    (1, 5433, 'shop db', 'app', 'p@ss/w:rd', 6, 'key', 'app-key', 'bucket', 'shop', 'archive pw', 5,
     'a1b2c3d4-0000-1111-2222-333344445555', '20251102T020000', 'Failed'),
    (2, NULL, 'wiki', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, '20251102T030000', 'Success');
  ${LOG}`,
};

export const MIDDLE: EarlierFile = {
  name: 'the middle: connection strings, still a dead man switch, no start and fail URLs',
  ddl: `CREATE TABLE servers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, connection_string TEXT, frequency_hrs INTEGER DEFAULT 1,
    B2_KEY_ID TEXT, B2_APP_KEY TEXT, B2_BUCKET TEXT, archive_name TEXT, archive_password TEXT,
    keep_last_files INTEGER, dms_id TEXT, last_backup TEXT, last_backup_result TEXT);
  INSERT INTO servers VALUES
    (1, 'postgresql://app:pw@db.example:5433/shop', 6, 'key', 'app-key', 'bucket', 'shop', 'archive pw', 5,
     'https://hc-ping.com/a1b2', '20251102T020000', 'Failed'),
    (2, 'host=db.example dbname=wiki', 24, NULL, NULL, NULL, 'shop', NULL, 3, NULL, '20251102T030000', 'Success');
  ${LOG}`,
};

export const LATEST: EarlierFile = {
  name: 'the latest: all health check URLs',
  ddl: `CREATE TABLE servers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, connection_string TEXT, frequency_hrs INTEGER DEFAULT 1,
    B2_KEY_ID TEXT, B2_APP_KEY TEXT, B2_BUCKET TEXT, archive_name TEXT, archive_password TEXT,
    hc_url_start TEXT, hc_url_success TEXT, hc_url_fail TEXT, last_backup TEXT, last_backup_result TEXT);
  INSERT INTO servers VALUES
    (1, 'postgresql://app:pw@db.example:5433/shop', 6, 'key', 'app-key', 'bucket', 'shop', 'archive pw',
     'https://hc.example/start', 'https://hc.example/ok', 'https://hc.example/fail', '20251102T020000', 'Failed'),
    (7, 'postgresql:///wiki', 1, '', '', '', 'wiki', '', '', '', '', NULL, NULL);
  ${LOG}`,
};

export const WITHOUT_LOG: EarlierFile = {
  name: 'one that never ran',
  ddl: LATEST.ddl.slice(0, LATEST.ddl.indexOf('CREATE TABLE backup_log')),
};

export function writeDatabase(path: string, ddl: string): void {
  const database = new Database(path);
  database.exec(ddl);
  database.close();
}
