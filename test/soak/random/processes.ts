import { readdirSync, readFileSync } from 'node:fs';

/** A process by what nobody else can have: its number and when it began, in ticks since the machine started. */
export interface Identity {
  pid: number;
  began: string;
  line: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** State and beginning, from behind the name in parentheses, which may hold spaces. */
function fieldsOf(pid: number): { state: string | undefined; began: string | undefined } {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], began: fields[19] };
}

export function identityOf(pid: number): Identity {
  return {
    pid,
    began: fieldsOf(pid).began ?? '',
    line: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
  };
}

/** Whether that very process is there and is no mere entry that waits for its parent. */
export function isAlive({ pid, began }: Identity): boolean {
  const now = fieldsOf(pid);
  return now.began === began && began !== '' && now.state !== 'Z';
}

/** A process and all that it has started, parents first. */
export function treeOf(pid: number): number[] {
  const threads = listed(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap((child) => treeOf(child))];
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
