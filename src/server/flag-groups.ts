/** Headings of the flags of a server in help. The groups stand in the order in which the table of fields meets them. */
export const BASICS = 'WHAT, AND HOW OFTEN';
export const DUMPED = 'WHAT IS DUMPED';
export const STORAGE = 'STORAGE';
export const ENCRYPTION = 'ENCRYPTION';
export const HEALTH_CHECKS = 'HEALTH CHECKS';
export const LIMITS = 'CHECKS AND LIMITS';
export const RETENTION = 'RETENTION';
