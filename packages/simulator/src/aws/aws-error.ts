import { AppError, isAppError } from '@spotopt/kernel';

/** A failure in the words of AWS: `code` is the AWS error code, `details.httpStatus` the answer's status. */
export function awsError(code: string, message: string, httpStatus = 400): AppError {
  const details = { httpStatus };
  return httpStatus >= 500
    ? AppError.transient(code, message, { details })
    : AppError.permanent(code, message, { details });
}

/** Thrown to close the connection without an answer. */
export const DROP_CONNECTION = 'drop-connection';

export function dropConnection(): AppError {
  return AppError.transient(DROP_CONNECTION, 'the connection is dropped by an injected fault');
}

export function httpStatusOf(error: AppError): number {
  const { httpStatus } = error.details;
  return typeof httpStatus === 'number' ? httpStatus : 500;
}

/** False for what is no answer of AWS but a mistake of the simulator. */
export function isAwsError(error: unknown): boolean {
  return isAppError(error) && typeof error.details['httpStatus'] === 'number';
}
