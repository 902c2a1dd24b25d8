import { outage } from './availability.ts';
import { type Line, renderChart } from './chart.ts';
import type { DesignName } from './designs.ts';
import type { RetryDelays } from './showpad.ts';
import { evenly, type Fate, shareOf, simulate } from './simulate.ts';

const EVENTS = 200;

/** What is down: the app itself, or what its handlers call. */
export type Part = 'app' | 'dependency';

export interface Outage {
  readonly part: Part;
  readonly lengthMs: number;
  readonly design: DesignName;
  readonly retryDelays: RetryDelays;
}

/** The share of the events of an outage that end like this. */
export function shareInOutage(fate: Fate, { part, lengthMs, design, retryDelays }: Outage): number {
  if (lengthMs === 0) return 0;
  const arrivalsMs = evenly(EVENTS, 0, lengthMs);
  return shareOf(fate, simulate({ design, retryDelays, arrivalsMs, [part]: outage(0, lengthMs) }));
}

const [RED, GREEN] = ['#d1553d', '#2f8f5b'];

function curve(part: Part, design: DesignName, retryDelays: RetryDelays): Line['points'] {
  return Array.from({ length: 61 }, (_, seconds) => [
    seconds,
    shareInOutage('lost', { part, lengthMs: seconds * 1_000, design, retryDelays }),
  ]);
}

function losing(part: Part, label: string): readonly Line[] {
  return [
    {
      label,
      color: RED,
      points: curve(part, 'ledger', 'offset'),
      labelAt: [17, 0.85],
    },
    {
      label: 'if delays are pauses',
      color: RED,
      isDashed: true,
      points: curve(part, 'ledger', 'interval'),
      labelAt: [36, 0.18],
    },
  ];
}

/** The curves of docs/scaling.md, as SVG. */
export function drawLostEvents(): string {
  const keeping = { color: GREEN, labelAt: [30, 0.04] } as const;
  return renderChart({
    description:
      'The share of the events of an outage that are lost, by its length from 0 to 60 seconds. If the app is down, it is 0 % up to 14.25 seconds, 53 % after 30 and 76 % after 60, with no store, a ledger or an inbox. If Showpad’s delays are pauses, it is 0 % up to 24.75 seconds and 59 % after 60. With a gateway and SQS nothing is lost. If only what the handlers call is down, an inbox loses nothing either.',
    xTitle: 'length of the outage in seconds',
    xTicks: [0, 10, 20, 30, 40, 50, 60],
    panels: [
      {
        title: 'Your app is down: events that are lost',
        lines: [
          ...losing('app', 'no store, ledger or inbox'),
          { ...keeping, label: 'gateway with SQS', points: curve('app', 'queue', 'offset') },
        ],
      },
      {
        title: 'Your CRM is down: events that are lost',
        lines: [
          ...losing('dependency', 'no store, or a ledger'),
          { ...keeping, label: 'inbox, or SQS', points: curve('dependency', 'inbox', 'offset') },
        ],
      },
    ],
  });
}
