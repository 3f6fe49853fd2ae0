import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { listenForInterruption } from '../system/interruption.ts';
import { systemClock } from '../system/clock.ts';
import { findConfigured } from '../catalog/find-server.ts';
import { openHealthyCatalog } from '../catalog/open-context.ts';
import { paint, terminalWidth } from '../terminal/output.ts';
import { wrapHanging } from '../terminal/wrap.ts';
import { printableName } from '../core/printable.ts';
import { examine } from '../monitor/doctor.ts';
import { findingRow, type Finding, type FindingRow } from '../monitor/findings.ts';

/** The column where a message begins, after its mark. */
const INDENT = 11;
const MARKS = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], problem: ['red', 'problem'] } as const;

export default class Doctor extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Look for what could make backups fail';
  static override description = `Checks this machine, the catalogue, and of each server the connection, its rights, the storage and the ping URLs. Then the destinations that no server uses. Changes nothing, but for --probe-write: that stores a small file and removes it again.

EXIT STATUS
  0  no problem (warnings perhaps)
  1  at least one problem
  2  wrong use or configuration, or there is no catalogue`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'Also write to each storage', command: '<%= config.bin %> <%= command.id %> --probe-write' },
  ];
  static override args = anyServers;
  static override flags = {
    'probe-write': Flags.boolean({ description: 'also store a small file for each server, and remove it' }),
    ...utcFlag,
  };

  async run(): Promise<FindingRow[]> {
    const { args, flags } = await this.parse(Doctor);
    await using opened = await openHealthyCatalog();
    using interruption = listenForInterruption();
    const { catalog } = opened;
    const examination = {
      ...opened,
      servers: catalog === undefined ? [] : await findConfigured(catalog, args.server),
      version: this.config.version,
      program: process.argv[1] ?? this.config.root,
      isProbing: flags['probe-write'],
      signal: interruption.signal,
      clock: systemClock,
      zones: this.zones(),
    };
    const findings: Finding[] = [];
    for await (const finding of examine(examination)) {
      findings.push(finding);
      this.tell(finding, findings.at(-2)?.about);
    }
    const isGood = findings.every(({ level }) => level !== 'problem');
    process.exitCode = opened.isAbsent ? 2 : isGood ? 0 : 1;
    return findings.map((finding) => findingRow(finding));
  }

  private tell({ about, level, message, hint }: Finding, previous: string | undefined): void {
    if (about !== previous) this.log(`${previous === undefined ? '' : '\n'}${paint('bold', printableName(about))}`);
    const [color, word] = MARKS[level];
    const text = hint === undefined ? message : `${message}\n${hint}`;
    const width = terminalWidth(process.stdout) ?? Number.POSITIVE_INFINITY;
    this.log(`  ${paint(color, word.padEnd(8))} ${wrapHanging(text, width, INDENT)}`);
  }
}
