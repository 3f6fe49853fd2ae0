/* How much of a plain dump is kept, here and by psql, before it is refused. */

/** No word, number or undecided statement is longer. */
export const LONGEST_HELD_BYTES = 65_536;
/** psql keeps a statement in memory, and no server takes a longer one (MaxAllocSize in src/include/utils/memutils.h). */
export const LONGEST_STATEMENT_BYTES = 2 ** 30;
/** No statement that is left out is longer: a function's name with a hundred types of arguments is 13 KB. */
export const LONGEST_LEFT_OUT_BYTES = 32_768;
