import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';

/** Logs how long each handler took. */
@Injectable()
export class DurationInterceptor implements NestInterceptor {
  readonly #logger = new Logger('Duration');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const startedAt = performance.now();
    const handler = `${context.getClass().name}.${context.getHandler().name}`;
    return next
      .handle()
      .pipe(finalize(() => this.#logger.log(`${handler}: ${Math.round(performance.now() - startedAt)} ms`)));
  }
}
