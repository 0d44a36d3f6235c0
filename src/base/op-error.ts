/**
 * An error an op answers with; name and message are shown to the tenant, so they name no host path and no other app.
 *
 * It has no stack: nobody is shown one, and to capture it costs more than to refuse a call, which tenants make thousands of.
 */
export class OpError extends Error {
  /** @param name of the JavaScript error or DOMException to raise in the isolate: "TypeError", "OperationError"… */
  constructor(name: string, message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = name;
  }
}

/** What is said to a call that the platform's own code in an isolate does not make. */
export function invalidCall(): OpError {
  return new OpError('TypeError', 'Invalid call.');
}
