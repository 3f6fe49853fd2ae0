import { ConfigError } from '../../core/errors.ts';
import type { Context } from '../../core/context.ts';
import { NO_SCHEDULE } from '../../monitor/next-steps.ts';
import { storeEdit, storeNew } from '../../monitor/store-server.ts';
import { checkServer, type CheckedServer } from '../../server/check-server.ts';
import type { Environment } from '../../server/environment.ts';
import { keepingPresent } from '../../server/password-to-keep.ts';
import { FIELDS, type ServerChanges, type ServerInput, type ServerRecord } from '../../server/server.ts';
import type { Notices } from '../notices.ts';
import type { Draft } from './drafts.ts';
import { KEEPS_PRESENT, MAY_CREATE } from './extras.ts';
import { UNTRIED } from './form-view.ts';
import { BASIC_INPUTS, INPUT_GROUPS } from './inputs.ts';
import { asProblems, readForm, type InputProblem, type ReadForm } from './read-form.ts';
import { fingerprint } from './shown-text.ts';
import { chooseDatabase, databasesToChoose, settle, tryAll, tryPart, WHICH_DATABASE } from './try-form.ts';
import type { Outcome, Target, Wish } from './turn.ts';

interface Sent {
  wish: Wish;
  form: URLSearchParams;
  draft: Draft;
  target: Target;
  notices: Notices;
}

/** Does what a form asks for. Returns the page to go to where the server was stored, and else what is to be shown in the form. */
export async function sendForm(sent: Sent, context: Context): Promise<string | Outcome> {
  chooseDatabase(sent.form, sent.draft);
  const read = readForm(sent.form, sent.draft, sent.target.today);
  const checked = await check(read.input, sent, context);
  const outcome = await (sent.wish === 'store'
    ? storeIfGood(read, checked, sent, context)
    : tryOnly(sent.wish, read, checked, sent, context));
  return typeof outcome === 'string' ? outcome : { ...outcome, problems: inFormOrder(outcome.problems) };
}

async function check(input: ServerInput, sent: Sent, context: Context): Promise<CheckedServer> {
  const { environment, catalog } = context;
  const { today } = sent.target;
  const others = await catalog.servers.besides(today?.id);
  return checkServer(withPresent(input, sent, environment), { today, others, environment, isChecked: isTried(sent) });
}

/** Whether all is tried before it is stored. */
function isTried({ wish, form }: Sent): boolean {
  return wish === 'store' && !form.has(UNTRIED);
}

async function tryOnly(
  wish: 'connection' | 'storage',
  { problems }: ReadForm,
  checked: CheckedServer,
  { form, draft, target }: Sent,
  context: Context,
): Promise<Outcome> {
  const databases = wish === 'connection' ? await databasesToChoose(draft, context) : [];
  if (databases.length > 0) return { problems: [whichDatabase()], databases };
  const at = wish === 'connection' ? 'database' : 'storage';
  const concerned = problems.filter(({ key }) => key !== 'check' && FIELDS[key].triedAt === at);
  if (concerned.length > 0) return { problems: concerned };
  return await tryPart(wish, checked, target, { ...context, mayCreate: form.has(MAY_CREATE) });
}

async function storeIfGood(
  { input, problems }: ReadForm,
  checked: CheckedServer,
  sent: Sent,
  context: Context,
): Promise<string | Outcome> {
  const { form, draft, target } = sent;
  const { today } = target;
  const { fields, changes } = checked;
  const databases = isTried(sent) ? await databasesToChoose(draft, context) : [];
  const unread = new Set<string>(problems.map(({ key }) => key));
  const wrong = asProblems(checked.problems).filter(({ key }) => !unread.has(key));
  if (databases.length > 0) {
    // Which database it is tells the name as well.
    const others = input.name === undefined ? wrong.filter(({ key }) => key !== 'name') : wrong;
    return { problems: [whichDatabase(), ...problems, ...others], databases };
  }
  if (problems.length > 0 || wrong.length > 0 || fields === undefined) return { problems: [...problems, ...wrong] };
  if (today !== undefined && form.get('seen') !== fingerprint(today)) {
    return { problems: [], problem: changedElsewhere(today) };
  }
  const mayCreate = form.has(MAY_CREATE);
  const isMoved = today === undefined || 'destinations' in changes;
  const settled = mayCreate || (isMoved && isTried(sent)) ? await settle(fields, { ...context, mayCreate }) : GOOD;
  const failures = isTried(sent) ? await tryAll(fields, changes, target, context) : [];
  const all = [...settled.problems, ...failures.filter(({ key }) => settled.problems.every((one) => one.key !== key))];
  return all.length > 0 ? { ...settled, problems: all } : await store(fields, changes, sent, context);
}

const UNTRIED_NOTICE = 'Stored untried: whether a backup can be made, the first one shows.';

const GOOD: Outcome = { problems: [] };

function whichDatabase(): InputProblem {
  return { key: 'connectionString', problem: new ConfigError(WHICH_DATABASE) };
}

function inFormOrder(problems: readonly InputProblem[]): InputProblem[] {
  const order = [...BASIC_INPUTS, ...INPUT_GROUPS.flatMap(({ inputs }) => inputs)].map(({ key }) => key);
  return problems.toSorted((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
}

/** The present archive password joins the earlier ones, where another replaces it and the box says so. */
function withPresent(input: ServerInput, { form, target }: Sent, environment: Environment): ServerInput {
  if (!form.has(KEEPS_PRESENT)) return input;
  const earlierArchivePasswords = keepingPresent(input, { ...target, environment });
  return earlierArchivePasswords === undefined ? input : { ...input, earlierArchivePasswords };
}

async function store(
  fields: NonNullable<CheckedServer['fields']>,
  changes: ServerChanges,
  sent: Sent,
  context: Context,
): Promise<string> {
  const { target, draft, notices } = sent;
  const { today } = target;
  const untried = isTried(sent) ? {} : { untried: UNTRIED_NOTICE };
  if (today === undefined) {
    const { server, warnings, lines } = await storeNew(fields, context);
    // A banner of the page tells the other all the time.
    notices.leave(`/servers/${server.id}`, {
      warnings,
      lines: lines.filter((line) => line !== NO_SCHEDULE),
      ...untried,
    });
    draft.typed.clear();
    return `/servers/${server.id}`;
  }
  const { warnings, lines } = await storeEdit({ today, changes, fields }, context);
  notices.leave(`/servers/${today.id}`, { warnings, lines, ...untried });
  draft.typed.clear();
  return `/servers/${today.id}`;
}

function changedElsewhere({ name }: ServerRecord): ConfigError {
  return new ConfigError(
    `the settings of ${name} were changed elsewhere since this page was opened`,
    'Look at the fields once more: what is in them is stored next time.',
  );
}
