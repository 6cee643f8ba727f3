import { Catch } from '@nestjs/common';
import type { RpcExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';

/**
 * Hands a handler's error on as it is. Without it Nest replaces every error by "Internal server error", and
 * the bus could not tell a transient one from a permanent one.
 */
@Catch()
export class PassThroughErrors implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
