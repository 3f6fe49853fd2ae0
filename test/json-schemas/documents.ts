import type { RunDocument } from '../../src/backup/outcome.ts';
import type { AddedServer } from '../../src/commands/add.ts';
import type { ExportedCatalog } from '../../src/commands/catalog/export.ts';
import type { ForgottenPlace } from '../../src/commands/catalog/forget.ts';
import type { RebuiltServerRow } from '../../src/commands/catalog/rebuild.ts';
import type { RetimedBackup } from '../../src/commands/catalog/retime.ts';
import type { CompletionScript } from '../../src/commands/completion.ts';
import type { DeletedServer } from '../../src/commands/del.ts';
import type { ScheduleDocument } from '../../src/commands/schedule.ts';
import type { WebDocument } from '../../src/commands/web.ts';
import type { EditReport } from '../../src/monitor/edit-report.ts';
import type { FindingRow } from '../../src/monitor/findings.ts';
import type { BackupRow } from '../../src/monitor/history.ts';
import type { ServerRow } from '../../src/monitor/server-list.ts';
import type { StatusRow } from '../../src/monitor/status.ts';
import type { RestorePointRow } from '../../src/restore/restore-points.ts';
import type { RestoreDocument } from '../../src/restore/restore.ts';
import type { Verification } from '../../src/restore/verify.ts';
import type { PruneRow } from '../../src/retention/prune.ts';
import type { Trimmed } from '../../src/retention/trim-history.ts';
import type { ErrorDocument } from '../../src/terminal/base-command.ts';

/** What each command prints with `--json`. The name of a property is that of its schema: `run.schema.json`. */
export interface Documents {
  add: AddedServer;
  backups: RestorePointRow[];
  'catalog-export': ExportedCatalog;
  'catalog-forget': ForgottenPlace;
  'catalog-rebuild': RebuiltServerRow[];
  'catalog-retime': RetimedBackup;
  completion: CompletionScript;
  del: DeletedServer;
  doctor: FindingRow[];
  edit: EditReport;
  error: ErrorDocument;
  list: ServerRow[];
  logs: BackupRow[];
  'logs-trim': Trimmed;
  prune: PruneRow[];
  restore: RestoreDocument;
  run: RunDocument;
  schedule: ScheduleDocument;
  status: StatusRow[];
  verify: Verification[];
  web: WebDocument;
}
