import { EmulatorProblem } from '../problem.ts';

/** Refuses the other methods of a path. @param methods as in the header Allow */
export function allowOnly(methods: string): () => never {
  return () => {
    throw new EmulatorProblem('METHOD_NOT_ALLOWED', `Only ${methods} are allowed here.`, {
      headers: { allow: methods },
    });
  };
}
