import { EmulatorProblem } from '../problem.ts';

/** For a path's other methods. @param methods as the Allow header names them */
export function allowOnly(methods: string): () => never {
  return () => {
    const detail = `Only ${methods} are allowed here.`;
    throw new EmulatorProblem(405, 'Method not allowed', detail, { headers: { allow: methods } });
  };
}
