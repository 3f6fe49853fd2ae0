/** What the doctor says of one thing. */
export interface Finding {
  /** `this machine`, `catalogue`, or a server's name. */
  about: string;
  level: 'ok' | 'warning' | 'problem';
  message: string;
  /** What to do about it. */
  hint?: string;
}

export const MACHINE = 'this machine';

/** Runs a check and turns an error that a user can mend into a problem; anything else is a bug and goes on. */
export async function finding(
  about: string,
  check: () => Promise<Omit<Finding, 'about'>>,
  problemOf: (error: unknown) => { message: string; hint?: string | undefined } | undefined,
): Promise<Finding> {
  try {
    return { about, ...(await check()) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    const { message, hint } = problem;
    return { about, level: 'problem', message, ...(hint === undefined ? {} : { hint }) };
  }
}
