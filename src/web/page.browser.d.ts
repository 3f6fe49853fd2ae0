/** bin/build.js puts this script into the bundle as a text. */
declare const text: string;
// oxlint-disable-next-line import/no-default-export
export default text;
