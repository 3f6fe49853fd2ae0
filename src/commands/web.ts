import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { openLog } from '../terminal/log.ts';
import { printJson } from '../terminal/output.ts';
import { hasDisplay, openBrowser } from '../web/open-browser.ts';
import { isOnlyHere, openPages } from '../web/open-pages.ts';

/** What `web --json` prints as soon as the pages can be opened. */
export interface WebDocument {
  /** The address of the pages, with the token: a secret while `pgbak web` runs. */
  address: string;
}

export default class Web extends BaseCommand {
  static override summary = 'Look at everything on a page in the browser';
  static override description = `Serves a page on this machine until Ctrl-C: all servers with their state, settings, restore points and logs; add, edit and delete a server; run and verify backups, with live progress.

The printed address holds a token, another one at each start. Who has the address can do what you can do with pgbak. From another machine, reach the page through SSH: ssh -L 8000:localhost:8000 HOST

A backup that the page started ends in order with Ctrl-C, as with "pgbak run".

EXIT STATUS
  0    ended by Ctrl-C or a signal
  2    wrong use, such as a port that is in use
  130  the same, and a backup was interrupted (143 after SIGTERM)`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'On a server without a browser',
      command: '<%= config.bin %> <%= command.id %> --no-open --port 8080',
    },
  ];
  static override flags = {
    port: numberFlag({ example: 8000, least: 0, most: 65_535 })({
      description: 'the port to listen on; 0 takes any free one',
      helpValue: 'PORT',
      default: 8000,
    }),
    host: Flags.string({
      description: 'the address to listen on; others than that of this machine can be reached through the network',
      helpValue: 'ADDRESS',
      default: '127.0.0.1',
    }),
    open: Flags.boolean({ description: 'open the page in the browser', default: true, allowNo: true }),
  };

  async run(): Promise<WebDocument | undefined> {
    const { flags } = await this.parse(Web);
    await using context = await this.openContext('create');
    const { environment, signal } = context;
    await using log = await openLog(environment, { isQuiet: false, isJson: this.jsonEnabled() });
    if (!isOnlyHere(flags.host)) {
      const message = `warning: ${flags.host} can be reached through the network, and what is sent is not encrypted. Safer: leave --host out, and use ssh -L`;
      context.report({ type: 'note', message });
    }
    await using pages = await openPages(flags, {
      ...context,
      report: log.report,
      zones: { typed: 'local', shown: 'local' },
    });
    const document: WebDocument = { address: pages.address.reveal() };
    if (this.jsonEnabled()) printJson(document);
    this.logAsIs(`pgbak is at ${document.address}\nCtrl-C ends it.`);
    const isOpened = flags.open && !this.jsonEnabled() && hasDisplay(environment.variables());
    await using _file = isOpened ? await openBrowser(pages.address, context) : undefined;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await pages.ended();
    if (pages.wasInterrupted()) signal.throwIfAborted();
    return this.jsonEnabled() ? undefined : document;
  }
}
