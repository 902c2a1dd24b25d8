import { EmulatorProblem } from '@showpad-webhooks/emulator';
import { describe, expect, it } from 'vitest';
import { openEmulator, subscribe, TYPE } from './open-emulator.ts';

describe('EmulatorProblem', () => {
  it('has a code for programs', async () => {
    const emulator = await openEmulator({ maxStoredBodyBytes: 1 });
    await expect(emulator.subscriptions.get('none')).rejects.toMatchObject({
      name: 'EmulatorProblem',
      code: 'NOT_FOUND',
      status: 404,
      title: 'Not found',
      message: 'There is no subscription with this id.',
      meta: [],
    });
    await expect(subscribe(emulator, 'none')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      status: 422,
      meta: [{ name: 'url', reason: 'must be a URL, such as "http://127.0.0.1:3000/webhooks".' }],
    });
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await emulator.trigger(TYPE);
    const { id } = await emulator.waitForDelivery();
    await expect(emulator.replay(id)).rejects.toMatchObject({ code: 'NO_BODY_TO_REPLAY', status: 409 });
  });

  it('and the error of a wait have no control characters', async () => {
    const emulator = await openEmulator();
    const name = 'a\u009b2J\n\u202e';
    const shown = 'a\\u009b2J\\n\\u202e';
    await expect(subscribe(emulator, '', { [name]: 1 } as object)).rejects.toThrow(`${shown} is unknown.`);
    await subscribe(emulator, 'http://127.0.0.1:1/', { types: [name] });
    await emulator.trigger(name);
    const waiting = emulator.waitForDelivery({ type: `${name}${name}` }, { timeoutMs: 1 });
    await expect(waiting).rejects.toThrow(
      `"${shown}${shown}"} ended within 1 ms. The last ones were: ${shown},`,
    );
  });

  it('is recognized across copies of the package, and nothing else is', () => {
    const problem = new EmulatorProblem('NOT_FOUND', 'There is no such thing.');
    const ofAnotherCopy = { [Symbol.for('@showpad-webhooks/emulator/EmulatorProblem')]: true };
    expect([problem, ofAnotherCopy].map(EmulatorProblem.isInstance)).toEqual([true, true]);
    const others = [new Error('x'), { code: 'NOT_FOUND' }, null, undefined, 'NOT_FOUND'];
    expect(others.map(EmulatorProblem.isInstance)).toEqual(others.map(() => false));
  });
});
