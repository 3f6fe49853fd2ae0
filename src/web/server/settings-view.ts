import { html } from 'hono/html';
import { attempt, PgbakError } from '../../core/errors.ts';
import type { Environment } from '../../server/environment.ts';
import { FIELD_WORDS } from '../../server/field-words.ts';
import type { ServerRecord } from '../../server/server.ts';
import { SETTING_GROUPS, type SettingGroup } from '../../server/setting-groups.ts';
import { appliedSetting } from '../../server/setting-source.ts';
import type { Piece } from '../layout.ts';

/** What will be done for a server, in a few words; and each of its fields with where it comes from. */
export function settingsView(server: ServerRecord, environment: Environment): Piece {
  const groups: SettingGroup[] = Object.values(SETTING_GROUPS);
  return html`<dl class="facts">
      ${groups.map(
        ({ title, textOf }) =>
          html`<dt>${title}</dt>
            <dd>${wordsOf(textOf, server, environment)}</dd>`,
      )}
    </dl>
    <details>
      <summary>Each setting, and where it comes from</summary>
      <div class="box" tabindex="0" role="region" aria-label="Settings">
        <table>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            ${groups.flatMap(({ fields }) => fields.map((name) => rowOf(name, server, environment)))}
          </tbody>
        </table>
      </div>
    </details>`;
}

/** An adopted catalogue may hold a destination that was never checked. */
function wordsOf(textOf: SettingGroup['textOf'], server: ServerRecord, environment: Environment): string {
  const words = attempt(() => textOf(server, environment));
  return words instanceof PgbakError ? words.message : words;
}

function rowOf(name: keyof typeof FIELD_WORDS, server: ServerRecord, environment: Environment): Piece {
  const { text, isSet, source } = appliedSetting(name, server, environment);
  const from = source === 'its own' ? 'this server' : source === 'default' ? 'default' : html`<code>${source}</code>`;
  return html`<tr>
    <td>${FIELD_WORDS[name].label}</td>
    <td>${isSet ? text : html`<span class="unset">${text}</span>`}</td>
    <td>${from}</td>
  </tr>`;
}
