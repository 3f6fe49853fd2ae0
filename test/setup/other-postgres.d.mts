/** The directory with the programs of a major version. */
export function programsOf(major: number): string;
