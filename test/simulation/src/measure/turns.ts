import { median } from '../../../bench/src/measure.ts';

export interface Turn<Sample> {
  /** Measures without keeping the sample, so that the code is compiled. */
  warmUp(): Promise<unknown>;
  measure(): Promise<void>;
  /** The samples, with the median of each number. */
  result(): Sample;
}

/** Something that is measured again and again, in turn with others. */
export function createTurn<Sample extends object>(measureOnce: () => Promise<Sample>): Turn<Sample> {
  const samples: Sample[] = [];
  return {
    warmUp: measureOnce,
    async measure() {
      samples.push(await measureOnce());
    },
    result() {
      const [first] = samples as [Sample];
      const numbers = Object.entries(first).filter(([, value]) => typeof value === 'number');
      const medians = numbers.map(([name]) => [
        name,
        median(samples.map((each) => each[name as keyof Sample] as number)),
      ]);
      return { ...first, ...Object.fromEntries(medians) };
    },
  };
}
