import { Injectable, Logger } from '@nestjs/common';
import { InjectShowpadReceiver, type Receiver } from '@showpad-webhooks/nestjs';

/** Logs what went wrong and how to fix it. */
@Injectable()
export class Alerts {
  readonly #logger = new Logger('Showpad');

  constructor(@InjectShowpadReceiver('eu') eu: Receiver, @InjectShowpadReceiver('us') us: Receiver) {
    for (const receiver of [eu, us]) {
      receiver
        .onRejected((error) =>
          this.#logger.warn(`${receiver.name}: ${error.code}: ${error.message} ${error.hint}`),
        )
        .onError((error) =>
          this.#logger.error(`${receiver.name}: ${error.code}: ${error.message} ${error.hint}`),
        )
        // Nobody else keeps these bytes, so your app would store them.
        .onDeadLetter(({ reason, rawBody }) =>
          this.#logger.error(`dead letter, ${reason}: ${rawBody.length} bytes`),
        );
    }
  }
}
