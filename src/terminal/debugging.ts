let isShown = false;

/** `DEBUG` was set. The variable itself is gone by then: packages that obey it print what they are given. */
export function showStacks(): void {
  isShown = true;
}

/** Whether a fault of pgbak is printed with the place where it happened. */
export function showsStacks(): boolean {
  return isShown;
}
