/** A failure as B2 answers it: `{status, code, message}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function badRequest(message: string, code = 'bad_request'): Refusal {
  return new Refusal(400, code, message);
}

/** What B2 says when a key lacks a capability, or reaches outside its bucket or prefix. */
export function unauthorized(message: string): Refusal {
  return new Refusal(401, 'unauthorized', message);
}
