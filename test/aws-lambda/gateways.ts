import { isUtf8 } from 'node:buffer';
import type { CreateServer } from '@showpad-webhooks/conformance';
import { format1Event, format2Event, isTextType, loadBalancerEvent } from './events.ts';
import { createGateway, type GatewayOptions } from './gateway.ts';

/** A REST API with the binary media type "*\/*". A parser that comes first stands for one without it. */
const isRestText: GatewayOptions['isText'] = (_request, parser) => parser === 'before';

/** Types that are text are passed as text. AWS does not say what it does if the bytes are not UTF-8. */
const isText: GatewayOptions['isText'] = ({ headers, body }, parser) =>
  parser === 'before' || (isTextType(headers) && isUtf8(body));

/** Gateways that pass everything that was sent. A load balancer without lists passes only the last of repeated headers. */
export const GATEWAYS: Readonly<Record<string, CreateServer>> = {
  'a REST API': createGateway({ toEvent: format1Event, isText: isRestText }),
  'an HTTP API or a function URL': createGateway({ toEvent: format2Event, isText }),
  'a load balancer with lists of headers': createGateway({ toEvent: loadBalancerEvent, isText }),
};
