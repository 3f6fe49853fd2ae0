// swc's helper for `using` defines _SuppressedError1 and calls _SuppressedError: where both a body and its end failed, a
// ReferenceError hid the two. What is called is looked for here at last.
globalThis._SuppressedError ??=
  globalThis.SuppressedError ??
  class SuppressedError extends Error {
    constructor(error, suppressed, message) {
      super(message);
      this.name = 'SuppressedError';
      this.error = error;
      this.suppressed = suppressed;
    }
  };
