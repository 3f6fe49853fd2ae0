/** What a page tells once, of what the page before it did. */
export interface Notice {
  /** Warnings come first. */
  warnings: readonly string[];
  lines: readonly string[];
  /** Told first where what was done may not work; then it is all a warning. */
  untried?: string;
  /** Commands to copy, below the lines. */
  commands?: readonly string[];
}

export interface Notices {
  /** Leaves a notice for the next visit of a page. */
  leave(path: string, notice: Notice): void;
  /** The notice for a page, which is then gone. */
  take(path: string): Notice | undefined;
}

/** Pages that are never visited leave no more than this behind. */
const MOST = 50;

export function openNotices(): Notices {
  const left = new Map<string, Notice>();
  return {
    leave: (path, notice) => {
      left.delete(path);
      left.set(path, notice);
      const [oldest] = left.keys();
      if (left.size > MOST && oldest !== undefined) left.delete(oldest);
    },
    take: (path) => {
      const notice = left.get(path);
      left.delete(path);
      return notice;
    },
  };
}
