/** Headings of the flags of a server in help. The groups stand in the order in which the table of fields meets them. */
export const BASICS = 'WHAT, AND HOW OFTEN';
export const DUMPED = 'WHAT IS DUMPED';
export const STORAGE = 'STORAGE';
export const ENCRYPTION = 'ENCRYPTION';
export const HEALTH_CHECKS = 'HEALTH CHECKS';
export const LIMITS = 'CHECKS AND LIMITS';
export const RETENTION = 'RETENTION';
/** Headings of the flags of a destination. */
export const BASICS_OF_DESTINATION = 'WHAT, AND WHERE';
export const OF_B2 = 'BACKBLAZE B2';
export const OF_S3 = 'S3';
export const OF_RCLONE = 'RCLONE';
export const LOCK_AND_RATE = 'LOCK AND RATE';
