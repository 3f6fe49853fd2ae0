import type { ServerInput } from '../../server/server.ts';
import { askConnection } from './ask-connection.ts';
import { askFrequency, askName } from './ask-name.ts';
import { askPassword } from './ask-password.ts';
import { askPings } from './ask-pings.ts';
import { askStorage } from './ask-storage.ts';
import type { Asking } from './asking.ts';
import { confirmPage } from './confirm-page.ts';

/**
 * Asks for what flags left out, and tries connection and storage at once. Then shows every setting on one page, to be changed
 * or stored. An edit begins with that page. Nothing is stored here.
 */
export async function askServer(asking: Asking): Promise<ServerInput> {
  const answers: ServerInput = { ...asking.given };
  if (asking.today === undefined) {
    await askConnection(answers, asking);
    await askName(answers, asking);
    await askStorage(answers, asking);
    await askFrequency(answers, asking);
    await askPassword(answers, asking);
    await askPings(answers, asking);
  }
  await confirmPage(answers, asking);
  return answers;
}
