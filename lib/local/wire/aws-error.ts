/** An error as a service answers it: the code is what SDKs name the exception after. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}

export const unsupported = (service: string, operation: string): AwsError =>
  new AwsError(
    'UnknownOperationException',
    `the embedded engine does not implement ${service} ${operation}`,
    501,
  );
